"""Find values in the filters of an alert rule that a site does not have, probably because they are misspelled."""

from collections.abc import Sequence
from dataclasses import replace

from dealtrace.accounts.site import Site
from dealtrace.operations.reports.ask import FactSource, ask_series
from dealtrace.reports.dimensions import Dimension
from dealtrace.reports.filters import Filter, Operator, key_of_value
from dealtrace.reports.metrics import METRICS
from dealtrace.reports.periods import Span
from dealtrace.reports.question import Question
from dealtrace.reports.rows.gathered import RowKey

_COUNTED = tuple(METRICS[name] for name in ("visits", "leads", "deals"))


def find_unseen_values(source: FactSource, site: Site, question: Question, span: Span) -> tuple[Filter, ...]:
    """Return those filters of a question whose value no visit, lead or deal in the time span has.

    A filter with several values is returned with the unseen values only. A filter that excludes values is returned as
    one that requires them. Filters by time, or by a dimension with a fixed list of keys, are left out: their values
    cannot be misspelled.

    One query per dimension is enough, since it finds the keys that match any of the filters by this dimension.
    """
    sought: dict[Dimension, list[Filter]] = {}
    for each in question.filters:
        if each.operator.takes_value and not (each.dimension.is_time or each.dimension.keys):
            kept = Operator.IS if each.operator.is_negative else each.operator
            sought.setdefault(each.dimension, []).append(replace(each, operator=kept))
    unseen: list[Filter] = []
    for dimension, filters in sought.items():
        metrics = tuple(metric for metric in _COUNTED if metric.facts <= dimension.facts)
        asked = replace(question, metrics=metrics, filters=tuple(filters))
        _, gathered = ask_series(source, site, asked, (dimension,), span)
        seen = {key for (key,) in gathered.rows}
        unseen += [rest for each in filters if (rest := _unseen(each, seen)) is not None]
    return tuple(unseen)


def _unseen(condition: Filter, seen: set[RowKey]) -> Filter | None:
    """Return a filter with only those of its values that are not among the seen keys, or `None` if all are."""
    if condition.operator is Operator.CONTAINS:
        text = condition.values[0].casefold()
        return condition if not any(isinstance(key, str) and text in key.casefold() for key in seen) else None
    values = _values_not_among(condition, seen)
    if not values:
        return None
    return replace(condition, operator=Operator.AMONG if len(values) > 1 else Operator.IS, values=tuple(values))


def _values_not_among(condition: Filter, seen: set[RowKey]) -> Sequence[str]:
    return [value for value in condition.values if key_of_value(condition.dimension, value) not in seen]
