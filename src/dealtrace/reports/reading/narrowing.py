"""Narrow a report to some keys of a dimension.

A report shows everything that matches at least one of the positive filters of a dimension. One more such filter would
therefore widen the report, so the filter for the keys has to replace all of them.
"""

from collections.abc import Sequence

from dealtrace.reports.dimensions import Dimension, Kind
from dealtrace.reports.filters import Filter, Operator, key_of_value


def narrowed_filters(
    filters: Sequence[Filter], dimension: Dimension, keys: Sequence[str | None]
) -> tuple[Filter, ...] | None:
    """Return filters that keep only those facts kept by `filters` that have one of `keys`.

    `keys` are keys of rows of a report with `filters`, or any keys of a dimension that has a fixed list of keys; `None`
    stands for facts without a key. The result is `None` if filters cannot express this; for example, no filters
    select only deals with both the tags `vip` and `moscow`.
    """
    alternatives = [each for each in filters if is_alternative(each, dimension)]
    kept = keys
    if alternatives and (dimension.keys or dimension.kind is Kind.TAG):
        kept = [key for key in keys if any(_keeps(each, key) for each in alternatives)]
    if dimension.kind is Kind.TAG and len(kept) < len(keys):
        return None
    others = [each for each in filters if each not in alternatives]
    return (*others, filter_of_keys(dimension, kept))


def is_alternative(condition: Filter, dimension: Dimension) -> bool:
    """Return whether a filter names values of `dimension` to keep, and not values to leave out."""
    return condition.dimension == dimension and not condition.operator.is_negative


def filter_of_keys(dimension: Dimension, keys: Sequence[str | None]) -> Filter:
    """Return the filter that keeps only facts with one of `keys`; without keys, it keeps nothing."""
    if tuple(keys) == (None,):
        return Filter(dimension, Operator.EMPTY)
    values = tuple(key if key is not None else "" for key in keys)
    return Filter(dimension, Operator.IS if len(values) == 1 else Operator.AMONG, values)


def _keeps(condition: Filter, key: str | None) -> bool:
    """Return whether a positive filter keeps facts with the key; the key must not be of a kind that ignores case."""
    match condition.operator:
        case Operator.EMPTY:
            return key is None
        case Operator.FILLED:
            return key is not None
        case Operator.CONTAINS:
            return key is not None and condition.values[0].casefold() in key.casefold()
        case _:
            return key in {key_of_value(condition.dimension, value) for value in condition.values}
