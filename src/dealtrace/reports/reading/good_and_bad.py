"""Decide whether the growth of a figure is good or bad, and which figures of a column can be called the best."""

from collections.abc import Collection, Sequence
from fractions import Fraction

from dealtrace.reports.dimensions import Dimension
from dealtrace.reports.filters import Filter, Operator, by_dimension
from dealtrace.reports.measures import Aggregate, Sum
from dealtrace.reports.metrics import COST, METRICS, Formula, Growth, Metric, Unit

_PLAIN = frozenset({Unit.COUNT, Unit.MONEY, Unit.NUMBER})


def growth_of(metric: Metric, *, is_unsourced: bool) -> Growth:
    """Return whether growth of a metric is good, bad or neither; `is_unsourced` is true for figures without a source.

    Ours: deals without a source cannot be credited to any advertising, so it is bad if their number grows, although it
    is good if the number of all other deals grows. Growth of other figures without a source, such as sales and all
    amounts of money, is neither good nor bad: amount and income are shown side by side, and must not be judged
    differently.
    """
    if not is_unsourced or metric.growth is not Growth.GOOD:
        return metric.growth
    return Growth.BAD if metric == METRICS["deals"] else Growth.NEUTRAL


def is_unsourced(
    by: Sequence[Dimension], keys: Sequence[str | None], filters: Sequence[Filter], reasons: Collection[str]
) -> bool:
    """Return whether a row counts only records without a source; `reasons` are the match reasons of unmatched deals."""
    placed = zip(by, keys, strict=False)
    return any(_is_unsourced_key(dimension, key, reasons) for dimension, key in placed) or any(
        positive and all(_is_unsourced_filter(condition, reasons) for condition in positive)
        for positive, _ in by_dimension(filters).values()
    )


def _is_unsourced_key(dimension: Dimension, key: str | None, reasons: Collection[str]) -> bool:
    return (dimension.name == "source" and key is None) or (dimension.name == "match_reason" and key in reasons)


def _is_unsourced_filter(condition: Filter, reasons: Collection[str]) -> bool:
    if condition.dimension.name == "source":
        return condition.operator is Operator.EMPTY
    is_chosen = condition.operator in (Operator.IS, Operator.AMONG)
    return condition.dimension.name == "match_reason" and is_chosen and set(condition.values) <= set(reasons)


def has_best(metric: Metric) -> bool:
    """Return whether a metric has best and worst rows: it is a ratio, price or time whose growth is good or bad."""
    return metric.unit not in _PLAIN and metric.growth is not Growth.NEUTRAL


def best_and_worst(metric: Metric, values: Collection[Fraction]) -> tuple[Fraction, Fraction] | None:
    """Return the best and the worst of the values in a column; `None` if none of them counts as best."""
    if not has_best(metric) or not values or min(values) == max(values):
        return None
    ends = (max(values), min(values))
    return (ends[1], ends[0]) if metric.growth is Growth.BAD else ends


def can_be_best(
    metric: Metric, value: Fraction | None, keys: Sequence[str | None], *, is_partial: bool = False
) -> bool:
    """Return whether the figure of a row can be the best or the worst of its column.

    A price is `None` if nothing was bought (see `is_spent_for_nothing`).

    Ours: for prices, rows without costs are excluded, because a lead that cost nothing was not bought cheaply. Rows
    with a missing key are excluded, because a missing source or manager cannot be good or bad. Rows of times that are
    not counted whole (`is_partial`) are excluded: deals of a week that is not over are still being won, and two days of
    a week that the period cuts off say little about that week.
    """
    return not is_partial and None not in keys and (value != 0 or not is_paid(metric))


def is_spent_for_nothing(metrics: Sequence[Metric], values: Sequence[Fraction | None], place: int) -> bool:
    """Return whether a row has costs, but the divisor of its price at index `place`, such as its deals, is zero.

    `values` are the figures of the row, by index in `metrics`. The row has costs if a figure of it, the cost or another
    price, is positive. A divisor that may be unknown, such as income or clicks, counts as zero only if a figure made
    from it, such as `clicks`, is known.

    Ours: such a row is the worst of its column: its price is unknown, but its money was spent without any result.
    """
    return (
        is_paid(metrics[place])
        and values[place] is None
        and _is_divisor_known(metrics, values, metrics[place])
        and any(
            is_paid(metric) and value is not None and value > 0 for metric, value in zip(metrics, values, strict=True)
        )
    )


def _is_divisor_known(metrics: Sequence[Metric], values: Sequence[Fraction | None], divided: Metric) -> bool:
    """Return whether the divisor of a price is a count, or part of a known figure of the row."""
    assert isinstance(divided.formula, Formula)
    assert divided.formula.under is not None
    ((divisor, _),) = divided.formula.under.terms
    if divisor.aggregate not in (Aggregate.MONEY, Aggregate.TOTAL):
        return True
    return any(
        value is not None and divisor in metric.formula.measures and metric.margin_formula is None
        for metric, value in zip(metrics, values, strict=True)
    )


def is_paid(metric: Metric) -> bool:
    """Return whether a metric is the cost, or the price of something in costs, such as CPL or ДРР."""
    return isinstance(metric.formula, Formula) and metric.formula.over == Sum(((COST, 1),))
