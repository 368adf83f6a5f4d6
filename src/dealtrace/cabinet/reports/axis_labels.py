"""Labels of the marks of a chart's value axis, all in one unit."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from dealtrace.cabinet.formats import metric_value, number
from dealtrace.errors import Language
from dealtrace.reports.metrics import Metric, Unit

_LARGE: Mapping[Language, tuple[tuple[int, str], ...]] = {
    "ru": ((10**9, "млрд"), (10**6, "млн")),
    "en": ((10**9, "B"), (10**6, "M")),
}
_LARGE_FROM = 10
"""Ours: an axis up to at least this many millions or billions has labels in that unit; its marks are whole numbers."""


def axis_labels(language: Language, metric: Metric, marks: Sequence[Fraction]) -> list[str]:
    """Format the marks of a metric's axis: 0 ₽, 20 млн ₽, 40 млн ₽.

    If the largest mark is at least ten million, all are in millions; if it is at least ten billion, in billions. All
    marks have the same unit, so that a reader can compare them at a glance.
    """
    largest = max(map(abs, marks))
    size, name = next(((size, name) for size, name in _LARGE[language] if largest >= _LARGE_FROM * size), (1, ""))
    if size == 1 or metric.unit in (Unit.RATIO, Unit.DAYS):
        return [metric_value(language, metric, mark) for mark in marks]
    sign = "\u00a0₽" if metric.unit in (Unit.MONEY, Unit.PRICE) else ""
    return [f"{number(language, mark / size)}\u00a0{name}{sign}" if mark else f"0{sign}" for mark in marks]
