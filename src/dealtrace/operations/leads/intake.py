"""What calls and lead requests share as they come in: their client, their contacts, the visits they credit."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.accounts.webhook import EventKind
from dealtrace.deals.custom_fields import split_by_known
from dealtrace.errors import Refusal
from dealtrace.leads.annotations import Annotations
from dealtrace.leads.call import Call, IncomingCall
from dealtrace.leads.client import Client, ClientId
from dealtrace.leads.lead import LeadKind, LeadRef, LeadSpan
from dealtrace.leads.lead_request import IncomingLeadRequest, LeadRequest
from dealtrace.operations.deals.rematch import Concern, rematch_concerned
from dealtrace.operations.leads.credit import credit_leads
from dealtrace.operations.points import lock_registrations
from dealtrace.operations.webhooks.publish import publish_events
from dealtrace.record import record
from dealtrace.storage.accounts import custom_fields
from dealtrace.storage.id_blocks import IdBlocks
from dealtrace.storage.leads import clients, lead_rows, leads, reported_calls
from dealtrace.storage.visits.credits import VisitedLead
from dealtrace.storage.visits.traffic_sources import intern_sources
from dealtrace.webhooks.event import LeadEvent, call_event


@record
class Arrival:
    """A lead that has its id, what was told of it, and the person's contacts as they are compared."""

    lead: Call | LeadRequest
    told: IncomingCall | IncomingLeadRequest
    contacts: tuple[str, ...]

    @property
    def started_at(self) -> datetime:
        """When the lead began."""
        return self.lead.started_at if isinstance(self.lead, Call) else self.lead.requested_at

    @property
    def ref(self) -> LeadRef:
        """What points at the lead."""
        return LeadRef(LeadKind.CALL if isinstance(self.lead, Call) else LeadKind.LEAD_REQUEST, self.lead.id)


@dataclass(slots=True)
class Settled:
    """What was decided of leads that come in: an outcome for each, and those that are new, by their places."""

    outcomes: list[Call | LeadRequest | Refusal] = field(default_factory=list)
    arrivals: dict[int, Arrival] = field(default_factory=dict)

    def admit(self, arrival: Arrival) -> None:
        """Count the next lead as new."""
        self.arrivals[len(self.outcomes)] = arrival
        self.outcomes.append(arrival.lead)


def known_ids(
    connection: Connection, site: Site, incoming: Sequence[IncomingCall | IncomingLeadRequest]
) -> dict[str, int]:
    """Tell which of the ids that leads bring along are taken, as texts and numbers.

    A call and a lead request never share one: what is credited to a lead or erased with it goes by its id alone.
    """
    brought = [one.id for one in incoming if one.id is not None]
    taken = {one for kind in LeadKind for one in leads.find_known_ids(connection, site.id, kind, brought)}
    return {str(one): one for one in taken}


def store_arrivals(
    connection: Connection, ids: IdBlocks, site: Site, arrivals: Sequence[Arrival], now: datetime
) -> None:
    """Keep new leads: each with its client, found by any contact or made anew, and its credits under every model.

    The deals they concern are matched anew, so that it never matters which came first.
    """
    if not arrivals:
        return
    lock_registrations(connection, site, now)
    owners = settle_clients(connection, ids, site, arrivals, now)
    new = describe_arrivals(connection, ids, site, arrivals, owners, now)
    leads.insert_leads(connection, site.id, new, now)
    credit_leads(connection, site, [*_visited(arrivals)])
    publish_events(connection, site, [_event(arrival) for arrival in arrivals], now)
    rematch_concerned(connection, site, [_concern(one) for one in new], now)


def _event(arrival: Arrival, kept: reported_calls.ReportedCall | None = None) -> LeadEvent:
    if isinstance(arrival.told, IncomingCall):
        return call_event(arrival.ref, kept.told if kept is not None else None, arrival.told)
    return LeadEvent(EventKind.LEAD_REQUEST_RECORDED, arrival.ref)


def _visited(arrivals: Sequence[Arrival]) -> Iterator[VisitedLead]:
    for arrival in arrivals:
        if arrival.lead.visit_id is not None:
            yield VisitedLead(arrival.ref, arrival.started_at, arrival.lead.visit_id)


def store_told_again(
    connection: Connection,
    ids: IdBlocks,
    site: Site,
    arrivals: Sequence[tuple[Arrival, reported_calls.ReportedCall]],
    now: datetime,
) -> None:
    """Keep calls that are told of again beside what was kept: the deals of the old telling and of the new are matched.

    A call stays with its client until another phone is told.
    """
    if not arrivals:
        return
    lock_registrations(connection, site, now)
    moved = [arrival for arrival, kept in arrivals if set(arrival.contacts) - {span.contact for span in kept.spans}]
    owner_of = {
        arrival.lead.id: owner
        for arrival, owner in zip(moved, settle_clients(connection, ids, site, moved, now), strict=True)
    }
    owners = [owner_of.get(arrival.lead.id, kept.client_id) for arrival, kept in arrivals]
    told = describe_arrivals(connection, ids, site, [arrival for arrival, _ in arrivals], owners, now)
    reported_calls.update_calls(connection, site.id, told)
    credit_leads(connection, site, [*_visited([arrival for arrival, _ in arrivals])])
    publish_events(connection, site, [_event(one, kept) for one, kept in arrivals if not kept.is_deleted], now)
    concerns = [_concern(one) for one in told]
    before = [
        replace(concern, spans=(*kept.spans, *concern.spans))
        for concern, (_, kept) in zip(concerns, arrivals, strict=True)
    ]
    rematch_concerned(connection, site, before, now)


def describe_arrivals(
    connection: Connection,
    ids: IdBlocks,
    site: Site,
    arrivals: Sequence[Arrival],
    owners: Sequence[int],
    now: datetime,
) -> list[lead_rows.NewLead]:
    """Tell what is kept of leads beside their clients `owners`: spans, sources and what was said of them.

    Values of custom fields the site does not have are counted and passed over.
    """
    annotations = _known_annotations(connection, site, arrivals, now)
    stated = {one.stated_source for one in annotations if one.stated_source is not None}
    source_ids = intern_sources(connection, ids, site.id, stated)
    return [
        replace(
            _describe(arrival, owner),
            annotations=said,
            stated_source_id=source_ids[said.stated_source] if said.stated_source is not None else None,
        )
        for arrival, owner, said in zip(arrivals, owners, annotations, strict=True)
    ]


def _describe(arrival: Arrival, owner: int) -> lead_rows.NewLead:
    spans = tuple(_span(arrival, contact) for contact in arrival.contacts)
    told = arrival.told
    if isinstance(told, IncomingCall):
        return lead_rows.NewLead(arrival.lead, owner, told.phone, None, spans, circumstances=told.circumstances)
    return lead_rows.NewLead(
        arrival.lead, owner, told.phone, told.email, spans, page_url=told.page_url, fingerprint=told.fingerprint
    )


def _known_annotations(
    connection: Connection, site: Site, arrivals: Sequence[Arrival], now: datetime
) -> list[Annotations]:
    unknown: Counter[str] = Counter()
    known: list[Annotations] = []
    for arrival in arrivals:
        kept, passed_over = split_by_known(arrival.told.annotations.custom_values, site.custom_fields)
        unknown.update(passed_over)
        known.append(replace(arrival.told.annotations, custom_values=kept))
    custom_fields.count_unknown_fields(connection, site.id, unknown, now)
    return known


def _concern(new: lead_rows.NewLead) -> Concern:
    lead = new.lead
    if isinstance(lead, Call):
        return Concern(LeadRef(LeadKind.CALL, lead.id), lead.reference, new.spans)
    return Concern(LeadRef(LeadKind.LEAD_REQUEST, lead.id), lead.number, new.spans)


def settle_clients(
    connection: Connection, ids: IdBlocks, site: Site, arrivals: Sequence[Arrival], now: datetime
) -> list[int]:
    """Find each arrival's client by its contacts, phone first; a contact nobody has goes to the client found.

    The first name that is told of a client stays.
    """
    known = clients.find_client_ids(connection, site.id, _all_contacts(arrivals))
    learnt: dict[str, int] = {}
    newcomers: list[int] = []
    owners: list[int] = []
    names: dict[int, str] = {}
    for arrival in arrivals:
        owner = next((known[contact] for contact in arrival.contacts if contact in known), None)
        if owner is None:
            owner = ids.take()
            newcomers.append(owner)
        fresh = {contact: owner for contact in arrival.contacts if contact not in known}
        known |= fresh
        learnt |= fresh
        owners.append(owner)
        if arrival.told.client_name:
            names.setdefault(owner, arrival.told.client_name)
    clients.insert_clients(connection, site.id, [Client(ClientId(one), names.pop(one, None)) for one in newcomers])
    clients.insert_contacts(connection, site.id, learnt, now)
    clients.name_unnamed_clients(connection, site.id, names)
    return owners


def _all_contacts(arrivals: Iterable[Arrival]) -> list[str]:
    return [contact for arrival in arrivals for contact in arrival.contacts]


def _span(arrival: Arrival, contact: str) -> LeadSpan:
    lead = arrival.lead
    if isinstance(lead, Call):
        ref = LeadRef(LeadKind.CALL, lead.id)
        return LeadSpan(ref, contact, lead.started_at, lead.ended_at, lead.reference or "")
    return LeadSpan(LeadRef(LeadKind.LEAD_REQUEST, lead.id), contact, lead.requested_at, lead.requested_at, lead.number)
