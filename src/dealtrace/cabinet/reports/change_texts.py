"""Texts about the change in a figure since the compared period, and about the time at which that period ends."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from fractions import Fraction

from dealtrace.accounts.rights import Role
from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import site_day
from dealtrace.attribution.credit import AttributionModel
from dealtrace.cabinet.formats import clock_time, day, metric_value, number
from dealtrace.cabinet.view import View
from dealtrace.errors import Language
from dealtrace.matching.match_reason import UNMATCHED_REASONS
from dealtrace.operations.overview.problems import NAMES_SHOWN
from dealtrace.operations.reports.import_costs import account_name
from dealtrace.record import record
from dealtrace.reports.answer import Report, ReportLine
from dealtrace.reports.change import has_percentage, percentage
from dealtrace.reports.metrics import Growth, Metric
from dealtrace.reports.periods import INSTANT
from dealtrace.reports.question import Question
from dealtrace.reports.reading.compared_times import compared_span, has_changes
from dealtrace.reports.reading.days_lacking_costs import known_costs_text
from dealtrace.reports.reading.free_sources import total_includes_free
from dealtrace.reports.reading.good_and_bad import growth_of, is_paid, is_unsourced


@record
class FigureChange:
    """The change from the compared period as `text`, and the value of the compared period, `before`.

    `judgement` is `better`, `worse` or `neutral`. `difference` is the absolute change if `text` is a percentage, and
    otherwise empty. `url` leads to the rows behind the value `before`, or is empty. If there is nothing to compare
    with, `text` says so, `judgement` is `neutral`, and the other fields are empty.
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
    """Return the change in the total of the metric at the index `place`; `None` without a comparison or a change."""
    compared, value = report.total.compared, report.total.values[model][place]
    if compared is None or (report.has_nothing_before and not value):
        return None
    metric, before = report.question.metrics[place], compared[model][place] if not report.has_nothing_before else None
    return change_of(metric, value, before, language, growth_in_row(report.question, metric, ()))


def change_in_row(
    report: Report, row: ReportLine, place: int, model: AttributionModel, language: Language
) -> FigureChange | None:
    """Return the change in a row's metric, or `None` if there is no change.

    If nothing was counted in the whole compared period, no row has a change; only the total says that there is nothing
    to compare with. Nor does a row for a time span, such as a month, have a change if there is no data for the
    span with which it is compared; its key then says so. `place` is the index of the metric.
    """
    metric, question = report.question.metrics[place], report.question
    if row.compared is None or not has_changes(report, zip(question.by, row.keys, strict=False)):
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
    """Return the change in a value as a percentage and as a difference, or only as a difference if it was zero before.

    The change in a ratio, which is shown as a percentage, is in percentage points: from 40 % to 50 % is a change of
    ten points, not of 25 %. If only the compared value is unknown, the result says that there is nothing to compare
    with. The result is `None` if the value is unknown, if the values are equal, or if a price of zero, whose cell says
    that there are no costs, is compared with an unknown value. A change that is rounded to zero has no sign and is
    neither good nor bad. `growth` says whether a rise of this value is good, bad or neutral; by default, the metric's
    own `growth` is used.
    """
    if value is None or value == compared or (compared is None and value == 0 and is_paid(metric)):
        return None
    if compared is None:
        return FigureChange(_NOTHING_TO_COMPARE[language], _JUDGEMENTS[Growth.NEUTRAL, True], "")
    judgement = _JUDGEMENTS[growth or metric.growth, value > compared]
    before = metric_value(language, metric, compared)
    neutral = _JUDGEMENTS[Growth.NEUTRAL, True]
    if not has_percentage(metric):
        points = points_text(value - compared, language)
        return FigureChange(points, judgement if points[0] in "+−" else neutral, before)
    sign = "+" if value > compared else "−"
    difference = f"{sign}{metric_value(language, metric, abs(value - compared))}"
    percent = percentage(metric, value, before=compared)
    if percent is None:
        return FigureChange(difference, judgement, before)
    shown = number(language, abs(percent))
    if shown == "0":
        return FigureChange("0\u00a0%", neutral, before, difference)
    return FigureChange(f"{sign}{shown}\u00a0%", judgement, before, difference)


def points_text(difference: Fraction, language: Language) -> str:
    """Return a difference of ratios in percentage points, with its sign: −3.2 pp; small ones have two decimals.

    A difference that is rounded to zero has no sign.
    """
    points = abs(difference) * 100
    digits = 1 if points >= Fraction(1, 20) else 2
    sign = "" if round(points, digits) == 0 else "+" if difference > 0 else "−"
    return f"{sign}{number(language, points, digits)}\u00a0{_POINTS[language]}"


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


@record
class CostsNote:
    """A note that the last days lack costs, and the URL of the page of costs, empty if the person may not open it."""

    text: str
    url: str


def costs_note(report: Report, view: View) -> CostsNote | None:
    """Return the note that a report lacks costs of its last days, or `None` if all costs of its period are known.

    The note names the accounts that lack costs, except to visitors of a shared link.
    """
    behind = report.known_costs.behind if report.known_costs is not None and view.role is not None else ()
    accounts = ", ".join(view.shown_name(account_name(account)) for account in list(behind)[:NAMES_SHOWN])
    text = known_costs_text(report, view.language, lambda day_on: day(view.language, day_on), accounts)
    if not text:
        return None
    may_open = view.role is not None and view.role.includes(Role.ANALYST)
    return CostsNote(text, f"/cabinet/{view.current_site.id}/costs#import" if may_open else "")


def figure_note(report: Report, metric: Metric, value: Fraction | None, translate: Callable[[str], str]) -> str:
    """Return the reason why a figure is unknown, or why a price is zero; empty if there is nothing to explain."""
    if metric in report.lacking_won:
        return translate("no status is marked as won")
    return translate("no costs") if value == 0 and is_paid(metric) else ""


def total_note(
    report: Report, rows: Sequence[ReportLine], place: int, model: AttributionModel, translate: Callable[[str], str]
) -> str:
    """Return the note of a total: why it is unknown or zero, or that it may include what came from free sources.

    `rows` are the rows of the report. The note is empty if there is nothing to explain.
    """
    metric = report.question.metrics[place]
    if note := figure_note(report, metric, report.total.values[model][place], translate):
        return note
    return translate("may incl. free sources") if total_includes_free(report, rows, place, model) else ""


def compared_until(question: Question, site: Site, now: datetime, language: Language) -> str:
    """Return the local time up to which the compared period is counted; empty if there is no such limit."""
    if question.comparison is None or question.period.last_on < site_day(now, site.time_zone):
        return ""
    span = compared_span(question.period, question.comparison, site.time_zone, now)
    return clock_time(language, span.until - INSTANT, site.time_zone) if span.days is not None else ""
