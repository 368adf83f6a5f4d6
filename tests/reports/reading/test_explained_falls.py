"""Falls that days without data explain: of the total, and of the times of a report."""

from datetime import date
from fractions import Fraction

import pytest

from dealtrace.attribution.credit import AttributionModel
from dealtrace.reports.answer import Report, ReportLine
from dealtrace.reports.dimensions import DIMENSIONS
from dealtrace.reports.metrics import METRICS
from dealtrace.reports.periods import Comparison, Period, compared_period
from dealtrace.reports.question import Question
from dealtrace.reports.reading.explained_falls import FALLS_WITHOUT, MetricGap, explained_falls, explaining
from dealtrace.reports.reading.gaps import Gap

MODEL = AttributionModel.LAST_INTERACTION
AUTUMN = Period(date(2026, 9, 1), date(2026, 10, 31))


def gap(name: str, first_on: date, last_on: date) -> MetricGap:
    return METRICS[name], Gap(first_on, last_on, Fraction(8), Fraction(9))


OCTOBER = gap("calls", date(2026, 10, 9), date(2026, 10, 15))


def row(key: str | None, *sides: tuple[int, int]) -> ReportLine:
    values, before = (tuple(Fraction(side[place]) for side in sides) for place in (0, 1))
    return ReportLine((key,) if key is not None else (), {MODEL: values}, {MODEL: before})


def report(total: ReportLine, *rows: ReportLine, by: str = "month", metrics: str = "match_rate,amount") -> Report:
    named = tuple(METRICS[name] for name in metrics.split(","))
    question = Question((DIMENSIONS[by],), named, AUTUMN, MODEL, comparison=Comparison.PREVIOUS)
    return Report(question, rows, len(rows), total, compared_period(AUTUMN, Comparison.PREVIOUS))


def listed(found: Report, *gaps: MetricGap) -> list[tuple[str, list[str], list[str]]]:
    return [
        (
            fall.time[1] if fall.time is not None else "",
            [metric.name for metric in fall.metrics],
            [missing.name for missing, _ in fall.gaps],
        )
        for fall in explained_falls(found, gaps)
    ]


def test_a_fall_is_explained_by_a_gap_in_what_it_counts_on_the_same_days() -> None:
    fell = report(row(None, (1, 2), (1, 2)), by="source")
    assert listed(fell, OCTOBER) == [("", ["match_rate"], ["calls"])]
    assert listed(fell) == []
    assert listed(fell, gap("visits", *(date(2026, 10, 9),) * 2)) == [], "a deal finds its lead without a visit"
    assert listed(fell, gap("calls", date(2026, 8, 1), date(2026, 8, 31))) == [], "before the period"
    assert listed(report(row(None, (2, 1), (1, 2)), by="source"), OCTOBER) == [], "the share rose"


def test_a_month_whose_figures_fell_is_named_even_if_the_total_did_not() -> None:
    months = (row("2026-09", (1, 2), (1, 2)), row("2026-10", (1, 2), (1, 2)))
    assert listed(report(row(None, (2, 2), (2, 2)), *months), OCTOBER) == [("2026-10", ["match_rate"], ["calls"])]
    assert listed(report(row(None, (1, 2), (1, 2)), *months), OCTOBER) == [("", ["match_rate"], ["calls"])]


@pytest.mark.parametrize("name", FALLS_WITHOUT)
def test_what_falls_without_something_is_a_metric(name: str) -> None:
    assert FALLS_WITHOUT[name] <= set(METRICS)
    missing = gap(name, date(2026, 9, 1), date(2026, 9, 2))
    assert explaining([METRICS["leads"]], AUTUMN, [missing]) == (missing,)
    assert explaining([METRICS["cost"]], AUTUMN, [missing]) == ()
