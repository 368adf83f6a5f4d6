"""Deals that are still open are told of where income fell, and are those whose status means neither won nor lost."""

from datetime import date
from fractions import Fraction

from dealtrace.attribution.credit import AttributionModel
from dealtrace.reports.answer import Report, ReportLine
from dealtrace.reports.filters import format_filter
from dealtrace.reports.metrics import METRICS
from dealtrace.reports.question import QuestionContext, RawQuestion
from dealtrace.reports.question_parser import parse_question
from dealtrace.reports.reading.open_deals import FallenIncome, asks_for_income, fallen_income, open_deals_question
from dealtrace.reports.statuses import Meaning, Status

MODEL = AttributionModel.LAST_INTERACTION
CONTEXT = QuestionContext(date(2026, 11, 27), MODEL)
Value = int | None


def report(metrics: str, values: tuple[Value, ...], before: tuple[Value, ...] | None) -> Report:
    question = parse_question(RawQuestion(metrics=metrics, compare="previous" if before is not None else ""), CONTEXT)
    return Report(question, [], 0, ReportLine((), figures(values), figures(before) if before is not None else None))


def figures(values: tuple[Value, ...]) -> dict[AttributionModel, tuple[Fraction | None, ...]]:
    return {MODEL: tuple(Fraction(value) if value is not None else None for value in values)}


def test_income_fell_if_its_total_is_lower_than_before() -> None:
    fell = FallenIncome(METRICS["won_amount"], Fraction(5), Fraction(7))
    assert fallen_income(report("deals,won_amount", (1, 5), (9, 7))) == fell
    assert fallen_income(report("won_amount,won_margin", (7, 2), (7, 3))) == FallenIncome(
        METRICS["won_margin"], Fraction(2), Fraction(3)
    )


def test_income_did_not_fall_if_it_grew_or_is_unknown_or_something_else_fell() -> None:
    assert fallen_income(report("won_amount", (7,), (7,))) is None
    assert fallen_income(report("won_amount", (8,), (7,))) is None
    assert fallen_income(report("won_amount", (None,), (7,))) is None
    assert fallen_income(report("won_amount", (7,), (None,))) is None
    assert fallen_income(report("won_amount", (1,), None)) is None
    assert fallen_income(report("deals,amount,drr", (1, 1, 1), (2, 2, 2))) is None


def test_a_report_asks_for_income_with_a_comparison_and_without() -> None:
    assert asks_for_income(report("deals,won_margin", (1, 1), (1, 1)).question)
    assert asks_for_income(report("won_amount", (1,), None).question)
    assert asks_for_income(report("drr", (1,), None).question)
    assert not asks_for_income(report("amount", (1,), (1,)).question)


def test_open_deals_have_neither_a_won_nor_a_lost_status_in_any_spelling() -> None:
    statuses = [
        Status("Paid", Meaning.WON, is_classified=True),
        Status(" paid ", Meaning.WON),
        Status("Gone|away", Meaning.LOST, is_classified=True),
        Status("New", Meaning.OPEN),
        Status("Talks", Meaning.OPEN, is_classified=True),
    ]
    words = RawQuestion(
        by="source", metrics="won_amount", compare="previous", filters=("source:is:yandex",), sort="-won_amount"
    )
    asked = open_deals_question(parse_question(words, CONTEXT), statuses, MODEL)
    assert [format_filter(each) for each in asked.filters] == [
        "source:is:yandex", "status:not:paid", "status:not:Gone\\|away",
    ]  # fmt: skip
    assert [metric.name for metric in asked.metrics] == ["deals", "amount"]
    assert (asked.by, asked.comparison, asked.sort, asked.limit) == ((), None, None, None)
