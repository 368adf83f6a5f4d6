"""Every figure of a page: the same as in the API, compared where asked, with its time, and with its rows behind it."""

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

import pytest

from cast import VLADIVOSTOK, Player, Stage
from dealtrace.accounts.rights import Role
from dealtrace.accounts.site_days import day_start, site_day
from dealtrace.attribution.cost import Cost, CostAccount
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.cabinet.formats import MONTHS, metric_value
from dealtrace.cabinet.overview.figures import FIGURES
from dealtrace.cabinet.reports.change_texts import change_of
from dealtrace.matching.match_reason import UNMATCHED_REASONS
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.reports.import_costs import import_costs
from dealtrace.operations.reports.manage_columns import add_column
from dealtrace.operations.reports.set_status import set_status
from dealtrace.reports.column_definitions import ColumnKind, ReportColumn
from dealtrace.reports.column_formulas import parse_formula
from dealtrace.reports.metrics import METRICS
from dealtrace.reports.periods import Period
from dealtrace.reports.statuses import Meaning
from dealtrace.reports.time_keys import keys_of_period
from examples import drawn, in_turn
from guests import Guest, logged_in, member_of
from server import ServerProcess
from waiting import wait_for_a_day_that_lasts
from write_commands import by_contact, registration

PHONES = ("79205550055", "79205550056")
NOON = datetime(2024, 11, 11, 3, tzinfo=UTC)
DAYS = {"from": "2024-11-08", "to": "2024-11-14"}
COMPARED = {**DAYS, "compare": "previous"}
PAID = "Оплачен"
YANDEX, GOOGLE = TrafficSource("yandex", "cpc", "brand"), TrafficSource("google", "organic")


@pytest.fixture(scope="module")
def site(served: Stage) -> Player:
    """Give a site in Vladivostok with deals of two sources in two weeks, costs, won deals, and columns of its own."""
    player = served.open_site(contact_matching=True, attribution=1, time_zone=VLADIVOSTOK)
    for place, (phone, source) in enumerate(zip(PHONES, (YANDEX, GOOGLE), strict=True)):
        for ago in range(2):
            at = NOON - timedelta(days=7 * ago, hours=place + 3)
            served.visit(player, at - timedelta(days=1), YANDEX, visitor=phone)
            visit = served.visit(player, at, source, visitor=phone)
            served.call(player, at + timedelta(hours=1), phone=phone, visit_id=visit.id)
    deals = [
        (0, PHONES[0], 100, PAID), (0, PHONES[0], 50, "Новый"), (0, PHONES[1], 70, PAID), (0, None, 30, PAID),
        (7, PHONES[0], 400, PAID), (7, PHONES[1], 20, "Новый"), (7, None, 10, PAID),
    ]  # fmt: skip
    registrations = [
        registration(
            f"{place}", happened_at=NOON - timedelta(days=ago), amount_rub=Decimal(amount), status=status,
            service="amo" if place % 2 else "1c", **({"clue": by_contact(phone)} if phone else {}),
        )
        for place, (ago, phone, amount, status) in enumerate(deals)
    ]  # fmt: skip
    served.perform(register_deals, player, *registrations)
    served.ids.ensure(20)
    days = [date(2024, 11, 4), date(2024, 11, 11)]
    columns = [
        ReportColumn("Paid", ColumnKind.COUNT, (PAID,)),
        ReportColumn("Cheque", ColumnKind.FORMULA, formula=parse_formula('amount / column:"Paid"')),
    ]
    with served.database.write() as connection:
        work = served.work(connection, player)
        set_status(work, PAID, Meaning.WON)
        for column in columns:
            add_column(work, column)
        costs = [Cost(day_on, YANDEX, 1000 * day_on.day, 5) for day_on in days]
        import_costs(work, CostAccount("yandex", "main"), set(days), costs)
    return player


@pytest.fixture(scope="module")
def analyst(server: ServerProcess, served: Stage, site: Player) -> Guest:
    return member_of(server, served, site.site.id, Role.ANALYST)


def asked_of_the_api(server: ServerProcess, site: Player, **query: str) -> Any:
    answer = server.http.get("/api/reports", params=query, headers={"Access-Token": site.token})
    assert answer.status_code == 200, answer.text
    return answer.json()


def text_of(markup: str) -> str:
    """Return the text of markup without shares of totals and notes on costs, with plain spaces."""
    markup = re.sub('<small class="soft (share|note)".*?</small>', "", markup)
    return re.sub(r"[\s\u202f\u00a0]+", " ", html.unescape(re.sub("<[^>]+>", " ", markup))).strip(" ★▿")


def table_of(page: str) -> list[list[str]]:
    """Return the figures of the last table of a page, a list for each row of its body and foot."""
    table = page.rpartition("<table")[2].partition("</table>")[0].partition("</thead>")[2]
    rows = [re.findall(r'<td class="value[^"]*"[^>]*>(.*?)</td>', row, re.DOTALL) for row in table.split("</tr>")]
    return [list(map(text_of, row)) for row in rows if row]


def said(metric: str, value: object, before: object) -> str:
    """Return a figure as a page shows it beside the figure of the compared period."""
    now, then = (Fraction(str(each)) if each is not None else None for each in (value, before))
    shown = metric_value("en", METRICS[metric], now)
    change = change_of(METRICS[metric], now, then, "en")
    if change is None:
        return text_of(shown)
    difference = f"({change.difference})" if change.difference else ""
    return text_of(f"{shown} {change.text} {difference} {f'was {change.before}' if change.before else ''}")


def table_said(names: Sequence[str], rows: Sequence[Mapping[str, Any]], total: Mapping[str, Any]) -> list[list[str]]:
    """Return the figures of a table and of its total; if nothing was counted before, only the total says so."""
    if any(Decimal(str(each or 0)) for each in total["compared"].values()):
        return [[said(name, *sides(row, name)) for name in names] for row in (*rows, total)]
    changed = [
        said(name, value, None if Decimal(str(value or 0)) else value) for name, value in total["values"].items()
    ]
    return [*([alone(name, row["values"][name]) for name in names] for row in rows), changed]


def alone(metric: str, value: object) -> str:
    """Return a figure as a page shows it without a change."""
    return text_of(metric_value("en", METRICS[metric], Fraction(str(value)) if value is not None else None))


def sides(row: Mapping[str, Any], metric: str) -> tuple[Any, Any]:
    return row["values"][metric], row["compared"][metric]


COMPARISONS = ("previous", "year", "weekdays", "months")
"""The first and the third find something to compare with, the others nothing."""
METRICS_SHOWN = "visits,leads,deals,won_amount,match_rate,cost,drr,visitors"


def with_empty_days(rows: Sequence[Any]) -> list[Any]:
    """Return the rows of the API by day, with rows of zeros for the days that it leaves out; ratios are unknown."""
    names = (*METRICS_SHOWN.split(","), *FIGURES)
    of_nothing = {name: None if name in ("match_rate", "drr") else 0 for name in names}
    found = {row["keys"][0]: row for row in rows}
    days = keys_of_period("day", Period(*map(date.fromisoformat, DAYS.values())))
    return [found.get(key, {"values": of_nothing, "compared": of_nothing}) for key in days]


@pytest.mark.parametrize(
    ("by", "compare"), in_turn(["day", "source", "status", "source,medium"], COMPARISONS, rounds=2)
)
def test_a_table_is_compared_with_the_figures_of_the_api(
    server: ServerProcess, site: Player, analyst: Guest, by: str, compare: str
) -> None:
    asked = {**DAYS, "compare": compare, "by": by, "metrics": METRICS_SHOWN}
    answer = asked_of_the_api(server, site, **asked)
    names = METRICS_SHOWN.split(",")
    rows = with_empty_days(answer["rows"]) if by == "day" else answer["rows"]
    expected = table_said(names, rows, answer["total"])
    assert table_of(analyst.get("reports", **asked).text) == expected
    assert ("was" in str(expected)) == (compare not in ("year", "months"))
    assert ("no data to compare" in str(expected[-1])) == (compare in ("year", "months"))


@pytest.mark.parametrize("metric", ["deals", "amount", "match_rate"])
def test_models_side_by_side_are_compared_with_the_figures_of_the_api(
    server: ServerProcess, site: Player, analyst: Guest, metric: str
) -> None:
    asked = {**COMPARED, "by": "source", "metrics": metric, "models": "all"}
    answer = asked_of_the_api(server, site, **asked)
    expected = [
        [said(metric, *(sides(row, metric)[side][str(model)] for side in (0, 1))) for model in range(7)]
        for row in [*answer["rows"], answer["total"]]
    ]
    page = analyst.get("reports", **asked).text
    assert [row[:-1] for row in table_of(page)] == expected
    assert "was" in str(expected)
    assert "compared with 1 Nov 2024 to 7 Nov 2024" in text_of(page)


@pytest.mark.parametrize(
    ("pivot", "metric"), in_turn(["service", "status", "day"], ["deals", "won_amount", "match_rate"])
)
def test_a_pivot_is_compared_with_the_figures_of_the_api(
    server: ServerProcess, site: Player, analyst: Guest, pivot: str, metric: str
) -> None:
    asked = {**COMPARED, "by": "source", "pivot": pivot, "metrics": metric}
    answer = asked_of_the_api(server, site, **asked)
    columns = list(keys_of_period("day", Period(*map(date.fromisoformat, DAYS.values()))))
    columns = columns if pivot == "day" else answer["columns"]
    nothing = (None, None) if metric == "match_rate" else (0, 0)
    expected = []
    for row in [*answer["rows"], answer["total"]]:
        cells = dict(zip(answer["columns"], zip(row["cells"], row["comparedCells"], strict=True), strict=True))
        pairs = [*(cells.get(column, nothing) for column in columns), sides(row, metric)]
        expected.append([said(metric, *pair) for pair in pairs])
    page = analyst.get("reports", **asked).text
    assert table_of(page) == expected
    assert "was" in str(expected)
    both = asked_of_the_api(server, site, **{**COMPARED, "by": f"source,{pivot}", "metrics": metric})
    found = {tuple(row["keys"]): sides(row, metric) for row in both["rows"]}
    for row in answer["rows"]:
        for place, column in enumerate(answer["columns"]):
            keys = (*row["keys"], column)
            assert (row["cells"][place], row["comparedCells"][place]) == found.get(
                keys, (row["cells"][place], row["comparedCells"][place])
            )


def test_the_overview_compares_its_figures_and_its_tables(server: ServerProcess, site: Player, analyst: Guest) -> None:
    page = analyst.get("", **COMPARED).text
    answer = asked_of_the_api(server, site, **COMPARED, metrics="match_rate,deals,amount,leads,cost,drr")
    tiles = [text_of(tile) for tile in re.findall(r'<li class="figure">(.*?)</li>', page, re.DOTALL)]
    total = answer["total"]
    assert [tile.partition(METRICS[name].en)[2].strip() for tile, name in zip(tiles, total["values"], strict=True)] == [
        said(name, *sides(total, name)) for name in total["values"]
    ]
    reasons = asked_of_the_api(
        server, site, **COMPARED, by="match_reason", metrics="deals,amount", filter="match_reason:is:nothing_sent"
    )
    expected = [said(name, *sides(reasons["rows"][0], name)) for name in ("deals", "amount")]
    assert expected in table_of(page)


SOURCES = "won_amount,cost,drr,cpl,deals,amount,leads,visits"


def tables_of(page: str) -> list[list[list[str]]]:
    """Return the figures of all tables of a page, a list for each row of each table."""
    return [table_of(table) for table in re.findall(r"<table.*?</table>", page, re.DOTALL)]


@pytest.mark.parametrize(("metric", "compare"), in_turn(FIGURES, COMPARISONS))
def test_every_number_of_the_overview_is_that_of_the_api(
    server: ServerProcess, site: Player, analyst: Guest, metric: str, compare: str
) -> None:
    asked = {**DAYS, "compare": compare}
    page = analyst.get("", **asked, chart=metric).text
    line, sources, unmatched = tables_of(page)
    total = asked_of_the_api(server, site, **asked, metrics=",".join(FIGURES))["total"]
    tiles = [text_of(tile) for tile in re.findall(r'<li class="figure">(.*?)</li>', page, re.DOTALL)]
    (figures,) = table_said(FIGURES, (), total)
    assert tiles == [f"{METRICS[name].en} {words}" for name, words in zip(FIGURES, figures, strict=True)]
    days = with_empty_days(asked_of_the_api(server, site, **asked, by="day", metrics=",".join(FIGURES))["rows"])
    assert line == [[alone(metric, side) for side in sides(day, metric)] for day in days]
    by_source = asked_of_the_api(
        server, site, **asked, by="source,medium", metrics=SOURCES, sort="-won_amount", limit="15"
    )
    assert sources == table_said(SOURCES.split(","), by_source["rows"], by_source["total"])
    reasons = asked_of_the_api(server, site, **asked, by="match_reason", metrics="deals,amount")["rows"]
    rows = [row for row in reasons if row["keys"][0] in UNMATCHED_REASONS]
    both = {
        side: {name: sum(Decimal(str(row[side][name])) for row in rows) for name in ("deals", "amount")}
        for side in ("values", "compared")
    }
    assert unmatched == table_said(("deals", "amount"), rows, both)


FEW_FIGURES = 12
"""How many figures of a page are all followed."""
SHAPES: Sequence[dict[str, str]] = (
    {"by": "source", "metrics": f"{METRICS_SHOWN},cpl,romi,days_to_deal,assisted,average,column:Paid,column:Cheque"},
    {"by": "", "metrics": "deals,match_rate,column:Cheque"},
    {"by": "source", "pivot": "service", "metrics": "match_rate"},
    {"by": "service", "pivot": "source", "metrics": "column:Paid"},
    {"by": "source", "models": "all", "metrics": "amount"},
    {"by": "source", "models": "all", "metrics": "deal_to_won"},
    {"by": "source", "metrics": "visitors,leads", "filter": "source:is:yandex"},
)


SHAPES_COMPARED: Sequence[dict[str, str]] = (
    *SHAPES,
    {"by": "day", "metrics": "deals,match_rate,cost,visitors"},
    {"by": "week,source", "metrics": "amount,leads"},
    {"by": "weekday", "metrics": "visits,deals"},
    {"by": "source", "pivot": "day", "metrics": "deals"},
    {"by": "source,status", "tree": "yes", "open": "yandex", "metrics": "deals,won_amount"},
    {"by": "status", "metrics": "deals", "date": "lead", "model": "4"},
)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_every_figure_of_a_report_and_of_its_chart_leads_to_what_it_counts(
    analyst: Guest, shape: dict[str, str]
) -> None:
    page = analyst.get("reports", **DAYS, **shape).text.partition("<main")[2]
    assert_figures_lead(analyst, page)
    charted = re.findall(r"<a href=\"([^\"]+)\"><circle[^>]*><title>[^:]*: ([^<(]*)", page)
    assert charted
    for url, words in charted:
        assert heading_of(analyst, url) == text_of(words)


def test_every_figure_of_the_overview_and_of_the_first_page_leads_to_what_it_counts(
    server: ServerProcess, served: Stage, site: Player, analyst: Guest
) -> None:
    page = analyst.get("", **DAYS).text.partition("<main")[2]
    assert_figures_lead(analyst, page)
    tiles = re.findall(r'<li class="figure">.*?<a class="value" href="([^"]+)">(.*?)</a>', page, re.DOTALL)
    assert len(tiles) == 6
    for url, words in tiles:
        assert heading_of(analyst, url) == text_of(words)
    of_two = logged_in(server, served.database, {site.site.id: Role.READER, served.open_site().site.id: Role.READER})
    served.perform(register_deals, site, registration("today", happened_at=datetime.now(UTC), amount_rub=Decimal(5)))
    home = of_two.http.get("/cabinet/", params={"period": "7d"}, headers={"accept-language": "en"}).text
    figures = re.findall(r'href="([^"]*/reports/rows[^"]*)">(.*?)</a>', home)
    assert len(figures) >= 2
    for url, words in figures:
        assert heading_of(of_two, url) == text_of(words)


@pytest.mark.parametrize(("shape", "compare"), in_turn(SHAPES_COMPARED, COMPARISONS, rounds=2), ids=str)
def test_every_compared_figure_leads_to_what_it_counts(analyst: Guest, shape: dict[str, str], compare: str) -> None:
    page = analyst.get("reports", **DAYS, **shape, compare=compare).text.partition("<main")[2]
    found = former_figures(page)
    assert bool(found) == (compare in ("previous", "weekdays"))
    for url, words in followed(found):
        assert heading_of(analyst, url) == words, url


def former_figures(page: str) -> list[tuple[str, str]]:
    """Return the links of the figures of the compared period, each with its figure; only zeros may have none."""
    was = re.findall(r'<small class="before">(.*?)</small>', page, re.DOTALL)
    charted = r'<tr data-first=[^>]*><th scope="row">.*?</td><td class="value">(.*?)</td></tr>'
    points = re.findall(charted, page)
    without = {text_of(each).removeprefix("was ") for each in (*was, *points) if "<a " not in each}
    assert all(re.fullmatch(r"[–0.,]+( [₽%])?( 0.0 %)?|", words) for words in without), without
    links = [re.search(r'<a href="([^"]+)">(.*?)</a>', each, re.DOTALL) for each in (*was, *points)]
    pairs = [(link[1], text_of(link[2]).removeprefix("was ")) for link in links if link is not None]
    return list(dict.fromkeys(pairs))


def test_every_compared_figure_of_the_overview_and_of_the_first_page_leads_to_what_it_counts(
    server: ServerProcess, served: Stage, site: Player, analyst: Guest
) -> None:
    found = former_figures(analyst.get("", **COMPARED).text.partition("<main")[2])
    assert len(found) > 10
    for url, words in found:
        assert heading_of(analyst, url) == words, url
    player = served.open_site()
    for ago, count in ((1, 1), (8, 2)):
        for number in range(count):
            at = datetime.now(UTC) - timedelta(days=ago)
            served.perform(
                register_deals, player, registration(f"{ago} {number}", happened_at=at, amount_rub=Decimal(5))
            )
    of_two = logged_in(server, served.database, {site.site.id: Role.READER, player.site.id: Role.READER})
    home = of_two.http.get("/cabinet/", params={"period": "7d"}, headers={"accept-language": "en"}).text
    before = former_figures(home.partition("<main")[2])
    assert before
    for url, words in before:
        assert heading_of(of_two, url) == words, url


def test_a_compared_period_that_ends_at_the_same_time_of_day_has_the_rows_until_then(
    server: ServerProcess, served: Stage
) -> None:
    player = served.open_site(time_zone=VLADIVOSTOK)
    wait_for_a_day_that_lasts(VLADIVOSTOK)
    now, day = datetime.now(UTC), timedelta(days=1)
    begun = day_start(site_day(now, VLADIVOSTOK), VLADIVOSTOK)
    before, after = begun - day + (now - begun) / 2, now - day + (begun + day - now) / 2
    for number, at in enumerate((now, before, after)):
        paid = registration(f"{number}", happened_at=at, amount_rub=Decimal(7 + number))
        served.perform(register_deals, player, paid)
    analyst = member_of(server, served, player.site.id, Role.ANALYST)
    page = analyst.get("reports", by="day", metrics="amount", period="today", compare="previous").text
    ((url, words), *_) = former_figures(page.partition("<main")[2])
    assert words == "8 ₽"
    assert heading_of(analyst, url) == words
    shown = analyst.follow(html.unescape(url)).text
    (rows,) = re.findall(r"<tbody>(.*?)</tbody>", shown, re.DOTALL)
    assert rows.count("<tr>") == 1
    assert "; until " in text_of(shown)
    link = re.search(r'href="([^"]*rows\.csv[^"]*)"', shown)
    assert link is not None
    file = analyst.follow(html.unescape(link[1])).text
    assert "8.00" in file
    assert "9.00" not in file


@pytest.mark.parametrize("asked", [{"side": "compared"}, {"side": "other", "compare": "previous"}], ids=str)
def test_a_side_that_does_not_exist_is_refused(analyst: Guest, asked: dict[str, str]) -> None:
    for place in ("reports/rows", "reports/rows.csv"):
        answer = analyst.get(place, **DAYS, metrics="deals", **asked)
        assert (answer.status_code, "must be compared" in answer.text) == (400, True)


def assert_figures_lead(guest: Guest, page: str) -> None:
    """Check that each known figure of the tables has a link, and that the page behind it and its parts say the same."""
    page = re.sub(
        r'(<tr[^>]*><th scope="row"[^>]*>.*?</td>)<td class="value[^"]*"[^>]*>[^<]*</td></tr>', r"\1</tr>", page
    )  # what was before
    found = re.findall(r'<td class="value[^"]*"[^>]*>(.*?)</td>', page, re.DOTALL)
    cells = [cell.partition("<small")[0] for cell in found]
    without = {text_of(cell) for cell in cells if "<a " not in cell}
    assert all(re.fullmatch(r"[–0.,]+( [₽%])?|", words) for words in without if not is_spread(page)), without
    links = [re.search(r'<a href="([^"]+)">(.*?)</a>', cell, re.DOTALL) for cell in cells]
    figures = dict.fromkeys((link[1], text_of(link[2])) for link in links if link is not None)
    for url, words in followed([*figures]):
        assert heading_of(guest, url) == words, url


def followed(figures: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    """Return the figures that are followed: of many on one page, as those of all models are, some drawn by chance."""
    return drawn(figures) if len(figures) > FEW_FIGURES else figures


def is_spread(page: str) -> bool:
    """Whether the page has all models, whose differences are no figures of rows."""
    return ">Spread<" in page


@cache
def heading_of(guest: Guest, url: str) -> str:
    """Return the figure in the heading of the page behind a figure; the figures it is computed from lead on.

    Many figures are computed from the same ones, whose pages are looked at once.
    """
    answer = guest.follow(html.unescape(url))
    assert answer.status_code == 200, (url, answer.text)
    main = answer.text.partition("<main")[2]
    for part, words in re.findall(r'<td class="value[^"]*"[^>]*><a href="([^"]*/rows[^"]*)">(.*?)</a>', main):
        assert heading_of(guest, part) == text_of(words)
    assert "No rows make up this figure" not in main
    return text_of(re.findall("<h1>(.*?)</h1>", main)[0]).partition(": ")[2]


def test_a_ratio_says_what_it_is_computed_from(analyst: Guest) -> None:
    page = analyst.get("reports/rows", **DAYS, metrics="cpl", by="source", key="yandex").text
    assert "Cost per lead (CPL): 110 ₽" in text_of(page)
    assert "cost / all leads" in text_of(page)
    assert table_of(page) == [["1"], ["110 ₽"]]


def test_a_part_that_is_no_metric_is_named_and_has_no_link(server: ServerProcess, served: Stage) -> None:
    player = served.open_site()
    for number, amount in enumerate((Decimal(100), None, None)):
        served.perform(register_deals, player, registration(f"{number}", happened_at=NOON, amount_rub=amount))
    analyst = member_of(server, served, player.site.id, Role.ANALYST)
    page = analyst.get("reports/rows", **DAYS, metrics="average").text
    assert "Average amount: 100 ₽" in text_of(page)
    assert re.findall(r'<th scope="row">(.*?) <small.*?<td class="value">(<a |)', page) == [
        ("Amount", "<a "),
        ("Deals with an amount", ""),
    ]
    assert '<td class="value">1</td>' in page


def test_a_page_says_as_of_when_its_figures_are(
    server: ServerProcess, served: Stage, site: Player, analyst: Guest
) -> None:
    owner = member_of(server, served, site.site.id, Role.OWNER)
    link = owner.post("settings/shared", name="Shown", query="by=source&metrics=deals&period=28d", days="30").text
    shared = re.search(r"/cabinet/shared/[\w-]+", link)
    assert shared is not None
    pages = [
        ("", {}),
        ("reports", {"by": "source"}),
        ("reports", {"models": "all"}),
        ("reports", {"by": "source", "pivot": "service", "metrics": "deals"}),
        ("reports/rows", {"metrics": "deals"}),
        ("reports/rows", {"metrics": "match_rate"}),
        (shared[0].removeprefix("/cabinet"), {}),
    ]
    for path, query in pages:
        since = datetime.now(UTC)
        page = text_of(analyst.get(path, **query).text)
        moments = re.findall(r"As of (\d+) (\w+) (\d+), (\d+):(\d+), Asia/Vladivostok", page)
        assert len(moments) == 1, path
        assert in_vladivostok(moments[0]) in minutes(since, datetime.now(UTC)), path


def in_vladivostok(moment: Sequence[str]) -> datetime:
    day, month, year, hour, minute = moment
    at = datetime(int(year), MONTHS["en"].index(month) + 1, int(day), int(hour), int(minute), tzinfo=VLADIVOSTOK)
    return at.astimezone(UTC)


def minutes(since: datetime, until: datetime) -> Iterable[datetime]:
    first = since.replace(second=0, microsecond=0)
    return [first + timedelta(minutes=place) for place in range(int((until - first) / timedelta(minutes=1)) + 1)]
