"""A report as a tree: rows open in place, from sources to campaigns and keywords, with the figures of the engine."""

import html
import json
import re
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import count
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from browser import Browser
from cast import Player, Stage
from dealtrace.accounts.rights import Role
from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.cabinet.reports.tree.open_rows import CHILDREN_MAX, OPEN_MAX, ask_branches, level_question
from dealtrace.leads.annotations import Annotations
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.reports.ask import ask, stored_facts
from dealtrace.reports.filters import format_names
from dealtrace.reports.question import QuestionContext, RawQuestion
from dealtrace.reports.question_parser import parse_question
from engines import on_one_engine
from guests import Guest, member_of
from server import ServerProcess
from tree_lines import LINE, line_of, lines_of, tree_of
from walker import assert_is_well_made, faults_of
from write_commands import by_contact, registration

pytestmark = on_one_engine
NOW = datetime.now(UTC)
AT = NOW - timedelta(days=2)
BY = "source,campaign,term"
TREE = {"by": BY, "metrics": "visits,deals", "period": "7d", "tree": "yes"}
ODD = "a/b, c.d. 100%"
PATHS = (
    ("yandex", "brand", "windows"),
    ("yandex", "brand", "doors"),
    ("yandex", "sale", ""),
    ("google", "brand", "gates"),
    (ODD, ODD, ODD),
    ("anna@example.com", "letter", "anna@example.com"),
)


@pytest.fixture(scope="module")
def site(served: Stage) -> Player:
    """Give a site whose deals were each led to by visits from several sources."""
    player, phones = served.open_site(contact_matching=True), count(79_205_550_000)
    for place in range(len(PATHS)):
        phone, ways = str(next(phones)), PATHS[place:] + PATHS[: place + 1]
        for number, (source, campaign, term) in enumerate(ways[:4]):
            visited = TrafficSource(source, "cpc", campaign, "", term)
            visit = served.visit(player, AT + timedelta(hours=number), visited, visitor=f"visitor {place}")
        served.call(player, AT + timedelta(hours=5), phone=phone, visit_id=visit.id)
        deal = registration(f"deal {place}", happened_at=AT + timedelta(hours=6), clue=by_contact(phone))
        served.perform(register_deals, player, deal)
    return player


@pytest.fixture
def analyst(server: ServerProcess, served: Stage, site: Player) -> Guest:
    return member_of(server, served, site.site.id, Role.ANALYST)


def test_a_row_opens_in_place_and_the_others_stay(analyst: Guest) -> None:
    page = analyst.get("reports", **TREE).text
    sources = [text for level, text in tree_of(page)]
    assert {level for level, _ in tree_of(page)} == {0}
    assert set(sources) == {source for source, _, _ in PATHS}
    yandex = line_of(page, "yandex")
    assert not yandex.is_open
    opened = analyst.follow(yandex.fold).text
    assert [text for level, text in tree_of(opened) if level == 0] == sources
    assert {text for level, text in tree_of(opened) if level == 1} == {"brand", "sale"}
    at = tree_of(opened).index((0, "yandex"))
    assert [level for level, _ in tree_of(opened)][at + 1 : at + 3] == [1, 1], "right below it"
    deeper = analyst.follow(line_of(opened, "brand", 1).fold).text
    both = analyst.follow(line_of(deeper, "google").fold).text
    assert {text for level, text in tree_of(both) if level == 2} == {"windows", "doors"}
    assert all(not line.fold for line in lines_of(both) if line.level == 2), "nothing is below a keyword"
    assert line_of(both, "google").is_open
    shut = analyst.follow(line_of(both, "yandex").fold).text
    assert {text for level, text in tree_of(shut) if level} == {"brand"}, "what is below a closed row is closed too"
    assert tree_of(analyst.follow(line_of(shut, "google").fold).text) == tree_of(page)


def test_an_opened_row_is_where_the_link_leads(analyst: Guest) -> None:
    page = analyst.get("reports", **TREE).text
    for line in lines_of(page):
        mark = urlsplit(line.fold).fragment
        assert mark == line.id
        assert next(each for each in lines_of(analyst.follow(line.fold).text) if each.id == mark).text == line.text


def test_keys_with_signs_and_missing_keys_open_and_close(analyst: Guest) -> None:
    page = analyst.follow(line_of(analyst.get("reports", **TREE).text, ODD).fold).text
    page = analyst.follow(line_of(page, ODD, 1).fold).text
    assert (2, ODD) in tree_of(page)
    other = {**TREE, "by": "term,campaign"}
    page = analyst.follow(line_of(analyst.get("reports", **other).text, "(nothing)").fold).text
    assert (1, "sale") in tree_of(page)
    assert not [level for level, _ in tree_of(analyst.follow(line_of(page, "(nothing)").fold).text) if level]


@pytest.mark.parametrize("model", AttributionModel)
def test_the_rows_below_a_row_add_up_to_it_under_every_model(
    served: Stage, site: Player, model: AttributionModel
) -> None:
    context = QuestionContext(NOW.date(), AttributionModel(site.site.attribution))
    raw = RawQuestion(by=BY, metrics="visits,deals,amount", period="7d", model=str(int(model)), limit="100")
    question = parse_question(raw, context)
    with served.database.read() as connection:
        source = stored_facts(connection, site.site)
        root = ask(source, site.site, level_question(question, ()), NOW)
        first = ask_branches(source, site.site, question, root, [row.keys for row in root.rows], NOW)
        second = [(*path, *row.keys) for path, report in first.below.items() for row in report.rows]
        whole = ask_branches(source, site.site, question, root, [*first.below, *second], NOW)
    reports = {(): root, **whole.below}
    assert len(whole.below) == len(first.below) + len(second)
    for path, report in whole.below.items():
        (row,) = [each for each in reports[path[:-1]].rows if each.keys == path[-1:]]
        below = [each.values[model] for each in report.rows]
        assert tuple(map(sum, zip(*below, strict=True))) == row.values[model] == report.total.values[model]
    totals = root.total.values[model]
    assert totals[1:] == (Fraction(len(PATHS)), Fraction(1000 * len(PATHS)))
    assert tuple(map(sum, zip(*(row.values[model] for row in root.rows), strict=True))) == totals


def test_links_of_an_open_row_lead_to_what_it_counts(analyst: Guest) -> None:
    page = analyst.follow(line_of(analyst.get("reports", **TREE).text, "yandex").fold).text
    brand = line_of(page, "brand", 1)
    assert parse_qs(urlsplit(brand.url).query)["filter"] == ["source:is:yandex", "campaign:is:brand"]
    assert analyst.follow(brand.url).status_code == 200
    (url,) = re.findall(
        rf'id="{brand.id}">.*?<td class="value[^"]*"[^>]*>(?:<span.*?</span>&nbsp;)?<a href="([^"]+)"', page, re.DOTALL
    )
    rows = analyst.follow(html.unescape(url)).text
    assert f"{brand.cells[0].split()[0]}" in rows


def test_links_of_a_tree_by_a_field_with_signs_in_its_name_lead_to_a_report(
    served: Stage, server: ServerProcess
) -> None:
    player = served.open_site(fields=["floor, room: 2|3"])
    said = Annotations(custom_values={"floor, room: 2|3": "third"})
    visit = served.visit(player, AT, TrafficSource("yandex", "cpc"))
    served.lead_request(player, AT + timedelta(hours=1), visit_id=visit.id, annotations=said)
    guest = member_of(server, served, player.site.id)
    by = {"by": f"{format_names(['field:floor, room: 2|3'])},source", "metrics": "leads"}
    page = guest.follow(line_of(guest.get("reports", **{**TREE, **by}).text, "third").fold).text
    links = [line.url for line in lines_of(page)]
    assert len(links) == len(["third", "yandex"])
    for url in links:
        assert guest.follow(url).status_code == 200, url


def test_rows_are_sorted_and_cut_as_the_report_is(served: Stage, server: ServerProcess) -> None:
    player = served.open_site()
    many = CHILDREN_MAX + 3
    for number in range(many):
        source = TrafficSource("yandex", "cpc", f"campaign {number:03}")
        served.visit(player, AT, source, visitor=f"v{number}")
    served.visit(player, AT + timedelta(hours=1), TrafficSource("yandex", "cpc", "campaign 007"), visitor="again")
    guest = member_of(server, served, player.site.id, Role.READER)
    asked = {**TREE, "by": "source,campaign", "metrics": "visits"}
    page = guest.follow(lines_of(guest.get("reports", **asked).text)[0].fold).text
    below = [text for level, text in tree_of(page) if level == 1]
    assert below[0] == "campaign 007", "sorted by the first metric"
    assert below[-1] == "and 3 more"
    assert len(below) == CHILDREN_MAX + 1
    rest = guest.follow(lines_of(page)[-1].url).text
    assert f"campaign {many - 1:03}" in rest
    few = guest.follow(lines_of(guest.get("reports", **asked, limit="5", sort="-campaign").text)[0].fold).text
    assert [text for level, text in tree_of(few) if level == 1] == [
        *(f"campaign {many - 1 - number:03}" for number in range(5)),
        f"and {many - 5} more",
    ]


def test_no_more_rows_are_opened_than_a_page_can_ask_for(served: Stage, server: ServerProcess) -> None:
    player = served.open_site()
    for number in range(OPEN_MAX + 1):
        served.visit(player, AT, TrafficSource(f"source {number:02}", "cpc", "x"), visitor=f"v{number}")
    guest = member_of(server, served, player.site.id, language="ru")
    sources = [f"source%20{number:02}" for number in range(OPEN_MAX + 1)]
    asked = {**TREE, "by": "source,campaign", "metrics": "visits"}
    page = guest.get("reports", **asked, open=",".join(sources)).text
    assert sum(line.is_open for line in lines_of(page)) == OPEN_MAX
    assert f"Одновременно можно раскрыть не больше {OPEN_MAX} строк" in page
    allowed = guest.get("reports", **asked, open=",".join(sources[:-1])).text
    assert sum(line.is_open for line in lines_of(allowed)) == OPEN_MAX
    assert "Одновременно" not in allowed


def test_unknown_rows_stay_closed_and_an_unknown_layout_is_refused(analyst: Guest) -> None:
    for path in ("nobody", "brand", "yandex/nobody,google/nobody", "yandex/brand/windows", "%FF,//,.,%"):
        answer = analyst.get("reports", **TREE, open=path)
        assert answer.status_code == 200
        assert {level for level, _ in tree_of(answer.text)} == {0}, path
    refused = analyst.get("reports", **{**TREE, "tree": "no"})
    assert refused.status_code == 400
    assert "Layout of rows" in refused.text


def test_readers_open_no_row_whose_key_is_masked(server: ServerProcess, served: Stage, site: Player) -> None:
    reader = member_of(server, served, site.site.id, Role.READER)
    page = reader.get("reports", **TREE, open="anna%40example%2Ecom,yandex").text
    assert "anna@example.com" not in page.replace("anna%40", "anna@").partition("<tbody>")[2].partition("</table>")[0]
    masked = line_of(page, "a•••@example.com")
    assert (masked.fold, masked.url, masked.is_open) == ("", "", False)
    assert "<a " not in "".join(masked.cells)
    assert line_of(page, "yandex").is_open
    own = member_of(server, served, site.site.id, Role.ANALYST).get("reports", **TREE, open="anna%40example%2Ecom").text
    assert (1, "letter") in tree_of(own)


def test_readers_find_no_fewer_rows_behind_a_figure_of_a_tree_than_it_counts(
    server: ServerProcess, served: Stage, site: Player
) -> None:
    analyst, reader = (member_of(server, served, site.site.id, role) for role in (Role.ANALYST, Role.READER))
    asked = {**TREE, "metrics": "visits", "filter": ["source:among:yandex|google", "campaign:contains:bran"]}
    query = f"{urlencode({**TREE, 'metrics': 'visits'})}&filter={'&filter='.join(asked['filter'])}"
    assert analyst.send("reports/saved", name="Brands", whose="site", query=query).is_redirect
    for guest in (analyst, reader):
        lines = LINE.findall(guest.get("reports", **asked, open="yandex").text)
        assert [level for _, level, _, _ in lines] == ["0", "1", "0"]
        for _, level, _, cells in lines:
            figures = re.findall(r'<a href="([^"]+/reports/rows\?[^"]+)"[^>]*>(\d+)</a>', cells)
            assert len(figures) == (guest is analyst or level == "0"), (guest is analyst, cells)
            for url, figure in figures:
                assert f"<h1>Visits: {figure}</h1>" in guest.follow(html.unescape(url)).text


def test_a_saved_tree_has_no_open_rows(server: ServerProcess, served: Stage, site: Player) -> None:
    analyst = member_of(server, served, site.site.id, Role.ANALYST)
    page = analyst.get("reports", **TREE, open="anna%40example%2Ecom").text
    (query,) = set(re.findall(r'name="query" value="([^"]+)"', page))
    assert analyst.send("reports/saved", name="Tree", whose="site", query=html.unescape(query)).is_redirect
    saved = member_of(server, served, site.site.id, Role.READER).get("reports/saved").text
    assert "anna" not in saved
    (url,) = re.findall(r'<th scope="row"><a href="([^"]+)">Tree</a>', saved)
    assert {level for level, _ in tree_of(analyst.follow(html.unescape(url)).text)} == {0}


def test_a_tree_is_compared_like_a_list(analyst: Guest) -> None:
    asked = {**TREE, "compare": "previous", "open": "yandex,yandex/brand"}
    page = analyst.get("reports", **asked).text
    assert {level for level, _ in tree_of(page)} == {0, 1, 2}
    for line in lines_of(page):
        assert any(words in line.cells[0] for words in ("%", "new", "no data", "was")), line.cells


def test_nothing_is_below_a_day_that_is_compared_with_another(analyst: Guest) -> None:
    day = {**TREE, "by": "day,source", "metrics": "visits", "open": str(AT.date())}
    assert {level for level, _ in tree_of(analyst.get("reports", **day).text)} == {0, 1}
    for by, opened in (("day,source", day["open"]), ("source,day,campaign", f"yandex,yandex/{day['open']}")):
        page = analyst.get("reports", **{**day, "by": by, "open": opened}, compare="previous").text
        level = by.split(",").index("day")
        assert {each for each, _ in tree_of(page)} == set(range(level + 1)), by
        assert not [line.fold for line in lines_of(page) if line.level == level and line.fold], by


def test_the_file_of_a_tree_has_all_rows_of_all_levels(analyst: Guest) -> None:
    page = analyst.get("reports", **TREE, open="yandex").text
    (url,) = re.findall(r'href="([^"]+/reports\.csv\?[^"]+)"', page)
    rows = analyst.follow(html.unescape(url)).text.splitlines()
    found = [row for row in rows if row.startswith(("yandex,", "google,"))]
    assert len(found) == 4, rows
    assert any(row.startswith("yandex,brand,windows,") for row in found)


def test_a_report_leads_to_its_tree_and_back(analyst: Guest) -> None:
    def links(page: str) -> dict[str, str]:
        (chips,) = re.findall(r'aria-label="Layout of rows">(.*?)</ul>', page, re.DOTALL)
        return {name: html.unescape(url) for url, name in re.findall(r'<a href="([^"]+)">([^<]+)</a>', chips)}

    flat = analyst.get("reports", by=BY, metrics="visits", period="7d").text
    assert not lines_of(flat)
    tree = analyst.follow(links(flat)["As a tree"]).text
    assert lines_of(tree)
    assert not lines_of(analyst.follow(links(tree)["As a list"]).text)
    of_sources = analyst.get("reports", by="source", metrics="visits", period="7d").text
    assert "▸" in analyst.follow(links(of_sources)["As a tree"]).text
    for without in ({"by": "day"}, {"by": "source,campaign", "models": "all"}, {"by": "source", "pivot": "day"}):
        assert "Layout of rows" not in analyst.get("reports", **without, metrics="visits", period="7d").text


@pytest.mark.parametrize("runs_scripts", [True, False])
def test_rows_are_opened_by_keyboard_on_a_phone(
    server: ServerProcess, served: Stage, site: Player, browser: Browser, *, runs_scripts: bool
) -> None:
    guest = member_of(server, served, site.site.id, Role.ANALYST)
    browser.emulate(width=360, runs_scripts=runs_scripts)
    browser.keep_cookie("session", guest.secret, server.url)
    browser.open(f"{server.url}/cabinet/{site.site.id}/reports?by={BY}&metrics=visits,deals&period=7d&tree=yes")
    assert list(faults_of(browser)) == []
    wide = "(each => each.scrollWidth > each.clientWidth)(document.querySelector('.tree thead th'))"
    assert not browser.run(wide), "the heading of the levels runs into the next one"
    before = browser.run("document.querySelectorAll('.tree tbody tr').length")
    browser.run("document.querySelector('.tree a.fold').focus()")
    browser.press("Enter")
    browser.wait("document.querySelector('.tree a.fold[aria-expanded=true]') && document.readyState === 'complete'")
    assert browser.run("location.hash") == "#row1"
    assert browser.run("document.querySelectorAll('.tree tbody tr').length") > before
    assert list(faults_of(browser)) == []
    indents = "[0, 1].map(each => document.querySelector(`.level${each} > div > div`).getBoundingClientRect().left)"
    first, second = browser.run(indents)
    assert second > first


def test_an_open_tree_is_well_made_and_prints_without_its_signs(
    server: ServerProcess, served: Stage, site: Player, browser: Browser
) -> None:
    guest = member_of(server, served, site.site.id, Role.ANALYST)
    browser.emulate()
    browser.keep_cookie("session", guest.secret, server.url)
    query = f"by={BY}&metrics=visits,deals&period=7d&compare=previous&tree=yes&open=yandex,yandex/brand"
    browser.open(f"{server.url}/cabinet/{site.site.id}/reports?{query}")
    assert_is_well_made(browser)
    browser.print()
    shown = "[...document.querySelectorAll('.tree a.fold')].filter(each => each.checkVisibility()).length"
    assert browser.run(shown) == 0
    names = "[...document.querySelectorAll('.tree .level2')].map(each => each.innerText.trim())"
    assert set(browser.run(names)) == {"windows", "doors"}, json.dumps(browser.run(names))
