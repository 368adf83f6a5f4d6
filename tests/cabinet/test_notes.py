"""Notes on the axis: written ones, those that changes make by themselves, and the history of settings."""

import html
import re
from datetime import UTC, date, datetime, timedelta

import pytest

from account_work import account_work
from cast import Player, Stage
from dealtrace.accounts.rights import Role
from dealtrace.accounts.site_change import ChangeKind
from dealtrace.attribution.cost import Cost, CostAccount
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.cabinet.list_query import PAGE_ROWS
from dealtrace.cabinet.notes.axis import SHOWN_MAX, read_axis
from dealtrace.operations.accounts.change_site_settings import settings_of
from dealtrace.operations.accounts.manage_user import delete_user
from dealtrace.operations.accounts.record_change import record_change
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.reports.import_costs import import_costs
from dealtrace.reports.periods import Period
from engines import on_one_engine
from guests import Guest, member_of, text_of
from server import ServerProcess
from write_commands import registration, utc_now

pytestmark = on_one_engine
TODAY = datetime.now(UTC).date()
HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture
def boss(server: ServerProcess, served: Stage, owner: Player) -> Guest:
    return member_of(server, served, owner.site.id)


def report(person: Guest) -> str:
    return person.get("reports", metrics="deals", period="28d").text


@pytest.fixture
def deal(served: Stage, owner: Player) -> None:
    """Register a deal: the overview of a site that has nothing yet has no chart."""
    served.perform(register_deals, owner, registration("n", happened_at=utc_now() - timedelta(hours=1)))


@pytest.mark.usefixtures("deal")
def test_a_note_is_a_mark_on_charts_and_a_line_under_them(boss: Guest) -> None:
    day = TODAY - timedelta(days=3)
    assert boss.send("notes", day=day.isoformat(), text=f" New  site {HOSTILE}").status_code == 303
    page = report(boss)
    assert HOSTILE not in page
    assert page.count('class="note"') == 2, "a line and a flag"
    assert "New site" in text_of(page)
    assert "New site" in text_of(boss.get("", period="28d").text)
    listed = boss.get("notes").text
    assert "New site" in listed
    key = listed.partition('name="note" value="')[2].partition('"')[0]
    assert boss.send("notes/remove", note=key).status_code == 303
    assert "New site" not in report(boss)
    assert boss.send("notes/remove", note=key).status_code == 404


@pytest.mark.usefixtures("deal")
def test_readers_see_no_contacts_in_notes(boss: Guest, server: ServerProcess, served: Stage, owner: Player) -> None:
    boss.send("notes", day=TODAY.isoformat(), text="called 8 920 555-01-02 back")
    boss.send("settings/statuses", name="89205550103", meaning="lost", agreed="89205550103=lost")
    reader = member_of(server, served, owner.site.id, Role.READER)
    for person, sees in ((boss, True), (reader, False)):
        for page in (report(person), person.get("", period="28d").text, person.get("notes").text):
            assert ("8 920 555-01-02" in page) is sees
            assert ("89205550103" in page) is sees
            assert "called" in page


def test_a_note_of_another_site_is_not_there(boss: Guest, server: ServerProcess, served: Stage) -> None:
    boss.send("notes", day=TODAY.isoformat(), text="ours")
    key = boss.get("notes").text.partition('name="note" value="')[2].partition('"')[0]
    stranger = member_of(server, served, served.open_site().site.id)
    assert "ours" not in stranger.get("notes").text
    assert "ours" not in report(stranger)
    assert stranger.send("notes/remove", note=key).status_code == 404


def test_readers_see_notes_and_write_none(boss: Guest, server: ServerProcess, served: Stage, owner: Player) -> None:
    boss.send("notes", day=TODAY.isoformat(), text="seen by all")
    reader = member_of(server, served, owner.site.id, Role.READER)
    assert "seen by all" in report(reader)
    page = reader.get("notes").text
    assert "seen by all" in page
    assert "<form class" not in page.partition("<main")[2]
    assert reader.send("notes", day=TODAY.isoformat(), text="mine").status_code == 403


@pytest.mark.parametrize(("day", "text"), [("", "a"), ("2026-02-30", "a"), ("0001-01-01", "a"), ("2026-01-01", " ")])
def test_a_note_that_does_not_fit_is_refused_beside_its_field(boss: Guest, day: str, text: str) -> None:
    refused = boss.send("notes", day=day, text=text)
    assert refused.status_code == 400
    assert "aria-invalid" in refused.text


def test_a_status_that_means_something_else_is_noted_with_who_did_it(boss: Guest) -> None:
    boss.send("settings/statuses", name="Paid", meaning="won", agreed="Paid=won")
    words = text_of(report(boss))
    assert "Status “Paid”: open → won" in words
    assert boss.login in words, "who did it"
    boss.send("settings/statuses", name="Paid", meaning="won", agreed="Paid=won")
    assert text_of(report(boss)) == words, "nothing changed"


def test_old_costs_are_noted_and_those_of_last_week_are_not(boss: Guest, served: Stage, owner: Player) -> None:
    def load(account: str, day: date) -> None:
        with served.database.write() as connection:
            costs = [Cost(day, TrafficSource("yandex", "cpc"), 100)]
            import_costs(served.work(connection, owner), CostAccount("direct", account), {day}, costs)

    load("fresh", TODAY - timedelta(days=2))
    load("old", TODAY - timedelta(days=20))
    words = text_of(report(boss))
    assert "Costs imported: direct old, " in words
    assert "direct fresh" not in words
    assert "by a command" in words


def test_rates_of_every_day_push_no_other_note_off_a_chart(served: Stage, owner: Player) -> None:
    now = utc_now()
    with served.database.write() as connection:
        work = served.work(connection, owner, now - timedelta(days=1))
        import_costs(work, CostAccount("direct", "late"), {date(2018, 3, 25)}, [])
        for number in range(SHOWN_MAX + 1):
            work = served.work(connection, owner, now - timedelta(minutes=SHOWN_MAX + 1 - number))
            record_change(work, work.site.id, ChangeKind.RATE, "usd", after=f"{number + 1} {now.date()}")
        axis = read_axis(connection, owner.site, Period(now.date() - timedelta(days=3), now.date() + timedelta(days=1)))
    assert [change.kind for change in axis.changes if change.name == "direct late"] == [ChangeKind.COSTS]


def listed(person: Guest, **asked: str) -> list[tuple[str, str]]:
    """Return the notes of the list as it is shown, each with the URL that it leads to."""
    body = person.get("notes", **asked).text.partition("<tbody>")[2].partition("</tbody>")[0]
    cells = re.findall(r"</th><td>(.*?)</td>", body)
    links = [re.search(r'href="([^"]+)"', cell) for cell in cells]
    texts = [html.unescape(re.sub("<[^>]+>", "", cell)).strip() for cell in cells]
    return [(text, link[1] if link is not None else "") for text, link in zip(texts, links, strict=True)]


def test_automatic_notes_stand_in_the_list_with_the_page_of_what_was_changed(boss: Guest, owner: Player) -> None:
    boss.send("settings/site", **{**settings_of(owner.site), "attribution": "3"}, act="save", agreed="attribution=3")
    boss.send("settings/statuses", name="Paid", meaning="won", agreed="Paid=won")
    boss.send("settings/fields", name="margin")
    boss.send("notes", day=(TODAY - timedelta(days=3)).isoformat(), text="New site")
    home = f"/cabinet/{owner.site.id}"
    automatic = [(words, link) for words, link in listed(boss, kind="automatic")]
    assert [link for _, link in automatic] == [f"{home}/settings/statuses", f"{home}/settings/site"]
    assert "Status “Paid”: open → won noted automatically" in automatic[0][0]
    assert "Attribution model" in automatic[1][0]
    assert listed(boss, kind="written") == [("New site", "")]
    assert listed(boss) == [*automatic, ("New site", "")], "latest day first; a new field changes no figures"
    page = boss.get("notes").text
    assert page.count('name="note" value="') == 1, "only a note of a person can be removed"


def test_nobody_is_led_to_a_page_that_their_role_may_not_open(
    boss: Guest, server: ServerProcess, served: Stage, owner: Player
) -> None:
    boss.send("settings/site", **{**settings_of(owner.site), "attribution": "3"}, act="save", agreed="attribution=3")
    boss.send("settings/statuses", name="Paid", meaning="won", agreed="Paid=won")
    for role, places in ((Role.ANALYST, ["settings/statuses", ""]), (Role.READER, ["", ""])):
        guest = member_of(server, served, owner.site.id, role)
        links = [link for _, link in listed(guest)]
        assert links == [f"/cabinet/{owner.site.id}/{place}" if place else "" for place in places]


def test_the_list_has_pages(boss: Guest, served: Stage, owner: Player) -> None:
    count = 2 * PAGE_ROWS + 1
    with served.database.write() as connection:
        for number in range(count):
            work = served.work(connection, owner, utc_now() - timedelta(minutes=number))
            record_change(work, work.site.id, ChangeKind.IMPORT, f"file {number}", after="1")
    numbers: list[int] = []
    page = boss.get("notes", kind="automatic").text
    while True:
        numbers += map(int, re.findall(r"File imported: file (\d+),", page))
        later = re.search(r'rel="next" href="([^"]+)"', page)
        if later is None:
            break
        page = boss.follow(html.unescape(later[1])).text
    assert numbers == list(range(count))
    assert 'rel="prev"' in page
    for wrong in ("0", "-1", "x", "99", "9" * 30):
        assert boss.get("notes", page=wrong).status_code == 200
    assert len(listed(boss, kind="automatic", page="99")) == 1, "the last page"


def test_the_history_says_who_changed_which_setting(
    boss: Guest, server: ServerProcess, served: Stage, owner: Player
) -> None:
    boss.send("settings/fields", name="margin")
    boss.send("settings/tokens", label="CRM")
    boss.send("settings/hosts", kind="own", host="shop.example", name="", agreed="+ own shop.example")
    site = {**settings_of(owner.site), "name": "New name", "points_per_day": "5"}
    switches = {key: text for key, text in site.items() if text == "off"}
    sent = boss.send("settings/site", **{key: text for key, text in site.items() if key not in switches})
    assert sent.status_code == 303
    words = text_of(boss.get("settings/changes").text)
    assert "Custom field “margin”: added" in words
    assert "Token “CRM”: added" in words
    assert "Host shop.example: – → a page of the site" in words
    assert "Name: " in words
    assert "→ New name" in words
    assert boss.login in words
    assert "Points per day: 0 → 5" in words
    assert "New name" not in text_of(report(boss)).partition("Notes")[2], "it moves no figures"
    stranger = member_of(server, served, served.open_site().site.id)
    assert "margin" not in text_of(stranger.get("settings/changes").text)


def test_what_a_deleted_user_wrote_stays_without_a_name(
    boss: Guest, server: ServerProcess, served: Stage, owner: Player
) -> None:
    analyst = member_of(server, served, owner.site.id, Role.ANALYST)
    analyst.send("notes", day=TODAY.isoformat(), text="kept")
    assert analyst.login in text_of(boss.get("notes").text)
    with served.database.write() as connection:
        delete_user(account_work(connection, utc_now()), analyst.login)
    assert "a deleted user" in text_of(boss.get("notes").text)
