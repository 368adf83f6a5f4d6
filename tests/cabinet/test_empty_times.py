"""Times without facts: tables by a time, pivots and files of a page have them, and the API leaves them out."""

import csv
import html
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from cast import Player, Stage
from dealtrace.accounts.rights import Role
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.operations.deals.register import register_deals
from engines import on_one_engine
from guests import Guest, member_of
from server import ServerProcess
from write_commands import registration

pytestmark = on_one_engine
NINE = datetime(2024, 11, 11, 6, tzinfo=UTC)
"""Nine o'clock on a Monday in Moscow."""
WEEK = {"from": "2024-11-08", "to": "2024-11-14", "metrics": "visits,visitors,deals,amount,match_rate"}
NOTHING = ["0", "0", "0", "0 ₽", "–"]


@pytest.fixture(scope="module")
def site(served: Stage) -> Player:
    """Give a site with visits on a Monday, and a visit and a deal on the Tuesday after it."""
    player = served.open_site()
    for place, hours in enumerate((0, 0, 26)):
        served.visit(player, NINE + timedelta(hours=hours), TrafficSource("google", "cpc"), visitor=f"v{place}")
    deal = registration("1", happened_at=NINE + timedelta(hours=26), amount_rub=Decimal(5))
    served.perform(register_deals, player, deal)
    return player


@pytest.fixture
def analyst(server: ServerProcess, served: Stage, site: Player) -> Guest:
    return member_of(server, served, site.site.id, Role.ANALYST)


def rows_of(page: str) -> dict[str, list[str]]:
    """Return the figures of the last table of a page without shares and changes, by the headings of their row."""
    body = page.rpartition("<table")[2].partition("</thead>")[2].partition("</table>")[0]
    rows = {}
    for row in body.split("</tr>")[:-1]:
        headings = re.findall(r'<th scope="row"[^>]*>(.*?)</th>', row, re.DOTALL)
        cells = re.findall(r'<td class="value[^"]*"[^>]*>(.*?)</td>', re.sub("<small.*?</small>", "", row), re.DOTALL)
        if headings and cells:
            rows[" ".join(map(text_of, headings))] = [text_of(cell) for cell in cells]
    return rows


def text_of(markup: str) -> str:
    return html.unescape(re.sub("<[^>]+>", "", markup)).replace("\u00a0", " ").strip("★▿ \n")


@pytest.mark.parametrize(
    ("by", "rows", "filled"),
    [("day", 7, 2), ("weekday", 7, 2), ("hour", 25, 3), ("week", 2, 1), ("month", 1, 1), ("quarter", 1, 1)],
)
def test_a_table_by_a_time_has_rows_for_times_without_facts(analyst: Guest, by: str, rows: int, filled: int) -> None:
    found = rows_of(analyst.get("reports", **WEEK, by=by, compare="previous").text)
    assert found.pop("Total") == ["3", "3", "1", "5 ₽", "0.0 %"]
    assert len(found) == rows, "the deal without a visit has no hour"
    assert sum(cells == NOTHING for cells in found.values()) == rows - filled


def test_rows_sorted_by_a_metric_or_by_two_dimensions_have_none(analyst: Guest) -> None:
    assert len(rows_of(analyst.get("reports", **WEEK, by="day", sort="-visits").text)) == 3
    assert len(rows_of(analyst.get("reports", **WEEK, by="source,medium").text)) == 3
    assert len(rows_of(analyst.get("reports", **WEEK, by="day,source").text)) == 4
    unknown = rows_of(analyst.get("reports", **(WEEK | {"metrics": "romi"}), by="day,source").text)
    assert list(unknown.values()) == [["–"]] * 2, "the deal's row stays without a won status"
    latest_first = list(rows_of(analyst.get("reports", **WEEK, by="day", sort="-day").text))
    assert (len(latest_first), latest_first[0]) == (8, "14 Nov")


def test_the_limit_of_rows_and_filters_by_times_hold(analyst: Guest) -> None:
    page = analyst.get("reports", **WEEK, by="day", limit="3").text
    assert list(rows_of(page)) == ["8 Nov", "9 Nov", "10 Nov", "Total"]
    assert "Shown: 3 of 7 rows" in page
    kept = {"weekday:among:1|3": 2, "day:is:2024-11-11": 1, "month:not:2024-11": 0, "day:contains:-11-1": 5}
    for condition, rows in kept.items():
        assert len(rows_of(analyst.get("reports", **WEEK, by="day", filter=condition).text)) == rows + 1
    assert len(rows_of(analyst.get("reports", **WEEK, by="hour", filter="hour:among:09|10").text)) == 3


def test_days_to_come_have_no_rows(analyst: Guest) -> None:
    days = [f"{datetime.now(UTC) + timedelta(days=days):%Y-%m-%d}" for days in (2, 9)]
    ahead = {"from": days[0], "to": days[1], "metrics": "deals", "by": "day"}
    assert list(rows_of(analyst.get("reports", **ahead).text)) == ["Total"]


def test_a_pivot_has_rows_and_columns_for_days_without_facts(analyst: Guest) -> None:
    asked = {**WEEK, "metrics": "visitors"}
    columns = rows_of(analyst.get("reports", **asked, by="source", pivot="day").text)
    assert columns["google"] == ["0", "0", "0", "2", "1", "0", "0", "3"]
    rows = rows_of(analyst.get("reports", **asked, by="day", pivot="source").text)
    assert len(rows) == 8
    assert rows["8 Nov"] == ["0", "0"]


@pytest.mark.parametrize("shape", [{"by": "day"}, {"by": "day", "models": "all"}, {"by": "source", "pivot": "day"}])
def test_a_file_has_the_times_of_its_page_and_the_api_does_not(
    server: ServerProcess, site: Player, analyst: Guest, shape: dict[str, str]
) -> None:
    asked = {**WEEK, "metrics": "visits", **shape}
    page = analyst.get("reports", **asked).text
    (link,) = (html.unescape(each) for each in re.findall(r'href="([^"]*reports\.csv[^"]*)"', page))
    rows = list(csv.reader(analyst.follow(link).content.decode("utf-8-sig").splitlines()))
    head = next(place for place, row in enumerate(rows) if row[:1] in (["Day"], ["Source"]))
    is_pivot = "pivot" in shape
    keys = [key.strip('="') for key in (rows[head][1:-1] if is_pivot else [row[0] for row in rows[head + 1 : -1]])]
    assert keys == [f"2024-11-{day:02}" for day in range(8, 15)]
    answer = server.http.get("/api/reports", params=asked, headers={"Access-Token": site.token}).json()
    assert (answer["columns"] if is_pivot else [row["keys"][0] for row in answer["rows"]]) == [
        "2024-11-11",
        "2024-11-12",
    ]


def test_empty_times_take_no_room_from_times_with_facts(analyst: Guest) -> None:
    """A pivot has 100 columns: a year of days does not fit, so that only days with facts have one."""
    asked = {"from": "2024-01-01", "to": "2024-12-31", "metrics": "visits", "by": "source", "pivot": "day"}
    assert rows_of(analyst.get("reports", **asked).text)["Total"] == ["2", "1", "3"]
