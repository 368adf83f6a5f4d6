"""Saved reports and segments, as people with each role save, open, rename and delete them."""

import html
import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from account_work import account_work
from browser import Browser
from cast import Player, Stage
from dealtrace.accounts.rights import Role
from dealtrace.mails.recipient import Recipient
from dealtrace.mails.scheduled_report import Rhythm
from dealtrace.operations.accounts.custom_fields import remove_custom_field
from dealtrace.operations.mails.scheduled_reports import NewScheduledReport, schedule_report
from dealtrace.operations.reports.manage_segments import add_segment
from dealtrace.reports.question import RawQuestion
from dealtrace.reports.saved_items.names import SavedName
from dealtrace.storage.mails.scheduled_reports import list_scheduled_reports
from engines import on_one_engine
from guests import Guest, member_of, text_of
from page_forms import Reader
from server import ServerProcess
from waiting import wait_until
from write_commands import NOON

pytestmark = on_one_engine
HOSTILE = '"><script>alert(1)</script>'
QUERY = "by=campaign&metrics=deals&filter=source%3Ais%3Ayandex&filter=medium%3Ais%3Acpc"
MORE = "metrics=deals&segment=Search&filter=device%3Ais%3Amobile"
KINDS = ("reports/saved", "reports/segments")
of_each_kind = pytest.mark.parametrize("place", KINDS)


@pytest.fixture
def site(served: Stage) -> Player:
    return served.open_site(fields=["city"])


@pytest.fixture
def person(server: ServerProcess, served: Stage, site: Player) -> Callable[[Role], Guest]:
    """Give a function that logs somebody in."""
    return lambda role: member_of(server, served, site.site.id, role)


def kept_on(page: httpx.Response) -> dict[str, str]:
    """Return what a page lists by name, with the question that each leads to."""
    found = re.findall(r'<th scope="row"><a href="[^"?]*/reports\?([^"]*)">([^<]*)</a>', page.text)
    return {html.unescape(name): html.unescape(query) for query, name in found}


def filters_of(page: httpx.Response) -> list[str]:
    """List the filters of a page of segments, in words."""
    return [html.unescape(words) for words in re.findall(r'<li class="chip"><bdi>([^<]*)</bdi>', page.text)]


@of_each_kind
def test_a_reader_saves_renames_and_deletes_what_is_their_own(person: Callable[[Role], Guest], place: str) -> None:
    reader = person(Role.READER)
    assert list(kept_on(reader.post(place, name=" Поиск ", whose="own", query=QUERY))) == ["Поиск"]
    renamed = reader.post(f"{place}/change", name="Поиск", whose="own", new_name="Search", act="rename")
    assert list(kept_on(renamed)) == ["Search"]
    asked = reader.post(f"{place}/change", name="Search", whose="own", act="delete")
    assert "Delete “Search”?" in text_of(asked.text)
    assert "Only you are affected. You can undo the deletion only on the next page." in text_of(asked.text)
    assert list(kept_on(asked)) == ["Search"]
    assert list(kept_on(reader.post(f"{place}/change", name="Search", whose="own", act="delete", agreed="B"))) == [
        "Search"
    ]
    question = kept_on(asked)["Search"]
    gone = reader.post(f"{place}/change", name="Search", whose="own", act="delete", agreed="Search")
    assert kept_on(gone) == {}
    assert "“Search” was deleted." in text_of(gone.text)
    (back,) = [form.fields for form in Reader(gone.text).forms if "query" in form.fields]
    restored = reader.post(place, **{name: back[name].value for name in ("name", "whose", "query")})
    assert kept_on(restored) == {"Search": question}
    assert filters_of(restored) == filters_of(asked)
    reader.post(f"{place}/change", name="Search", whose="own", act="delete", agreed="Search")
    for act in ("delete", "rename"):
        gone = reader.post(f"{place}/change", name="Search", whose="own", new_name="B", act=act, agreed="Search")
        assert gone.status_code == 404


@of_each_kind
def test_what_is_the_sites_is_used_by_readers_and_changed_by_analysts(
    person: Callable[[Role], Guest], place: str
) -> None:
    reader, analyst = person(Role.READER), person(Role.ANALYST)
    assert reader.post(place, name="All", whose="site", query=QUERY).status_code == 403
    analyst.post(place, name="All", whose="site", query=QUERY)
    analyst.post(place, name="Mine", whose="own", query=QUERY)
    assert list(kept_on(reader.get(place))) == ["All"]
    assert reader.get(f"reports?{kept_on(reader.get(place))['All']}").status_code == 200
    assert reader.post(f"{place}/change", name="All", whose="site", act="delete").status_code == 403
    assert reader.post(f"{place}/change", name="Mine", whose="own", act="delete").status_code == 404
    assert list(kept_on(analyst.get(place))) == ["All", "Mine"]
    asked = text_of(analyst.post(f"{place}/change", name="All", whose="site", act="delete").text)
    assert "You can undo the deletion on the page “Changes”." in asked
    assert list(kept_on(reader.get(place))) == ["All"]


def test_the_question_before_a_deletion_speaks_russian_and_is_answered_by_keyboard(
    browser: Browser, server: ServerProcess, served: Stage, site: Player
) -> None:
    reader = member_of(server, served, site.site.id, Role.READER, language="ru")
    reader.post("reports/saved", name="Мой", whose="own", query=QUERY)
    browser.keep_cookie("session", reader.secret, server.url)
    browser.keep_cookie("language", "ru", server.url)
    browser.open(f"{server.url}/cabinet/{site.site.id}/reports/saved")
    browser.run("document.querySelector('button.danger').focus()")
    browser.press("Enter")
    browser.wait("document.querySelector('[name=agreed]') !== null && document.readyState === 'complete'")
    assert "Удалить «Мой»?" in browser.run("document.querySelector('form.card').textContent")
    assert list(kept_on(reader.get("reports/saved"))) == ["Мой"]
    browser.run("document.querySelector('form.card button.danger').focus()")
    browser.press("Enter")
    browser.wait("document.querySelector('[role=status]') !== null && document.readyState === 'complete'")
    assert kept_on(reader.get("reports/saved")) == {}
    browser.run("document.querySelector('form.card button').focus()")
    browser.press("Enter")
    browser.wait("document.querySelector('form.card') === null")
    assert list(kept_on(reader.get("reports/saved"))) == ["Мой"]
    assert browser.complaints == []


@of_each_kind
def test_a_name_is_only_taken_from_what_has_it_if_a_person_says_so(person: Callable[[Role], Guest], place: str) -> None:
    analyst = person(Role.ANALYST)
    for name in ("a", "b"):
        analyst.post(place, name=name, whose="own", query=QUERY)
    again = analyst.post(place, name="a", whose="own", query=QUERY)
    renamed = analyst.post(f"{place}/change", name="a", whose="own", new_name="b", act="rename")
    for refused in (again, renamed):
        assert refused.status_code == 400
        assert "This name is taken." in refused.text
        assert list(kept_on(refused)) == ["a", "b"]
    assert 'name="overwrite"' in again.text
    assert analyst.post(place, name="a", whose="own", query=QUERY, overwrite="yes").status_code == 200


@of_each_kind
@pytest.mark.parametrize("name", ["", " ", "x" * 101, "a\u202eb"])
def test_a_name_that_does_not_fit_is_refused_with_the_reason(
    person: Callable[[Role], Guest], place: str, name: str
) -> None:
    refused = person(Role.READER).post(place, name=name, whose="own", query=QUERY)
    assert refused.status_code == 400
    assert "1 to 100 printable characters" in refused.text


@of_each_kind
def test_hostile_names_and_questions_are_only_words(person: Callable[[Role], Guest], place: str) -> None:
    reader = person(Role.READER)
    page = reader.post(place, name=HOSTILE, whose="own", query=f"filter=campaign%3Ais%3A{HOSTILE}&javascript=1")
    assert HOSTILE not in page.text
    assert "javascript" not in page.text
    assert HOSTILE in kept_on(page)
    assert filters_of(page) == ([f"Campaign is {HOSTILE}"] if place == "reports/segments" else [])


def test_a_report_is_saved_with_its_defaults_and_marked_where_it_is_open(person: Callable[[Role], Guest]) -> None:
    reader = person(Role.READER)
    query = kept_on(reader.post("reports/saved", name="Поиск", whose="own", query=f"{QUERY}&limit=7"))["Поиск"]
    assert parse_qs(query) == {
        "by": ["campaign"],
        "metrics": ["deals"],
        "period": ["28d"],
        "limit": ["7"],
        "filter": ["source:is:yandex", "medium:is:cpc"],
    }
    assert 'aria-current="page">Поиск</a>' in reader.get(f"reports?{query}").text
    replaced = reader.post("reports/saved", name="Поиск", whose="own", query="metrics=leads", overwrite="yes")
    assert parse_qs(kept_on(replaced)["Поиск"])["metrics"] == ["leads"]


def test_filters_are_saved_as_a_segment_and_picked_for_a_report(person: Callable[[Role], Guest]) -> None:
    reader = person(Role.READER)
    assert "Save these filters as a segment" not in reader.get("reports").text
    assert "Save these filters as a segment" in reader.get(f"reports?{QUERY}").text
    saved = reader.post("reports/segments", name="Search", whose="own", query=QUERY)
    assert filters_of(saved) == ["Source is yandex", "Medium is cpc"]
    assert parse_qs(kept_on(saved)["Search"]) == {"segment": ["Search"]}
    assert '<option value="Search" selected>' in reader.get("reports?segment=Search&metrics=deals").text
    replaced = reader.post("reports/segments", name="Search", whose="own", query=MORE, overwrite="yes")
    assert filters_of(replaced) == ["Device is mobile", "Source is yandex", "Medium is cpc"]


def test_what_names_a_segment_follows_when_it_is_renamed(
    person: Callable[[Role], Guest], served: Stage, site: Player
) -> None:
    reader, analyst = person(Role.READER), person(Role.ANALYST)
    query = "metrics=deals&segment=All"
    analyst.post("reports/segments", name="All", whose="site", query=QUERY)
    analyst.post("reports/saved", name="of all", whose="site", query=query)
    reader.post("reports/saved", name="of a reader", whose="own", query=query)
    with served.database.write() as connection:
        mailed = NewScheduledReport(
            "Week", RawQuestion(metrics="deals", segment="All"), Rhythm.WEEKLY, 9, (Recipient("a@b.example"),)
        )
        schedule_report(account_work(connection, NOON, served.ids).at(site.site), mailed)
    theirs = person(Role.READER)
    theirs.post("reports/segments", name="All", whose="own", query=QUERY)
    theirs.post("reports/saved", name="of their own", whose="own", query=query)
    analyst.post("reports/segments/change", name="All", whose="site", new_name="Search & more", act="rename")
    named = {
        name: parse_qs(query)["segment"]
        for page in (reader.get("reports/saved"), theirs.get("reports/saved"))
        for name, query in kept_on(page).items()
    }
    assert named == {"of all": ["Search & more"], "of a reader": ["Search & more"], "of their own": ["All"]}
    with served.database.read() as connection:
        (report,) = list_scheduled_reports(connection, site.site.id)
    assert report.raw_question.segment == "Search & more"
    assert "no segment" not in reader.get("reports/saved").text


def test_a_segment_of_the_site_is_reached_behind_an_own_one_of_its_name(person: Callable[[Role], Guest]) -> None:
    analyst = person(Role.ANALYST)
    analyst.post("reports/segments", name="A", whose="site", query="filter=source%3Ais%3Avk")
    page = analyst.post("reports/segments", name="A", whose="own", query=QUERY)
    urls = [html.unescape(each) for each in re.findall(r'<th scope="row"><a href="([^"]*)">A</a>', page.text)]
    assert [parse_qs(urlsplit(each).query) for each in urls] == [
        {"segment": ["A"], "segment_of": ["site"]},
        {"segment": ["A"]},
    ]


def test_a_segment_whose_field_was_removed_says_so(
    person: Callable[[Role], Guest], served: Stage, site: Player
) -> None:
    analyst = person(Role.ANALYST)
    analyst.post("reports/segments", name="Omsk", whose="site", query="filter=field%3Acity%3Ais%3AOmsk")
    with served.database.write() as connection:
        remove_custom_field(account_work(connection, NOON), site.site.id, "city")
    wait_until(lambda: "unknown custom field “city”" in analyst.get("reports/segments").text)
    refused = analyst.post("reports/segments", name="New", whose="own", query="filter=field%3Acity%3Ais%3AOmsk")
    assert refused.status_code == 400
    assert "New" not in kept_on(refused)


def test_a_filter_by_a_value_that_does_not_exist_is_neither_shown_nor_saved(person: Callable[[Role], Guest]) -> None:
    analyst, query = person(Role.ANALYST), "metrics=deals&filter=lead_kind%3Ais%3Acalls"
    shown = analyst.get(f"reports?{query}")
    assert (shown.status_code, "available: call, lead request" in text_of(shown.text)) == (400, True)
    refused = analyst.post("reports/saved", name="Calls", whose="own", query=query)
    assert (refused.status_code, "Calls" in kept_on(refused)) == (400, False)


def test_a_report_without_filters_makes_no_segment(person: Callable[[Role], Guest]) -> None:
    refused = person(Role.READER).post("reports/segments", name="a", whose="own", query="metrics=deals")
    assert refused.status_code == 400
    assert "at least one filter" in text_of(refused.text)


def test_an_obsolete_report_says_which_word_no_longer_exists(
    person: Callable[[Role], Guest], served: Stage, site: Player
) -> None:
    analyst = person(Role.ANALYST)
    analyst.post("reports/saved", name="Cities", whose="site", query="by=field:city&metrics=deals")
    with served.database.write() as connection:
        remove_custom_field(account_work(connection, NOON), site.site.id, "city")
    obsolete = kept_on(analyst.get("reports/saved"))["Cities"]
    wait_until(lambda: analyst.get(f"reports?{obsolete}").status_code == 400)
    assert "unknown custom field “city”" in analyst.get("reports/saved").text
    refused = analyst.post("reports/saved", name="New", whose="own", query="by=field:city&metrics=deals")
    assert refused.status_code == 400
    assert "unknown custom field “city”" in refused.text
    assert "New" not in kept_on(refused)


def test_a_report_of_the_site_names_no_segment_that_only_its_author_has(
    person: Callable[[Role], Guest], served: Stage, site: Player
) -> None:
    analyst = person(Role.ANALYST)
    page = analyst.get("/profile").text
    assert analyst.login in page
    with served.database.write() as connection:
        user_id = connection.exec_driver_sql(f"SELECT id FROM \"user\" WHERE login = '{analyst.login}'").scalar_one()
        add_segment(account_work(connection, NOON).at(site.site), SavedName("mine", user_id), ["source:is:yandex"])
    query = "metrics=deals&segment=mine"
    assert analyst.get(f"reports?{query}").status_code == 200
    assert analyst.post("reports/saved", name="a", whose="site", query=query).status_code == 400
    assert "a" in kept_on(analyst.post("reports/saved", name="a", whose="own", query=query))
    with served.database.write() as connection:
        add_segment(account_work(connection, NOON).at(site.site), SavedName("mine"), ["source:is:google"])
    for path, fields in (
        ("reports/saved", {"name": "b", "whose": "site", "query": query}),
        (
            "settings/mail-reports",
            {"title": "b", "question": query, "rhythm": "daily", "hour": "7", "recipients": "anna@example.com en"},
        ),
    ):
        refused = analyst.post(path, **fields)
        assert refused.status_code == 400
        assert "is your own: other people have a different segment of this name" in html.unescape(refused.text), path


def test_what_is_kept_for_the_site_is_stated_among_its_changes_and_what_is_ones_own_is_not(
    person: Callable[[Role], Guest],
) -> None:
    owner, analyst = person(Role.OWNER), person(Role.ANALYST)
    for place in KINDS:
        analyst.post(place, name="Mine", whose="own", query=QUERY)
        analyst.post(place, name="All", whose="site", query="metrics=deals&filter=source%3Ais%3Avk")
        analyst.post(place, name="All", whose="site", query=MORE.replace("segment=Search&", ""), overwrite="yes")
        for change in ({"new_name": "New", "act": "rename"}, {"act": "delete"}):
            for whose, name in (("own", "Mine"), ("site", "All" if change["act"] == "rename" else "New")):
                analyst.post(f"{place}/change", name=name, whose=whose, agreed=name, **change)
    words = text_of(owner.get("settings/changes").text)
    assert "Mine" not in words
    assert words.count(analyst.login) == 8
    for said in (
        "Segment “All”: – → Source is vk",
        "Segment “All”: Source is vk → Device is mobile",
        "Segment “All”: All → New",
        "Segment “New”: Device is mobile → –",
        "Saved report “All”: – → Source, Medium · Deals · 28 days · Source is vk",
        "Saved report “All”: All → New",
        "Saved report “New”: Source, Medium · Deals · 28 days · Device is mobile → –",
    ):
        assert said in words
