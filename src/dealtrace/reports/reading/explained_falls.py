"""Find falls of figures that are explained by days without data; on days without calls, fewer deals have a lead."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction

from dealtrace.record import record
from dealtrace.reports.answer import Figures, Report
from dealtrace.reports.dimensions import Dimension, Kind
from dealtrace.reports.metrics import Metric
from dealtrace.reports.periods import Period
from dealtrace.reports.reading.gaps import Gap
from dealtrace.reports.time_keys import TIME_KEYS, days_of_times

MetricGap = tuple[Metric, Gap]
_OF_LEADS = frozenset({"leads", "deals", "match_rate", "lead_rate"})
FALLS_WITHOUT: Mapping[str, frozenset[str]] = {
    "calls": _OF_LEADS | {"calls", "answered_calls", "unique_calls", "target_calls", "unique_target_calls"},
    "requests": _OF_LEADS | {"requests", "unique_requests"},
    "visits": frozenset({"visits", "visitors", "leads", "requests", "unique_requests"}),
}
"""Ours: the metrics that fall if the calls, lead requests or visits of some days are missing, by what is missing.

Deals are among them, since a call that never came leads to no deal.
"""


@record
class ExplainedFall:
    """Metrics that are lower than in the compared period, and the days without data that explain why.

    `time` is the dimension and the key of the time whose figures fell, `None` for the total.
    """

    metrics: tuple[Metric, ...]
    gaps: tuple[MetricGap, ...]
    time: tuple[Dimension, str] | None = None


def explained_falls(report: Report, gaps: Sequence[MetricGap]) -> list[ExplainedFall]:
    """Return the falls in a report that are explained by gaps on the same days.

    Falls of the total come first, then falls of single times, such as months. A time is left out if its gaps and
    metrics are those of the total. In a report under all models, the first model decides.
    """
    if report.total.compared is None or not gaps:
        return []
    total = _explained(report, report.total.values, report.total.compared, report.question.period, gaps)
    falls = [ExplainedFall(*total)] if total is not None else []
    for dimension, key, days, values, compared in _times(report):
        found = _explained(report, values, compared, days, gaps)
        if found is not None and found != total:
            falls.append(ExplainedFall(*found, time=(dimension, key)))
    return falls


def explaining(metrics: Iterable[Metric], days: Period, gaps: Sequence[MetricGap]) -> tuple[MetricGap, ...]:
    """Return the gaps on days of a period that may explain the fall of one of the metrics."""
    names = {metric.name for metric in metrics}
    return tuple(
        (missing, gap)
        for missing, gap in gaps
        if gap.first_on <= days.last_on and gap.last_on >= days.first_on and names & FALLS_WITHOUT[missing.name]
    )


def _explained(
    report: Report, values: Figures, compared: Figures, days: Period, gaps: Sequence[MetricGap]
) -> tuple[tuple[Metric, ...], tuple[MetricGap, ...]] | None:
    model = next(iter(values))
    sides = zip(report.question.metrics, values[model], compared[model], strict=True)
    fallen = [metric for metric, value, before in sides if _fell(value, before)]
    found = explaining(fallen, days, gaps)
    explained = frozenset[str]().union(*(FALLS_WITHOUT[missing.name] for missing, _ in found))
    return (tuple(metric for metric in fallen if metric.name in explained), found) if found else None


def _fell(value: Fraction | None, before: Fraction | None) -> bool:
    return value is not None and before is not None and value < before


def _times(report: Report) -> Iterator[tuple[Dimension, str, Period, Figures, Figures]]:
    """Yield the rows of a report by a single time, such as the month, each with the days of its time."""
    by = report.question.by
    if len(by) != 1 or by[0].kind is not Kind.CALENDAR:
        return
    text_of = TIME_KEYS[by[0].name].text_of
    days = {text_of(number): found for number, found in days_of_times(by[0].name, report.question.period).items()}
    for row in report.rows:
        (key,) = row.keys
        if key is not None and key in days and row.compared is not None:
            yield by[0], key, days[key], row.values, row.compared
