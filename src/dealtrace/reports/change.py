"""The change in a figure since the compared period: the difference, also as a percentage of the earlier figure."""

from fractions import Fraction

from dealtrace.reports.metrics import Metric, Unit


def difference(value: Fraction | None, *, before: Fraction | None) -> Fraction | None:
    """Return the change in a figure in the unit of its metric, or `None` if either figure is unknown.

    This is what `sort=change:NAME` sorts by. The change in a ratio is itself a ratio: from 0.4 to 0.5, it is 0.1, or
    ten percentage points.
    """
    return value - before if value is not None and before is not None else None


def percentage(metric: Metric, value: Fraction | None, *, before: Fraction | None) -> Fraction | None:
    """Return the change in a figure as a percentage of the earlier figure; its sign is that of the difference.

    Return `None` if either figure is unknown, the earlier figure is zero, or `has_percentage(metric)` is false.
    """
    change = difference(value, before=before)
    if change is None or not before or not has_percentage(metric):
        return None
    return change / abs(before) * 100


def has_percentage(metric: Metric) -> bool:
    """Return whether changes in a metric are shown as percentages.

    Ours: changes in ratios are not, since people read ratios as percentages: next to 40 % and 50 %, a change of 25 %
    would be taken for 25 percentage points, although there are only ten.
    """
    return metric.unit is not Unit.RATIO
