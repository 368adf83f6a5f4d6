"""Segments, as people with each role save, pick, rename and delete them."""

import html
import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from cast import Player, Stage
from dealtrace.accounts.role import Role
from dealtrace.mails.recipient import Recipient
from dealtrace.mails.scheduled_report import Rhythm
from dealtrace.operations.accounts.remove_custom_field import remove_custom_field
from dealtrace.operations.mails.scheduled_reports import NewScheduledReport, schedule_report
from dealtrace.reports.question import RawQuestion
from dealtrace.storage.mails.scheduled_reports import list_scheduled_reports
from engines import on_one_engine
from guests import Guest, member_of, text_of
from server import ServerProcess
from waiting import wait_until
from write_commands import NOON

pytestmark = on_one_engine
HOSTILE = '"><script>alert(1)</script>'
QUERY = "by=campaign&metrics=deals&filter=source%3Ais%3Ayandex&filter=medium%3Ais%3Acpc"
MORE = "metrics=deals&segment=Search&filter=device%3Ais%3Amobile"


@pytest.fixture
def site(served: Stage) -> Player:
    return served.open_site(fields=["city"])


@pytest.fixture
def person(server: ServerProcess, served: Stage, site: Player) -> Callable[[Role], Guest]:
    """Give a function that logs somebody in."""
    return lambda role: member_of(server, served, site.site.id, role)


def segments_of(page: httpx.Response) -> dict[str, str]:
    """Return the segments that a page lists, with the address that each leads to."""
    found = re.findall(r'<th scope="row"><a href="([^"]*/reports\?[^"]*)">([^<]*)</a>', page.text)
    return {html.unescape(name): html.unescape(address) for address, name in found}


def filters_of(page: httpx.Response) -> list[str]:
    """List the filters of a page of segments, in words."""
    return [html.unescape(words) for words in re.findall(r'<li class="chip"><bdi>([^<]*)</bdi>', page.text)]


def test_a_reader_saves_picks_replaces_renames_and_deletes_an_own_segment(person: Callable[[Role], Guest]) -> None:
    reader = person(Role.READER)
    assert "Save these filters as a segment" not in reader.get("reports").text
    assert "Save these filters as a segment" in reader.get(f"reports?{QUERY}").text
    saved = reader.post("reports/segments", name=" Search ", whose="own", query=QUERY)
    assert filters_of(saved) == ["Source is yandex", "Medium is cpc"]
    assert parse_qs(urlsplit(segments_of(saved)["Search"]).query) == {"segment": ["Search"]}
    picked = reader.get("reports?segment=Search&metrics=deals")
    assert '<option value="Search" selected>' in picked.text
    again = reader.post("reports/segments", name="Search", whose="own", query=MORE)
    assert again.status_code == 400
    assert "There is a segment of this name" in again.text
    replaced = reader.post("reports/segments", name="Search", whose="own", query=MORE, overwrite="yes")
    assert filters_of(replaced) == ["Device is mobile", "Source is yandex", "Medium is cpc"]
    renamed = reader.post("reports/segments/change", name="Search", whose="own", new_name="Ads", act="rename")
    assert list(segments_of(renamed)) == ["Ads"]
    assert reader.get("reports?segment=Search").status_code == 400
    deleted = reader.post("reports/segments/change", name="Ads", whose="own", act="delete")
    assert segments_of(deleted) == {}
    for act in ("delete", "rename"):
        gone = reader.post("reports/segments/change", name="Ads", whose="own", new_name="B", act=act)
        assert gone.status_code == 404


def test_a_segment_of_the_site_is_used_by_readers_and_changed_by_analysts(person: Callable[[Role], Guest]) -> None:
    reader, analyst = person(Role.READER), person(Role.ANALYST)
    assert reader.post("reports/segments", name="All", whose="site", query=QUERY).status_code == 403
    analyst.post("reports/segments", name="All", whose="site", query=QUERY)
    analyst.post("reports/segments", name="Mine", whose="own", query=QUERY)
    assert list(segments_of(reader.get("reports/segments"))) == ["All"]
    assert list(segments_of(analyst.get("reports/segments"))) == ["All", "Mine"]
    assert reader.get("reports?segment=All").status_code == 200
    assert reader.post("reports/segments/change", name="All", whose="site", act="delete").status_code == 403
    assert reader.post("reports/segments/change", name="Mine", whose="own", act="delete").status_code == 404
    assert list(segments_of(analyst.get("reports/segments"))) == ["All", "Mine"]


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
        schedule_report(connection, served.ids, site.site, mailed, NOON)
    theirs = person(Role.READER)
    theirs.post("reports/segments", name="All", whose="own", query=QUERY)
    theirs.post("reports/saved", name="of their own", whose="own", query=query)
    analyst.post("reports/segments/change", name="All", whose="site", new_name="Search & more", act="rename")
    named = {
        name: parse_qs(urlsplit(address).query)["segment"]
        for name, address in {
            **segments_of(reader.get("reports/saved")),
            **segments_of(theirs.get("reports/saved")),
        }.items()
    }
    assert named == {"of all": ["Search & more"], "of a reader": ["Search & more"], "of their own": ["All"]}
    with served.database.read() as connection:
        (report,) = list_scheduled_reports(connection, site.site.id)
    assert report.words.segment == "Search & more"
    assert "no segment" not in reader.get("reports/saved").text


def test_two_segments_of_one_owner_never_have_one_name(person: Callable[[Role], Guest]) -> None:
    analyst = person(Role.ANALYST)
    for name in ("a", "b"):
        analyst.post("reports/segments", name=name, whose="own", query=QUERY)
    taken = analyst.post("reports/segments/change", name="a", whose="own", new_name="b", act="rename")
    assert taken.status_code == 400
    assert "There is a segment of this name already." in taken.text
    assert list(segments_of(taken)) == ["a", "b"]


def test_a_segment_of_the_site_is_reached_behind_an_own_one_of_its_name(person: Callable[[Role], Guest]) -> None:
    analyst = person(Role.ANALYST)
    analyst.post("reports/segments", name="A", whose="site", query="filter=source%3Ais%3Avk")
    page = analyst.post("reports/segments", name="A", whose="own", query=QUERY)
    addresses = [html.unescape(each) for each in re.findall(r'<th scope="row"><a href="([^"]*)">A</a>', page.text)]
    assert [parse_qs(urlsplit(each).query) for each in addresses] == [
        {"filter": ["source:is:vk"]},
        {"segment": ["A"]},
    ]


def test_a_segment_whose_field_was_removed_says_so(
    person: Callable[[Role], Guest], served: Stage, site: Player
) -> None:
    analyst = person(Role.ANALYST)
    analyst.post("reports/segments", name="Omsk", whose="site", query="filter=field%3Acity%3Ais%3AOmsk")
    with served.database.write() as connection:
        remove_custom_field(connection, site.site.id, "city", NOON)
    wait_until(lambda: "unknown custom field “city”" in analyst.get("reports/segments").text)
    refused = analyst.post("reports/segments", name="New", whose="own", query="filter=field%3Acity%3Ais%3AOmsk")
    assert refused.status_code == 400
    assert "New" not in segments_of(refused)


@pytest.mark.parametrize("name", ["", " ", "x" * 101, "a\u202eb"])
def test_a_name_that_does_not_fit_a_segment_is_refused_with_the_reason(
    person: Callable[[Role], Guest], name: str
) -> None:
    refused = person(Role.READER).post("reports/segments", name=name, whose="own", query=QUERY)
    assert refused.status_code == 400
    assert "1 to 100 printable characters" in refused.text


def test_a_report_without_filters_makes_no_segment(person: Callable[[Role], Guest]) -> None:
    refused = person(Role.READER).post("reports/segments", name="a", whose="own", query="metrics=deals")
    assert refused.status_code == 400
    assert "at least one filter" in text_of(refused.text)


def test_hostile_names_and_filters_are_only_words(person: Callable[[Role], Guest]) -> None:
    reader = person(Role.READER)
    page = reader.post("reports/segments", name=HOSTILE, whose="own", query=f"filter=campaign%3Ais%3A{HOSTILE}")
    assert HOSTILE not in page.text
    assert HOSTILE in segments_of(page)
    assert filters_of(page) == [f"Campaign is {HOSTILE}"]
