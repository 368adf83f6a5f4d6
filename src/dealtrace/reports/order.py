"""The order of the rows of a report, as data: the same rule for rows in memory and for rows in the database."""

from dealtrace.record import record
from dealtrace.reports.question import Question


@record
class ByFigure:
    """A part of an order: the figures of the metric at index `place`; unknown figures come last."""

    place: int
    is_descending: bool


@record
class ByKey:
    """A part of an order: the keys at index `place`, times by time, others by code points; missing keys come last."""

    place: int
    is_descending: bool = False


Order = tuple[ByFigure | ByKey, ...]


def order_of(question: Question) -> Order:
    """Return the order of the rows of a report.

    Rows follow the question's sort. Without a sort, rows are in order of time if their first key is a time, and
    otherwise in descending order of the first metric. Ties are ordered by keys.
    """
    keys = tuple(ByKey(place) for place in range(len(question.by)))
    if question.sort is None and question.by and question.by[0].is_time:
        return keys[0], ByFigure(0, is_descending=True), *keys[1:]
    if question.sort is None:
        return ByFigure(0, is_descending=True), *keys
    name, is_descending = question.sort.name, question.sort.is_descending
    metrics = [metric.name for metric in question.metrics]
    if name in metrics:
        return ByFigure(metrics.index(name), is_descending), *keys
    place = [dimension.name for dimension in question.by].index(name)
    return ByKey(place, is_descending), *(key for key in keys if key.place != place)
