"""Store leads that arrive: new leads and updates of stored calls."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from dealtrace.accounts.webhook import EventKind
from dealtrace.deals.custom_fields import split_by_known
from dealtrace.leads.annotations import Annotations
from dealtrace.leads.arrival import Arrival
from dealtrace.leads.call import IncomingCall
from dealtrace.operations.credit_leads import credit_leads
from dealtrace.operations.leads.client_groups import regroup_after_change
from dealtrace.operations.leads.clients import UnassignedLead, assign_clients, merge_and_split_clients
from dealtrace.operations.matching.rematch import LeadIdentifiers, rematch_concerned, rematch_sharing
from dealtrace.operations.webhooks.publish import publish_events
from dealtrace.operations.work import Work
from dealtrace.storage.accounts import custom_fields
from dealtrace.storage.leads import calls, leads
from dealtrace.storage.leads.lead_rows import NewLead
from dealtrace.storage.visits.credits import VisitedLead
from dealtrace.storage.visits.traffic_sources import intern_sources
from dealtrace.webhooks.event import LeadEvent, call_event


def store_leads(work: Work, arrivals: Sequence[Arrival]) -> None:
    """Store leads, each with its client, its contacts, and its credits under every model.

    Deals that may belong to the leads are matched again, so that the order of arrival makes no difference. For an
    updated call, these include deals with its previous contacts. Operations must call `lock_registrations` before they
    decide which leads are new, so that no lead is stored twice and no registration misses a lead.
    """
    if not arrivals:
        return
    homeless = [arrival for arrival in arrivals if not arrival.keeps_client]
    if homeless:
        _store_with_clients(work, arrivals, homeless)
    else:
        _store_rows(work, arrivals, {})
    visited = [
        VisitedLead(arrival.ref, arrival.lead.began_at, arrival.lead.visit_id)
        for arrival in arrivals
        if arrival.lead.visit_id is not None
    ]
    if visited:
        credit_leads(work, visited)
    if work.site.listeners:
        publish_events(work, [_event(arrival) for arrival in arrivals if not _is_deleted(arrival)])
    _rematch(work, arrivals)


def _rematch(work: Work, arrivals: Sequence[Arrival]) -> None:
    """Match again the deals that may belong to the leads.

    If the contacts and the start of a call are unchanged, only a changed end can give it other deals. The end matters
    only for matching by contact, so fewer deals are matched again. If the end is unchanged too, none are.
    """
    moved = [arrival for arrival in arrivals if not arrival.is_found_by_same_keys]
    if moved:
        rematch_concerned(work, [_identifiers_of(arrival) for arrival in moved])
    ends = [span for arrival in arrivals if arrival.is_found_by_same_keys for span in arrival.changed_spans]
    if ends:
        rematch_sharing(work, ends)


def _store_with_clients(work: Work, arrivals: Sequence[Arrival], homeless: Sequence[Arrival]) -> None:
    """Assign clients to the leads in `homeless`, which have none, and store all leads."""
    assignment = assign_clients(work, [_unassigned(arrival) for arrival in homeless])
    _store_rows(work, arrivals, assignment.client_ids)
    merge_and_split_clients(work, assignment)
    for arrival in homeless:
        if arrival.stored is not None:
            regroup_after_change(work, [span.contact for span in arrival.stored.spans], arrival.contacts)


def _store_rows(work: Work, arrivals: Sequence[Arrival], assigned: Mapping[int, int]) -> None:
    rows = _rows(work, arrivals, assigned)
    new = [row for row, arrival in zip(rows, arrivals, strict=True) if arrival.stored is None]
    updated = [row for row, arrival in zip(rows, arrivals, strict=True) if arrival.stored is not None]
    if new:
        leads.insert_leads(work.connection, work.site.id, new, work.now)
    if updated:
        moved = {arrival.lead.id for arrival in arrivals if arrival.stored is not None and arrival.changed_spans}
        calls.update_calls(work.connection, work.site.id, updated, moved=moved)


def _unassigned(arrival: Arrival) -> UnassignedLead:
    former = arrival.stored.client_id if arrival.stored is not None else None
    return UnassignedLead(arrival.lead.id, arrival.contacts, arrival.details.client_name, former)


def _rows(work: Work, arrivals: Sequence[Arrival], assigned: Mapping[int, int]) -> list[NewLead]:
    """Return the rows of the leads, each with its client, its stated source and its known custom fields."""
    annotations = _known_annotations(work, arrivals)
    stated = {annotation.stated_source for annotation in annotations if annotation.stated_source is not None}
    source_ids = intern_sources(work.connection, work.ids, work.site.id, stated) if stated else {}
    return [
        replace(
            _row(arrival, _client_id(arrival, assigned)),
            annotations=annotation,
            stated_source_id=source_ids[annotation.stated_source] if annotation.stated_source is not None else None,
        )
        for arrival, annotation in zip(arrivals, annotations, strict=True)
    ]


def _client_id(arrival: Arrival, assigned: Mapping[int, int]) -> int:
    if arrival.stored is not None:
        return assigned.get(arrival.lead.id, arrival.stored.client_id)
    return assigned[arrival.lead.id]


def _row(arrival: Arrival, client_id: int) -> NewLead:
    lead, details, spans = arrival.lead, arrival.details, arrival.spans
    if isinstance(details, IncomingCall):
        return NewLead(lead, client_id, details.phone, None, spans, circumstances=details.circumstances)
    return NewLead(
        lead, client_id, details.phone, details.email, spans, page_url=details.page_url, fingerprint=details.fingerprint
    )


def _known_annotations(work: Work, arrivals: Sequence[Arrival]) -> list[Annotations]:
    """Return the annotations with only the custom fields that the site has; the values left out are counted."""
    unknown: Counter[str] = Counter()
    known: list[Annotations] = []
    for annotations in (arrival.details.annotations for arrival in arrivals):
        if annotations.custom_values:
            values, unknown_names = split_by_known(annotations.custom_values, work.site.custom_fields)
            unknown.update(unknown_names)
            known.append(replace(annotations, custom_values=values))
        else:
            known.append(annotations)
    if unknown:
        custom_fields.count_unknown_fields(work.connection, work.site.id, unknown, work.now)
    return known


def _is_deleted(arrival: Arrival) -> bool:
    return arrival.stored is not None and arrival.stored.is_deleted


def _event(arrival: Arrival) -> LeadEvent:
    if isinstance(arrival.details, IncomingCall):
        before = arrival.stored.details if arrival.stored is not None else None
        return call_event(arrival.ref, before, arrival.details)
    return LeadEvent(EventKind.LEAD_REQUEST_RECORDED, arrival.ref)


def _identifiers_of(arrival: Arrival) -> LeadIdentifiers:
    before = arrival.stored.spans if arrival.stored is not None else ()
    return LeadIdentifiers(arrival.ref, arrival.reference, (*before, *arrival.spans))
