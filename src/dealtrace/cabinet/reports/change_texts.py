"""How much a figure of a report changed from the compared period, in words."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from dealtrace.attribution.credit import AttributionModel
from dealtrace.cabinet.formats import metric_value, number
from dealtrace.errors import Language
from dealtrace.matching.match_reason import UNMATCHED_REASONS
from dealtrace.record import record
from dealtrace.reports.answer import Report, ReportLine
from dealtrace.reports.change import has_percentage, percentage
from dealtrace.reports.metrics import Growth, Metric
from dealtrace.reports.question import Question
from dealtrace.reports.reading.compared_period import lacks_data
from dealtrace.reports.reading.growth import growth_of, is_unsourced


@record
class FigureChange:
    """The change from the compared period: its text, its judgement, and the value of that period as a string.

    The judgement is `better`, `worse` or `neutral`. `difference` is the absolute change if `text` is a percentage, and
    otherwise empty. `url` leads to the rows behind the value of that period, or is empty. If there is nothing to
    compare with, only `text` is not empty, and says so.
    """

    text: str
    judgement: str
    before: str
    difference: str = ""
    url: str = ""


def growth_in_row(question: Question, metric: Metric, keys: Sequence[str | None]) -> Growth:
    """Return whether growth of a metric is good, bad or neutral in the row with these keys."""
    return growth_of(metric, is_unsourced=is_unsourced(question.by, keys, question.filters, UNMATCHED_REASONS))


def change_in_total(report: Report, place: int, model: AttributionModel, language: Language) -> FigureChange | None:
    """Return the change of the total of the metric at the index `place`; `None` without a comparison or a change."""
    compared, value = report.total.compared, report.total.values[model][place]
    if compared is None or (report.has_nothing_before and not value):
        return None
    metric, before = report.question.metrics[place], compared[model][place] if not report.has_nothing_before else None
    return change_of(metric, value, before, language, growth_in_row(report.question, metric, ()))


def change_in_row(
    report: Report, row: ReportLine, place: int, model: AttributionModel, language: Language
) -> FigureChange | None:
    """Return the change of a metric in a row, or `None` if there is no change.

    If nothing was counted in the whole compared period, no row has a change; only the total says that there is nothing
    to compare with. Nor has a row by time if the earlier time has no data, which stands beside its key. `place` is the
    index of the metric.
    """
    metric, question = report.question.metrics[place], report.question
    if row.compared is None or report.has_nothing_before:
        return None
    if lacks_data(report, zip(question.by, row.keys, strict=False)):
        return None
    growth = growth_in_row(question, metric, row.keys)
    return change_of(metric, row.values[model][place], row.compared[model][place], language, growth)


def change_of(
    metric: Metric,
    value: Fraction | None,
    compared: Fraction | None,
    language: Language,
    growth: Growth | None = None,
) -> FigureChange | None:
    """Return the change of a value as a percentage and as a difference, or only as a difference if it was zero before.

    The change of a ratio, which is shown as a percentage, is in percentage points: from 40 % to 50 % is a change of
    ten points, not of 25 %. If only the compared value is unknown, say that there is nothing to compare with. Return
    `None` if the value is unknown or the values are equal. `growth` says whether a rise of this value is good, bad or
    neutral; by default, the metric's own `growth` is used.
    """
    if value is None or value == compared:
        return None
    if compared is None:
        return FigureChange(_NOTHING_TO_COMPARE[language], _JUDGEMENTS[Growth.NEUTRAL, True], "")
    judgement = _JUDGEMENTS[growth or metric.growth, value > compared]
    before = metric_value(language, metric, compared)
    if not has_percentage(metric):
        return FigureChange(points_text(value - compared, language), judgement, before)
    sign = "+" if value > compared else "−"
    difference = f"{sign}{metric_value(language, metric, abs(value - compared))}"
    percent = percentage(metric, value, before=compared)
    if percent is None:
        return FigureChange(difference, judgement, before)
    return FigureChange(f"{sign}{number(language, abs(percent))}\u00a0%", judgement, before, difference)


def points_text(difference: Fraction, language: Language) -> str:
    """Return a difference of ratios in percentage points, with its sign: −3.2 pp; small ones have two decimals."""
    points = abs(difference) * 100
    digits = 1 if points >= Fraction(1, 20) else 2
    return f"{'+' if difference > 0 else '−'}{number(language, points, digits)}\u00a0{_POINTS[language]}"


_NOTHING_TO_COMPARE: Mapping[Language, str] = {"ru": "нет данных для сравнения", "en": "no data to compare"}
_POINTS: Mapping[Language, str] = {"ru": "п.\u00a0п.", "en": "pp"}
_JUDGEMENTS = {
    (Growth.GOOD, True): "better",
    (Growth.GOOD, False): "worse",
    (Growth.BAD, True): "worse",
    (Growth.BAD, False): "better",
    (Growth.NEUTRAL, True): "neutral",
    (Growth.NEUTRAL, False): "neutral",
}
