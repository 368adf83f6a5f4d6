"""Whatever a person does in the cabinet leaves a record with their name, or stands here with the reason why not."""

import html
import re
from collections.abc import Mapping, Sequence
from enum import StrEnum

import pytest
from sqlalchemy import select

from cast import Stage
from dealtrace.accounts.audit_entry import AuditedAction
from dealtrace.accounts.site_change import ChangeKind
from dealtrace.cabinet.routes import PAGES
from dealtrace.storage.accounts.change_history import list_audit_entries, list_site_changes
from dealtrace.storage.accounts.users import find_user
from dealtrace.storage.schema.tables.deals import deal_version
from filled_site import ALERT, MAILED, FilledSite, fill_site
from guests import text_of
from server import ServerProcess


class Version(StrEnum):
    """A version of a deal, which is a record too."""

    DEAL = "deal_version"


SITE = "/{site:int}"
SETTINGS = f"{SITE}/settings"
USER = "/users/{user:int}"
RECORDS: Mapping[str, ChangeKind | AuditedAction | Version] = {
    f"{SITE}/reports/saved": ChangeKind.SAVED_REPORT,
    f"{SITE}/reports/saved/change": ChangeKind.SAVED_REPORT,
    f"{SITE}/reports/segments": ChangeKind.SEGMENT,
    f"{SITE}/reports/segments/change": ChangeKind.SEGMENT,
    f"{SITE}/notes": ChangeKind.NOTE,
    f"{SITE}/notes/remove": ChangeKind.NOTE,
    f"{SITE}/deals/{{deal:int}}": Version.DEAL,
    f"{SITE}/leads/missed": ChangeKind.LEAD,
    f"{SITE}/leads/{{kind}}/{{lead:int}}": ChangeKind.LEAD,
    f"{SITE}/people/{{client:int}}/data": ChangeKind.ERASURE,
    f"{SETTINGS}/site": ChangeKind.SETTING,
    f"{SETTINGS}/tokens": ChangeKind.TOKEN,
    f"{SETTINGS}/tokens/revoke": ChangeKind.TOKEN,
    f"{SETTINGS}/fields": ChangeKind.FIELD,
    f"{SETTINGS}/fields/remove": ChangeKind.FIELD,
    f"{SETTINGS}/statuses": ChangeKind.STATUS,
    f"{SETTINGS}/columns": ChangeKind.COLUMN,
    f"{SETTINGS}/columns/remove": ChangeKind.COLUMN,
    f"{SETTINGS}/hosts": ChangeKind.HOST,
    f"{SETTINGS}/hosts/remove": ChangeKind.HOST,
    f"{SETTINGS}/past": ChangeKind.PAST,
    f"{SETTINGS}/webhooks": ChangeKind.WEBHOOK,
    f"{SETTINGS}/webhooks/{{webhook}}": ChangeKind.WEBHOOK,
    f"{SETTINGS}/alerts": ChangeKind.ALERT,
    f"{SETTINGS}/alerts/{{alert}}": ChangeKind.ALERT,
    f"{SETTINGS}/mail-reports": ChangeKind.MAIL_REPORT,
    f"{SETTINGS}/mail-reports/remove": ChangeKind.MAIL_REPORT,
    f"{SETTINGS}/mail-reports/{{report}}": ChangeKind.MAIL_REPORT,
    f"{SETTINGS}/imports/{{key}}": ChangeKind.IMPORT,
    f"{SETTINGS}/imports/undo/{{number:int}}": ChangeKind.IMPORT,
    f"{SETTINGS}/rates": ChangeKind.RATE,
    f"{SETTINGS}/rates/import": ChangeKind.RATE,
    f"{SETTINGS}/rates/remove": ChangeKind.RATE,
    f"{SETTINGS}/shared": ChangeKind.SHARED_LINK,
    f"{SETTINGS}/shared/revoke": ChangeKind.SHARED_LINK,
    f"{SITE}/costs/{{key}}": ChangeKind.COSTS,
    f"{SITE}/costs/remove": ChangeKind.COSTS,
    f"{SETTINGS}/users/role": ChangeKind.ROLE,
    f"{SETTINGS}/users/invitation": AuditedAction.INVITATION_MADE,
    f"{SETTINGS}/users/revoke": AuditedAction.INVITATION_REVOKED,
    f"{SETTINGS}/users/password": AuditedAction.PASSWORD_LINK_MADE,
    f"{SETTINGS}/users/logout": AuditedAction.SESSIONS_ENDED,
    "/welcome": AuditedAction.USER_CREATED,
    "/invitation": AuditedAction.USER_CREATED,
    "/password": AuditedAction.PASSWORD_SET,
    "/sites": AuditedAction.SITE_CREATED,
    "/demo": AuditedAction.SITE_CREATED,
    "/demo/remove": AuditedAction.SITE_REMOVED,
    "/users/invitation": AuditedAction.INVITATION_MADE,
    "/users/revoke": AuditedAction.INVITATION_REVOKED,
    "/users/second-factor": AuditedAction.FACTOR_DEMANDED,
    f"{USER}/role": ChangeKind.ROLE,
    f"{USER}/ownership": AuditedAction.OWNER_MADE,
    f"{USER}/password": AuditedAction.PASSWORD_LINK_MADE,
    f"{USER}/logout": AuditedAction.SESSIONS_ENDED,
    f"{USER}/second-factor": AuditedAction.FACTOR_RESET,
    f"{USER}/delete": AuditedAction.USER_DELETED,
}
"""What each form records when it succeeds."""
WITHOUT: Mapping[str, str] = {
    "/language": "one's own language",
    "/login": "one's own log-in",
    "/login/code": "one's own log-in",
    "/logout": "one's own log-out",
    "/unsubscribe/{key}": "who has an address decides what comes to it, and the address is a contact",
    f"{SETTINGS}/mail-reports/leave": "one's own e-mails",
    f"{SETTINGS}/imports": "an uploaded file waits for a decision",
    f"{SITE}/costs": "an uploaded file waits for a decision",
    f"{SETTINGS}/agreement": "a comparison, which stores nothing",
    "/profile/password": "one's own password",
    "/profile/keys": "one's own keys",
    "/profile/sessions": "one's own sessions",
    "/profile/second-factor": "one's own second factor",
    "/profile/second-factor/off": "one's own second factor",
    "/profile/recovery-codes": "one's own second factor",
}
"""The forms that leave no record, and why."""
PRESSES: Sequence[tuple[str, Mapping[str, str]]] = (
    (f"{SITE}/reports/saved", {"name": "R", "whose": "site", "query": "metrics=deals"}),
    (f"{SITE}/reports/saved/change", {"name": "R", "whose": "site", "act": "delete", "agreed": "R"}),
    (f"{SITE}/reports/segments", {"name": "S", "whose": "site", "query": "filter=source:is:a"}),
    (f"{SITE}/reports/segments/change", {"name": "S", "whose": "site", "act": "delete", "agreed": "S"}),
    (f"{SITE}/notes", {"day": "2026-03-26", "text": "New site"}),
    (f"{SITE}/notes/remove", {"note": f"{SITE}/notes"}),
    (f"{SITE}/deals/{{deal:int}}", {"act": "delete"}),
    (f"{SITE}/leads/{{kind}}/{{lead:int}}", {"act": "note", "tags": "x"}),
    (f"{SITE}/leads/{{kind}}/{{lead:int}}", {"act": "hide"}),
    (f"{SETTINGS}/site", {"shown.points_per_day": "0", "points_per_day": "7"}),
    (f"{SETTINGS}/tokens", {"label": "crm"}),
    (f"{SETTINGS}/tokens/revoke", {"token": f"{SETTINGS}/tokens"}),
    (f"{SETTINGS}/fields", {"name": "city"}),
    (f"{SETTINGS}/fields/remove", {"name": "city"}),
    (f"{SETTINGS}/columns", {"name": "Half", "kind": "count", "status": "Paid"}),
    (f"{SETTINGS}/columns/remove", {"name": "Half"}),
    (f"{SETTINGS}/hosts", {"kind": "payment", "host": "pay.example", "agreed": "+ payment pay.example"}),
    (f"{SETTINGS}/webhooks", {"url": "https://crm.example/2", "style": "json", "event": "deal.created"}),
    (f"{SETTINGS}/webhooks/{{webhook}}", {"act": "pause"}),
    (f"{SETTINGS}/alerts", {**ALERT, "metric": "leads", "recipients": "a@example.com"}),
    (f"{SETTINGS}/alerts/{{alert}}", {"act": "remove"}),
    (f"{SETTINGS}/mail-reports", {"title": "x", "question": "metrics=leads", "rhythm": "daily", "hour": "1", **MAILED}),
    (f"{SETTINGS}/mail-reports/remove", {"report": f"{SETTINGS}/mail-reports"}),
    (f"{SETTINGS}/imports/{{key}}", {}),
    (f"{SETTINGS}/rates", {"currency": "eur", "rubles": "100", "since": "2026-03-26"}),
    (f"{SETTINGS}/rates/remove", {"currency": "eur", "since": "2026-03-26"}),
    (f"{SETTINGS}/shared", {"name": "L", "query": "metrics=leads", "days": "30"}),
    (f"{SETTINGS}/shared/revoke", {"link": f"{SETTINGS}/shared"}),
    (f"{SITE}/costs/{{key}}", {}),
    (f"{SETTINGS}/users/role", {"user": "{user}", "role": "analyst"}),
    (f"{SETTINGS}/users/invitation", {"role": "reader"}),
    (f"{SETTINGS}/users/revoke", {"digest": f"{SETTINGS}/users"}),
    (f"{SETTINGS}/users/password", {"user": "{user}"}),
    (f"{SETTINGS}/users/logout", {"user": "{user}"}),
    ("/sites", {"name": "Shop", "timezone": "Europe/Moscow", "site_id": "", "token": ""}),
    ("/users/invitation", {"site": "installation"}),
    ("/users/revoke", {"digest": "/users"}),
    (f"{USER}/role", {"site": "{site}", "role": "reader"}),
    (f"{USER}/password", {}),
    (f"{USER}/logout", {}),
    (f"{USER}/second-factor", {}),
    (f"{USER}/ownership", {"is_owner": "on"}),
    (f"{USER}/delete", {"is_sure": "on"}),
)
"""Forms that succeed one after another on a filled site; a field named by a page has the first value that it shows."""
PRESSED_ELSEWHERE = {
    f"{SITE}/leads/missed": "test_missed_calls",
    f"{SITE}/people/{{client:int}}/data": "test_person_pages",
    f"{SETTINGS}/statuses": "test_undone_changes",
    f"{SETTINGS}/hosts/remove": "test_undone_changes",
    f"{SETTINGS}/past": "test_what_if_pages",
    f"{SETTINGS}/mail-reports/{{report}}": "test_alert_pages",
    f"{SETTINGS}/rates/import": "test_rate_pages",
    f"{SITE}/costs/remove": "test_removed_costs",
    f"{SETTINGS}/imports/undo/{{number:int}}": "test_imports_taken_back",
    "/welcome": "test_welcome",
    "/invitation": "test_audit_log",
    "/password": "test_audit_log",
    "/demo": "test_installation_pages",
    "/demo/remove": "test_installation_pages",
    "/users/second-factor": "test_users",
}
"""The other forms, and the modules of tests that send them."""


def test_every_form_of_the_cabinet_leaves_a_record_or_has_a_reason() -> None:
    assert {page.path for page in PAGES if page.method == "POST"} == set(RECORDS) | set(WITHOUT)
    assert not set(RECORDS) & set(WITHOUT)
    assert set(RECORDS) == {path for path, _ in PRESSES} | set(PRESSED_ELSEWHERE)


@pytest.fixture(scope="module")
def filled(server: ServerProcess, served: Stage) -> FilledSite:
    return fill_site(server, served)


def records_of(served: Stage, filled: FilledSite) -> list[tuple[str, object]]:
    """Return the records of the site and of the installation: the kind, and who it names."""
    site_id, login = filled.player.site.id, filled.owner.login
    with served.database.read() as connection:
        user = find_user(connection, login)
        assert user is not None
        entries = [(entry.kind.value, entry.author) for entry in list_audit_entries(connection, most=10_000)]
        changes = [
            (change.kind.value, change.user_id) for change in list_site_changes(connection, site_id, most=10_000)
        ]
        versions = [
            (Version.DEAL.value, row.user_id)
            for row in connection.execute(select(deal_version.c.user_id).where(deal_version.c.site_id == site_id))
        ]
    return [(kind, who in (login, user.id)) for kind, who in [*entries, *changes, *versions]]


def value_of(filled: FilledSite, name: str, value: str) -> str:
    """Return the value of a field: itself, a place of the filled site, or the first value that a page shows."""
    if value.startswith("/"):
        shown = filled.owner.get(filled.path_of(value).removeprefix("/cabinet")).text
        return re.findall(rf'name="{name}" value="([^"]+)"', shown)[0]
    return filled.places[value[1:-1]] if value.startswith("{") else value


def test_forms_leave_their_records_with_the_name_of_who_sent_them(served: Stage, filled: FilledSite) -> None:
    silent = []
    for path, fields in PRESSES:
        before = records_of(served, filled)
        sent = {name: value_of(filled, name, value) for name, value in fields.items()}
        place = filled.path_of(path).removeprefix("/cabinet")
        answer = filled.owner.send(place, **sent)
        for agreed in re.findall(r'name="agreed" value="([^"]+)"', answer.text)[
            :1
        ]:  # the page shows first what changes
            answer = filled.owner.send(place, **{**sent, "agreed": html.unescape(agreed)})
        made = (RECORDS[path].value, True)
        if records_of(served, filled).count(made) <= before.count(made):
            silent.append((path, answer.status_code, text_of(answer.text)[:300] if answer.text else ""))
    assert silent == []
