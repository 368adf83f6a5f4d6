"""Changes of a site are undone from their history, by the forms on which they were made."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from sqlalchemy import select, update

from cast import MOSCOW, Player, Stage
from dealtrace.accounts.rights import Role
from dealtrace.accounts.site_change import ChangeKind, SiteChange
from dealtrace.cabinet.settings.changes import FINAL, UNDO, undo_of
from dealtrace.mails.subscription import MailList, Subscription
from dealtrace.operations.accounts.change_site_settings import settings_of
from dealtrace.reports.column_definitions import ColumnKind, ReportColumn, format_column, parse_formatted_column
from dealtrace.reports.column_formulas import parse_formula
from dealtrace.storage.accounts.site_hosts import list_hosts
from dealtrace.storage.alerts.alerts import list_alerts
from dealtrace.storage.mails.scheduled_reports import list_scheduled_reports
from dealtrace.storage.mails.unsubscriptions import insert_unsubscription
from dealtrace.storage.reports.notes import list_notes
from dealtrace.storage.schema.tables.all_tables import metadata
from dealtrace.storage.schema.tables.common_columns import TENANT
from dealtrace.storage.schema.tables.requests import api_request_batch
from dealtrace.storage.schema.tables.site_data import busiest_second, points_day, site_change
from dealtrace.storage.schema.tables.webhooks import webhook
from dealtrace.storage.webhooks.webhooks import list_webhooks
from guests import Guest, member_of, new_user, text_of
from server import ServerProcess
from stored import site_of

NOW = datetime.now(UTC)
_FORM = re.compile(r'<form[^>]*action="/cabinet/\d+/([^"]+)"[^>]*>(.*?)</form>', re.DOTALL)
_TAG = re.compile(r"<(input|select|option|button|textarea)\b([^>]*)>")
_TEXT_AREA = re.compile(r'<textarea[^>]* name="([^"]*)"[^>]*>(.*?)</textarea>', re.DOTALL)
_ATTRIBUTE = re.compile(r'([\w-]+)(?:="([^"]*)")?')


@dataclass
class SentForm:
    """A form of a page as a browser without JavaScript sends it by its first button, or by the one that agrees."""

    place: str
    fields: dict[str, Any] = field(default_factory=dict)


def forms_of(page: httpx.Response) -> list[SentForm]:
    """Return the forms of a page with what they send: hidden and typed fields, ticked boxes and chosen options."""
    return [SentForm(html.unescape(place), _fields_of(body)) for place, body in _FORM.findall(page.text)]


def _fields_of(body: str) -> dict[str, Any]:
    sent: dict[str, Any] = {}
    select, has_button = "", False
    for tag, text in _TAG.findall(body):
        given = {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(text)}
        name, value = given.get("name", ""), given.get("value", "")
        if tag == "select":
            select = name
        elif tag == "option" and ("selected" in given or select not in sent):
            sent[select] = value
        elif tag == "button" and name and (name == "agreed" or not has_button):
            sent[name] = value
        elif tag == "input" and name and (given.get("type") not in ("checkbox", "radio") or "checked" in given):
            sent[name] = [*sent[name], value] if isinstance(sent.get(name), list) else _added(sent, name, value)
        has_button = has_button or tag == "button"
    return {**sent, **{name: html.unescape(text) for name, text in _TEXT_AREA.findall(body)}}


def _added(sent: Mapping[str, Any], name: str, value: str) -> Any:
    return [sent[name], value] if name in sent else value


@pytest.fixture
def owner(served: Stage) -> Player:
    """Give a site of its own to each test."""
    return served.open_site(time_zone=MOSCOW, contact_matching=True)


@pytest.fixture
def boss(server: ServerProcess, served: Stage, owner: Player) -> Guest:
    """Give the owner of the site, in English."""
    return member_of(server, served, owner.site.id)


def undo_latest(boss: Guest) -> httpx.Response:
    """Press the first button of the history, and then *Save anyway* where a page shows first what would change."""
    first = forms_of(boss.get("settings/changes"))[0]
    answer = boss.send(first.place, **first.fields)
    if answer.status_code == httpx.codes.OK:
        agreed = next(form for form in forms_of(answer) if form.place == first.place and "agreed" in form.fields)
        answer = boss.send(first.place, **{**first.fields, "act": "save", **agreed.fields})
    assert answer.status_code == 303, text_of(answer.text)
    return answer


SETTINGS = {
    "name": "Other",
    "timezone": "Asia/Omsk",
    "contact_matching": "",
    "attribution": "4",
    "unique_depth_days": "9",
    "target_call_seconds": "45",
    "respects_do_not_track": "",
    "points_per_day": "7",
    "cors_origins": "https://a.example",
    "points_cost.register": "3",
}
CHANGES: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "status won": [("settings/statuses", {"name": "Paid, in part", "meaning": "won"})],
    "status lost again": [
        ("settings/statuses", {"name": "Paid", "meaning": "won"}),
        ("settings/statuses", {"name": "Paid", "meaning": "lost"}),
    ],
    "column added": [("settings/columns", {"name": "Good", "kind": "count", "status": ["Paid, in part", "a\\b"]})],
    "column changed": [
        ("settings/columns", {"name": "Good", "kind": "count", "status": ["Paid, in part", "a\\b"]}),
        ("settings/columns", {"name": "Best (sum)", "kind": "formula", "formula": "deals / 2", "before": "Good"}),
    ],
    "column removed": [
        ("settings/columns", {"name": "Good", "kind": "formula", "formula": "(deals + leads) / visits"}),
        ("settings/columns/remove", {"name": "Good"}),
    ],
    "field added": [("settings/fields", {"name": "Город"})],
    "field removed": [("settings/fields", {"name": "Город"}), ("settings/fields/remove", {"name": "Город"})],
    "host added": [("settings/hosts", {"kind": "payment", "host": "pay.example", "name": ""})],
    "search engine changed": [
        ("settings/hosts", {"kind": "search", "host": "find.example", "name": "Find It"}),
        ("settings/hosts", {"kind": "social", "host": "find.example", "name": "Friends"}),
    ],
    "search engine removed": [
        ("settings/hosts", {"kind": "search", "host": "find.example", "name": "Find It"}),
        ("settings/hosts/remove", {"which": "search find.example"}),
    ],
    "rate added": [("settings/rates", {"currency": "usd", "rubles": "92.5", "since": "2026-10-01"})],
    "rate replaced": [
        ("settings/rates", {"currency": "usd", "rubles": "92.5", "since": "2026-10-01"}),
        ("settings/rates", {"currency": "usd", "rubles": "93", "since": "2026-10-02"}),
        ("settings/rates", {"currency": "usd", "rubles": "90", "since": "2026-10-01"}),
    ],
    "segment added": [("reports/segments", {"name": "S", "whose": "site", "query": "filter=source:is:a\\,b"})],
    "segment replaced": [
        ("reports/segments", {"name": "S", "whose": "site", "query": "filter=source:is:a\\,b&filter=medium:empty"}),
        ("reports/segments", {"name": "S", "whose": "site", "query": "filter=source:is:c", "overwrite": "on"}),
    ],
    "segment renamed": [
        ("reports/segments", {"name": "S", "whose": "site", "query": "filter=source:is:a"}),
        ("reports/segments/change", {"name": "S", "whose": "site", "new_name": "T"}),
    ],
    "segment removed": [
        ("reports/segments", {"name": "S", "whose": "site", "query": "filter=source:is:a\\,b\\\\&filter=medium:empty"}),
        ("reports/segments/change", {"name": "S", "whose": "site", "act": "delete"}),
    ],
    "report added": [("reports/saved", {"name": "R", "whose": "site", "query": "metrics=deals&by=source"})],
    "report renamed": [
        ("reports/saved", {"name": "R+%41", "whose": "site", "query": "metrics=deals"}),
        ("reports/saved/change", {"name": "R+%41", "whose": "site", "new_name": "T"}),
    ],
    "report removed": [
        ("reports/saved", {"name": "R", "whose": "site", "query": "metrics=deals&filter=source:is:a%26b%2B"}),
        ("reports/saved/change", {"name": "R", "whose": "site", "act": "delete"}),
    ],
}


def in_force(served: Stage, owner: Player) -> Any:
    """Return the settings and rows of the site, without times; a status that is named and open counts as none."""
    with served.database.read() as connection:
        rows = {
            table.name: sorted(
                [str(value) for value in row if not isinstance(value, datetime)]
                for row in connection.execute(select(table).where(table.c.site_id == owner.site.id))
                if "open" not in row
            )
            for table in metadata.sorted_tables
            if table.info == TENANT and table not in (site_change, api_request_batch, points_day, busiest_second)
        }
        hosts = [(each.kind, each.host, each.name) for each in list_hosts(connection, owner.site.id)]
    site = site_of(served.database, owner)
    return {**rows, "settings": settings_of(site), "fields": site.custom_fields, "hosts": sorted(hosts)}


def change(boss: Guest, place: str, fields: Mapping[str, Any]) -> None:
    """Send a form, and once more with what its forecast asks to agree to."""
    answer = boss.send(place, **fields)
    if answer.status_code == httpx.codes.OK:
        agreed = next(form for form in forms_of(answer) if form.place == place and "agreed" in form.fields)
        answer = boss.send(place, **{**fields, "agreed": agreed.fields["agreed"]})
    assert answer.status_code == 303, text_of(answer.text)


@pytest.mark.parametrize("key", SETTINGS)
def test_a_changed_setting_is_undone(boss: Guest, served: Stage, owner: Player, key: str) -> None:
    before = in_force(served, owner)
    change(boss, "settings/site", {f"shown.{key}": "on", **({key: SETTINGS[key]} if SETTINGS[key] else {})})
    assert in_force(served, owner) != before
    undo_latest(boss)
    assert in_force(served, owner) == before
    undo_latest(boss)
    assert in_force(served, owner) != before, "an undo can be undone"


@pytest.mark.parametrize("name", CHANGES)
def test_the_latest_change_is_undone(boss: Guest, served: Stage, owner: Player, name: str) -> None:
    *first, (place, fields) = CHANGES[name]
    for each in first:
        change(boss, *each)
    before = in_force(served, owner)
    change(boss, place, fields)
    assert in_force(served, owner) != before
    undo_latest(boss)
    assert in_force(served, owner) == before


def test_a_role_is_undone(boss: Guest, served: Stage, owner: Player) -> None:
    user = new_user(served.database, {owner.site.id: Role.READER})
    change(boss, "settings/users/role", {"user": str(user.id), "role": "analyst"})
    undo_latest(boss)
    assert f"Role of {user.login}: analyst → reader" in text_of(boss.get("settings/changes").text)


def test_a_pause_of_a_webhook_is_undone(boss: Guest, served: Stage, owner: Player) -> None:
    boss.send("settings/webhooks", url="http://127.0.0.1:9/", style="json", event="deal.created")
    with served.database.read() as connection:
        (webhook,) = list_webhooks(connection, owner.site.id)
    change(boss, f"settings/webhooks/{webhook.id}", {"act": "pause"})
    undo_latest(boss)
    assert "paused → active" in text_of(boss.get("settings/changes").text)


ALERT = {"kind": "above", "metric": "deals", "window": "day", "amount": "3", "filters": "source:is:a\nmedium:empty"}
REPORT = {"title": "R", "question": "metrics=deals&filter=source:is:a", "rhythm": "weekly", "hour": "9"}
HOOK = {
    "url": "http://127.0.0.1:9/?secret=5",
    "event": ["deal.created", "deal.changed"],
    "fields": "orderId, orderNumber",
}


def add(boss: Guest, place: str, fields: dict[str, Any]) -> str:
    """Add an alert, report or webhook, with a user among its recipients if it has recipients; return its page."""
    if "recipients" in fields:
        members = re.findall(r'name="member" value="(\d+)"', boss.get("settings/mail-reports").text)
        fields["member"] = members[0]  # owners of the installation, whom other tests make, are members too
    change(boss, place, fields)
    (found,) = set(re.findall(rf'/cabinet/\d+/({place}/\d+)"', boss.get(place).text))
    return str(found)


CHANGED_PARTS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "rule of an alert": ("settings/alerts", ALERT, {"kind": "below", "amount": "1", "metric": "calls"}),
    "filters of an alert": ("settings/alerts", ALERT, {"filters": ""}),
    "recipients of an alert": ("settings/alerts", ALERT, {"recipients": "c@example.com"}),
    "title of a report": ("settings/mail-reports", REPORT, {"title": "T"}),
    "schedule of a report": ("settings/mail-reports", REPORT, {"rhythm": "daily", "hour": "11"}),
    "question of a report": ("settings/mail-reports", REPORT, {"question": "metrics=calls"}),
    "recipients of a report": ("settings/mail-reports", REPORT, {"recipients": "c@example.com"}),
    "URL of a webhook": ("settings/webhooks", HOOK, {"url": "http://127.0.0.1:10/?secret=6"}),
    "events of a webhook": ("settings/webhooks", HOOK, {"event": ["deal.created"]}),
    "fields of a webhook": ("settings/webhooks", HOOK, {"fields": ""}),
}
RECIPIENTS = "a@example.com ru\nb@example.com en"


def of_parts(served: Stage, owner: Player) -> Any:
    """Return what is in force, without the state of deliveries and the times of the next ones."""
    rows = in_force(served, owner)
    with served.database.read() as connection:
        alerts = [replace(each, created_at=NOW, due_at=NOW) for each in list_alerts(connection, owner.site.id)]
        reports = [
            replace(each, created_at=NOW, due_at=NOW) for each in list_scheduled_reports(connection, owner.site.id)
        ]
        hooks = [
            (each.id, each.url, each.events, each.fields, each.secret)
            for each in list_webhooks(connection, owner.site.id)
        ]
    return rows["settings"], alerts, reports, hooks


@pytest.mark.parametrize("name", CHANGED_PARTS)
def test_the_latest_change_of_each_part_is_undone(boss: Guest, served: Stage, owner: Player, name: str) -> None:
    place, fields, changed = CHANGED_PARTS[name]
    whole = (
        {**fields, "style": "form", "act": "change"}
        if place == "settings/webhooks"
        else {**fields, "recipients": RECIPIENTS}
    )
    found = add(boss, place, whole)
    before = of_parts(served, owner)
    change(boss, found, {**whole, **changed})
    assert of_parts(served, owner) != before
    page = boss.get("settings/changes").text
    assert "secret=5" not in page, "the URL of a receiver may contain a secret"
    undo_latest(boss)
    assert of_parts(served, owner) == before
    undo_latest(boss)
    assert of_parts(served, owner) != before, "an undo can be undone"


def test_a_user_who_is_told_again_keeps_the_language_of_their_mails_whoever_undoes_it(
    boss: Guest, server: ServerProcess, served: Stage, owner: Player
) -> None:
    fields = {**ALERT, "recipients": RECIPIENTS}
    found = add(boss, "settings/alerts", fields)
    before = of_parts(served, owner)
    change(boss, found, {**fields, "member": ()})
    assert of_parts(served, owner) != before
    russian = member_of(server, served, owner.site.id, language="ru")
    undo = forms_of(russian.get("settings/changes"))[0]
    tried = russian.send(undo.place, **undo.fields)
    shown = next(form for form in forms_of(tried) if "agreed" in form.fields)
    again = russian.send(shown.place, **{name: value for name, value in shown.fields.items() if name != "agreed"})
    for form in (shown, next(form for form in forms_of(again) if "agreed" in form.fields)):
        saved = russian.send(form.place, **form.fields)
        assert saved.status_code == 303, text_of(saved.text)
        assert of_parts(served, owner) == before


@pytest.mark.parametrize(("place", "fields"), [("settings/alerts", ALERT), ("settings/mail-reports", REPORT)])
def test_what_was_removed_comes_back_once_with_its_recipients_but_not_who_unsubscribed(
    boss: Guest, served: Stage, owner: Player, place: str, fields: dict[str, Any]
) -> None:
    found = add(boss, place, {**fields, "recipients": RECIPIENTS})
    before, number = of_parts(served, owner), found.rpartition("/")[2]
    removal = (found, {"act": "remove"}) if "alerts" in place else (f"{place}/remove", {"report": number})
    change(boss, *removal)
    assert of_parts(served, owner) != before
    (undo, *_) = forms_of(boss.get("settings/changes"))
    undo_latest(boss)
    assert of_parts(served, owner) == before
    assert boss.send(undo.place, **undo.fields).status_code in (400, 404), "it is there already"
    assert of_parts(served, owner) == before
    with served.database.write() as connection:
        kind = MailList.ALERT if "alerts" in place else MailList.REPORT
        insert_unsubscription(connection, Subscription(owner.site.id, kind, int(number), "a@example.com"), NOW)
    undo_latest(boss)
    assert of_parts(served, owner) != before, "the undo of a removal is undone by removing it again"
    undo_latest(boss)
    assert "b@example.com" in str(of_parts(served, owner))
    assert "a@example.com" not in str(of_parts(served, owner)), "nobody gets what they unsubscribed from"


def test_parts_of_others_and_of_other_things_are_not_undone(
    boss: Guest, server: ServerProcess, served: Stage, owner: Player
) -> None:
    found = add(boss, "settings/webhooks", {**HOOK, "style": "form"})
    change(boss, found, {**HOOK, "act": "change", "fields": ""})
    key = forms_of(boss.get("settings/changes"))[0].fields["change"]
    for place in ("settings/alerts", "settings/mail-reports", f"{found}0"):
        assert boss.send(place, act="undo", change=key).status_code == 404
    assert boss.send(found, act="undo", change="0" * 16).status_code == 404
    boss.send("settings/webhooks", **{**HOOK, "url": "http://127.0.0.1:8/", "style": "form"})
    with served.database.read() as connection:
        other = next(each for each in list_webhooks(connection, owner.site.id) if str(each.id) not in found)
    assert boss.send(f"settings/webhooks/{other.id}", act="undo", change=key).status_code == 404
    analyst = member_of(server, served, owner.site.id, Role.ANALYST)
    assert analyst.send(found, act="undo", change=key).status_code == 403


def test_a_lead_that_was_deleted_comes_back(boss: Guest, served: Stage, owner: Player) -> None:
    call = served.call(owner, NOW)
    change(boss, f"leads/call/{call.id}", {"act": "hide"})
    undo_latest(boss)
    assert f"Call {call.id}, restored" in text_of(boss.get("settings/changes").text)


def notes_of(served: Stage, owner: Player) -> list[tuple[str, str]]:
    """Return the days and texts of the notes of the site."""
    with served.database.read() as connection:
        return sorted((note.day_on.isoformat(), note.text) for note in list_notes(connection, owner.site.id))


def test_a_note_is_removed_and_comes_back_on_its_day(boss: Guest, served: Stage, owner: Player) -> None:
    new, other = ("2026-10-31", "New “site” 2.0"), ("2026-10-31", "Other")
    for day, text in (other, new):
        change(boss, "notes", {"day": day, "text": text})
    undo_latest(boss)
    assert notes_of(served, owner) == [other]
    undo_latest(boss)
    assert notes_of(served, owner) == [new, other]
    undo_latest(boss)
    assert notes_of(served, owner) == [other]
    changes = text_of(boss.get("settings/changes").text)
    for words in ("added", "removed"):
        assert f"Note on 31 Oct 2026, “New “site” 2.0”: {words}" in changes


@pytest.mark.parametrize("style", ["json", "form"])
def test_a_deleted_webhook_comes_back_once_with_another_secret(
    boss: Guest, server: ServerProcess, served: Stage, owner: Player, style: str
) -> None:
    found = add(boss, "settings/webhooks", {**HOOK, "style": "form"})
    number = found.rpartition("/")[2]
    with served.database.write() as connection:
        connection.execute(update(webhook).where(webhook.c.id == int(number)).values(style=style))
    *_, [before] = of_parts(served, owner)
    change(boss, found, {"act": "delete", "agreed": number})
    assert of_parts(served, owner)[-1] == []
    page = boss.get("settings/changes")
    assert "secret=5" not in page.text
    (undo, *_) = forms_of(page)
    stranger = member_of(server, served, served.open_site().site.id)
    assert stranger.send(undo.place, **undo.fields).status_code == 404
    made = boss.send(undo.place, **undo.fields)
    *_, [after] = of_parts(served, owner)
    assert after[:-1] == before[:-1]
    assert after[-1] != before[-1]
    assert (made.status_code, after[-1] in html.unescape(made.text)) == (
        (200, True) if style == "json" else (303, False)
    )
    again = boss.send(undo.place, act="undo", change=undo.fields["change"])
    assert again.status_code == 404, "it is there already"
    assert boss.send("settings/webhooks", act="undo", change="0" * 16).status_code == 404


def test_a_webhook_that_was_deleted_while_it_was_paused_comes_back_paused(
    boss: Guest, served: Stage, owner: Player
) -> None:
    found = add(boss, "settings/webhooks", {**HOOK, "style": "form"})
    change(boss, found, {"act": "pause"})
    change(boss, found, {"act": "delete", "agreed": found.rpartition("/")[2]})
    undo_latest(boss)
    with served.database.read() as connection:
        (made,) = list_webhooks(connection, owner.site.id)
    assert made.is_paused


@pytest.mark.parametrize(("place", "part"), [("reports/saved", "query"), ("reports/segments", "filters")])
def test_what_is_too_long_to_be_shown_comes_back_whole(
    boss: Guest, served: Stage, owner: Player, place: str, part: str
) -> None:
    query = urlencode(
        [("metrics", "deals"), *(("filter", f"campaign:is:{name * 40}, x") for name in "abcdefghijklmnopq")]
    )
    change(boss, place, {"name": "Long", "whose": "site", "query": query})
    before = in_force(served, owner)
    change(boss, f"{place}/change", {"name": "Long", "whose": "site", "act": "delete"})
    assert in_force(served, owner) != before
    undo_latest(boss)
    assert in_force(served, owner) == before


def test_only_the_latest_change_of_a_thing_has_a_button_and_says_what_it_undoes(boss: Guest) -> None:
    for meaning in ("won", "lost"):
        change(boss, "settings/statuses", {"name": "Paid", "meaning": meaning})
    page = boss.get("settings/changes").text
    assert re.findall(r'aria-label="(Undo: [^"]*)"', page) == ["Undo: Status “Paid”: won → lost"]


@pytest.mark.parametrize("kind", ChangeKind)
def test_each_kind_of_change_is_undone_or_final(kind: ChangeKind) -> None:
    assert (kind in UNDO) != (kind in FINAL)
    if kind in FINAL:
        assert undo_of(SiteChange(kind, "name", "a", "b", NOW), {}) is None


def test_a_value_that_was_cut_in_the_history_is_not_offered() -> None:
    cut = "x" * 499 + "…"
    assert undo_of(SiteChange(ChangeKind.SETTING, "cors_origins", cut, "", NOW), {}) is None
    assert undo_of(SiteChange(ChangeKind.SETTING, "cors_origins", cut[1:], "", NOW), {}) is not None


@pytest.mark.parametrize(
    "column",
    [
        ReportColumn("A (count) b", ColumnKind.COUNT, ("x, y", "back\\slash,", "(sum): z")),
        ReportColumn("Сумма", ColumnKind.SUM, ("оплачен",)),
        ReportColumn("F", ColumnKind.FORMULA, formula=parse_formula('"A (count) b" / 2 + deals')),
    ],
)
def test_a_formatted_column_is_parsed_as_the_same_column(column: ReportColumn) -> None:
    assert parse_formatted_column(format_column(column)) == column
    assert parse_formatted_column(column.name) is None


def test_what_was_renamed_or_changed_by_a_file_is_undone_only_as_a_whole(boss: Guest) -> None:
    change(boss, "reports/saved", {"name": "A", "whose": "site", "query": "metrics=deals"})
    change(boss, "reports/saved/change", {"name": "A", "whose": "site", "new_name": "B"})
    change(boss, "reports/saved/change", {"name": "B", "whose": "site", "act": "delete"})
    for name, meaning in (("Paid", "won"), ("PAID", "lost")):
        change(boss, "settings/statuses", {"name": name, "meaning": meaning})
    undone = re.findall(r'aria-label="Undo: ([^"]*)"', boss.get("settings/changes").text)
    assert [text.partition("”")[0] for text in undone if "counter" not in text] == ["Status “PAID", "Saved report “B"]


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [("usd", "90 2026-01-05", "365 2026-01-01 2026-12-31"), ("eur, usd", "90 2026-01-05", "2 2026-01-05 2026-01-05")],
)
def test_rates_of_a_file_are_not_undone_in_part(name: str, before: str, after: str) -> None:
    assert undo_of(SiteChange(ChangeKind.RATE, name, before, after, NOW), {}) is None
