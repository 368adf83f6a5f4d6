"""Find the leads that programs name: gather what could be meant, then let `matching` decide."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.leads.lead import LeadRef, LeadSpan
from dealtrace.matching.lead_search import LeadSearch, Preference, Prospect, SearchByContact, SearchById, choose
from dealtrace.record import record
from dealtrace.storage.leads import leads, qualification
from dealtrace.storage.leads.annotations import StoredAnnotations, list_annotations

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@record
class FoundLeads:
    """The lead that each wish names, `None` where nothing fits, and what is said of all that were looked at."""

    refs: Sequence[LeadRef | None]
    said: Mapping[LeadRef, StoredAnnotations]


def find_leads(connection: Connection, site: Site, wanted: Sequence[Sequence[LeadSearch]]) -> FoundLeads:
    """Find the lead that each of `wanted` names: its searches are tried in order, the first that finds one ends it."""
    searches = [search for one in wanted for search in one]
    spans = leads.list_spans(connection, site.id, [query for one in searches for query in _queries(one)])
    named = [search.ref for search in searches if isinstance(search, SearchById)]
    said = list_annotations(connection, site.id, [*named, *(span.ref for span in spans)])
    prospects = _prospects(connection, site, searches, spans, said)
    refs = [next((found for search in one if (found := _find(search, said, prospects))), None) for one in wanted]
    return FoundLeads(refs, said)


def _queries(search: LeadSearch) -> list[leads.SpanQuery]:
    if isinstance(search, SearchById):
        return []
    since = search.until - search.depth if search.depth is not None else LONG_AGO
    return [leads.SpanQuery(contact, search.until, since) for contact in search.contacts]


def _prospects(
    connection: Connection,
    site: Site,
    searches: Iterable[LeadSearch],
    spans: Sequence[LeadSpan],
    said: Mapping[LeadRef, StoredAnnotations],
) -> list[Prospect]:
    """Tell of each lead what the searches ask; whether it is unique is looked up only if one of them does."""
    asks = {search.preference for search in searches if isinstance(search, SearchByContact)}
    refs = {span.ref for span in spans if span.ref in said}
    told = qualification.list_qualifications(connection, site, refs) if Preference.NEAREST_UNIQUE in asks else {}
    unique_leads = (
        qualification.list_unique_leads(connection, site, refs)
        if Preference.NEAREST_UNIQUE_LEAD in asks
        else frozenset()
    )
    return [
        Prospect(
            span,
            said[span.ref].annotations.tags,
            is_unique=span.ref in told and told[span.ref].is_unique,
            is_unique_lead=span.ref in unique_leads,
        )
        for span in spans
        if span.ref in said
    ]


def _find(
    search: LeadSearch, said: Mapping[LeadRef, StoredAnnotations], prospects: Sequence[Prospect]
) -> LeadRef | None:
    if isinstance(search, SearchByContact):
        return choose(search, prospects)
    kept = said.get(search.ref)
    return search.ref if kept is not None and search.tags.admits(kept.annotations.tags) else None
