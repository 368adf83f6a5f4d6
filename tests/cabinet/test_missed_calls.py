"""Missed calls to return: which are listed, and how people say that a call was returned or no longer needs to be."""

import csv
import html
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest
from starlette.datastructures import QueryParams

from account_work import account_work
from browser import Browser
from cast import Player, Stage, moscow
from dealtrace.accounts.rights import Role
from dealtrace.accounts.site_days import site_day
from dealtrace.cabinet.leads.journal import ASKED, listed_days, read_lead_list, tab_of
from dealtrace.cabinet.leads.missed_calls import COUNTED_MAX, MISSED_TOTAL_MAX, OWN_PERIOD, USUAL_PERIOD, count_missed
from dealtrace.cabinet.list_query import PERIOD, list_query_of
from dealtrace.leads.call import Call, Circumstances, IncomingCall
from dealtrace.leads.lead import LeadKind
from dealtrace.leads.missed_calls import MISSED_DAYS, RingBack
from dealtrace.operations.leads.mark_missed_calls import RingBackMark, mark_missed_calls
from dealtrace.operations.personal_data import erase_person
from dealtrace.storage.journals.keyset_pages import count_rows, count_up_to, find_newest
from dealtrace.storage.journals.lead_list import LeadFilters, query_lead_list
from dealtrace.storage.leads.missed_calls import find_ring_back
from guests import Guest, member_of, text_of
from plans import plans_by_index, statements_on
from server import ServerProcess

PHONE, OTHER_PHONE = "79205550055", "79991112233"
HOUR = timedelta(hours=1)
MISSED, ANSWERED = Circumstances(is_successful=False), Circumstances(is_successful=True)


@pytest.fixture
def site(served: Stage) -> Player:
    """Give a site in Moscow."""
    return served.open_site()


@pytest.fixture
def analyst(server: ServerProcess, served: Stage, site: Player) -> Guest:
    """Log an analyst of the site in."""
    return member_of(server, served, site.site.id, Role.ANALYST)


@pytest.fixture
def missed(served: Stage, site: Player) -> Call:
    """Give a call that was missed three hours ago."""
    return served.call(site, now() - 3 * HOUR, seconds=0, phone=PHONE, circumstances=MISSED)


def now() -> datetime:
    """Return the present, by the server's clock."""
    return datetime.now(UTC)


def listed(analyst: Guest, **query: str) -> list[int]:
    """Return the ids of the missed calls that the list has, in their sequence."""
    return ids_on(analyst.get("leads", tab="missed", **query).text)


def ids_on(page: str) -> list[int]:
    """Return the ids of the calls that a page lists, in their sequence."""
    return [int(found) for found in re.findall(r'<th scope="row"><a href="[^"]*/leads/\w+/(\d+)">', page)]


def marked(analyst: Guest, name: str, call: Call, **query: str) -> Mapping[str, str]:
    """Press a button of the list, which leads back to the list, and return the query of that page."""
    answer = analyst.send("leads/missed", **{name: str(call.id)}, tab="missed", **query)
    assert answer.status_code == 303, answer.text
    place, _, found = answer.headers["location"].partition("?")
    assert place == f"/cabinet/{analyst.site_id}/leads"
    return dict(part.split("=") for part in found.split("&"))


def test_missed_calls_are_listed_until_the_client_calls_again(served: Stage, site: Player, analyst: Guest) -> None:
    ten = now() - 10 * HOUR
    served.call(site, ten, seconds=0, circumstances=MISSED)
    served.call(site, ten + HOUR, seconds=60, circumstances=ANSWERED)
    served.call(site, ten, seconds=0, phone=OTHER_PHONE, circumstances=MISSED)
    last = served.call(site, ten + HOUR, seconds=0, phone=OTHER_PHONE)
    served.call(site, ten, seconds=0, phone="79993334455", circumstances=Circumstances(pbx="mango"))
    answered = served.call(site, ten, phone="79996667788")
    assert listed(analyst) == [last.id], answered


def waiting(person: Guest, place: str, **query: str) -> str:
    """Return the number of missed calls to return that a page tells, on its tab or on the overview."""
    found = re.findall(r"Missed calls to return(?: <strong>|: )([\d+]+)", person.get(place, **query).text)
    return "".join(found)


def test_the_tab_and_the_overview_say_how_many_calls_are_to_be_returned(
    server: ServerProcess, served: Stage, site: Player, analyst: Guest
) -> None:
    neighbour = served.open_site()
    for player in (site, neighbour):
        served.call(player, now() - timedelta(days=MISSED_DAYS + 1), seconds=0, circumstances=MISSED)
    places: tuple[tuple[str, dict[str, str]], ...] = (
        ("", {}), ("leads", {}), ("leads", {"tab": "visits"}), ("leads", {"tab": "requests", "period": "today"}),
        ("leads", {"tab": "missed"}), ("leads", {"tab": "missed", "done": "yes"}), ("leads", {"q": "nobody"}),
    )  # fmt: skip
    reader = member_of(server, served, site.site.id, Role.READER)
    for count, said in ((0, ""), (1, "1"), (COUNTED_MAX, str(COUNTED_MAX)), (COUNTED_MAX + 2, f"{COUNTED_MAX}+")):
        made = count_missed_of(served, site)
        calls = [
            IncomingCall(now() - HOUR, timedelta(), f"7999{number:07}", circumstances=MISSED)
            for number in range(made, count)
        ]
        if calls:
            served.calls(site, *calls)
        assert [waiting(analyst, place, **query) for place, query in places] == [said] * len(places), count
        assert waiting(reader, "") == "", "a reader may not open the list"
    assert waiting(member_of(server, served, neighbour.site.id, Role.ANALYST), "") == ""


def count_missed_of(served: Stage, site: Player) -> int:
    """Count the calls that are to be returned."""
    with served.database.read() as connection:
        return count_missed(connection, site.site, now())


def test_a_long_list_of_missed_calls_says_that_there_are_more(served: Stage, site: Player, analyst: Guest) -> None:
    count = MISSED_TOTAL_MAX + 1
    calls = [IncomingCall(now() - HOUR, timedelta(), f"7999{each:07}", circumstances=MISSED) for each in range(count)]
    for made, said in ((calls[1:], "Total: 1 000 "), (calls[:1], "Total: 1 000+ ")):
        served.calls(site, *made)
        assert said in text_of(analyst.get("leads", tab="missed").text)
    assert "Total: 1 001 " in text_of(analyst.get("leads", tab="calls", period="7d").text)


def test_counting_missed_calls_reads_no_more_than_it_states(served: Stage, site: Player) -> None:
    calls = [IncomingCall(now() - HOUR, timedelta(), f"7999{number:07}", circumstances=MISSED) for number in range(9)]
    served.calls(site, *calls)
    query = query_lead_list(site.site.id, LeadFilters(LeadKind.CALL, to_ring_back=True))
    with served.database.read() as connection:
        assert [count_up_to(connection, query, most) for most in (1, 5, 9, 10)] == [1, 5, 9, 9]


def test_the_column_of_deals_says_that_it_counts_those_of_the_call(analyst: Guest, missed: Call) -> None:
    heading = '<th scope="col" class="value">Deals of this call</th>'
    assert heading in analyst.get("leads", tab="missed").text
    assert heading not in analyst.get("leads", tab="calls").text


def test_missed_calls_have_days_of_their_own(served: Stage, site: Player, analyst: Guest, missed: Call) -> None:
    old = served.call(site, now() - timedelta(days=MISSED_DAYS + 1), seconds=0, phone=OTHER_PHONE)
    for query in ({}, {"period": "7d"}, {"from": "2018-03-01", "to": "2018-03-31"}, {"from": "x"}):
        assert listed(analyst, **query) == [missed.id]
    assert listed(analyst, q=OTHER_PHONE) == [old.id], "a search is for all time"
    page = analyst.get("leads", tab="missed", period="7d").text
    assert f"The number on the tab counts those of the last {MISSED_DAYS} days." in page
    assert f'<option value="{MISSED_DAYS}d" selected>{MISSED_DAYS} days</option>' in page
    assert re.search(r'href="[^"]*leads\?[^"]*period=7d[^"]*tab=calls"', page), "other tabs keep the period"


def test_other_days_are_chosen_for_missed_calls_alone(
    server: ServerProcess, served: Stage, site: Player, analyst: Guest, missed: Call
) -> None:
    old = served.call(site, now() - timedelta(days=MISSED_DAYS + 6), seconds=0, phone=OTHER_PHONE)
    day_on = site_day(old.started_at, site.site.time_zone).isoformat()
    own = {"missed_from": day_on, "missed_to": day_on}
    assert listed(analyst, missed="28d", period="7d") == [missed.id, old.id]
    assert listed(analyst, missed="7d") == listed(analyst, missed=f"{MISSED_DAYS}d") == [missed.id]
    assert listed(analyst, **own, period="7d") == [old.id]
    assert waiting(analyst, "leads", tab="missed", **own) == "1", "the tab counts the usual days"
    page = analyst.get("leads", tab="missed", missed="28d", period="7d").text
    assert '<option value="28d" selected>' in page
    assert '<input type="hidden" name="period" value="7d">' in page, "the period of reports is kept"
    assert re.search(r'href="[^"]*leads\?[^"]*missed=28d[^"]*tab=calls"', html.unescape(page)) or (
        re.search(r'href="[^"]*leads\?[^"]*tab=calls[^"]*missed=28d', html.unescape(page))
    ), "other tabs keep the choice"
    calls = analyst.get("leads", tab="calls", missed="28d", period="7d").text
    assert '<input type="hidden" name="missed" value="28d">' in calls
    assert ids_on(calls) == [missed.id], "the choice is for missed calls alone"
    query = marked(analyst, "returned", old, **own, sort="date")
    assert query == {"tab": "missed", **own, "sort": "date", "said": "marked"}
    russian = member_of(server, served, site.site.id, Role.ANALYST, language="ru").get("leads", tab="missed").text
    assert f'<option value="{MISSED_DAYS}d" selected>{MISSED_DAYS} дней</option>' in russian


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"missed": "90d"}, "Period: unknown “90d”"),
        ({"missed_from": "2018-03-01", "missed_to": "2018-04-01"}, "Last day: the list has at most 31 days"),
        ({"missed_from": "x"}, "First day: must be a date"),
        ({"sort": "amount"}, "Order of rows: unknown “amount”"),
    ],
    ids=["period", "long", "day", "order"],
)
def test_days_and_orders_that_missed_calls_do_not_have_are_refused(
    analyst: Guest, missed: Call, query: dict[str, str], words: str
) -> None:
    answer = analyst.get("leads", tab="missed", **query)
    assert answer.status_code == 400, answer.text
    assert words in text_of(answer.text)
    assert f"/leads/call/{missed.id}" not in answer.text
    assert analyst.get("leads.csv", tab="missed", **query).status_code == 400
    if "sort" not in query:
        for tab in ("calls", "requests", "visits"):
            answer = analyst.get("leads", tab=tab, **query)
            assert answer.status_code == 200, "the fields are not on the page"
            assert words not in text_of(answer.text)
    assert listed(analyst, missed_from="2018-03-01", missed_to="2018-03-31") == []


def test_a_search_is_for_all_time_whatever_the_days_of_missed_calls(analyst: Guest, missed: Call) -> None:
    long = {"missed_from": "2018-03-01", "missed_to": "2018-12-31"}
    assert listed(analyst, **long, q=str(missed.id)) == [missed.id]
    assert column(analyst, "Call ID", tab="missed", **long, q=str(missed.id)) == [str(missed.id)]


def test_missed_calls_are_sorted_by_how_long_they_have_waited(
    served: Stage, site: Player, analyst: Guest, missed: Call
) -> None:
    calls = [
        IncomingCall(now() - 2 * HOUR + timedelta(seconds=each), timedelta(), f"7999{each:07}", circumstances=MISSED)
        for each in range(60)
    ]
    oldest_first = [missed.id, *(each.id for each in served.calls(site, *calls))]
    page = analyst.get("leads", tab="missed").text
    assert re.findall(r'aria-sort="(\w+)"><a href="[^"]+">(\w+)</a>', page) == [("descending", "Date")]
    (link,) = re.findall(r'aria-sort="descending"><a href="([^"]+)">', page)
    page = analyst.follow(html.unescape(link)).text
    assert 'aria-sort="ascending"' in page
    assert ids_on(page) == oldest_first[:50]
    (following,) = re.findall(r'rel="next" href="([^"]+)">Newer<', page)
    rest = analyst.follow(html.unescape(following)).text
    assert ids_on(rest) == oldest_first[50:]
    assert "To the oldest" in rest
    assert listed(analyst) == oldest_first[:-51:-1]
    assert column(analyst, "Call ID", tab="missed", sort="date") == [str(each) for each in oldest_first]
    assert "aria-sort" not in analyst.get("leads", tab="calls", sort="date").text


def test_the_days_and_the_order_are_chosen_in_a_browser(
    browser: Browser, server: ServerProcess, served: Stage, site: Player, analyst: Guest, missed: Call
) -> None:
    old = served.call(site, now() - timedelta(days=MISSED_DAYS + 6), seconds=0, phone=OTHER_PHONE)
    browser.keep_cookie("session", analyst.secret, server.url)
    browser.open(f"{server.url}/cabinet/{site.site.id}/leads?tab=missed&period=7d")
    browser.run("document.querySelector('[name=missed]').value = '28d'")
    browser.run("document.querySelector('main form[method=get] button').click()")
    browser.wait(
        "location.search.includes('missed=28d') && document.querySelector('[aria-sort=descending] a') !== null"
    )
    browser.run("document.querySelector('[aria-sort=descending] a').click()")
    browser.wait("document.querySelector('[aria-sort=ascending]') !== null")
    rows = browser.run("[...document.querySelectorAll('tbody th a')].map(each => each.pathname.split('/').pop())")
    assert rows == [str(old.id), str(missed.id)]
    assert "period=7d" in browser.run("location.search")


@pytest.mark.parametrize(("page", "names"), [("leads?tab=missed", OWN_PERIOD), ("leads?tab=calls", PERIOD)])
def test_a_period_and_dates_clear_each_other_in_a_browser(
    browser: Browser, server: ServerProcess, site: Player, analyst: Guest, page: str, names: tuple[str, str, str]
) -> None:
    period, first, last = names
    browser.keep_cookie("session", analyst.secret, server.url)
    browser.open(f"{server.url}/cabinet/{site.site.id}/{page}&{first}=2018-03-01&{last}=2018-03-02")
    choose(browser, period, "7d")
    browser.run("document.querySelector('main form[method=get] button').click()")
    browser.wait(f"location.search.includes('{period}=7d')")
    query = parse_qs(browser.run("location.search").removeprefix("?"))
    assert [query.get(name) for name in names] == [["7d"], None, None]
    choose(browser, first, "2018-03-05")
    assert browser.run(f"document.querySelector('main form [name={period}]').value") == ""


def choose(browser: Browser, name: str, value: str) -> None:
    """Change a field of the form as a person does; scripts of the page learn of it."""
    field = f"document.querySelector('main form[method=get] [name={name}]')"
    browser.run(f"{field}.value = '{value}'")
    browser.run(f"{field}.dispatchEvent(new Event('change', {{bubbles: true}}))")


@pytest.mark.parametrize(("name", "words"), [("returned", "returned"), ("unneeded", "no longer needed")])
def test_a_marked_call_leaves_the_list_and_can_come_back(
    server: ServerProcess, served: Stage, site: Player, analyst: Guest, missed: Call, name: str, words: str
) -> None:
    other = served.call(site, now() - HOUR, seconds=0, phone=OTHER_PHONE)
    query = marked(analyst, name, missed, q="", contact="", period="7d")
    assert query == {"tab": "missed", "period": "7d", "said": "marked"}
    assert "Saved. To list marked calls, tick" in text_of(analyst.get("leads", **query).text)
    assert listed(analyst) == [other.id]
    assert listed(analyst, done="yes") == [missed.id]
    assert f"{words} Return the call after all" in text_of(analyst.get("leads", tab="missed", done="yes").text)
    card = text_of(analyst.get(f"leads/call/{missed.id}").text)
    assert f"{analyst.login} Missed call: to be returned → {words}" in card
    owner = member_of(server, served, site.site.id)
    changes = text_of(owner.get("settings/changes").text)
    assert f"{analyst.login} Lead changed by hand: Call {missed.id}, {words}" in changes
    assert marked(analyst, "again", missed, done="yes") == {"tab": "missed", "done": "yes", "said": "saved"}
    assert listed(analyst) == [other.id, missed.id]
    assert f"Missed call: {words} → to be returned" in text_of(analyst.get(f"leads/call/{missed.id}").text)
    assert f"Call {missed.id}, to be returned" in text_of(owner.get("settings/changes").text)


def test_a_narrow_page_shows_the_phone_and_the_buttons_of_a_missed_call(
    browser: Browser, server: ServerProcess, served: Stage, site: Player, analyst: Guest, missed: Call
) -> None:
    browser.keep_cookie("session", analyst.secret, server.url)
    browser.resize(360, 740)
    browser.open(f"{server.url}/cabinet/{site.site.id}/leads?tab=missed")
    for control in (f'a[href="tel:+{PHONE}"]', 'button[name="returned"]', 'nav [aria-current="page"]'):
        left, right = browser.run(
            f"(() => {{ const box = document.querySelector('{control}').getBoundingClientRect();"
            " return [box.left, box.right] })()"
        )
        assert 0 <= left < right <= 360, control
    gap = browser.run(
        "(() => { const [name, id] = document.querySelector('tbody th').children;"
        " return id ? id.getBoundingClientRect().top - name.getBoundingClientRect().bottom : 0 })()"
    )
    assert gap < 10, "no empty line between number and id"
    browser.resize(1280, 800)


def test_a_mark_made_twice_is_one_change(server: ServerProcess, served: Stage, analyst: Guest, missed: Call) -> None:
    for _ in range(2):
        marked(analyst, "returned", missed)
    page = text_of(analyst.get(f"leads/call/{missed.id}").text)
    assert page.count("to be returned → returned") == 1


def test_a_call_is_marked_on_its_page_and_undone_there_and_in_the_changes(
    server: ServerProcess, served: Stage, site: Player, analyst: Guest, missed: Call
) -> None:
    place = f"leads/call/{missed.id}"
    assert ">Returned</button>" in analyst.get(place).text
    page = analyst.post(place, act="unneeded").text
    assert "Missed call no longer needed" in text_of(page)
    assert ">Return the call after all</button>" in page
    assert ">Returned</button>" not in page
    assert analyst.send(place, act="undo", version="1").status_code == 303
    assert listed(analyst) == [missed.id]
    owner = member_of(server, served, site.site.id)
    (version,) = re.findall(r'name="version" value="(\d+)"', owner.get("settings/changes").text)
    assert version == "2"
    assert owner.send(place, act="undo", version=version).status_code == 303
    assert listed(analyst) == []
    assert analyst.send(place, act="undo", version="1").status_code == 303, "it is again as version 1 left it"
    assert analyst.send(place, act="undo", version="1").status_code == 400, "changed since"


def test_notes_and_marks_are_undone_apart(analyst: Guest, missed: Call) -> None:
    place = f"leads/call/{missed.id}"
    analyst.send(place, act="note", tags="vip", manager="", comment="")
    marked(analyst, "returned", missed)
    assert analyst.send(place, act="undo", version="1").status_code == 303
    assert 'name="tags" value=""' in analyst.get(place).text
    assert listed(analyst, done="yes") == [missed.id]


def test_a_later_missed_call_is_to_be_returned_again(served: Stage, site: Player, analyst: Guest, missed: Call) -> None:
    marked(analyst, "returned", missed)
    later = served.call(site, now() - HOUR, seconds=0, phone=PHONE, circumstances=MISSED)
    assert listed(analyst) == [later.id]


def test_only_missed_calls_of_the_own_site_are_marked(
    server: ServerProcess, served: Stage, site: Player, analyst: Guest, missed: Call
) -> None:
    neighbour = served.open_site()
    foreign = served.call(neighbour, now() - HOUR, seconds=0, phone=PHONE, circumstances=MISSED)
    sent = served.lead_request(site, now() - HOUR, phone=OTHER_PHONE)
    answered = served.call(site, now() - HOUR, phone="79996667788")
    for wrong in (str(foreign.id), str(sent.id), "0", "x", "9" * 18):
        assert analyst.send("leads/missed", returned=wrong).status_code == 404
    assert analyst.send("leads/missed").status_code == 404
    assert analyst.send(f"leads/call/{foreign.id}", act="returned").status_code == 404
    assert analyst.send(f"leads/request/{sent.id}", act="returned").status_code == 404
    assert analyst.send("leads/missed", returned=str(answered.id)).status_code == 400
    assert ">Returned</button>" not in analyst.get(f"leads/call/{answered.id}").text
    reader = member_of(server, served, site.site.id, Role.READER)
    assert reader.send("leads/missed", returned=str(missed.id)).status_code == 403
    assert listed(analyst) == [missed.id]
    analyst.send(f"leads/call/{missed.id}", act="hide")
    assert analyst.send("leads/missed", returned=str(missed.id)).status_code == 404


def test_the_files_of_calls_say_what_was_done(
    server: ServerProcess, served: Stage, site: Player, analyst: Guest, missed: Call
) -> None:
    marked(analyst, "unneeded", missed)
    russian = member_of(server, served, site.site.id, Role.ANALYST, language="ru")
    for guest, heading, words in ((analyst, "Return call", "no longer needed"), (russian, "Перезвон", "уже не нужно")):
        assert column(guest, heading, tab="missed") == []
        assert column(guest, heading, tab="missed", done="yes") == [words]
        assert column(guest, heading, period="28d") == [words]


def column(guest: Guest, heading: str, **query: str) -> list[str]:
    """Return the cells of a column of the list as CSV."""
    answer = guest.get("leads.csv", **query)
    lines = answer.content.decode("utf-8-sig").splitlines()
    return [row[heading] for row in csv.DictReader(lines, delimiter=";" if ";" in lines[0] else ",")]


def test_a_mark_is_erased_with_the_person(stage: Stage, shop: Player) -> None:
    call = stage.call(shop, moscow("2018-03-26"), seconds=0, phone=PHONE, circumstances=MISSED)
    stage.perform(mark_missed_calls, shop, RingBackMark(call.id, RingBack.RETURNED))
    with stage.database.write() as connection:
        stored = find_ring_back(connection, shop.site.id, call.id)
        assert stored is not None
        assert stored.ring_back is RingBack.RETURNED
        erase_person(account_work(connection), [shop.site], PHONE)
        erased = find_ring_back(connection, shop.site.id, call.id)
        assert erased is not None
        assert erased.ring_back is None


def test_missed_calls_are_found_by_an_index_of_their_own(stage: Stage, shop: Player) -> None:
    query = query_lead_list(shop.site.id, LeadFilters(LeadKind.CALL, moscow("2018-03-26"), to_ring_back=True))
    with stage.database.read() as connection, statements_on(stage.database.reader) as sent:
        find_newest(connection, query, None, 50)
        count_rows(connection, query)
    plan = plans_by_index(stage.database, sent)
    assert plan.count(" ix_call_missed") >= 2, plan


@pytest.mark.parametrize(
    ("query", "counts"),
    [
        ("tab=missed", 1),
        (f"tab=missed&missed={USUAL_PERIOD}&q=", 1),
        ("tab=missed&missed=28d", 2),
        ("tab=missed&done=yes", 2),
        ("tab=missed&deleted=yes", 1),
        ("tab=calls", 1),
    ],
)
def test_a_page_counts_the_missed_calls_once(stage: Stage, shop: Player, query: str, counts: int) -> None:
    called_at = now() - HOUR
    calls = [IncomingCall(called_at, timedelta(), f"7999{each:07}", circumstances=MISSED) for each in range(120)]
    for number, each in enumerate(stage.calls(shop, *calls)):
        if number % 2:
            stage.perform(mark_missed_calls, shop, RingBackMark(each.id, RingBack.RETURNED))
    list_query = list_query_of("", QueryParams(query), tuple(ASKED))
    tab = tab_of(list_query)
    days = listed_days(list_query, shop.site, now(), "en", ASKED)
    with stage.database.read() as connection, statements_on(stage.database.reader) as sent:
        found = read_lead_list(connection, shop.site, list_query, tab, days, now())
    assert found.missed == 60
    assert len([text for text, _ in sent if "count(*)" in text and "anon_1" in text]) == counts, sent
