"""Filters of reports in words, such as “Source is yandex”, for pages and e-mails."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from dealtrace.errors import Language
from dealtrace.files.reports.code_labels import label_of_code
from dealtrace.reports.dimensions import DIMENSIONS, FIELD_PREFIX, Dimension, field_dimension
from dealtrace.reports.filters import SEPARATOR, VALUE_SEPARATOR, Operator, split_escaped, split_filter, unescaped

LabelValue = Callable[[str, Dimension | None], str]
"""Returns the label of a value with which a filter compares the keys of a dimension."""

OPERATORS = {
    Operator.IS: ("=", "is"),
    Operator.NOT: ("≠", "is not"),
    Operator.CONTAINS: ("содержит", "contains"),
    Operator.EMPTY: ("без значения", "is empty"),
    Operator.FILLED: ("со значением", "is filled"),
}
"""The Russian and the English title of each operator that people choose in forms.

The Russian titles suit the title of a dimension of any gender.
"""
AMONG = ("среди:", "one of:")
"""The title of the operator that compares keys with several values, which `VALUES_JOINED_BY` joins."""
VALUES_JOINED_BY = ", "
_SAID: Mapping[str, tuple[str, str]] = {
    **{operator.value: title for operator, title in OPERATORS.items()},
    Operator.AMONG.value: AMONG,
}


def filter_in_words(
    text: str, named: Mapping[str, Dimension], language: Language, label_value: LabelValue, *, unknown: str = ""
) -> str:
    """Return a filter with the titles of its dimension and operator, and its values as `label_value` returns them.

    `named` has the dimensions by name. The title of any other dimension is `unknown` or, if that is empty, its name.
    """
    name, rest = split_filter(text)
    operator, _, value = (rest or "").partition(SEPARATOR)
    dimension, said = named.get(name), _SAID.get(operator)
    title = in_language(language, (dimension.ru, dimension.en)) if dimension is not None else unknown or name
    values = [label_value(unescaped(each), dimension) for each in split_escaped(value, VALUE_SEPARATOR)]
    return f"{title} {in_language(language, said) if said else operator} {VALUES_JOINED_BY.join(values)}".strip()


def mailed_filters(texts: Sequence[str], language: Language) -> list[str]:
    """List filters in words, as an e-mail shows them."""
    named, label_value = {**DIMENSIONS, **named_fields(texts)}, label_of_value(language)
    return [filter_in_words(text, named, language, label_value) for text in texts]


def label_of_value(language: Language) -> LabelValue:
    """Return the function that labels values where no page shows them: codes have labels, all else is unchanged."""

    def label_value(value: str, dimension: Dimension | None) -> str:
        return label_of_code(dimension.name, value, language) if dimension is not None else value

    return label_value


def named_fields(texts: Iterable[str]) -> dict[str, Dimension]:
    """Return the dimensions of the custom fields that filters use, by the names of the dimensions."""
    names = {split_filter(text)[0] for text in texts}
    return {name: field_dimension(name.removeprefix(FIELD_PREFIX)) for name in names if name.startswith(FIELD_PREFIX)}


def in_language(language: Language, pair: tuple[str, str]) -> str:
    """Return the first of two strings for Russian, the second for English."""
    return pair[0] if language == "ru" else pair[1]
