"""The tree of sources: source and medium, campaign, ad and keyword, more levels than a report has dimensions."""

import csv
import html
import io
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import count
from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote, urlencode, urlsplit

import pytest

from browser import Browser
from cast import Player, Stage
from dealtrace.accounts.rights import Role
from dealtrace.attribution.cost import Cost, CostAccount
from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.cabinet.overview.figures import SOURCES_METRICS
from dealtrace.cabinet.reports.tree.levels import levels_of
from dealtrace.cabinet.reports.tree.open_rows import OPEN_MAX, ask_branches, level_question
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.reports.ask import ask, stored_facts
from dealtrace.operations.reports.import_costs import import_costs
from dealtrace.reports.filters import format_filter
from dealtrace.reports.question import QuestionContext, RawQuestion
from dealtrace.reports.question_parser import parse_question
from dealtrace.reports.reading.narrowing import filter_of_keys
from engines import on_one_engine
from examples import drawn, in_turn
from guests import Guest, member_of
from server import ServerProcess
from tree_lines import line_of, lines_of, tree_of
from walker import assert_is_well_made, faults_of
from write_commands import by_contact, registration

NOW = datetime.now(UTC)
AT = NOW - timedelta(days=2)
METRICS = "visits,leads,deals,amount,cost"
TREE = {"metrics": METRICS, "period": "7d", "tree": "yes"}
ODD, EMAIL = "a/b, c.d. 100%", "anna@example.com"
SOURCES = [
    TrafficSource("yandex", "cpc", "brand", "top", "windows"),
    TrafficSource("yandex", "cpc", "brand", "top", "doors"),
    TrafficSource("yandex", "cpc", "brand", "side", "roofs"),
    TrafficSource("yandex", "organic", "brand", "top", "windows"),
    TrafficSource("yandex", "", "brand"),
    TrafficSource("(direct)", "(none)"),
    TrafficSource("google", "cpc", "brand", "top", "gates"),
    TrafficSource(ODD, ODD, ODD, ODD, ODD),
    TrafficSource("mailing", EMAIL, "letter"),
    TrafficSource("mailing", "email", "letter", "", EMAIL),
]
KEYS = 5
"""The number of keys of a keyword in the tree: source, medium, campaign, ad, keyword."""
WORD = 80
"""The width of a short word, in px."""


@pytest.fixture(scope="module")
def site(served: Stage) -> Player:
    """Give a site whose deals were each led to by visits from several sources, beside a deal without any, and costs."""
    player, phones = served.open_site(contact_matching=True), count(79_205_560_000)
    for place in range(len(SOURCES)):
        phone, visited = str(next(phones)), (SOURCES[place:] + SOURCES[: place + 1])[:4]
        for number, source in enumerate(visited):
            visit = served.visit(player, AT + timedelta(hours=number), source, visitor=f"visitor {place}")
        served.call(player, AT + timedelta(hours=5), phone=phone, visit_id=visit.id)
        deal = registration(f"deal {place}", happened_at=AT + timedelta(hours=6), clue=by_contact(phone))
        served.perform(register_deals, player, deal)
    served.perform(register_deals, player, registration("alone", happened_at=AT, amount_rub=Decimal(70)))
    served.visit(player, AT - timedelta(days=7), SOURCES[0], visitor="a week before")
    served.ids.ensure(20)
    with served.database.write() as connection:
        costs = [Cost(AT.date(), source, 1000 + place, place) for place, source in enumerate(SOURCES[:3])]
        import_costs(served.work(connection, player), CostAccount("yandex", "main"), {AT.date()}, costs)
    return player


@pytest.fixture
def analyst(server: ServerProcess, served: Stage, site: Player) -> Guest:
    return member_of(server, served, site.site.id, Role.ANALYST)


def opened(*rows: tuple[str, ...]) -> str:
    """Return the value of `open` for rows, with the rows above them; an empty key is missing."""
    paths = dict.fromkeys(row[:keys] for row in rows for keys in range(2, len(row) + 1))
    return ",".join("/".join(quote(key, safe="").replace(".", "%2E") if key else "." for key in path) for path in paths)


EVERY_ROW = opened(*({(s.source, s.medium, s.campaign, s.content) for s in SOURCES[:5]} | {("", "", "", "")}))


def words_of(cell: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", cell)).split())


def test_the_usual_report_opens_from_source_and_medium_to_the_keyword(analyst: Guest) -> None:
    page = analyst.get("reports", period="7d").text
    (chips,) = re.findall(r'aria-label="Layout of rows">(.*?)</ul>', page, re.DOTALL)
    links = {name: html.unescape(url) for url, name in re.findall(r'<a href="([^"]+)">([^<]+)</a>', chips)}
    page = analyst.follow(links["As a tree"]).text
    assert "Source / Medium → Campaign → Ad → Keyword" in page
    assert "<details open" not in page.partition("<main")[2].partition("<table")[0], "the form is in the way"
    assert {level for level, _ in tree_of(page)} == {0}
    assert {"yandex / cpc", "yandex / organic", "yandex / (nothing)", "(direct) / (none)", "(no source)"} <= {
        text for _, text in tree_of(page)
    }
    for level, text in enumerate(("yandex / cpc", "brand", "top")):
        page = analyst.follow(line_of(page, text, level).fold).text
    found = tree_of(page)
    at = found.index((0, "yandex / cpc"))
    assert found[at + 1] == (1, "brand")
    assert {each for each in found if each[0] == 3} == {(3, "windows"), (3, "doors")}
    assert {each for each in found if each[0] == 2} == {(2, "top"), (2, "side")}
    assert all(not line.fold for line in lines_of(page) if line.level == 3)
    shut = analyst.follow(line_of(page, "yandex / cpc").fold).text
    assert {level for level, _ in tree_of(shut)} == {0}


@pytest.mark.parametrize(
    ("by", "levels"),
    [
        ("source", "Source / Medium → Campaign → Ad → Keyword"),
        ("source,medium", "Source / Medium → Campaign → Ad → Keyword"),
        ("source,medium,campaign", "Source / Medium → Campaign → Ad → Keyword"),
        ("campaign", "Campaign → Ad → Keyword"),
        ("campaign,content", "Campaign → Ad → Keyword"),
        ("content", "Ad → Keyword"),
        ("source,campaign", "Source → Campaign"),
        ("medium,source", "Medium → Source"),
        ("manager,source", "Manager → Source"),
        ("source,medium,day", "Source → Medium → Day"),
        ("term", ""),
        ("medium", ""),
        ("", "Source / Medium → Campaign → Ad → Keyword"),
    ],
)
def test_the_ladder_is_the_tree_of_reports_that_begin_it(analyst: Guest, by: str, levels: str) -> None:
    page = analyst.get("reports", **TREE, **({"by": by} if by else {})).text
    assert bool(lines_of(page)) == bool(levels)
    assert ("Layout of rows" in page) == bool(levels)
    if levels:
        heading = re.sub(r"<[^>]+>", "", page.partition('<table class="tree">')[2].partition("</th>")[0])
        assert levels in heading
        assert " ".join(heading.split("</caption>")[-1].split()).endswith(levels)


def test_only_a_tree_without_medium_says_that_media_are_mixed(analyst: Guest) -> None:
    mixed = "Split sources by medium"
    assert mixed in analyst.get("reports", **{**TREE, "tree": ""}, by="source").text
    assert mixed not in analyst.get("reports", **TREE, by="source").text
    assert mixed in analyst.get("reports", **TREE, by="source,campaign").text


@pytest.mark.few(2)
@pytest.mark.parametrize("model", AttributionModel)
def test_each_level_adds_up_to_its_parent_and_equals_the_api(
    server: ServerProcess, served: Stage, site: Player, model: AttributionModel
) -> None:
    context = QuestionContext(NOW.date(), AttributionModel(site.site.attribution))
    raw = RawQuestion(by="source,medium", metrics=METRICS, period="7d", model=str(int(model)), compare="previous")
    question = parse_question(raw, context)
    with served.database.read() as connection:
        source = stored_facts(connection, site.site)
        root = ask(source, site.site, level_question(question, ()), NOW)
        paths, reports = [row.keys for row in root.rows], {}
        for _ in range(3):
            branches = [ask_branches(source, site.site, question, root, _with_parents(path), NOW) for path in paths]
            reports.update({path: each.below[path] for path, each in zip(paths, branches, strict=True)})
            paths = [(*path, *row.keys) for path in paths for row in reports[path].rows]
    assert {len(path) for path in paths} == {KEYS}
    assert set(paths) >= {(s.source, s.medium, s.campaign, s.content or None, s.term) for s in SOURCES[:3]}
    everything = {(): root, **reports}
    for path, report in reports.items():
        (row,) = [
            row
            for above, each in everything.items()
            for row in each.rows
            if (*above, *row.keys) == path and len(above) < len(path)
        ]
        assert _sums(each.values[model] for each in report.rows) == row.values[model] == report.total.values[model]
        assert row.compared is not None
        now_and_then = [each.compared[model] for each in report.rows if each.compared is not None]
        assert _sums(now_and_then) == row.compared[model]
    assert _sums(row.values[model] for row in root.rows) == root.total.values[model]
    for path, report in list(everything.items())[:12]:
        filters = [format_filter(filter_of_keys(each, [key])) for each, key in _placed(question, path)]
        by = ",".join(each.name for each in report.question.by)
        query = {"by": by, "metrics": METRICS, "period": "7d", "model": str(int(model)), "compare": "previous"}
        answer = server.http.get(
            "/api/reports", params={**query, "filter": filters}, headers={"Access-Token": site.token}
        ).json()
        api = {tuple(row["keys"]): _numbers(row["values"]) for row in answer["rows"]}
        shown = {row.keys: [Fraction(each or 0) for each in row.values[model]] for row in report.rows}
        assert api == shown, path


def _sums(figures: Any) -> tuple[Fraction, ...]:
    return tuple(sum(map(Fraction, column), Fraction(0)) for column in zip(*figures, strict=True))


def _with_parents(path: tuple[str | None, ...]) -> list[tuple[str | None, ...]]:
    return [path[:keys] for keys in range(2, len(path) + 1)]


def _placed(question: Any, path: tuple[str | None, ...]) -> list[Any]:
    return list(zip(levels_of(question).dimensions, path, strict=False))


def _numbers(values: dict[str, Any]) -> list[Fraction]:
    return [
        Fraction(str(values[name]["value"] if isinstance(values[name], dict) else values[name]))
        for name in METRICS.split(",")
    ]


@pytest.mark.parametrize("compare", ["", "previous"])
def test_figures_of_all_levels_lead_to_the_rows_that_they_count(analyst: Guest, compare: str) -> None:
    page = analyst.get(
        "reports", **TREE, by="source,medium", open=EVERY_ROW, **({"compare": compare} if compare else {})
    )
    lines = lines_of(page.text)
    assert {line.level for line in lines} == {0, 1, 2, 3}
    assert {line.text for line in lines if line.level == 3} == {"windows", "doors", "roofs", "(nothing)"}
    figures = [each for line in lines for each in line.rows]
    assert len(figures) > 3 * len(lines)
    assert any("side=compared" in url for url, _ in figures) == bool(compare)
    for url, figure in drawn(figures):
        heading = re.search(r"<h1>(.*?)</h1>", analyst.follow(url).text, re.DOTALL)
        assert heading is not None
        assert words_of(heading[1]).partition(": ")[2] == words_of(figure).removeprefix("was "), url
    deep = next(line for line in lines if line.text == "roofs")
    assert parse_qs(urlsplit(deep.url).query)["filter"] == [
        "source:is:yandex", "medium:is:cpc", "campaign:is:brand", "content:is:side", "term:is:roofs",
    ]  # fmt: skip
    assert analyst.follow(deep.url).status_code == 200
    assert parse_qs(urlsplit(lines[0].url).query)["by"] in (["campaign"], ["source,medium"])


def test_keys_with_signs_and_missing_parts_open_on_every_level(analyst: Guest) -> None:
    for first, *others in (
        (f"{ODD} / {ODD}", ODD, ODD, ODD),
        ("yandex / (nothing)", "brand", "(nothing)", "(nothing)"),
        ("(no source)", "(nothing)", "(nothing)", "(nothing)"),
        ("(direct) / (none)", "(nothing)", "(nothing)", "(nothing)"),
    ):
        page = analyst.get("reports", **TREE).text
        for level, text in enumerate((first, *others[:-1])):
            above = line_of(page, text, level)
            page = analyst.follow(above.fold).text
            below = [line for line in lines_of(page) if line.level == level + 1]
            assert [line.text for line in below] == [others[level]]
            assert [cell.split()[0] for cell in below[0].cells] == [cell.split()[0] for cell in above.cells]


def test_rows_that_are_none_stay_closed(analyst: Guest) -> None:
    for path in ("yandex", "yandex/brand", "yandex/cpc/brand", ".", "cpc/yandex", "yandex/cpc/brand/top/windows"):
        answer = analyst.get("reports", **TREE, open=path)
        assert answer.status_code == 200
        assert {level for level, _ in tree_of(answer.text)} == {0}, path


def test_open_rows_are_bounded_on_all_levels_together(served: Stage, server: ServerProcess) -> None:
    player = served.open_site()
    names = [f"s{number:02}" for number in range(OPEN_MAX)]
    for name in names:
        served.visit(player, AT, TrafficSource(name, "cpc", "x", "y", "z"), visitor=name)
    guest = member_of(server, served, player.site.id)
    rows = opened(*((name, "cpc", "x") for name in names))
    page = guest.get("reports", **{**TREE, "metrics": "visits"}, open=rows).text
    assert sum(line.is_open for line in lines_of(page)) == OPEN_MAX
    assert {level for level, _ in tree_of(page)} == {0, 1}
    assert f"At most {OPEN_MAX} rows can be open at once" in page


@pytest.mark.parametrize("sort", ["source", "-medium", "-visits", "change:visits"])
def test_every_level_is_sorted_as_the_report_is(analyst: Guest, sort: str) -> None:
    asked = {**TREE, "by": "source,medium", "compare": "previous", "sort": sort}
    lines = lines_of(analyst.get("reports", **asked, open=opened(("yandex", "cpc", "brand", "top"))).text)
    below = [line for line in lines if line.level == 3]
    assert {line.text for line in below} == {"windows", "doors"}
    if sort == "source":
        assert [line.text for line in below] == ["doors", "windows"]
    if sort == "-medium":
        assert [line.text for line in below] == ["windows", "doors"]
    for line in below:
        assert analyst.follow(line.url).status_code == 200


def test_readers_open_no_row_with_a_masked_key_on_any_level(server: ServerProcess, served: Stage, site: Player) -> None:
    reader = member_of(server, served, site.site.id, Role.READER)
    asked = opened(("mailing", EMAIL, "letter"), ("mailing", "email", "letter", ""), ("yandex", "cpc"))
    page = reader.get("reports", **TREE, open=asked).text
    table = page.partition("<tbody>")[2].partition("</table>")[0]
    masked = line_of(page, "mailing / a•••@example.com")
    assert (masked.fold, masked.url, masked.is_open, masked.rows) == ("", "", False, [])
    term = line_of(page, "a•••@example.com", 3)
    assert (term.url, term.rows) == ("", [])
    assert EMAIL not in re.sub(r'href="[^"]*"', "", table), "only what the reader wrote into the URL has it"
    assert line_of(page, "yandex / cpc").is_open
    clean = reader.get("reports", **TREE, open=opened(("mailing", "email", "letter", ""))).text
    assert "anna" not in clean
    own = member_of(server, served, site.site.id, Role.ANALYST).get("reports", **TREE, open=asked).text
    assert (0, f"mailing / {EMAIL}") in tree_of(own)
    assert line_of(own, f"mailing / {EMAIL}").is_open


def test_a_shared_link_of_a_tree_shows_its_list_without_what_was_open(
    server: ServerProcess, served: Stage, site: Player
) -> None:
    owner = member_of(server, served, site.site.id)
    query = urlencode({**TREE, "by": "source,medium", "open": opened(("mailing", EMAIL, "letter"))})
    made = owner.post("settings/shared", name="For the agency", query=query, days="30").text
    (url,) = re.findall(r'<pre id="secret">([^<]+)</pre>', made)
    page = owner.follow(html.unescape(url)).text
    assert EMAIL not in page
    assert not lines_of(page)
    totals = [
        [
            words_of(cell)
            for cell in re.findall(r'<td class="value[^"]*".*?</td>', each.partition("<tfoot>")[2], re.DOTALL)
        ]
        for each in (page, owner.get("reports", **TREE, by="source,medium").text)
    ]
    assert totals[0] == totals[1]
    assert totals[0]


@pytest.mark.parametrize("by", ["source", "source,medium", "source,medium,campaign"])
def test_files_of_the_tree_have_all_rows_down_to_the_keyword(analyst: Guest, by: str) -> None:
    page = analyst.get("reports", **TREE, by=by, open=opened(("yandex", "cpc"))).text
    (url,) = re.findall(r'href="([^"]+/reports\.csv\?[^"]+)"', page)
    lines = list(csv.reader(io.StringIO(analyst.follow(html.unescape(url)).text.removeprefix("\ufeff"))))
    (heading,) = [
        place for place, line in enumerate(lines) if line[:KEYS] == ["Source", "Medium", "Campaign", "Ad", "Keyword"]
    ]
    rows = {tuple(line[:KEYS]): line[KEYS:] for line in lines[heading + 1 :]}
    parts = {(s.source, s.medium, s.campaign, s.content, s.term) for s in SOURCES}
    assert parts <= set(rows)
    cpc = line_of(page, "yandex / cpc")
    visits = sum(int(figures[0]) for keys, figures in rows.items() if keys[:2] == ("yandex", "cpc"))
    assert str(visits) == cpc.cells[0].split()[0]
    flat = analyst.get("reports.csv", **{**TREE, "tree": ""}, by=by).text
    assert "Keyword" not in flat


def test_the_overview_leads_to_the_tree_of_its_sources(analyst: Guest) -> None:
    overview = analyst.get("", period="7d").text
    section = overview.partition("Sources by money")[2]
    (url,) = re.findall(r'<a href="([^"]+)">As a tree: sources, campaigns, ads, keywords</a>', section)
    asked = dict(parse_qsl(urlsplit(html.unescape(url)).query))
    assert asked["metrics"].split(",") == list(SOURCES_METRICS)
    page = analyst.follow(html.unescape(url)).text
    rows = re.findall(
        r"<tr>\s*<th scope=\"row\".*?</tr>", section.partition("<tbody>")[2].partition("</tbody>")[0], re.DOTALL
    )
    shown = [[words_of(cell) for cell in re.findall(r"<td.*?</td>", row, re.DOTALL)] for row in rows]
    tree = page.partition('<table class="tree">')[2].partition("</table>")[0]
    opened_rows = re.findall(r"<tr id=.*?</tr>", tree, re.DOTALL)
    assert [[words_of(cell) for cell in re.findall(r"<td.*?</td>", row, re.DOTALL)] for row in opened_rows] == shown
    everything = analyst.get("", period="7d", models="all", chart="deals").text
    (url,) = re.findall(r'<a href="([^"]+)">As a tree: sources, campaigns, ads, keywords</a>', everything)
    assert lines_of(analyst.follow(html.unescape(url)).text)


def test_a_person_reads_the_tree_in_russian(server: ServerProcess, served: Stage, site: Player) -> None:
    guest = member_of(server, served, site.site.id, language="ru")
    assert "Деревом: источники, кампании, объявления, ключевые слова" in guest.get("", period="7d").text
    page = guest.get("reports", **TREE).text
    assert "Источник / Канал → Кампания → Объявление → Ключевое слово" in page
    assert (0, "(без источника)") in tree_of(page)


@on_one_engine
@pytest.mark.parametrize(("width", "runs_scripts"), in_turn([360, 1280], [True, False]))
def test_the_keyboard_opens_all_levels(
    server: ServerProcess, served: Stage, site: Player, browser: Browser, *, width: int, runs_scripts: bool
) -> None:
    guest = member_of(server, served, site.site.id, Role.ANALYST)
    browser.emulate(width=width, runs_scripts=runs_scripts)
    browser.keep_cookie("session", guest.secret, server.url)
    browser.open(f"{server.url}/cabinet/{site.site.id}/reports?period=7d&compare=previous&tree=yes")
    names = ("yandex / cpc", "brand", "top")
    for level, name in enumerate(names):
        row = f"[...document.querySelectorAll('.tree .level{level}')].find(each => each.innerText.includes('{name}'))"
        browser.run(f"{row}.querySelector('a.fold').focus()")
        browser.press("Enter")
        browser.wait(f"document.querySelector('.tree .level{level + 1}') && document.readyState === 'complete'")
    assert browser.run("[...document.querySelectorAll('.tree .level3')].length") == len(["windows", "doors"])
    assert not browser.run("document.documentElement.scrollWidth > innerWidth")
    lefts = [
        browser.run(f"document.querySelector('.tree .level{level} > div > div').getBoundingClientRect().left")
        for level in range(4)
    ]
    assert lefts == sorted(set(lefts)), "each level is indented more"
    room = "(each => each.clientWidth - each.querySelector('.fold').offsetWidth)"
    left = browser.run(f"{room}(document.querySelector('.tree .level3 > div'))")
    assert left > WORD, "a keyword has room for a word"
    if runs_scripts:
        assert_is_well_made(browser)
    assert list(faults_of(browser)) == []
