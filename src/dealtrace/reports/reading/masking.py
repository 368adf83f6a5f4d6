"""Mask the contacts in a report's keys and names for people who may not see contacts."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

from dealtrace.accounts.request_masking import masked_number, masked_text, without_escapes
from dealtrace.errors import InvalidParameters
from dealtrace.record import record
from dealtrace.reports.answer import LazyRows, Report, ReportLine
from dealtrace.reports.dimensions import DIMENSIONS, FIELD_PREFIX, Dimension, Kind, field_dimension
from dealtrace.reports.filters import (
    SEPARATOR,
    VALUE_SEPARATOR,
    escaped,
    escaped_name,
    format_filter,
    split_escaped,
    split_filter,
    unescaped,
)
from dealtrace.reports.metrics import Metric
from dealtrace.reports.pivot import Pivot, PivotLine
from dealtrace.reports.question import Question, QuestionContext
from dealtrace.reports.question_parser import parse_filters
from dealtrace.reports.reading.masked_phones import find_marked_phone
from dealtrace.reports.saved_items.saved_reports import filters_of_query

NUMBERED = frozenset({"dialled"})
"""The dimensions whose keys are never masked, since they are the company's own phone numbers."""


def masked_key(dimension: Dimension, text: str) -> str:
    """Return a key in which everything that looks like a phone or an e-mail is masked.

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
    masked, sought = "", without_escapes(written)
    while (found := find_marked_phone(sought)) is not None:
        first, end = found
        masked += written[:first] + masked_number(written[first:end])
        written, sought = written[end:], sought[end:]
    return masked + written


def metric_without_contacts(metric: Metric) -> Metric:
    """Return a metric with contacts in its name and titles masked; people choose the names of a site's own columns."""
    return replace(metric, name=masked_label(metric.name), ru=masked_label(metric.ru), en=masked_label(metric.en))


def answer_without_contacts(answered: Report | Pivot) -> Report | Pivot:
    """Return a copy of a report or a pivot; contacts in keys, filters, and names of columns and fields are masked."""
    if isinstance(answered, Report):
        rows = LazyRows(answered.rows, partial(_masked_row, answered.question.by))
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


@record
class MaskedNames:
    """The names of a site's segments and columns that contain contacts, each with the name that is shown instead."""

    segments: Mapping[str, str]
    columns: Mapping[str, str]


def masked_names(context: QuestionContext) -> MaskedNames:
    """Return the names in `context` that contain contacts, with what is shown instead."""
    return MaskedNames(_with_masked_names(context.segments), _with_masked_names(context.columns))


def context_without_contacts(context: QuestionContext) -> QuestionContext:
    """Return a copy of `context` in which names that contain contacts are masked; questions must use the masked names.

    Filters compare keys as they are shown, so that nobody finds a contact by guessing its parts.

    Ours: a custom field keeps its name, under which it is stored; only its title is masked.
    """
    names = masked_names(context)
    return replace(
        context,
        segments={names.segments.get(name, name): filters for name, filters in context.segments.items()},
        columns={
            (shown := names.columns.get(name, name)): replace(metric_without_contacts(metric), name=shown)
            for name, metric in context.columns.items()
        },
        site_segments={names.segments.get(name, name): filters for name, filters in context.site_segments.items()},
        field_titles={field: shown for field in context.fields if (shown := masked_label(field)) != field},
        own_segments={names.segments.get(name, name) for name in context.own_segments},
        mask=masked_key,
        given_filters=_given_filters(context),
    )


def _given_filters(context: QuestionContext) -> set[frozenset[str]]:
    """Return the filters that analysts shared with a whole site: those of each segment and of each saved report.

    Ours: a report that an analyst saved for all users shows all of them the same figures, like a segment of the site;
    keys are masked nevertheless. The filters of somebody else's copy compare unmasked keys only as long as the original
    exists, so that analysts can withdraw what they shared.
    """
    found = {frozenset(filters) for filters in context.site_segments.values()}
    for query in context.site_reports:
        texts, segment = filters_of_query(query)
        with suppress(InvalidParameters):  # a field was removed, so the report is not valid either
            filters = parse_filters([*texts, *context.site_segments.get(segment, ())], context)
            found.add(frozenset(map(format_filter, filters)))
    return found


def _with_masked_names(names: Iterable[str]) -> dict[str, str]:
    """Return a name to show for each name with a contact; names that are equal when masked are numbered."""
    shown: dict[str, str] = {}
    for name in sorted(names):
        masked, taken, number = masked_label(name), set(shown.values()), 1
        if masked == name:
            continue
        while (numbered := masked if number == 1 else f"{masked} ({number})") in taken:
            number += 1
        shown[name] = numbered
    return shown
