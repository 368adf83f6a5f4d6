"""Mask contacts in the keys and filters of reports, for people who may not see contacts."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from dealtrace.accounts.masking import masked_number, masked_text
from dealtrace.reports.answer import Report, ReportLine, RowsOnAccess
from dealtrace.reports.dimensions import DIMENSIONS, FIELD_PREFIX, Dimension, Kind, field_dimension
from dealtrace.reports.filters import (
    SEPARATOR,
    VALUE_SEPARATOR,
    escaped,
    escaped_name,
    split_escaped,
    split_filter,
    unescaped,
)
from dealtrace.reports.metrics import Metric
from dealtrace.reports.pivot import Pivot, PivotLine
from dealtrace.reports.question import Question
from dealtrace.reports.reading.marked_phone import find_marked_phone

NUMBERED = frozenset({"dialled"})
"""The dimensions whose keys are never masked, since they are the company's own phone numbers."""


def masked_key(dimension: Dimension, text: str) -> str:
    """Return a key with everything masked that looks like a phone or an e-mail.

    Ours: parts of sources are masked as `masked_label` masks them, since the ids of campaigns look like phones.
    """
    if not may_have_contacts(dimension):
        return text
    return masked_label(text) if dimension.kind is Kind.SOURCE else masked_text(text)


def may_have_contacts(dimension: Dimension) -> bool:
    """Return whether keys of a dimension are masked if they look like contacts."""
    return not dimension.is_time and dimension.name not in NUMBERED


def masked_label(text: str) -> str:
    """Return a part of a source, a name that people chose, or the number of a deal, with e-mails and phones masked.

    Ours: only phones that are marked as such are masked (`find_marked_phone`), so that ids stay readable.
    """
    return masked_text(text, _mask_marked)


def _mask_marked(written: str) -> str:
    masked = ""
    while (found := find_marked_phone(written)) is not None:
        first, end = found
        masked += written[:first] + masked_number(written[first:end])
        written = written[end:]
    return masked + written


def metric_without_contacts(metric: Metric) -> Metric:
    """Return a metric with contacts in its name and titles masked; a column is a metric that people named."""
    return replace(metric, name=masked_label(metric.name), ru=masked_label(metric.ru), en=masked_label(metric.en))


def answer_without_contacts(answered: Report | Pivot) -> Report | Pivot:
    """Return a copy of a report or a pivot; contacts in keys, filters, and names of columns and fields are masked."""
    if isinstance(answered, Report):
        rows = RowsOnAccess(answered.rows, partial(_masked_row, answered.question.by))
        lacking = tuple(map(metric_without_contacts, answered.lacking_won))
        return replace(answered, question=_masked_question(answered.question), rows=rows, lacking_won=lacking)
    by = answered.report.question.by
    lacking = tuple(map(metric_without_contacts, answered.report.lacking_won))
    question = _masked_question(answered.report.question)
    return replace(
        answered,
        report=replace(answered.report, question=question, lacking_won=lacking),
        metric=metric_without_contacts(answered.metric),
        dimension=_masked_dimension(answered.dimension),
        columns=_masked((answered.dimension,) * len(answered.columns), answered.columns),
        lines=tuple(_masked_line(by, line) for line in answered.lines),
    )


def _masked_question(question: Question) -> Question:
    filters = (
        replace(
            each,
            dimension=_masked_dimension(each.dimension),
            values=tuple(masked_key(each.dimension, value) for value in each.values),
        )
        for each in question.filters
    )
    return replace(
        question,
        by=tuple(map(_masked_dimension, question.by)),
        metrics=tuple(map(metric_without_contacts, question.metrics)),
        filters=tuple(filters),
        sort=replace(question.sort, name=masked_label(question.sort.name)) if question.sort is not None else None,
        pivot=_masked_dimension(question.pivot) if question.pivot is not None else None,
    )


def _masked_dimension(dimension: Dimension) -> Dimension:
    """Return a dimension with contacts in its name masked; only custom fields may have them."""
    if not dimension.field:
        return dimension
    masked = masked_label(dimension.field)
    named = field_dimension(dimension.field, masked)
    return replace(named, name=f"{FIELD_PREFIX}{masked}")


def _masked_row(by: Sequence[Dimension], row: ReportLine) -> ReportLine:
    return replace(row, keys=_masked(by, row.keys))


def _masked_line(by: Sequence[Dimension], line: PivotLine) -> PivotLine:
    return replace(line, keys=_masked(by, line.keys))


def _masked(by: Sequence[Dimension], keys: Sequence[str | None]) -> tuple[str | None, ...]:
    return tuple(
        masked_key(dimension, key) if key is not None else None for dimension, key in zip(by, keys, strict=True)
    )


def masked_filter(text: str) -> str:
    """Return a formatted filter with contacts in its values, and in the name of its custom field, masked."""
    name, rest = split_filter(text)
    dimension = DIMENSIONS.get(name)
    if rest is None:
        return masked_text(text)
    operator, colon, listed = rest.partition(SEPARATOR)
    values = (
        escaped(masked_key(dimension, value) if dimension is not None else masked_text(value))
        for value in map(unescaped, split_escaped(listed, VALUE_SEPARATOR))
    )
    return SEPARATOR.join((escaped_name(masked_label(name)), operator)) + colon + VALUE_SEPARATOR.join(values)
