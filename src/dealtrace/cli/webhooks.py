"""`dealtrace webhook`: tell other programs what happens."""

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

import typer

from dealtrace import clock
from dealtrace.accounts.webhook import BodyStyle, EventKind, Webhook, WebhookState
from dealtrace.calltouch.webhooks.vocabulary import choosable_keys
from dealtrace.cli.terminal import ID_MAX, console, fail, open_prepared, print_json
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.operations.webhooks import manage
from dealtrace.operations.webhooks.create import NewWebhook, create_webhook
from dealtrace.storage.database.engine import Database
from dealtrace.storage.id_blocks import transaction
from dealtrace.storage.webhooks.outbox import count_waiting_deliveries
from dealtrace.storage.webhooks.webhooks import find_webhook, list_webhooks

ALL = "all"
TEST_SECONDS = 20
"""A server looks twice a second and gives a receiver five; before that it may be serving the webhook."""
TEST_SECONDS_MAX = 300
LOOK_SECONDS = 0.2

webhook_commands = typer.Typer(help="Tell other programs what happens.", no_args_is_help=True)

WebhookArgument = Annotated[int, typer.Argument(min=1, max=ID_MAX, help="The id that webhook list shows.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@webhook_commands.command("create")
def create(
    site_id: Annotated[int, typer.Argument(min=1, max=ID_MAX, help="The siteId.")],
    url: Annotated[str, typer.Argument(help="Where to send to: https://host/path")],
    events: Annotated[
        str, typer.Option(help=f"Comma-separated: {', '.join(EventKind)}; a first part such as call or deal; all.")
    ] = ALL,
    style: Annotated[BodyStyle, typer.Option("--format", help="In the query, as a form, or as signed JSON.")] = (
        BodyStyle.FORM
    ),
    fields: Annotated[str, typer.Option(help="Comma-separated names of what to send; without it, the usual.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Create a webhook; running servers follow within two seconds."""
    wanted = NewWebhook(site_id, url, _events(events), style, _words(fields))
    _check_fields(wanted)
    with open_prepared() as database, transaction(database, ids=1) as (connection, ids):
        webhook = create_webhook(connection, ids, wanted, clock.now())
    if as_json:
        print_json({"webhookId": webhook.id, "siteId": webhook.site_id, "secret": webhook.secret})
        return
    console.print(f"Webhook {webhook.id} is there. Try it: dealtrace webhook test {webhook.id}", markup=False)
    if webhook.style is BodyStyle.JSON:
        console.print("It signs with this secret, shown only now:", markup=False)
        console.print(webhook.secret, markup=False)


def _words(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))


def _events(text: str) -> frozenset[EventKind]:
    """Read names of events, or of what happens to: `deal` is every event of a deal."""
    chosen: set[EventKind] = set()
    for word in _words(text):
        named = {kind for kind in EventKind if word in (ALL, kind.value, kind.partition(".")[0])}
        if not named:
            fail(f"--events: {word} is no event. There are: {', '.join(EventKind)}")
        chosen |= named
    if not chosen:
        fail(f"--events: name one at least. There are: {', '.join(EventKind)}")
    return frozenset(chosen)


def _check_fields(wanted: NewWebhook) -> None:
    """See that each field belongs to some event, and that each event has a field."""
    if not wanted.fields:
        return
    keys_of = {kind: choosable_keys(kind) for kind in EventKind if kind in wanted.events}
    known = dict.fromkeys(key for keys in keys_of.values() for key in keys)
    for name in wanted.fields:
        if name not in known:
            fail(f"--fields: {name} is sent with none of these events. There are: {', '.join(known)}")
    for kind, keys in keys_of.items():
        if not set(keys) & set(wanted.fields):
            fail(f"--fields: none of them is sent with {kind}. It has: {', '.join(keys)}")


@webhook_commands.command("list")
def show(
    site_id: Annotated[int | None, typer.Argument(min=1, max=ID_MAX, help="The siteId; all sites without it.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List webhooks, how they are doing, and how much waits for each."""
    with open_prepared() as database, database.read() as connection:
        if site_id is not None:
            require_site(connection, site_id)
        rows = [
            _described(webhook, count_waiting_deliveries(connection, webhook.site_id, webhook.id))
            for webhook in list_webhooks(connection, site_id)
        ]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        for line in _lines(row):
            console.print(line, markup=False)


def _described(webhook: Webhook, waiting: int) -> dict[str, Any]:
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


def _lines(row: dict[str, Any]) -> Iterator[str]:
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
    """Have a running server send a test now, even if the webhook is paused; every value is its key in braces."""
    with open_prepared() as database:
        with database.write() as connection:
            manage.schedule_test(connection, webhook_id, clock.now())
        outcome = _outcome_of_test(database, webhook_id, wait)
        if outcome is None:
            with database.write() as connection:
                manage.cancel_test(connection, webhook_id)
            fail("No server took the test up. Is dealtrace serve running on this database?")
    if outcome:
        fail(f"The test failed: {outcome}")
    console.print("The receiver accepted the test.")


def _outcome_of_test(database: Database, webhook_id: int, seconds: int) -> str | None:
    """Wait for the outcome of a test: empty if it was accepted, else the reason; `None` if nobody made it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with database.read() as connection:
            webhook = find_webhook(connection, webhook_id)
        if webhook is None or webhook.test_outcome is not None:
            return webhook.test_outcome if webhook is not None else None
        time.sleep(LOOK_SECONDS)
    return None


@webhook_commands.command("replay")
def replay(
    webhook_id: WebhookArgument,
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"], help="On the site's clock."),
    ] = None,
    message: Annotated[str | None, typer.Option(help="One webhook-id, as the receiver got it: msg_…")] = None,
) -> None:
    """Send again what was recorded since a moment, or one message; deliveries are kept for 30 days."""
    if (since is None) == (message is None):
        fail("Name either --since or --message.")
    with open_prepared() as database, database.write() as connection:
        if message is not None:
            count = manage.replay_message(connection, webhook_id, message)
        else:
            assert since is not None
            count = manage.replay_since(connection, webhook_id, since)
    console.print(f"{count} deliveries will be sent again.", markup=False)


@webhook_commands.command("pause")
def pause(webhook_id: WebhookArgument) -> None:
    """Send nothing until it is resumed; what happens meanwhile waits, for 30 days."""
    with open_prepared() as database, database.write() as connection:
        manage.pause_webhook(connection, webhook_id, clock.now())
    console.print(f"Webhook {webhook_id} is paused.", markup=False)


@webhook_commands.command("resume")
def resume(
    webhook_id: WebhookArgument,
    skip: Annotated[bool, typer.Option("--skip", help="Leave out the first that waits, if its receiver chokes.")] = (
        False
    ),
) -> None:
    """Send what waits, at once and in order."""
    with open_prepared() as database, database.write() as connection:
        manage.resume_webhook(connection, webhook_id, clock.now(), skip=skip)
    console.print(f"Webhook {webhook_id} is active.", markup=False)


@webhook_commands.command("delete")
def delete(webhook_id: WebhookArgument) -> None:
    """Remove a webhook with all that waits for it."""
    with open_prepared() as database, database.write() as connection:
        manage.delete_webhook(connection, webhook_id)
    console.print(f"Webhook {webhook_id} is gone.", markup=False)
