"""Narrow a report to some keys of a dimension.

Positive filters of one dimension are alternatives, so a further one would widen the report: it has to replace them.
"""

from collections.abc import Sequence

from dealtrace.reports.dimensions import Dimension, Kind
from dealtrace.reports.filters import Filter, Operator, key_of_value


def narrowed_filters(
    filters: Sequence[Filter], dimension: Dimension, keys: Sequence[str | None]
) -> tuple[Filter, ...] | None:
    """Return filters that keep what has one of `keys`, of all that `filters` keep; `None` is the missing key.

    `keys` are keys of rows of a report with `filters`, or any keys of a dimension that has a fixed list of keys. The
    result is `None` if no filters say this: among the deals with the tag `vip`, those with the tag `moscow`.
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
    """Return whether a filter is a positive one of a dimension."""
    return condition.dimension == dimension and not condition.operator.is_negative


def filter_of_keys(dimension: Dimension, keys: Sequence[str | None]) -> Filter:
    """Return the filter that keeps what has one of `keys`; nothing if there are none."""
    if tuple(keys) == (None,):
        return Filter(dimension, Operator.EMPTY)
    values = tuple(key if key is not None else "" for key in keys)
    return Filter(dimension, Operator.IS if len(values) == 1 else Operator.AMONG, values)


def _keeps(condition: Filter, key: str | None) -> bool:
    """Return whether a positive filter keeps what has the key; only for keys that are not grouped by their spelling."""
    match condition.operator:
        case Operator.EMPTY:
            return key is None
        case Operator.FILLED:
            return key is not None
        case Operator.CONTAINS:
            return key is not None and condition.values[0].casefold() in key.casefold()
        case _:
            return key in {key_of_value(condition.dimension, value) for value in condition.values}
