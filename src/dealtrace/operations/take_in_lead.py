"""What calls and lead requests share as they come in: their client, their contacts, the visits they credit."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.leads.call import Call
from dealtrace.leads.client import Client, ClientId
from dealtrace.leads.lead import LeadKind, LeadRef, LeadSpan
from dealtrace.leads.lead_request import LeadRequest
from dealtrace.operations.credit_leads import credit_leads
from dealtrace.operations.rematch_deals import Concern, rematch_concerned
from dealtrace.operations.spend_points import wait_for_registrations
from dealtrace.storage import clients, leads
from dealtrace.storage.credits import VisitedLead
from dealtrace.storage.id_blocks import IdBlocks


@dataclass(frozen=True, slots=True)
class Arrival:
    """A lead that has its id, with the person's contacts as they were written and as they are compared."""

    lead: Call | LeadRequest
    client_name: str | None
    phone_as_sent: str | None
    email_as_sent: str | None
    contacts: tuple[str, ...]

    @property
    def started_at(self) -> datetime:
        """When the lead began."""
        return self.lead.started_at if isinstance(self.lead, Call) else self.lead.requested_at


def store_arrivals(
    connection: Connection, ids: IdBlocks, site: Site, arrivals: Sequence[Arrival], now: datetime
) -> None:
    """Keep new leads: each with its client, found by any contact or made anew, and its credits under every model.

    The deals they concern are matched anew, so that it never matters which came first.
    """
    if not arrivals:
        return
    wait_for_registrations(connection, site, now)
    owners = _settle_clients(connection, ids, site, arrivals, now)
    new = [
        leads.NewLead(
            lead=arrival.lead,
            client_id=owner,
            phone=arrival.phone_as_sent,
            email=arrival.email_as_sent,
            spans=tuple(_span(arrival, contact) for contact in arrival.contacts),
        )
        for arrival, owner in zip(arrivals, owners, strict=True)
    ]
    leads.insert_leads(connection, site.id, new, now)
    credit_leads(connection, site, [*_visited(arrivals)])
    rematch_concerned(connection, site, [_concern(arrival) for arrival in arrivals], now)


def _visited(arrivals: Sequence[Arrival]) -> Iterator[VisitedLead]:
    for arrival in arrivals:
        if arrival.lead.visit_id is not None:
            yield VisitedLead(arrival.lead.id, arrival.started_at, arrival.lead.visit_id)


def _concern(arrival: Arrival) -> Concern:
    lead = arrival.lead
    spans = tuple(_span(arrival, contact) for contact in arrival.contacts)
    if isinstance(lead, Call):
        return Concern(LeadRef(LeadKind.CALL, lead.id), lead.reference, spans)
    return Concern(LeadRef(LeadKind.LEAD_REQUEST, lead.id), lead.number, spans)


def _settle_clients(
    connection: Connection, ids: IdBlocks, site: Site, arrivals: Sequence[Arrival], now: datetime
) -> list[int]:
    """Find each arrival's client by its contacts, phone first; a contact nobody has goes to the client found."""
    known = clients.list_client_ids(connection, site.id, _all_contacts(arrivals))
    learnt: dict[str, int] = {}
    newcomers: list[Client] = []
    owners: list[int] = []
    for arrival in arrivals:
        owner = next((known[contact] for contact in arrival.contacts if contact in known), None)
        if owner is None:
            owner = ids.take()
            newcomers.append(Client(ClientId(owner), arrival.client_name))
        fresh = {contact: owner for contact in arrival.contacts if contact not in known}
        known |= fresh
        learnt |= fresh
        owners.append(owner)
    clients.insert_clients(connection, site.id, newcomers)
    clients.insert_contacts(connection, site.id, learnt, now)
    return owners


def _all_contacts(arrivals: Iterable[Arrival]) -> list[str]:
    return [contact for arrival in arrivals for contact in arrival.contacts]


def _span(arrival: Arrival, contact: str) -> LeadSpan:
    lead = arrival.lead
    if isinstance(lead, Call):
        ref = LeadRef(LeadKind.CALL, lead.id)
        return LeadSpan(ref, contact, lead.started_at, lead.ended_at, lead.reference or "")
    return LeadSpan(LeadRef(LeadKind.LEAD_REQUEST, lead.id), contact, lead.requested_at, lead.requested_at, lead.number)
