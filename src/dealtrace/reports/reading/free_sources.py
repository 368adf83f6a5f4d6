"""Say whether the total of a price or a return may include leads, deals or income from sources without costs."""

from collections.abc import Sequence

from dealtrace.attribution.credit import AttributionModel
from dealtrace.reports.answer import Report, ReportLine
from dealtrace.reports.filters import Filter, Operator, by_dimension, key_of_value
from dealtrace.reports.reading.good_and_bad import is_paid

_PAID_OR_FREE = "medium"
"""The only dimension whose keys are either paid or free.

A source such as yandex has both, an e-mail may have the campaign of an ad, and rows without a key mix costs without a
medium with leads without a visit.
"""


def total_includes_free(report: Report, rows: Sequence[ReportLine], place: int, model: AttributionModel) -> bool:
    """Return whether the total of the metric at `place` may include more than what advertising brought.

    `rows` are all rows of the report. The result is false for metrics without costs, if the total is unknown or a
    price of zero, if a filter leaves a single medium, and if the rows tell paid from free and all of them have costs.
    """
    question, value = report.question, report.total.values[model][place]
    metric = question.metrics[place]
    if not metric.in_total[0] or value is None or (value == 0 and is_paid(metric)) or _has_one_medium(question.filters):
        return False
    level = next((number for number, each in enumerate(question.by) if each.name == _PAID_OR_FREE), None)
    if level is None or len(rows) < report.rows_total:
        return True
    nothing = 0 if is_paid(metric) else None
    figures = ((row.keys[level], row.values[model][place]) for row in rows)
    return any(figure == nothing or (key is None and figure is not None) for key, figure in figures)


def _has_one_medium(filters: Sequence[Filter]) -> bool:
    """Return whether filters leave only what has one medium, which has costs if the total has."""
    for dimension, (positive, _) in by_dimension(filters).items():
        if dimension.name == _PAID_OR_FREE and positive:
            values = {value for each in positive for value in each.values}
            is_whole = all(each.operator in (Operator.IS, Operator.AMONG) for each in positive)
            return is_whole and len(values) == 1 and key_of_value(dimension, *values) is not None
    return False
