"""A report that was saved for all means the site's segment, also to a person with an own segment of the same name."""

import csv
import html
import io
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from cast import Player, Stage
from dealtrace.accounts.rights import Role
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.operations.mails.scheduled_reports import read_due_question
from dealtrace.storage.mails.scheduled_reports import list_scheduled_reports
from dealtrace.storage.reports.saved_items.saved_reports import list_saved_reports
from engines import on_one_engine
from guests import Guest, member_of, text_of
from server import ServerProcess

pytestmark = on_one_engine
DAY = datetime(2024, 11, 11, 9, tzinfo=UTC)
QUERY = "by=source&metrics=visits&from=2024-11-11&to=2024-11-11"
NAMED = f"{QUERY}&segment=Ads"
ASKED = {name: text for name, [text] in parse_qs(NAMED).items()}
MAILED = {"title": "M", "question": NAMED, "rhythm": "weekly", "hour": "9", "recipients": "a@example.com en"}
SITES, OWN = [("yandex", 2)], [("vk", 1)]


@pytest.fixture
def site(served: Stage) -> Player:
    """Give a site with two visits from yandex and one from vk."""
    player = served.open_site()
    for number, source in enumerate(("yandex", "yandex", "vk")):
        served.visit(player, DAY + timedelta(minutes=number), TrafficSource(source, "cpc"), visitor=f"v{number}")
    return player


@pytest.fixture
def analyst(server: ServerProcess, served: Stage, site: Player) -> Guest:
    """Give an analyst who saved a report for all with the site's segment, and made an own one of its name since."""
    analyst = member_of(server, served, site.site.id, Role.ANALYST)
    analyst.post("reports/segments", name="Ads", whose="site", query="filter=source:is:yandex")
    assert analyst.send("reports/saved", name="R", whose="site", query=NAMED).is_redirect
    assert analyst.send("settings/mail-reports", **MAILED).is_redirect
    assert analyst.send("reports/segments", name="Ads", whose="own", query="filter=source:is:vk").is_redirect
    return analyst


@pytest.fixture(params=[Role.READER, Role.ANALYST])
def person(request: pytest.FixtureRequest, server: ServerProcess, served: Stage, analyst: Guest) -> Guest:
    """Give a person with an own segment of the same name."""
    guest = member_of(server, served, analyst.site_id, request.param)
    assert guest.send("reports/segments", name="Ads", whose="own", query="filter=source:is:vk").is_redirect
    return guest


def figures_on(page: str) -> list[tuple[str, int]]:
    """Return the keys and the figures of the table of a report."""
    table = page.rpartition("<table")[2].partition("<tbody>")[2].partition("</tbody>")[0]
    words = re.findall(r'<th scope="row">(.*?)</th>\s*<td class="value[^"]*"[^>]*>(.*?)</td>', table, re.DOTALL)
    plain = [[text_of(f"<main>{part}</main>") for part in pair] for pair in words]
    return [(key, int(figure.split()[0])) for key, figure in plain]


def file_behind(guest: Guest, page: str) -> list[tuple[str, int]]:
    """Return the keys and the figures of the CSV file of a report's page."""
    link = re.search(r'href="([^"]*/reports\.csv\?[^"]*)"', page)
    assert link is not None
    rows = list(csv.reader(io.StringIO(guest.follow(html.unescape(link[1])).text.lstrip("\ufeff"))))
    return [(row[0], int(row[1])) for row in rows if len(row) > 1 and row[0] in ("yandex", "vk")]


def link_of(guest: Guest, name: str) -> str:
    found = re.search(rf'<th scope="row"><a href="([^"]*)">{name}</a>', guest.get("reports/saved").text)
    assert found is not None
    return html.unescape(found[1])


def test_a_report_saved_for_all_shows_everybody_the_same(person: Guest, analyst: Guest) -> None:
    for guest in (person, analyst):
        link = link_of(guest, "R")
        page = guest.follow(link).text
        assert figures_on(page) == SITES
        assert file_behind(guest, page) == SITES
        assert 'aria-current="page"' in page.partition(">R<")[0].rpartition("<a ")[2], "it is marked as the one shown"
        (on_report,) = {
            html.unescape(url)
            for url in re.findall(r'<a class="chip" href="([^"]*)"[^>]*>R</a>', guest.get("reports").text)
        }
        assert on_report == link
        assert figures_on(guest.get("reports", **ASKED).text) == OWN


def test_a_report_that_was_saved_before_it_said_whose_segment_it_means_is_the_sites(
    person: Guest, served: Stage, site: Player
) -> None:
    with served.database.write() as connection:
        (report,) = list_saved_reports(connection, site.site.id)
        assert parse_qs(report.query)["segment_of"] == ["site"]
        connection.exec_driver_sql(f"UPDATE saved_report SET query = '{NAMED}' WHERE site_id = {site.site.id}")
    assert figures_on(person.follow(link_of(person, "R")).text) == SITES


def test_programs_and_mails_mean_the_sites_segment(
    server: ServerProcess, served: Stage, site: Player, analyst: Guest
) -> None:
    answer = server.http.get("/api/reports", params=ASKED, headers={"Access-Token": site.token}).json()
    assert [row["keys"] for row in answer["rows"]] == [["yandex"]], answer
    with served.database.read() as connection:
        (mailed,) = list_scheduled_reports(connection, site.site.id)
        (condition,) = read_due_question(connection, site.site, mailed, mailed.due_at).filters
    assert condition.values == ("yandex",)
    form = text_in(analyst.get(f"settings/mail-reports/{mailed.id}").text, "question")
    assert parse_qs(urlsplit(form).query)["segment_of"] == ["site"], "its report shows what the e-mail shows"
    saved = analyst.send(f"settings/mail-reports/{mailed.id}", **{**MAILED, "question": form, "title": "N"})
    assert saved.is_redirect, "the own segment of the name is not meant"
    with served.database.read() as connection:
        assert list_scheduled_reports(connection, site.site.id) == [replace(mailed, title="N")]


def text_in(page: str, name: str) -> str:
    """Return what a field of a form has."""
    found = re.search(rf'<(?:input|textarea)[^>]*name="{name}"[^>]*value="([^"]*)"', page)
    assert found is not None
    return html.unescape(found[1])


def test_what_is_made_of_a_report_saved_for_all_means_the_same(
    person: Guest, server: ServerProcess, served: Stage
) -> None:
    query = urlsplit(link_of(person, "R")).query
    boss = member_of(server, served, person.site_id)
    boss.send("reports/segments", name="Ads", whose="own", query="filter=source:is:vk")
    made = boss.send("settings/shared", name="L", query=query, days="30")
    (key,) = re.findall(r"/cabinet/shared/([\w-]+)</pre>", made.text)
    assert figures_on(Guest(server).get(f"/shared/{key}").text) == SITES
    assert boss.send("reports/saved", name="S", whose="site", query=query).is_redirect, "it is no own segment"
    assert person.send("reports/saved", name="mine", whose="own", query=query).is_redirect
    boss.send("reports/segments/change", name="Ads", whose="site", new_name="Paid", act="rename")
    for name in ("R", "S", "mine"):
        assert figures_on(person.follow(link_of(person, name)).text) == SITES, name
    person.send("reports/segments", name="copy", whose="own", query=query.replace("segment=Ads", "segment=Paid"))
    assert figures_on(person.get("reports", **{**ASKED, "segment": "copy"}).text) == SITES


def test_the_list_of_links_leads_to_what_strangers_see(server: ServerProcess, served: Stage, analyst: Guest) -> None:
    boss = member_of(server, served, analyst.site_id)
    made = boss.send("settings/shared", name="L", query=NAMED, days="30")
    assert boss.send("reports/segments", name="Ads", whose="own", query="filter=source:is:vk").is_redirect
    (key,) = re.findall(r"/cabinet/shared/([\w-]+)</pre>", made.text)
    assert figures_on(Guest(server).get(f"/shared/{key}").text) == SITES
    (listed,) = re.findall(r'<a href="([^"]*/reports\?[^"]*)"', boss.get("settings/shared").text)
    assert figures_on(boss.follow(html.unescape(listed)).text) == SITES


def test_an_own_report_follows_the_own_segment(person: Guest) -> None:
    person.send("reports/saved", name="mine", whose="own", query=NAMED)
    person.send("reports/segments/change", name="Ads", whose="own", new_name="Mine", act="rename")
    assert figures_on(person.follow(link_of(person, "mine")).text) == OWN
    assert figures_on(person.follow(link_of(person, "R")).text) == SITES


@pytest.mark.parametrize("place", ["reports", ""])
def test_the_form_keeps_the_sites_segment_until_another_is_chosen(person: Guest, place: str) -> None:
    person.send("reports/segments", name="Other", whose="own", query="filter=source:is:vk")
    shown = person.get(place, **{**ASKED, "segment_of": "site"}).text
    kept = dict(re.findall(r'<input type="hidden" name="(segment_of|shown_segment)" value="([^"]*)">', shown))
    assert kept == {"segment_of": "site", "shown_segment": "Ads"}
    again = person.get("reports", **ASKED, **kept)
    assert figures_on(again.text) == SITES
    other = person.get("reports", **{**ASKED, "segment": "Other"}, **kept)
    assert figures_on(other.text) == OWN
    assert 'name="segment_of"' not in other.text
    assert 'name="segment_of"' not in person.get(place, **ASKED).text


def test_whose_segment_is_meant_is_checked(person: Guest) -> None:
    refused = person.get("reports", **ASKED, segment_of="mine")
    assert (refused.status_code, "unknown owner of a segment “mine”" in text_of(refused.text)) == (400, True)
