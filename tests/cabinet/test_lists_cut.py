"""A list that leaves something out says how much, in both languages, and where the rest is."""

import html
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from account_work import account_work
from cast import Player, Stage
from dealtrace.accounts.background_run import PastChange
from dealtrace.accounts.site_days import day_start, site_day
from dealtrace.alerts.incident import Incident, IncidentId
from dealtrace.alerts.rule import AlertKind, Rule
from dealtrace.alerts.windows import WINDOWS
from dealtrace.attribution.cost import Cost, CostAccount
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.cabinet.notes.axis import SHOWN_MAX as NOTES_SHOWN
from dealtrace.cabinet.overview.missing import SHOWN_MAX as MISSING_SHOWN
from dealtrace.cabinet.settings.alerts import INCIDENTS_SHOWN
from dealtrace.cabinet.settings.columns import STATUSES_OFFERED_MAX
from dealtrace.cabinet.settings.webhooks.card import LOG_LENGTH
from dealtrace.leads.call import IncomingCall
from dealtrace.operations.accounts.change_site_settings import change_site_settings
from dealtrace.operations.alerts.manage import add_alert
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.overview.problems import NAMES_SHOWN
from dealtrace.operations.reports.import_costs import import_costs
from dealtrace.operations.what_if.apply_to_past import MOVES_STORED
from dealtrace.reports.metrics import Unit
from dealtrace.reports.saved_items.notes import Note
from dealtrace.storage.accounts.custom_fields import count_unknown_fields
from dealtrace.storage.alerts.incidents import insert_incident
from dealtrace.storage.journals.search_rows import FOUND_MAX
from dealtrace.storage.reports.column_definitions import list_columns
from dealtrace.storage.reports.notes import insert_note
from engines import on_one_engine
from guests import Guest, member_of, text_of
from server import ServerProcess
from stored import site_of
from waiting import wait_until
from write_commands import by_contact, registration

pytestmark = on_one_engine
NOW = datetime.now(UTC)


def links_of(page: str) -> list[str]:
    """Return the URLs that a page links to."""
    return [html.unescape(url) for url in re.findall(r'href="([^"]+)"', page)]


@pytest.fixture
def boss(server: ServerProcess, served: Stage, owner: Player) -> Guest:
    return member_of(server, served, owner.site.id)


@pytest.fixture
def russian(server: ServerProcess, served: Stage, owner: Player) -> Guest:
    return member_of(server, served, owner.site.id, language="ru")


def register_with_statuses(served: Stage, player: Player, count: int) -> None:
    deals = [
        registration(f"{player.site.id}-{number}", happened_at=NOW - timedelta(days=2), status=f"Status {number:03}")
        for number in range(count)
    ]
    served.perform(register_deals, player, *deals)


def test_a_search_that_ends_at_its_limit_says_so(served: Stage, owner: Player, boss: Guest, russian: Guest) -> None:
    numbers = [f"cut-{number:04}" for number in range(FOUND_MAX)]
    served.perform(register_deals, owner, *(registration(number) for number in numbers))
    served.calls(
        owner,
        *(IncomingCall(NOW, timedelta(seconds=9), f"7920{number:07}", name) for number, name in enumerate(numbers)),
    )
    said = {boss: "the search ends at 1 000 rows for each kind of match", russian: "заканчивается на 1 000 строках"}
    for guest, words in said.items():
        for page in ("deals", "leads"):
            assert words in text_of(guest.get(page, q="cut-*").text).replace("\u00a0", " "), page
            assert words not in text_of(guest.get(page, q="cut-00*").text).replace("\u00a0", " "), page
        assert words not in text_of(guest.get("leads", q="cut-*", tab="requests").text).replace("\u00a0", " ")


def test_statuses_of_a_column_beyond_those_that_can_be_ticked_are_typed(
    served: Stage, owner: Player, boss: Guest, russian: Guest
) -> None:
    place, form = "settings/columns", {"name": "Late", "kind": "count"}
    register_with_statuses(served, owner, STATUSES_OFFERED_MAX)
    assert "further" not in boss.get(place).text
    register_with_statuses(served, owner, STATUSES_OFFERED_MAX + 2)
    assert "2 more statuses of the site have no checkbox here." in text_of(boss.get(place).text)
    assert "Ещё для 2 статусов сайта здесь нет флажков." in text_of(russian.get(place).text)
    late = [f"Status {STATUSES_OFFERED_MAX:03}", f"Status {STATUSES_OFFERED_MAX + 1:03}"]
    tried = boss.send(place, **form, status="Status 007", further=", ".join(late))
    assert "Total of the column over the last month" in text_of(tried.text)
    for name in ("Status 007", *late):
        assert f'value="{name}" checked' in tried.text, "what was typed has a box now"
    agreed = f'["Late", "count", ["Status 007", "{late[0]}", "{late[1]}"], "", ""]'
    assert boss.send(place, **form, status=["Status 007", *late], agreed=agreed).status_code == 303
    with served.database.read() as connection:
        assert [column.statuses for column in list_columns(connection, owner.site.id)] == [("Status 007", *late)]


def test_statuses_that_nobody_has_classified_beyond_those_named_are_counted(
    served: Stage, owner: Player, boss: Guest, russian: Guest
) -> None:
    register_with_statuses(served, owner, NAMES_SHOWN + 3)
    assert "and 3 more." in text_of(boss.get("").text)
    assert "и ещё 3." in text_of(russian.get("").text)


def test_unknown_fields_beyond_those_named_are_counted(served: Stage, owner: Player, boss: Guest) -> None:
    seen = {f"field{number}": 100 - number for number in range(NAMES_SHOWN + 2)}
    with served.database.write() as connection:
        count_unknown_fields(connection, owner.site.id, seen, NOW)
    named = ", ".join(list(seen)[:NAMES_SHOWN])
    assert f"that the site does not store: {named} and 2 more." in text_of(boss.get("").text)


def test_campaigns_without_visits_beyond_those_named_are_in_a_report(
    served: Stage, owner: Player, boss: Guest, russian: Guest
) -> None:
    day_on = site_day(NOW, owner.site.time_zone) - timedelta(days=3)
    for number in range(20):
        served.visit(owner, NOW - timedelta(days=3, minutes=number), TrafficSource("yandex", "cpc", "good"))
    names = ["good", *(f"idle {number}" for number in range(MISSING_SHOWN + 2))]
    costs = [
        Cost(day_on, TrafficSource("yandex", "cpc", name), 9_000_000 - place * 100_000, None, None)
        for place, name in enumerate(names)
    ]
    with served.database.write() as connection:
        import_costs(served.work(connection, owner), CostAccount("direct", "a"), {day_on}, costs)
    page = boss.get("").text
    shown = text_of(page)
    assert [name for name in names if f"The campaign {name} " in shown] == names[1 : MISSING_SHOWN + 1]
    assert "2 more campaigns cost less, brought no visits, and are not listed here." in shown
    assert "Ещё 2 менее дорогие кампании стоили денег и не принесли визитов" in text_of(russian.get("").text)
    (link,) = [url for url in links_of(page) if "by=campaign" in url and "sort=-cost" in url]
    assert "idle 6" in text_of(boss.follow(link).text)


def test_gaps_beyond_those_named_are_in_a_report(served: Stage, owner: Player, boss: Guest, russian: Guest) -> None:
    today, zone = site_day(NOW, owner.site.time_zone), owner.site.time_zone
    empty = [today - timedelta(days=4 * number) for number in range(1, MISSING_SHOWN + 2)]
    served.calls(
        owner,
        *(
            IncomingCall(
                day_start(today - timedelta(days=ago), zone) + timedelta(hours=8, minutes=number),
                timedelta(minutes=1),
                "79205550055",
            )
            for ago in range(1, 85)
            if today - timedelta(days=ago) not in empty
            for number in range(12)
        ),
    )
    page = boss.get("").text
    shown = text_of(page)
    assert shown.count("There were no calls on") == MISSING_SHOWN
    assert "1 earlier gap in the counts of calls, lead requests or visits is not listed here." in shown
    assert "Здесь не показан ещё 1 более ранний пропуск" in text_of(russian.get("").text)
    (link,) = [url for url in links_of(page) if "metrics=calls%2Crequests%2Cvisits" in url]
    assert boss.follow(link).status_code == 200


def test_notes_beyond_those_under_a_chart_are_in_the_list(
    served: Stage, owner: Player, boss: Guest, russian: Guest
) -> None:
    day_on = site_day(NOW, owner.site.time_zone) - timedelta(days=2)
    with served.database.write() as connection:
        for number in range(NOTES_SHOWN + 2):
            note = Note(f"{owner.site.id}{number}", day_on, f"Note {number:03}", None, NOW + timedelta(seconds=number))
            insert_note(connection, owner.site.id, note)
    served.perform(register_deals, owner, registration(f"{owner.site.id}", happened_at=NOW - timedelta(hours=1)))
    for place in ("reports", ""):
        assert "2 more notes of the period are in the list of notes." in text_of(boss.get(place, period="28d").text)
        assert "Ещё 2 заметки за период — в списке заметок." in text_of(russian.get(place, period="28d").text)


def test_earlier_incidents_of_an_alert_are_counted(served: Stage, owner: Player, boss: Guest, russian: Guest) -> None:
    rule = Rule(AlertKind.ABOVE, "deals", WINDOWS["day"], Decimal(3), (), ())
    served.ids.ensure(10)
    with served.database.write() as connection:
        alert = add_alert(account_work(connection, NOW, served.ids).at(owner.site), rule)
        for number in range(INCIDENTS_SHOWN + 2):
            at = NOW - timedelta(days=number + 1)
            incident = Incident(
                IncidentId(alert.id + 1000 + number), alert.id, at, at, Unit.COUNT, "4", None, at, at, "1"
            )
            insert_incident(connection, owner.site.id, incident)
    place = f"settings/alerts/{alert.id}"
    assert "2 earlier alerts are not listed." in text_of(boss.get(place).text)
    assert "Ещё 2 более ранних срабатывания не показаны." in text_of(russian.get(place).text)


def test_deliveries_beyond_those_listed_are_mentioned(served: Stage, owner: Player, boss: Guest) -> None:
    boss.send("settings/webhooks", url="http://127.0.0.1:9/hook", style="json", event="deal.created")
    place = next(url for url in links_of(boss.get("settings/webhooks").text) if "/settings/webhooks/" in url)
    player = replace(owner, site=site_of(served.database, owner))
    register_with_statuses(served, player, LOG_LENGTH)
    page = text_of(boss.follow(place).text)
    assert page.count("deal.created") > LOG_LENGTH
    assert "Only the latest" not in page
    served.perform(register_deals, player, registration("one more", happened_at=NOW))
    assert f"Only the latest {LOG_LENGTH} deliveries are listed." in text_of(boss.follow(place).text)


def test_moves_between_sources_beyond_those_stored_are_counted(server: ServerProcess, served: Stage) -> None:
    player = served.open_site(contact_matching=False)
    boss = member_of(server, served, player.site.id)
    for number in range(MOVES_STORED + 2):
        phone = f"792055501{number:02}"
        visit = served.visit(player, NOW - timedelta(days=1), TrafficSource(f"source {number}", "cpc"))
        served.call(player, NOW - timedelta(hours=2), phone=phone, visit_id=visit.id)
        deal = registration(str(number), happened_at=NOW - timedelta(hours=1), clue=by_contact(phone))
        served.perform(register_deals, player, deal)
    with served.database.write() as connection:
        change_site_settings(account_work(connection, NOW), player.site.id, {"contact_matching": "on"})
    boss.send("settings/past", kind=PastChange.MATCH.value, act="preview")
    wait_until(lambda: "What would move between sources" in boss.get("settings/past").text)
    wait_until(lambda: "and 2 more" in text_of(boss.get("settings/past").text))
