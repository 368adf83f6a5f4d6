"""Mask contacts in the keys and filters of reports, for people who may not see contacts."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from dealtrace.accounts.masking import masked_text
from dealtrace.reports.answer import Report, Row, RowsOnAccess
from dealtrace.reports.dimensions import DIMENSIONS, Dimension, Kind
from dealtrace.reports.filters import SEPARATOR, VALUE_SEPARATOR, escaped, split_escaped, split_filter, unescaped
from dealtrace.reports.pivot import Pivot, PivotLine
from dealtrace.reports.question import Question

NUMBERED = frozenset({"dialled"})
"""The dimensions whose keys are never masked, since they are the company's own phone numbers."""
EMAIL_SIGN = "@"


def masked_key(dimension: Dimension, words: str) -> str:
    """Return a key with everything masked that looks like a phone or an e-mail.

    Ours: in sources and campaigns, only e-mails are masked, since the ids of campaigns look like phones.
    """
    if dimension.is_time or dimension.name in NUMBERED:
        return words
    return masked_source(words) if dimension.kind is Kind.SOURCE else masked_text(words)


def masked_source(words: str) -> str:
    """Return a part of a traffic source: with contacts masked if the part contains an `@`, otherwise unchanged."""
    return masked_text(words) if EMAIL_SIGN in words else words


def answer_without_contacts(answered: Report | Pivot) -> Report | Pivot:
    """Return a copy of a report or a pivot, with contacts in its keys and filters masked."""
    if isinstance(answered, Report):
        rows = RowsOnAccess(answered.rows, partial(_masked_row, answered.question.by))
        return replace(answered, question=_masked_question(answered.question), rows=rows)
    by = answered.report.question.by
    return replace(
        answered,
        report=replace(answered.report, question=_masked_question(answered.report.question)),
        columns=_masked((answered.dimension,) * len(answered.columns), answered.columns),
        lines=tuple(_masked_line(by, line) for line in answered.lines),
    )


def _masked_question(question: Question) -> Question:
    filters = (
        replace(each, values=tuple(masked_key(each.dimension, value) for value in each.values))
        for each in question.filters
    )
    return replace(question, filters=tuple(filters))


def _masked_row(by: Sequence[Dimension], row: Row) -> Row:
    return replace(row, keys=_masked(by, row.keys))


def _masked_line(by: Sequence[Dimension], line: PivotLine) -> PivotLine:
    return replace(line, keys=_masked(by, line.keys))


def _masked(by: Sequence[Dimension], keys: Sequence[str | None]) -> tuple[str | None, ...]:
    return tuple(
        masked_key(dimension, key) if key is not None else None for dimension, key in zip(by, keys, strict=True)
    )


def masked_filter(text: str) -> str:
    """Return a formatted filter with contacts in its values masked."""
    name, rest = split_filter(text)
    dimension = DIMENSIONS.get(name)
    if rest is None:
        return masked_text(text)
    operator, colon, listed = rest.partition(SEPARATOR)
    values = (
        escaped(masked_key(dimension, value) if dimension is not None else masked_text(value))
        for value in map(unescaped, split_escaped(listed, VALUE_SEPARATOR))
    )
    return SEPARATOR.join((name, operator)) + colon + VALUE_SEPARATOR.join(values)
