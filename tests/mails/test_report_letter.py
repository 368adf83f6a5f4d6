"""The letter of a report: what it says of its times besides the table."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.known_costs import KnownCosts
from dealtrace.errors import Language
from dealtrace.mails.report_letter import report_letter
from dealtrace.reports.answer import Report, ReportLine
from dealtrace.reports.dimensions import DIMENSIONS
from dealtrace.reports.metrics import METRICS
from dealtrace.reports.periods import DAY, Comparison, Period, compared_period
from dealtrace.reports.question import Question
from dealtrace.reports.reading.days_lacking_costs import asks_for_costs, known_costs_text

MODEL = AttributionModel.LAST_INTERACTION
HEADINGS = {"en": ("Deals", "Deals, before"), "ru": ("Сделки", "Сделки, до этого")}
WINTER = Period(date(2026, 1, 1), date(2026, 3, 31))


def test_a_letter_says_that_figures_by_tag_do_not_add_up() -> None:
    for name, says_so in (("tag", True), ("source", False)):
        question = Question((DIMENSIONS[name],), (METRICS["deals"],), WINTER, MODEL)
        row = ReportLine(("a",), {MODEL: (Fraction(1),)}, None)
        paragraphs = report_letter("By tag", Report(question, [row], 1, row), "Shop", "en", "").paragraphs
        assert any("do not add up to the total" in paragraph for paragraph in paragraphs) is says_so


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "Not broken down by “Device”: Cost."), ("ru", "По группировке «Устройство» не делятся: ")],
)
def test_a_letter_says_which_figures_its_rows_lack(language: Language, words: str) -> None:
    for name, says_so in (("device", True), ("source", False)):
        question = Question((DIMENSIONS[name],), (METRICS["cost"],), WINTER, MODEL)
        row = ReportLine(("a",), {MODEL: (None,)}, None)
        paragraphs = report_letter("Costs", Report(question, [row], 1, row), "Shop", language, "").paragraphs
        assert any(paragraph.startswith(words) for paragraph in paragraphs) is says_so


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "2026-02: compared with 2025-11, days: 28 against 30."),
        ("ru", "2026-02: сравнение: 2025-11, дней: 28 против 30."),
    ],
)
def test_a_letter_names_months_that_are_compared_with_longer_or_shorter_ones(language: Language, words: str) -> None:
    for comparison, is_noted in ((Comparison.PREVIOUS, True), (Comparison.YEAR, False)):
        question = Question((DIMENSIONS["month"],), (METRICS["deals"],), WINTER, MODEL, comparison=comparison)
        row = ReportLine(("2026-02",), {MODEL: (Fraction(1),)}, {MODEL: (Fraction(2),)})
        report = Report(question, [row], 1, row, compared_period(WINTER, comparison), today=date(2026, 11, 27))
        letter = report_letter("By month", report, "Shop", language, "")
        assert letter.table is not None
        assert letter.table.head[1:] == HEADINGS[language]
        assert letter.table.rows[0][1:] == ("1", "2"), "a letter has room for no more"
        assert any(words in paragraph for paragraph in letter.paragraphs) is is_noted


@pytest.mark.parametrize(
    ("language", "nothing", "before"),
    [
        ("en", "(no data in that period).", "(no data before 05.12.2025)."),
        ("ru", "(за тот период данных нет).", "(данных до 05.12.2025 нет)."),
    ],
)
def test_a_letter_says_that_the_compared_period_has_no_data(language: Language, nothing: str, before: str) -> None:
    question = Question((DIMENSIONS["source"],), (METRICS["deals"],), WINTER, MODEL, comparison=Comparison.PREVIOUS)
    row = ReportLine(("yandex",), {MODEL: (Fraction(1),)}, {MODEL: (Fraction(0),)})
    report = Report(question, [row], 1, row, compared_period(WINTER, Comparison.PREVIOUS), today=date(2026, 11, 27))
    for lacking, words in (
        (replace(report, has_nothing_before=True), nothing),
        (replace(report, counted_since=date(2025, 12, 5)), before),
    ):
        assert report_letter("By source", lacking, "Shop", language, "").paragraphs[1].endswith(words)
    assert ") ." not in report_letter("By source", report, "Shop", language, "").paragraphs[1]


KNOWN = {
    "en": "Costs are known through 26.11.2026. Days whose costs are not all known yet: 27.11.2026 – 28.11.2026.",
    "ru": "Расходы известны по 26.11.2026. Дни, за которые расходов ещё не хватает: 27.11.2026 – 28.11.2026.",
}
ALL_BEFORE = {"en": "The compared period counts costs of all its days", "ru": "расходы учтены за все дни"}


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("name", ["cost", "drr", "roi", "deals"])
def test_a_letter_says_through_which_day_costs_are_known(language: Language, name: str) -> None:
    today = date(2026, 11, 28)
    period = Period(today - 6 * DAY, today)
    question = Question((), (METRICS[name],), period, MODEL, comparison=Comparison.PREVIOUS)
    row = ReportLine((), {MODEL: (Fraction(1),)}, {MODEL: (Fraction(2),)})
    before = compared_period(period, Comparison.PREVIOUS)
    known = KnownCosts(date(2026, 11, 26), {}, {}) if asks_for_costs(question) else None
    report = Report(question, [row], 1, row, before, today=today, known_costs=known)
    said = " ".join(report_letter("Costs", report, "Shop", language, "").paragraphs)
    assert (KNOWN[language] in said) is (name != "deals")
    assert (ALL_BEFORE[language] in said) is (name != "deals")


def test_days_without_costs_of_the_compared_period_are_named_too() -> None:
    today = date(2026, 11, 28)
    period = Period(today - 6 * DAY, today)
    question = Question((), (METRICS["cost"],), period, MODEL, comparison=Comparison.PREVIOUS)
    row = ReportLine((), {MODEL: (Fraction(0),)}, {MODEL: (Fraction(2),)})
    before = compared_period(period, Comparison.PREVIOUS)
    report = Report(question, [row], 1, row, before, today=today, known_costs=KnownCosts(date(2026, 11, 20), {}, {}))
    assert known_costs_text(report, "en") == (
        "Costs are known through 2026-11-20. Days whose costs are not all known yet: 2026-11-22 – 2026-11-28. "
        "The compared period lacks costs of these days: 2026-11-21."
    )
    known = replace(report, known_costs=KnownCosts(today, {}, {}))
    assert known_costs_text(known, "en") == ""
    alone = replace(report, question=replace(question, comparison=None), compared_period=None)
    assert known_costs_text(alone, "en").endswith("yet: 2026-11-22 – 2026-11-28.")
