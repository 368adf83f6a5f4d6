"""The table of a report: rows are computed when they are asked for, so each is asked for once."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from fractions import Fraction
from urllib.parse import parse_qs, urlsplit

import pytest

from dealtrace.attribution.credit import AttributionModel
from dealtrace.cabinet.reports.report_url import ReportUrl
from dealtrace.cabinet.reports.table import percentage_text, table_of
from dealtrace.reports.answer import Report, ReportLine
from dealtrace.reports.dimensions import DIMENSIONS
from dealtrace.reports.metrics import METRICS
from dealtrace.reports.periods import Comparison, Period
from dealtrace.reports.question import Question

MODEL = AttributionModel.LAST_INTERACTION
DAY = date(2026, 11, 26)
VALUES = {"yandex": (5, Fraction(1, 2)), "google": (10, Fraction(1, 4)), None: (0, None)}


class CountedRows(list[ReportLine]):
    """Rows that count how often they are asked for."""

    asked = 0

    def __iter__(self) -> Iterator[ReportLine]:
        """Iterate over the rows, which counts each."""
        self.asked += len(self)
        return super().__iter__()


def report() -> Report:
    question = Question((DIMENSIONS["source"],), (METRICS["deals"], METRICS["match_rate"]), Period(DAY, DAY), MODEL)
    rows = [ReportLine((key,), {MODEL: (Fraction(deals), rate)}, None) for key, (deals, rate) in VALUES.items()]
    return Report(question, rows, len(rows), ReportLine((), {MODEL: (Fraction(15), Fraction(1, 3))}, None))


def test_a_table_asks_for_every_row_once() -> None:
    rows = CountedRows(report().rows)
    table = table_of(replace(report(), rows=rows), ReportUrl("/", (), ()), "/rows", "en", str)
    assert len(table.lines) == len(VALUES)
    assert rows.asked == len(VALUES)


def test_shares_of_the_total_stand_beside_figures_that_add_up() -> None:
    table = table_of(report(), ReportUrl("/", (), ()), "/rows", "en", str)
    assert [line.cells[0].share for line in table.lines] == ["33\u00a0%", "67\u00a0%", ""]
    assert {line.cells[1].share for line in table.lines} | {cell.share for cell in table.total} == {""}
    deals = METRICS["deals"]
    assert percentage_text(deals, Fraction(1), Fraction(1000), "ru") == "<\u00a01\u00a0%"
    assert percentage_text(deals, Fraction(7), Fraction(7), "ru") == "100\u00a0%"
    assert [
        percentage_text(deals, *pair, "ru") for pair in ((Fraction(-1), Fraction(3)), (Fraction(3), Fraction(2)))
    ] == [
        "",
        "",
    ]


@pytest.mark.parametrize(
    ("metric", "sort", "order"),
    [
        ("deals", "", "change:deals"),
        ("deals", "change:deals", "-change:deals"),
        ("deals", "-change:deals", "change:deals"),
        ("unmatched", "", "-change:unmatched"),
        ("unmatched", "-change:unmatched", "change:unmatched"),
    ],
)
def test_a_heading_sorts_by_the_worst_change_first_and_then_by_the_best(metric: str, sort: str, order: str) -> None:
    compared = Question(
        (DIMENSIONS["source"],), (METRICS[metric],), Period(DAY, DAY), MODEL, comparison=Comparison.PREVIOUS
    )
    rows = [ReportLine(("a",), {MODEL: (Fraction(1),)}, {MODEL: (Fraction(2),)})]
    shown = Report(
        compared, rows, 1, ReportLine((), {MODEL: (Fraction(1),)}, {MODEL: (Fraction(2),)}), Period(DAY, DAY)
    )
    url = ReportUrl("/", (("sort", sort),), ())
    key, figure = table_of(shown, url, "/rows", "en", str).headings
    assert (key.change, parse_qs(urlsplit(figure.change).query)) == ("", {"sort": [order]})
    assert (figure.is_by_change, figure.sign) == (bool(sort), {"": "", "-": "▼", "c": "▲"}[sort[:1]])
    alone, without_rows = replace(compared, comparison=None), replace(compared, by=())
    for question in (alone, without_rows):
        headings = table_of(replace(shown, question=question, rows=[]), url, "/rows", "en", str).headings
        assert headings[-1].change == ""


def test_bars_are_in_proportion_and_ratios_have_their_best_and_worst() -> None:
    table = table_of(report(), ReportUrl("/", (), ()), "/rows", "en", str)
    widths = ['width="50"' in line.cells[0].bar for line in table.lines]
    assert widths == [True, False, False]
    assert [line.cells[1].mark for line in table.lines] == ["★", "▿", ""]
