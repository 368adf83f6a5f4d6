"""Saved reports, as people with each role meet them."""

import html
import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from cast import Player, Stage
from dealtrace.accounts.role import Role
from dealtrace.operations.accounts.remove_custom_field import remove_custom_field
from dealtrace.operations.reports.manage_segments import add_segment
from engines import on_one_engine
from guests import Guest, member_of
from server import ServerProcess
from waiting import wait_until
from write_commands import NOON

pytestmark = on_one_engine
HOSTILE = '"><script>alert(1)</script>'
QUERY = "by=campaign&metrics=deals,amount&period=7d&filter=source%3Ais%3Ayandex"


@pytest.fixture
def site(served: Stage) -> Player:
    return served.open_site(fields=["city"])


@pytest.fixture
def person(server: ServerProcess, served: Stage, site: Player) -> Callable[[Role], Guest]:
    """Give a function that logs somebody in."""
    return lambda role: member_of(server, served, site.site.id, role)


def links_of(page: httpx.Response) -> dict[str, str]:
    """Return the saved reports that a page lists, with the question of each."""
    found = re.findall(r'<th scope="row"><a href="[^"?]*/reports\?([^"]*)">([^<]*)</a>', page.text)
    return {html.unescape(name): html.unescape(query) for query, name in found}


def test_a_reader_saves_opens_renames_replaces_and_deletes_an_own_report(
    person: Callable[[Role], Guest],
) -> None:
    reader = person(Role.READER)
    saved = reader.post("reports/saved", name=" Поиск ", whose="own", query=QUERY)
    assert saved.status_code == 200
    (query,) = [query for name, query in links_of(saved).items() if name == "Поиск"]
    assert parse_qs(query) == {
        "by": ["campaign"],
        "metrics": ["deals,amount"],
        "period": ["7d"],
        "filter": ["source:is:yandex"],
    }
    opened = reader.get(f"reports?{query}")
    assert opened.status_code == 200
    assert 'aria-current="page">Поиск</a>' in opened.text
    again = reader.post("reports/saved", name="Поиск", whose="own", query="by=source&metrics=leads")
    assert again.status_code == 400
    assert "A report with this name already exists" in again.text
    assert parse_qs(links_of(again)["Поиск"])["metrics"] == ["deals,amount"]
    replaced = reader.post("reports/saved", name="Поиск", whose="own", query="metrics=leads", overwrite="yes")
    assert parse_qs(links_of(replaced)["Поиск"])["metrics"] == ["leads"]
    renamed = reader.post("reports/saved/change", name="Поиск", whose="own", new_name="Search", act="rename")
    assert list(links_of(renamed)) == ["Search"]
    deleted = reader.post("reports/saved/change", name="Search", whose="own", act="delete")
    assert links_of(deleted) == {}
    assert reader.post("reports/saved/change", name="Search", whose="own", act="delete").status_code == 404


def test_a_report_of_the_site_is_everybodys_and_changed_by_analysts(person: Callable[[Role], Guest]) -> None:
    reader, analyst = person(Role.READER), person(Role.ANALYST)
    assert reader.post("reports/saved", name="All", whose="site", query=QUERY).status_code == 403
    analyst.post("reports/saved", name="All", whose="site", query=QUERY)
    analyst.post("reports/saved", name="Mine", whose="own", query=QUERY)
    assert list(links_of(reader.get("reports/saved"))) == ["All"]
    assert list(links_of(analyst.get("reports/saved"))) == ["All", "Mine"]
    assert reader.post("reports/saved/change", name="All", whose="site", act="delete").status_code == 403
    assert reader.post("reports/saved/change", name="Mine", whose="own", act="delete").status_code == 404
    assert list(links_of(analyst.get("reports/saved"))) == ["All", "Mine"]


def test_two_names_of_one_owner_are_never_the_same(person: Callable[[Role], Guest]) -> None:
    analyst = person(Role.ANALYST)
    for name in ("a", "b"):
        analyst.post("reports/saved", name=name, whose="own", query=QUERY)
    taken = analyst.post("reports/saved/change", name="a", whose="own", new_name="b", act="rename")
    assert taken.status_code == 400
    assert sorted(links_of(taken)) == ["a", "b"]


def test_an_obsolete_report_says_which_word_no_longer_exists(
    person: Callable[[Role], Guest], served: Stage, site: Player
) -> None:
    analyst = person(Role.ANALYST)
    analyst.post("reports/saved", name="Cities", whose="site", query="by=field:city&metrics=deals")
    with served.database.write() as connection:
        remove_custom_field(connection, site.site.id, "city", NOON)
    obsolete = links_of(analyst.get("reports/saved"))["Cities"]
    wait_until(lambda: analyst.get(f"reports?{obsolete}").status_code == 400)
    assert "unknown custom field “city”" in analyst.get("reports/saved").text
    refused = analyst.post("reports/saved", name="New", whose="own", query="by=field:city&metrics=deals")
    assert refused.status_code == 400
    assert "unknown custom field “city”" in refused.text
    assert "New" not in links_of(refused)


def test_a_report_of_the_site_names_no_segment_that_only_its_author_has(
    person: Callable[[Role], Guest], served: Stage, site: Player
) -> None:
    analyst = person(Role.ANALYST)
    page = analyst.get("/profile").text
    assert analyst.login in page
    with served.database.write() as connection:
        user_id = connection.exec_driver_sql(f"SELECT id FROM \"user\" WHERE login = '{analyst.login}'").scalar_one()
        add_segment(connection, site.site, "mine", ["source:is:yandex"], NOON, user_id)
    query = "metrics=deals&segment=mine"
    assert analyst.get(f"reports?{query}").status_code == 200
    assert analyst.post("reports/saved", name="a", whose="site", query=query).status_code == 400
    assert "a" in links_of(analyst.post("reports/saved", name="a", whose="own", query=query))


@pytest.mark.parametrize("name", ["", " ", "x" * 101, "a\u202eb"])
def test_a_name_that_does_not_fit_is_refused_with_the_reason(person: Callable[[Role], Guest], name: str) -> None:
    refused = person(Role.READER).post("reports/saved", name=name, whose="own", query=QUERY)
    assert refused.status_code == 400
    assert "1 to 100 printable characters" in refused.text


def test_hostile_names_and_queries_are_only_words(person: Callable[[Role], Guest]) -> None:
    reader = person(Role.READER)
    page = reader.post("reports/saved", name=HOSTILE, whose="own", query=f"{QUERY}&javascript=1&limit=7")
    assert HOSTILE not in page.text
    assert HOSTILE in links_of(page)
    (query,) = links_of(page).values()
    assert set(parse_qs(query)) == {"by", "metrics", "period", "limit", "filter"}
    assert urlsplit(query).scheme == ""
    assert HOSTILE not in reader.get("reports").text
