"""Filters of a report, written `dimension:operator:value`: parse, format and combine them."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Protocol, TypeVar

from dealtrace.attribution.traffic_source import part_key
from dealtrace.errors import InvalidValue
from dealtrace.record import record
from dealtrace.reports.dimensions import DIMENSIONS, FIELD_PREFIX, Dimension, Kind
from dealtrace.reports.refusals import unknown_name
from dealtrace.reports.statuses import status_key
from dealtrace.reports.time_keys import number_of_key

ESCAPE = "\\"
"""Escapes a `:`, `,`, `|` or `\\` that is part of a name or value."""
SEPARATOR = ":"
VALUE_SEPARATOR = "|"
LIST_SEPARATOR = ","
VALUES_MAX = 1_000
"""Ours: the maximum number of values of one filter."""
FILTERS_MAX = 50
"""Ours: the maximum number of filters of one report, without those of its segment."""
WRITTEN_OUT_MAX = 2 * FILTERS_MAX + 2
"""The maximum number of filters in the URL of the rows behind a figure.

Such a URL has the filters of the report and those of its segment, and may narrow the report by up to two dimensions.
"""


class Operator(StrEnum):
    """How a filter compares keys with its values; `EMPTY` and `FILLED` take no value, `AMONG` may take several."""

    IS = "is"
    NOT = "not"
    CONTAINS = "contains"
    AMONG = "among"
    EMPTY = "empty"
    FILLED = "filled"

    @property
    def takes_value(self) -> bool:
        """Return whether the operator is followed by a value."""
        return self not in (Operator.EMPTY, Operator.FILLED)

    @property
    def is_negative(self) -> bool:
        """Return whether a filter with this operator excludes the keys that equal the filter's value.

        Deals, leads and so on without a key in the filter's dimension are not excluded.
        """
        return self is Operator.NOT


@record
class Filter:
    """A condition on one dimension: an operator, and the values that keys are compared with.

    With `is_masked`, keys are compared in the form shown to people who may not see contacts.
    """

    dimension: Dimension
    operator: Operator
    values: tuple[str, ...] = ()
    is_masked: bool = False


Mask = Callable[[Dimension, str], str]
"""Returns what is shown, instead of a key of a dimension, to people who may not see contacts."""


def split_escaped(text: str, separator: str, limit: int = -1) -> list[str]:
    r"""Split a string at separators, at most `limit` times; a separator after `\` does not count.

    The parts keep their escapes; `unescaped` removes them.
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
    """Return a string without escapes; an escape at the end is kept."""
    found: list[str] = []
    at = 0
    while at < len(text):
        if text[at] == ESCAPE and at + 1 < len(text):
            at += 1
        found.append(text[at])
        at += 1
    return "".join(found)


def escaped(text: str) -> str:
    """Return a string with all special characters escaped."""
    signs = (ESCAPE, SEPARATOR, LIST_SEPARATOR, VALUE_SEPARATOR)
    return "".join(ESCAPE + sign if sign in signs else sign for sign in text)


def split_filter(text: str) -> tuple[str, str | None]:
    """Split `dimension:operator:value` after the name of the dimension; the rest is `None` if nothing follows the name.

    The name ends at the first `:`, or at the second for a custom field.
    """
    name, *rest = split_escaped(text, SEPARATOR, 1)
    if f"{name}{SEPARATOR}" == FIELD_PREFIX and rest:
        field, *rest = split_escaped(rest[0], SEPARATOR, 1)
        name = FIELD_PREFIX + unescaped(field)
    return name, rest[0] if rest else None


def parse_filter(text: str, find_dimension: Callable[[str], Dimension]) -> Filter:
    """Parse `dimension:operator:value`; `find_dimension` returns the dimension of a name or raises `InvalidValue`.

    Raises:
        InvalidValue: the filter does not have this form, or a part of it is unknown or not allowed.
    """
    if any(map(_is_lone_surrogate, text)):
        raise InvalidValue("текст не в кодировке UTF-8", "must be valid UTF-8")
    name, rest = split_filter(text)
    dimension = find_dimension(name)
    if rest is None:
        example = f"{DIMENSIONS['source'].name}:is:yandex"
        raise InvalidValue(
            f"«{text}»: нужно группировка:условие:значение, например {example}",
            f"“{text}”: write dimension:operator:value, for example {example}",
        )
    return parse_condition(dimension, rest)


def _is_lone_surrogate(sign: str) -> bool:
    """Return whether a character is a lone surrogate; Python decodes arguments that are not UTF-8 to these."""
    return "\ud800" <= sign <= "\udfff"


def filter_without_contacts(condition: Filter, mask: Mask) -> Filter:
    """Return a filter that compares keys in the form shown to people who may not see contacts.

    Ours: a filter by a part of a contact finds nothing, because it searches masked keys; a whole contact is refused.

    Raises:
        InvalidValue: a value contains a contact.
    """
    for value in condition.values:
        check_no_contact(condition.dimension, value, mask)
    return replace(condition, is_masked=True)


def with_given_whole(filters: Sequence[Filter], given: Iterable[Collection[str]]) -> tuple[Filter, ...]:
    """Return `filters`; those from a segment or report that an analyst saved for everybody compare unmasked keys.

    `given` has, for each segment and each saved report of the site, all of its formatted filters.

    Ours: the filters of a segment or saved report compare stored keys only if all of them are among `filters`.
    Otherwise people could remove some of these filters, and infer parts of a contact from the rows that remain. All
    other filters compare masked keys.
    """
    if not any(each.is_masked for each in filters):
        return tuple(filters)
    there = {format_filter(each) for each in filters}
    whole = {text for together in given if there.issuperset(together) for text in together}
    return tuple(replace(each, is_masked=each.is_masked and format_filter(each) not in whole) for each in filters)


def searches_what_is_shown(filters: Iterable[Filter]) -> bool:
    """Return whether a filter searches for a part of a string in keys whose contacts are masked.

    For people who may see contacts, the same filter may find more, so the report says so.
    """
    return any(each.is_masked and searches_texts(each) for each in filters)


def searches_texts(condition: Filter) -> bool:
    """Return whether a filter searches for a part of a freely chosen string; masked contacts affect its result."""
    dimension = condition.dimension
    return condition.operator is Operator.CONTAINS and not (dimension.is_time or dimension.keys)


def check_no_contact(dimension: Dimension, value: str, mask: Mask) -> None:
    """Raise `InvalidValue` if a value that keys are compared with contains a contact."""
    if mask(dimension, value) != value:
        raise InvalidValue(
            "искать по телефону или почте могут только аналитики и владельцы",
            "only analysts and owners may search for a phone or an e-mail",
        )


def parse_condition(dimension: Dimension, rest: str) -> Filter:
    """Parse `operator:value` as a filter of a dimension.

    Raises:
        InvalidValue: the operator is unknown, a value is missing or not allowed, or there are too many values.
    """
    name, *given = split_escaped(rest, SEPARATOR, 1)
    if name not in tuple(Operator):
        known = ", ".join(Operator)
        raise InvalidValue(f"нет условия «{name}»; есть: {known}", f"unknown operator “{name}”; available: {known}")
    operator = Operator(name)
    if operator.takes_value != bool(given):
        raise InvalidValue(
            f"после условия {name} {'нужно' if operator.takes_value else 'не нужно'} значение",
            f"the operator {name} {'needs a' if operator.takes_value else 'takes no'} value",
        )
    if not given:
        return Filter(dimension, operator)
    texts = split_escaped(given[0], VALUE_SEPARATOR) if operator is Operator.AMONG else given
    if len(texts) > VALUES_MAX:
        raise InvalidValue(f"не больше {VALUES_MAX} значений", f"at most {VALUES_MAX} values are allowed")
    values = tuple(unescaped(text) for text in texts)
    if operator is not Operator.CONTAINS:
        for value in values:
            check_value(dimension, value)
    return Filter(dimension, operator, values)


def check_value(dimension: Dimension, value: str) -> None:
    """Check that a dimension can have this value; a placeholder for a missing value is always allowed.

    Raises:
        InvalidValue: the dimension has a fixed list of keys, and this value is not in it.
    """
    key = key_of_value(dimension, value)
    if not dimension.keys or key is None or key in dimension.keys:
        return
    unknown = unknown_name(value, dimension.keys, "значения", "value")
    raise InvalidValue(f"{dimension.name}: {unknown.ru}", f"{dimension.name}: {unknown.en}")


def format_filter(condition: Filter) -> str:
    """Format a filter as `dimension:operator:value`; `parse_condition` parses the part after the dimension."""
    name = condition.dimension.name
    start = f"{escaped_name(name)}{SEPARATOR}{condition.operator}"
    if not condition.operator.takes_value:
        return start
    return start + SEPARATOR + VALUE_SEPARATOR.join(escaped(value) for value in condition.values)


def escaped_name(name: str) -> str:
    """Escape the name of a dimension or metric, except the colon of its prefix (`field:`)."""
    prefix, colon, rest = name.partition(SEPARATOR)
    return f"{prefix}{colon}{escaped(rest)}"


def format_names(names: Iterable[str]) -> str:
    """Format names of dimensions or metrics as a list in a URL, which `parse_names` parses."""
    return LIST_SEPARATOR.join(map(escaped_name, names))


def parse_names(text: str) -> list[str]:
    """Return the names of a comma-separated list in order, without duplicates."""
    names = (unescaped(part.strip()) for part in split_escaped(text, LIST_SEPARATOR))
    return list(dict.fromkeys(name for name in names if name))


class Condition(Protocol):
    """An object that has the dimension and the operator of a filter."""

    @property
    def dimension(self) -> Dimension:
        """The dimension whose keys are compared."""

    @property
    def operator(self) -> Operator:
        """How keys are compared."""


C = TypeVar("C", bound=Condition)


def by_dimension(filters: Sequence[C]) -> Mapping[Dimension, tuple[list[C], list[C]]]:
    """Return two lists for each dimension: its positive and its negative filters.

    A deal (or lead, visit and so on) must match all negative filters and, for each dimension with positive filters,
    at least one of these.
    """
    grouped: dict[Dimension, tuple[list[C], list[C]]] = {}
    for condition in filters:
        positive, negative = grouped.setdefault(condition.dimension, ([], []))
        (negative if condition.operator.is_negative else positive).append(condition)
    return grouped


def key_of_value(dimension: Dimension, value: str) -> str | int | None:
    """Return a filter's value in the form that SQL compares, or `None` for a placeholder such as `(not set)`.

    Raises:
        InvalidValue: the dimension is a time, and the value is not a valid key of it.
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
