"""The active filters of a report in words."""

from collections.abc import Iterable, Mapping

from dealtrace.accounts.request_masking import masked_text
from dealtrace.cabinet.reports.key_cells import value_label
from dealtrace.cabinet.reports.report_url import ReportUrl
from dealtrace.errors import Language
from dealtrace.files.reports.code_labels import code_of_label
from dealtrace.files.reports.filter_words import AMONG, OPERATORS, filter_in_words, named_fields
from dealtrace.record import record
from dealtrace.reports.dimensions import DIMENSIONS, Dimension
from dealtrace.reports.filters import (
    SEPARATOR,
    VALUE_SEPARATOR,
    Operator,
    escaped,
    escaped_name,
    split_filter,
)
from dealtrace.reports.question import QuestionContext
from dealtrace.reports.reading.masking import masked_key, masked_label


@record
class Chip:
    """An active filter: its text, and the URL without it.

    `opposite` is the text of the filter that keeps what this one leaves out, and `opposite_url` the URL with that
    filter instead; both are empty if there is no such filter.
    """

    text: str
    url: str
    opposite: str
    opposite_url: str


_NOT_EQUAL = ("!=", "<>")
"""The signs that people type for `≠`, which keyboards lack."""
_PHRASES = sorted(
    (
        *((phrase, operator) for operator, phrases in OPERATORS.items() for phrase in phrases),
        *((phrase, Operator.AMONG) for title in AMONG for phrase in (title, title.rstrip(":"))),
        ("is one of", Operator.AMONG),
        ("одно из:", Operator.AMONG),
        ("одно из", Operator.AMONG),
        ("равно", Operator.IS),
        ("не равно", Operator.NOT),
        *((sign, Operator.NOT) for sign in _NOT_EQUAL),
        ("не указано", Operator.EMPTY),
        ("указано", Operator.FILLED),
    ),
    key=lambda each: -len(each[0]),
)
"""The names of operators in both languages, former ones too, each with its operator; longer names come first."""
_SIGNS = tuple(phrase for phrase, _ in _PHRASES if not phrase[0].isalnum())
"""The operators that may follow a title without a blank."""
_OPPOSITES: Mapping[str, Operator] = {
    Operator.IS.value: Operator.NOT,
    Operator.NOT.value: Operator.IS,
    Operator.EMPTY.value: Operator.FILLED,
    Operator.FILLED.value: Operator.EMPTY,
}


def chips_of(
    url: ReportUrl, dimensions: Iterable[Dimension], language: Language, *, is_whole: bool
) -> tuple[Chip, ...]:
    """Return the filters in a report's URL, with contacts in their values masked unless `is_whole` is true."""
    named = {each.name: each for each in dimensions}

    def text_of(text: str) -> str:
        return _filter_text(text, named, language, is_whole=is_whole) if text else ""

    return tuple(
        Chip(
            text_of(text),
            url.without_filter(text).link(),
            text_of(opposite := _opposite(text)),
            url.with_other_filter(text, opposite).link() if opposite else "",
        )
        for text in url.filters
    )


def filter_texts(texts: Iterable[str], known: QuestionContext, language: Language, *, is_whole: bool) -> list[str]:
    """List filters in words, with contacts in their values masked unless `is_whole` is true.

    A filter by a removed field shows the name of the field as it was stored.
    """
    named = {each.name: each for each in [*DIMENSIONS.values(), *map(known.field_dimension, known.fields)]}
    return [_filter_text(text, named, language, is_whole=is_whole) for text in texts]


def filters_in_words(texts: Iterable[str], language: Language) -> list[str]:
    """List stored filters in words for people who may see contacts, even filters by custom fields that were removed."""
    texts = list(texts)
    named = {**DIMENSIONS, **named_fields(texts)}
    return [_filter_text(text, named, language, is_whole=True) for text in texts]


def written_filter(text: str, known: QuestionContext) -> str:
    """Return the filter that a line describes in the words of `filter_texts`, in either language and ignoring case.

    Signs, such as `=`, need no blanks around them, and only the first sign after a title is an operator. A line in
    another form, such as a filter as it is written in URLs, is returned unchanged.
    """
    titled = [
        (title, dimension)
        for dimension in [*DIMENSIONS.values(), *map(known.field_dimension, known.fields)]
        for title in (dimension.ru, dimension.en)
    ]
    for title, dimension in sorted(titled, key=lambda each: -len(each[0])):
        said = _after(title, text, _SIGNS)
        if said is None:
            continue
        for phrase, operator in _PHRASES:
            value = _after(phrase, said)
            if value is not None and operator.takes_value == bool(value):
                ending = f"{SEPARATOR}{_written_values(dimension, operator, value)}" if value else ""
                return f"{escaped_name(dimension.name)}{SEPARATOR}{operator}{ending}"
    return text


def _written_values(dimension: Dimension, operator: Operator, value: str) -> str:
    """Return the value of a filter in the form of URLs; several values are separated by commas or by `|`."""
    if operator is Operator.CONTAINS:
        return escaped(value)
    values = [value]
    if operator is Operator.AMONG:
        values = [part.strip() for part in value.replace(VALUE_SEPARATOR, ",").split(",") if part.strip()]
    return VALUE_SEPARATOR.join(escaped(code_of_label(dimension.name, each)) for each in values)


def _after(words: str, text: str, signs: tuple[str, ...] = ()) -> str | None:
    """Return the part of a string after `words`, ignoring case, or `None` if it does not begin with these words.

    `words` must be followed by a blank, by one of `signs` or by nothing, or must end with a sign, as `one of:` does.
    """
    start, rest = text[: len(words)], text[len(words) :]
    is_whole = not rest[:1].strip() or not words[-1].isalnum() or rest.startswith(signs)
    return rest.strip() if is_whole and start.casefold() == words.casefold() else None


def _opposite(text: str) -> str:
    """Return the filter with the opposite operator, or an empty string if there is none."""
    rest = split_filter(text)[1] or ""
    operator, separator, value = rest.partition(SEPARATOR)
    opposite = _OPPOSITES.get(operator)
    return f"{text.removesuffix(rest)}{opposite}{separator}{value}" if opposite is not None else ""


def _filter_text(text: str, named: Mapping[str, Dimension], language: Language, *, is_whole: bool) -> str:
    """Return a filter with the titles of its dimension and operator, and its values in words."""

    def label_value(value: str, dimension: Dimension | None) -> str:
        label = value_label(dimension, value, language)
        if is_whole:
            return label
        return masked_key(dimension, label) if dimension is not None else masked_text(label)

    unknown = "" if is_whole else masked_label(split_filter(text)[0])
    return filter_in_words(text, named, language, label_value, unknown=unknown)
