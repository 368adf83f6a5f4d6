"""Find the leads that programs search for: read the leads that may fit, then choose by the rules of `matching`."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.deals.matchers import Preference
from dealtrace.leads.lead import LeadRef, LeadSpan
from dealtrace.leads.qualification import Qualification
from dealtrace.matching.lead_search import LeadSearch, Prospect, SearchByContact, SearchById, choose
from dealtrace.record import record
from dealtrace.storage.leads import contact_rows, qualification
from dealtrace.storage.leads.annotations import StoredAnnotations, find_annotations

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@record
class FoundLeads:
    """The results of lookups: the lead that each lookup found, or `None` if no lead fits.

    `decided_by` has, for each lookup, the position of the search that found the lead, or `None`. `annotations` has the
    annotations of all leads that were considered.
    """

    refs: Sequence[LeadRef | None]
    decided_by: Sequence[int | None]
    annotations: Mapping[LeadRef, StoredAnnotations]


def find_leads(
    connection: Connection, site: Site, lookups: Sequence[Sequence[LeadSearch]], *, lock: bool = True
) -> FoundLeads:
    """Find a lead for each lookup: the searches of the lookup are tried in order until one of them finds a lead.

    With `lock`, all considered leads stay locked until the transaction ends, so that the caller can annotate the found
    leads.
    """
    searches = [search for lookup in lookups for search in lookup]
    spans = contact_rows.list_spans(connection, site.id, [query for search in searches for query in _queries(search)])
    named = [search.ref for search in searches if isinstance(search, SearchById)]
    annotations = find_annotations(connection, site.id, [*named, *(span.ref for span in spans)], lock=lock)
    prospects: dict[str, list[Prospect]] = {}
    for prospect in _prospects(connection, site, searches, spans, annotations):
        prospects.setdefault(prospect.span.contact, []).append(prospect)
    found = [_first(lookup, annotations, prospects) for lookup in lookups]
    return FoundLeads([ref for ref, _ in found], [position for _, position in found], annotations)


def list_prospects(connection: Connection, site: Site, searches: Sequence[SearchByContact]) -> list[Prospect]:
    """List the leads that fit the contacts and times of `searches`, even if other conditions reject the leads.

    The leads are not locked.
    """
    spans = contact_rows.list_spans(connection, site.id, [query for search in searches for query in _queries(search)])
    annotations = find_annotations(connection, site.id, [span.ref for span in spans], lock=False)
    return _prospects(connection, site, searches, spans, annotations)


def _first(
    lookup: Sequence[LeadSearch],
    annotations: Mapping[LeadRef, StoredAnnotations],
    prospects: Mapping[str, Sequence[Prospect]],
) -> tuple[LeadRef | None, int | None]:
    for position, search in enumerate(lookup):
        ref = _find(search, annotations, prospects)
        if ref is not None:
            return ref, position
    return None, None


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
    """Return the leads that were found by contact (`spans`), with the values that the conditions of searches check.

    Whether a lead is unique is looked up only if a search has a condition for it.
    """
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
    search: LeadSearch,
    annotations: Mapping[LeadRef, StoredAnnotations],
    prospects: Mapping[str, Sequence[Prospect]],
) -> LeadRef | None:
    if isinstance(search, SearchByContact):
        return choose(search, (each for contact in search.contacts for each in prospects.get(contact, ())))
    stored = annotations.get(search.ref)
    return search.ref if stored is not None and search.tags.admits(stored.annotations.tags) else None
