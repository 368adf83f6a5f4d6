"""`dealtrace doctor`: what a person should know before it hurts."""

from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from dealtrace import clock
from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import site_day
from dealtrace.accounts.webhook import Webhook
from dealtrace.cli.terminal import console, open_prepared, print_json
from dealtrace.storage.accounts.custom_fields import list_unknown_fields
from dealtrace.storage.accounts.points import find_points_spent
from dealtrace.storage.accounts.sites import list_sites
from dealtrace.storage.accounts.users import has_users
from dealtrace.storage.database.engine import Database
from dealtrace.storage.deals.deals import count_unusable_contacts
from dealtrace.storage.schema.upgrade import schema_differences
from dealtrace.storage.webhooks.webhooks import list_webhooks

POINTS_NEARLY_SPENT = 0.9


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Look the installation over: schema, sites, points, unknown fields, contacts that match nothing, webhooks."""
    with open_prepared() as database:
        findings = _findings(database)
    if as_json:
        print_json(findings)
        return
    for finding in findings:
        console.print(f"• {finding['text']}", markup=False)
        if finding["cure"]:
            console.print(f"    {finding['cure']}", markup=False)
    if not findings:
        console.print("All is well.")


def _findings(database: Database) -> list[dict[str, Any]]:
    findings = [
        _finding("schema", f"The schema differs: {difference}", "dealtrace db upgrade")
        for difference in schema_differences(database)
    ]
    with database.read() as connection:
        sites = list_sites(connection)
        if not sites:
            findings.append(_finding("sites", "There is no site yet.", "dealtrace site create NAME"))
        if not has_users(connection):
            findings.append(_finding("users", "Nobody can log in yet.", "dealtrace user create LOGIN"))
        for site in sites:
            findings.extend(_site_findings(connection, site))
    return findings


def _site_findings(connection: Connection, site: Site) -> list[dict[str, Any]]:
    findings = [
        _finding(
            "unknown_field",
            f"Site {site.id}: custom[{field.name}] came {field.seen} times and was not kept, "
            f"last {field.last_seen_at:%Y-%m-%d %H:%M} UTC.",
            f"dealtrace field add {site.id} {_quoted(field.name)}",
            site_id=site.id,
            name=field.name,
            seen=field.seen,
        )
        for field in list_unknown_fields(connection, site.id)
    ]
    findings += [_webhook_finding(webhook) for webhook in list_webhooks(connection, site.id) if webhook.has_failed]
    unusable = count_unusable_contacts(connection, site.id)
    if unusable:
        text = f"Site {site.id}: {unusable} deals have a phone or e-mail that can be compared with nothing."
        findings.append(
            _finding("unusable_contact", text, "dealtrace explain DEAL shows which", site_id=site.id, seen=unusable)
        )
    spent = find_points_spent(connection, site.id, site_day(clock.now(), site.time_zone))
    if site.points_per_day and spent >= site.points_per_day * POINTS_NEARLY_SPENT:
        text = f"Site {site.id}: {spent} of {site.points_per_day} points of today are spent."
        cure = f"dealtrace site set {site.id} points_per_day=…"
        findings.append(_finding("points", text, cure, site_id=site.id, spent=spent))
    return findings


def _webhook_finding(webhook: Webhook) -> dict[str, Any]:
    state = "is paused" if webhook.is_paused else "fails"
    text = f"Site {webhook.site_id}: webhook {webhook.id} {state}: {webhook.reason}"
    cure = f"dealtrace webhook test {webhook.id}, then dealtrace webhook resume {webhook.id}"
    return _finding("webhook", text, cure, site_id=webhook.site_id, webhook_id=webhook.id)


def _finding(kind: str, text: str, cure: str, **facts: Any) -> dict[str, Any]:
    return {"kind": kind, "text": text, "cure": cure, **facts}


def _quoted(name: str) -> str:
    return "'" + name.replace("'", "'\\''") + "'"
