"""Say whether the total of a price or a return includes leads, deals or income from sources without costs."""

from collections.abc import Sequence

from dealtrace.attribution.credit import AttributionModel
from dealtrace.reports.answer import Report, ReportLine
from dealtrace.reports.reading.good_and_bad import is_price

_PAID_OR_FREE = frozenset({"medium", "campaign", "content", "term"})
"""The dimensions whose rows have either paid or free visits; a row of a source such as yandex combines both."""


def total_includes_free(report: Report, rows: Sequence[ReportLine], place: int, model: AttributionModel) -> bool:
    """Return whether the total of the metric at `place` may include more than what advertising brought.

    `rows` are all rows of the report. The result is false for metrics without costs, if the total is unknown or a
    price of zero, and if the rows tell paid from free sources and all of them have costs.
    """
    metric, total = report.question.metrics[place], report.total.values[model][place]
    if not metric.in_total[0] or total is None or (total == 0 and is_price(metric)):
        return False
    is_split = any(dimension.name in _PAID_OR_FREE for dimension in report.question.by)
    if not is_split or len(rows) < report.rows_total:
        return True
    nothing = 0 if is_price(metric) else None
    return any(row.values[model][place] == nothing for row in rows)
