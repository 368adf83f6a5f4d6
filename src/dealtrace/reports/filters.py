"""Filters of a report: `dimension:operator:value`, and what they mean together."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Protocol, TypeVar

from dealtrace.attribution.traffic_source import part_key
from dealtrace.errors import InvalidValue
from dealtrace.record import record
from dealtrace.reports.dimensions import Dimension, Kind
from dealtrace.reports.statuses import status_key
from dealtrace.reports.time_keys import number_of_key

ESCAPE = "\\"
"""Comes before a `:`, `,`, `|` or `\\` that belongs to a name or a value."""
SEPARATOR = ":"
VALUE_SEPARATOR = "|"
LIST_SEPARATOR = ","
VALUES_MAX = 1_000
"""Ours: values of one filter."""
FILTERS_MAX = 50
"""Ours: filters of one report."""


class Operator(StrEnum):
    """How the key of a fact is compared; `EMPTY` and `FILLED` take no value, `AMONG` takes several."""

    IS = "is"
    NOT = "not"
    CONTAINS = "contains"
    AMONG = "among"
    EMPTY = "empty"
    FILLED = "filled"

    @property
    def takes_value(self) -> bool:
        """Whether a value follows."""
        return self not in (Operator.EMPTY, Operator.FILLED)

    @property
    def is_negative(self) -> bool:
        """Whether the filter excludes keys, and keeps facts that have none."""
        return self is Operator.NOT


@record
class Filter:
    """A condition on one dimension."""

    dimension: Dimension
    operator: Operator
    values: tuple[str, ...] = ()


def split_escaped(text: str, separator: str, limit: int = -1) -> list[str]:
    r"""Return the parts of a text between separators, at most `limit` splits; `\` keeps the next character.

    The parts keep their escapes: `unescaped` removes them.
    """
    parts: list[str] = []
    start = at = 0
    while at < len(text):
        if text[at] == ESCAPE:
            at += 2
            continue
        if text[at] == separator and limit != len(parts):
            parts.append(text[start:at])
            start = at + 1
        at += 1
    return [*parts, text[start:]]


def unescaped(text: str) -> str:
    """Return a text with each escaped character as itself; an escape at the end stands for itself."""
    found: list[str] = []
    at = 0
    while at < len(text):
        if text[at] == ESCAPE and at + 1 < len(text):
            at += 1
        found.append(text[at])
        at += 1
    return "".join(found)


def escaped(text: str) -> str:
    """Return a text in which every character with a meaning of its own is escaped."""
    signs = (ESCAPE, SEPARATOR, LIST_SEPARATOR, VALUE_SEPARATOR)
    return "".join(ESCAPE + sign if sign in signs else sign for sign in text)


def parse_condition(dimension: Dimension, rest: str) -> Filter:
    """Return the filter of a dimension that `operator:value` is.

    Raises:
        InvalidValue: there is no such operator, or its value is missing, superfluous or one of too many.
    """
    name, *given = split_escaped(rest, SEPARATOR, 1)
    if name not in tuple(Operator):
        known = ", ".join(Operator)
        raise InvalidValue(f"нет условия «{name}»; есть: {known}", f"no operator “{name}”; there are: {known}")
    operator = Operator(name)
    if operator.takes_value != bool(given):
        raise InvalidValue(
            f"после {name} {'нужно' if operator.takes_value else 'не нужно'} значение",
            f"{name} takes {'a' if operator.takes_value else 'no'} value",
        )
    if not given:
        return Filter(dimension, operator)
    texts = split_escaped(given[0], VALUE_SEPARATOR) if operator is Operator.AMONG else given
    if len(texts) > VALUES_MAX:
        raise InvalidValue(f"не больше {VALUES_MAX} значений", f"at most {VALUES_MAX} values")
    values = tuple(unescaped(text) for text in texts)
    if operator is not Operator.CONTAINS:
        for value in values:
            key_of_value(dimension, value)
    return Filter(dimension, operator, values)


def format_filter(condition: Filter) -> str:
    """Return a filter as it is written; `parse_condition` reads it back."""
    name = condition.dimension.name
    start = f"{escaped_name(name)}{SEPARATOR}{condition.operator}"
    if not condition.operator.takes_value:
        return start
    return start + SEPARATOR + VALUE_SEPARATOR.join(escaped(value) for value in condition.values)


def escaped_name(name: str) -> str:
    """Return the name of a dimension or metric as it is written; its prefix keeps its colon."""
    prefix, colon, rest = name.partition(SEPARATOR)
    return f"{prefix}{colon}{escaped(rest)}"


class Condition(Protocol):
    """A condition on a dimension, with its values or without."""

    @property
    def dimension(self) -> Dimension:
        """The dimension."""

    @property
    def operator(self) -> Operator:
        """How keys are compared."""


C = TypeVar("C", bound=Condition)


def by_dimension(filters: Sequence[C]) -> Mapping[Dimension, tuple[list[C], list[C]]]:
    """Return the positive and the negative filters of each dimension.

    A fact is kept if for every dimension any of the positive ones holds, and all of the negative ones.
    """
    grouped: dict[Dimension, tuple[list[C], list[C]]] = {}
    for condition in filters:
        positive, negative = grouped.setdefault(condition.dimension, ([], []))
        (negative if condition.operator.is_negative else positive).append(condition)
    return grouped


def key_of_value(dimension: Dimension, value: str) -> str | int | None:
    """Return the key in statements that a filter's value means; `None` if it says nothing.

    Raises:
        InvalidValue: no time is written like that.
    """
    if dimension.is_time:
        return number_of_key(dimension.name, value)
    folded = part_key(value)
    if folded is None:
        return None
    match dimension.kind:
        case Kind.SOURCE:
            return folded
        case Kind.STATUS:
            return status_key(value)
        case _:
            return value
