"""The names that people gave to segments, columns and fields, for people who may not see contacts."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace

from dealtrace.errors import InvalidParameters
from dealtrace.record import record
from dealtrace.reports.filters import format_filter
from dealtrace.reports.question import QuestionContext, parse_filters
from dealtrace.reports.reading.masked_keys import masked_key, masked_label, metric_without_contacts
from dealtrace.reports.saved_items.saved_reports import filters_of_query


@record
class MaskedNames:
    """The names of a site's segments and columns that contain contacts, each with the name that is shown instead."""

    segments: Mapping[str, str]
    columns: Mapping[str, str]


def masked_names(context: QuestionContext) -> MaskedNames:
    """Return the names in `context` that contain contacts, with what is shown instead."""
    return MaskedNames(_masked(context.segments), _masked(context.columns))


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
    """Return the filters that analysts gave to all people of a site: those of each segment and of each saved report.

    Ours: a report that an analyst saved for all shows everybody the same figures, like a segment of the site; keys are
    masked nevertheless. A copy that somebody else made compares what is stored only as long as the original is there,
    so that analysts can take back what they gave.
    """
    found = {frozenset(filters) for filters in context.site_segments.values()}
    for query in context.site_reports:
        texts, segment = filters_of_query(query)
        with suppress(InvalidParameters):  # a field was removed, so the report is not valid either
            filters = parse_filters([*texts, *context.site_segments.get(segment, ())], context)
            found.add(frozenset(map(format_filter, filters)))
    return found


def _masked(names: Iterable[str]) -> dict[str, str]:
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
