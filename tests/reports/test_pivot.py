"""A pivot: its totals are those of the report, and an empty cell is zero only where zero is known."""

from datetime import date
from fractions import Fraction

import pytest

from dealtrace.attribution.credit import AttributionModel
from dealtrace.errors import InvalidParameters
from dealtrace.reports.answer import Report, ReportLine
from dealtrace.reports.dimensions import DIMENSIONS
from dealtrace.reports.metrics import METRICS
from dealtrace.reports.periods import Period
from dealtrace.reports.pivot import pivoted
from dealtrace.reports.question import Question, QuestionContext, RawQuestion
from dealtrace.reports.question_parser import parse_question

MODEL = AttributionModel.LAST_INTERACTION
DAY = date(2026, 11, 26)
KNOWN = QuestionContext(DAY, MODEL)


def answer(
    metric: str, by: str, *rows: tuple[tuple[str | None, ...], int | None], total: int | None = 0, before: bool = False
) -> Report:
    """Return a report; with `before`, every figure was ten times as great in the compared period."""

    def row(keys: tuple[str | None, ...], value: int | None) -> ReportLine:
        now, tenfold = ({MODEL: (Fraction(value * by) if value is not None else None,)} for by in (1, 10))
        return ReportLine(keys, now, tenfold if before else None)

    dimensions = tuple(DIMENSIONS[name] for name in by.split(","))
    question = Question(dimensions, (METRICS[metric],), Period(DAY, DAY), MODEL)
    return Report(question, [row(*each) for each in rows], len(rows), row((), total))


def test_cells_stand_at_their_row_and_column_and_totals_are_the_reports() -> None:
    found = pivoted(
        answer("deals", "source", (("a",), 5), ((None,), 2), total=7),
        answer("deals", "month", (("2026-10",), 4), (("2026-11",), 3), total=7),
        answer("deals", "source,month", (("a", "2026-10"), 4), (("a", "2026-11"), 1), ((None, "2026-11"), 2), total=7),
    )
    assert found.columns == ("2026-10", "2026-11")
    assert [(line.keys, line.values, line.total) for line in found.lines] == [
        (("a",), (4, 1), 5),
        ((None,), (0, 2), 2),
    ]
    assert (found.total.values, found.total.total) == ((4, 3), 7)


def test_a_compared_period_has_its_own_cells_and_totals() -> None:
    found = pivoted(
        answer("deals", "source", (("a",), 5), (("b",), 0), total=7, before=True),
        answer("deals", "month", (("2026-10",), 4), (("2026-11",), 3), total=7, before=True),
        answer("deals", "source,month", (("a", "2026-10"), 4), (("a", "2026-11"), 1), total=7, before=True),
    )
    assert [(line.compared, line.total_compared) for line in found.lines] == [((40, 10), 50), ((0, 0), 0)]
    assert (found.total.compared, found.total.total_compared) == ((40, 30), 70)
    assert found.lines[0].cells == [(4, 40), (1, 10), (5, 50)]


@pytest.mark.parametrize(("metric", "empty"), [("deals", 0), ("visitors", 0), ("match_rate", None)])
def test_an_empty_cell_is_zero_only_of_sums_and_counts(metric: str, empty: int | None) -> None:
    found = pivoted(
        answer(metric, "source", (("a",), 1), (("b",), 1)),
        answer(metric, "month", (("2026-11",), 1)),
        answer(metric, "source,month", (("a", "2026-11"), 1)),
    )
    assert [line.values for line in found.lines] == [(1,), (empty,)]


def test_a_cell_of_facts_that_lack_a_dimension_is_unknown() -> None:
    found = pivoted(
        answer("cost", "source", (("a",), 9)),
        answer("cost", "lead_kind", (("call",), None)),
        answer("cost", "source,lead_kind"),
    )
    assert found.lines[0].values == (None,)


@pytest.mark.parametrize(
    "words",
    [
        RawQuestion(metrics="deals", pivot="month"),
        RawQuestion(metrics="deals", by="month", pivot="month"),
        RawQuestion(metrics="deals", by="source,medium,campaign", pivot="month"),
        RawQuestion(metrics="deals", by="source", pivot="mont"),
        RawQuestion(metrics="deals", by="source", pivot="month", models="all"),
    ],
)
def test_a_pivot_that_cannot_be_is_refused_by_its_own_word(words: RawQuestion) -> None:
    with pytest.raises(InvalidParameters) as refused:
        parse_question(words, KNOWN)
    assert [violation.field for violation in refused.value.violations] == ["pivot"]


def test_a_pivot_is_a_word_of_the_question() -> None:
    question = parse_question(RawQuestion(metrics="deals", by="source", pivot="month"), KNOWN)
    assert question.pivot == DIMENSIONS["month"]
