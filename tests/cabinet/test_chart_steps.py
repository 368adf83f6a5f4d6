"""The steps of the chart above a report: those of its table, or else what suits the period."""

import html
import re
from datetime import UTC, date, datetime, timedelta

import pytest

from cast import Player, Stage
from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.cabinet.reports.time_chart import time_dimension
from dealtrace.reports.question import QuestionContext, RawQuestion
from dealtrace.reports.question_parser import parse_question
from engines import on_one_engine
from guests import Guest, member_of
from server import ServerProcess

CONTEXT = QuestionContext(date(2026, 11, 26), AttributionModel.LAST_NON_DIRECT)
HALF = {"from": "2024-01-01", "to": "2024-06-30"}
FIRST_AT = datetime(2024, 1, 15, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("by", "pivot", "days", "step"),
    [
        ("source", "", 1, "hour"),
        ("source", "", 62, "day"),
        ("source", "", 63, "week"),
        ("source", "", 401, "month"),
        ("day", "", 400, "day"),
        ("day", "", 401, "month"),
        ("week", "", 62, "week"),
        ("month", "", 62, "month"),
        ("quarter", "", 400, "quarter"),
        ("month", "", 28, "day"),
        ("day", "", 1, "hour"),
        ("quarter,month", "", 366, "month"),
        ("source", "month", 366, "month"),
        ("quarter", "week", 366, "week"),
        ("weekday", "", 28, "day"),
        ("hour", "", 28, "day"),
    ],
)
def test_a_chart_has_the_steps_of_its_table_unless_they_make_no_line(by: str, pivot: str, days: int, step: str) -> None:
    first = date(2024, 1, 1)
    period = {"first": first.isoformat(), "last": (first + timedelta(days=days - 1)).isoformat()}
    question = parse_question(RawQuestion(by=by, pivot=pivot, metrics="deals", **period), CONTEXT)
    assert time_dimension(question).name == step


@pytest.fixture(scope="module")
def site(served: Stage) -> Player:
    """Give a site with visits in four months."""
    player = served.open_site()
    for days in (0, 1, 20, 50, 130):
        served.visit(player, FIRST_AT + timedelta(days=days), TrafficSource("google", "cpc"))
    return player


@pytest.fixture
def owner(server: ServerProcess, served: Stage, site: Player) -> Guest:
    return member_of(server, served, site.site.id)


def figures_of(table: str) -> dict[str, str]:
    """Return the figure of each row of a table, by its heading."""
    rows = re.findall(r'<th scope="row"[^>]*>(.*?)</th>\s*<td class="value[^>]*>(.*?)</td>', table, re.DOTALL)
    return {text_of(heading): text_of(re.sub("<small.*", "", figure, flags=re.DOTALL)) for heading, figure in rows}


def text_of(markup: str) -> str:
    return html.unescape(re.sub("<[^>]+>", "", markup)).strip("★▿ \n")


@on_one_engine
@pytest.mark.parametrize(("by", "count"), [("day", 182), ("week", 26), ("month", 6), ("quarter", 2)])
def test_the_chart_shows_the_figures_of_the_rows_below_it(owner: Guest, by: str, count: int) -> None:
    page = owner.get("reports", **HALF, by=by, metrics="visits", limit="400").text
    figure, _, table = page.partition("</figure>")
    drawn, shown = figures_of(figure.partition("<figure")[2]), figures_of(table)
    assert shown.pop("Total") == "5"
    assert len(drawn) == count
    assert drawn == shown
