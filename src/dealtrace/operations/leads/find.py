"""Find the leads that programs search for: gather the candidates, then let the rules of `matching` decide."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.leads.lead import LeadRef, LeadSpan
from dealtrace.leads.qualification import Qualification
from dealtrace.matching.lead_search import LeadSearch, Preference, Prospect, SearchByContact, SearchById, choose
from dealtrace.record import record
from dealtrace.storage.leads import contact_rows, qualification
from dealtrace.storage.leads.annotations import StoredAnnotations, find_annotations

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@record
class FoundLeads:
    """The lead that each lookup finds, `None` where nothing fits, and the annotations of every candidate."""

    refs: Sequence[LeadRef | None]
    annotations: Mapping[LeadRef, StoredAnnotations]


def find_leads(connection: Connection, site: Site, lookups: Sequence[Sequence[LeadSearch]]) -> FoundLeads:
    """Find a lead for each of `lookups`, by the first of its searches, in order, that finds one."""
    searches = [search for lookup in lookups for search in lookup]
    spans = contact_rows.list_spans(connection, site.id, [query for search in searches for query in _queries(search)])
    named = [search.ref for search in searches if isinstance(search, SearchById)]
    annotations = find_annotations(connection, site.id, [*named, *(span.ref for span in spans)])
    prospects = _prospects(connection, site, searches, spans, annotations)
    refs = [
        next((found for search in lookup if (found := _find(search, annotations, prospects))), None)
        for lookup in lookups
    ]
    return FoundLeads(refs, annotations)


def _queries(search: LeadSearch) -> list[contact_rows.SpanQuery]:
    if isinstance(search, SearchById):
        return []
    since = search.until - search.depth if search.depth is not None else LONG_AGO
    return [contact_rows.SpanQuery(contact, search.until, since) for contact in search.contacts]


def _prospects(
    connection: Connection,
    site: Site,
    searches: Iterable[LeadSearch],
    spans: Sequence[LeadSpan],
    annotations: Mapping[LeadRef, StoredAnnotations],
) -> list[Prospect]:
    """Return what the searches compare of each lead; whether it is unique is looked up only if one of them needs it."""
    conditions = {search.preference for search in searches if isinstance(search, SearchByContact)}
    refs = {span.ref for span in spans if span.ref in annotations}
    qualifications: Mapping[LeadRef, Qualification] = {}
    unique_leads: Collection[LeadRef] = ()
    if Preference.NEAREST_UNIQUE in conditions:
        qualifications = qualification.find_qualifications(connection, site, refs)
    if Preference.NEAREST_UNIQUE_LEAD in conditions:
        unique_leads = qualification.find_unique_leads(connection, site, refs)
    return [
        Prospect(
            span,
            annotations[span.ref].annotations.tags,
            is_unique=span.ref in qualifications and qualifications[span.ref].is_unique,
            is_unique_lead=span.ref in unique_leads,
        )
        for span in spans
        if span.ref in annotations
    ]


def _find(
    search: LeadSearch, annotations: Mapping[LeadRef, StoredAnnotations], prospects: Sequence[Prospect]
) -> LeadRef | None:
    if isinstance(search, SearchByContact):
        return choose(search, prospects)
    stored = annotations.get(search.ref)
    return search.ref if stored is not None and search.tags.admits(stored.annotations.tags) else None
