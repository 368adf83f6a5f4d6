"""`dealtrace webhook`: create, test, replay, pause and delete webhooks."""

import asyncio
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

import typer

from dealtrace.accounts.webhook import BodyStyle, EventKind, Webhook, WebhookState
from dealtrace.attribution.urls import DEFAULT_PORTS, split_web_url
from dealtrace.calltouch.webhooks.vocabulary import choosable_keys
from dealtrace.cli.answers import WebhookAnswer
from dealtrace.cli.day_options import time_option
from dealtrace.cli.options import JsonOption, OptionalSiteIdArgument, SiteIdArgument
from dealtrace.cli.terminal import changing, console, counted, explained, fail, open_prepared, print_json
from dealtrace.errors import InvalidSetting, WebhookNotFound
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.operations.webhooks import manage
from dealtrace.operations.webhooks.create import NewWebhook, create_webhook
from dealtrace.operations.work import ids_taken_by
from dealtrace.settings import read_settings
from dealtrace.storage.database.engine import Database
from dealtrace.storage.webhooks.outbox import count_waiting_deliveries
from dealtrace.storage.webhooks.webhooks import find_webhook, list_webhooks
from dealtrace.webhooks.chosen_fields import check_fields, split_names
from dealtrace.whole_number import ID_MAX
from dealtrace.worker.webhook_targets import TargetForbidden, TargetUnknown, find_addresses

ALL = "all"
TEST_SECONDS = 20
"""How many seconds to wait for a test: servers look for tests twice a second and wait up to 5 s for a receiver."""
TEST_SECONDS_MAX = 300
POLL_SECONDS = 0.2

webhook_commands = typer.Typer(help="Notify other programs of events.", no_args_is_help=True)

WebhookArgument = Annotated[int, typer.Argument(min=1, max=ID_MAX, help="The webhookId, as shown by `webhook list`.")]


@webhook_commands.command("create")
def create(
    site_id: SiteIdArgument,
    url: Annotated[str, typer.Argument(help="The URL of the receiver: https://host/path")],
    events: Annotated[
        str, typer.Option(help=f"Comma-separated: {', '.join(EventKind)}; or a group such as call or deal; or all.")
    ] = ALL,
    style: Annotated[BodyStyle, typer.Option("--format", help="The format: query string, form, or signed JSON.")] = (
        BodyStyle.FORM
    ),
    fields: Annotated[str, typer.Option(help="Comma-separated fields to send; a default set if omitted.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Create a webhook. Running servers start to use it within two seconds."""
    draft = NewWebhook(site_id, url, _parse_events(events), style, split_names(fields))
    _check_fields(draft)
    _check_target(url)
    with open_prepared() as database, changing(database, ids=ids_taken_by(create_webhook)) as work:
        webhook = create_webhook(work, draft)
    if as_json:
        print_json({"webhookId": webhook.id, "siteId": webhook.site_id, "secret": webhook.secret})
        return
    console.print(f"Webhook {webhook.id} created. To test it: dealtrace webhook test {webhook.id}")
    if webhook.style is BodyStyle.JSON:
        console.print("The signing secret, shown only once:")
        console.print(webhook.secret)


def _parse_events(text: str) -> frozenset[EventKind]:
    """Parse the names of events and groups: `deal` means all events of deals."""
    chosen: set[EventKind] = set()
    for name in split_names(text):
        kinds = {kind for kind in EventKind if name in (ALL, kind.value, kind.partition(".")[0])}
        if not kinds:
            fail(f"--events: unknown event {name}. Available: {', '.join(EventKind)}")
        chosen |= kinds
    if not chosen:
        fail(f"--events: give at least one event. Available: {', '.join(EventKind)}")
    return frozenset(chosen)


def _check_fields(draft: NewWebhook) -> None:
    """End the command unless each field belongs to a chosen event, and each chosen event has at least one field."""
    try:
        check_fields(draft.fields, {kind: choosable_keys(kind) for kind in EventKind if kind in draft.events})
    except InvalidSetting as refusal:
        fail(f"--fields: {refusal.facts['en']}")


def _check_target(url: str) -> None:
    """End the command if a server with the current settings would never send to the host of a URL.

    A host name that cannot be resolved now is accepted, since it may be resolvable later. Invalid URLs are left to
    `create_webhook`, which refuses them.
    """
    with explained():
        private = read_settings().webhook_private_targets
    parts = split_web_url(url)
    if parts is None or parts.hostname is None or not url.isascii():
        return
    try:
        asyncio.run(find_addresses(parts.hostname, parts.port or DEFAULT_PORTS[parts.scheme], private))
    except TargetForbidden as refused:
        fail(f"url: the server would refuse to send to this host: {refused}.")
    except TargetUnknown:
        return


@webhook_commands.command("list")
def show(
    site_id: OptionalSiteIdArgument = None,
    as_json: JsonOption = False,
) -> None:
    """List webhooks, each with its state and how many deliveries are waiting."""
    with open_prepared() as database, database.read() as connection:
        if site_id is not None:
            require_site(connection, site_id)
        rows = [
            _serialize_webhook(webhook, count_waiting_deliveries(connection, webhook.site_id, webhook.id))
            for webhook in list_webhooks(connection, site_id)
        ]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        for line in _format_webhook(row):
            console.print(line)


@webhook_commands.command("show")
def show_webhook(webhook_id: WebhookArgument, as_json: JsonOption = False) -> None:
    """Show a webhook: its receiver, events, fields and state, and how many deliveries are waiting."""
    with open_prepared() as database, database.read() as connection:
        webhook = find_webhook(connection, webhook_id)
        if webhook is None:
            raise WebhookNotFound(webhook_id=webhook_id)
        row = _serialize_webhook(webhook, count_waiting_deliveries(connection, webhook.site_id, webhook.id))
    if as_json:
        print_json(row)
        return
    for line in [*_format_webhook(row), *_format_deliveries(row)]:
        console.print(line)


def _format_deliveries(row: WebhookAnswer) -> Iterator[str]:
    delivered, following = row["lastDelivered"], row["nextAttempt"]
    yield "    last delivered: " + (f"{delivered:%Y-%m-%d %H:%M:%S} UTC" if delivered is not None else "never")
    if following is not None:
        yield f"    next attempt: {following:%Y-%m-%d %H:%M:%S} UTC, after {counted(row['failures'], 'failure')}"


def _serialize_webhook(webhook: Webhook, waiting: int) -> WebhookAnswer:
    return {
        "webhookId": webhook.id,
        "siteId": webhook.site_id,
        "url": webhook.url,
        "format": webhook.style,
        "events": [kind for kind in EventKind if kind in webhook.events],
        "fields": webhook.fields,
        "state": webhook.state,
        "reason": webhook.reason,
        "failures": webhook.failures,
        "failingSince": webhook.failing_since,
        "nextAttempt": webhook.next_attempt_at if webhook.state is WebhookState.FAILING else None,
        "lastDelivered": webhook.delivered_at,
        "waiting": waiting,
    }


def _format_webhook(row: WebhookAnswer) -> Iterator[str]:
    yield f"{row['webhookId']}  site {row['siteId']}  {row['state']}, {row['waiting']} waiting"
    if row["reason"]:
        since = row["failingSince"]
        yield f"    {row['reason']}" + (f" (failing since {since:%Y-%m-%d %H:%M} UTC)" if since is not None else "")
    yield f"    {row['format']} {row['url']}"
    yield f"    {'all events' if len(row['events']) == len(EventKind) else ', '.join(row['events'])}"
    if row["fields"]:
        yield f"    fields: {', '.join(row['fields'])}"


@webhook_commands.command("test")
def try_out(
    webhook_id: WebhookArgument,
    wait: Annotated[int, typer.Option(min=1, max=TEST_SECONDS_MAX, help="Seconds to wait for a server.")] = (
        TEST_SECONDS
    ),
) -> None:
    """Have a running server send a test message, even if the webhook is paused.

    In the message, the value of each field is the field's name in braces, such as {orderId}.
    """
    with open_prepared() as database:
        with changing(database) as work:
            manage.schedule_test(work, webhook_id)
        outcome = _outcome_of_test(database, webhook_id, wait)
        if outcome is None:
            with changing(database) as work:
                manage.cancel_test(work, webhook_id)
            fail("No server ran the test. Is dealtrace serve running on this database?")
    if outcome:
        fail(f"The test failed: {outcome}")
    console.print("The receiver accepted the test.")


def _outcome_of_test(database: Database, webhook_id: int, seconds: int) -> str | None:
    """Return why the test failed, or an empty string if it succeeded; `None` if no server ran it within `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with database.read() as connection:
            webhook = find_webhook(connection, webhook_id)
        if webhook is None or webhook.test_outcome is not None:
            return webhook.test_outcome if webhook is not None else None
        time.sleep(POLL_SECONDS)
    return None


@webhook_commands.command("replay")
def replay(
    webhook_id: WebhookArgument,
    since: Annotated[
        datetime | None,
        time_option("Resend all events since this time, in the site's time zone.", name="--since"),
    ] = None,
    message: Annotated[str | None, typer.Option(help="The webhook-id of one message: msg_…")] = None,
) -> None:
    """Resend all events since a time, or one message. Deliveries are stored for 30 days."""
    if (since is None) == (message is None):
        fail("Give either --since or --message.")
    with open_prepared() as database, changing(database) as work:
        if message is not None:
            count = manage.replay_message(work, webhook_id, message)
        else:
            assert since is not None
            count = manage.replay_since(work, webhook_id, since)
    console.print(f"{counted(count, 'message')} will be sent again.")


@webhook_commands.command("pause")
def pause(webhook_id: WebhookArgument) -> None:
    """Pause a webhook. Events wait until it is resumed, for up to 30 days."""
    with open_prepared() as database, changing(database) as work:
        manage.pause_webhook(work, webhook_id)
    console.print(f"Webhook {webhook_id} paused.")


@webhook_commands.command("resume")
def resume(
    webhook_id: WebhookArgument,
    skip: Annotated[
        bool, typer.Option("--skip", help="Skip the first waiting message, if the receiver cannot process it.")
    ] = (False),
) -> None:
    """Resume a webhook and send its waiting messages in order."""
    with open_prepared() as database, changing(database) as work:
        manage.resume_webhook(work, webhook_id, skip=skip)
    console.print(f"Webhook {webhook_id} resumed.")


@webhook_commands.command("delete")
def delete(webhook_id: WebhookArgument) -> None:
    """Delete a webhook and its waiting messages."""
    with open_prepared() as database, changing(database) as work:
        manage.delete_webhook(work, webhook_id)
    console.print(f"Webhook {webhook_id} deleted.")
