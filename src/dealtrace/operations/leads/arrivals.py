"""Decide which arriving leads are new, and prepare these leads for storing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from dealtrace.errors import LeadTaken, Refusal
from dealtrace.leads.arrival import Arrival, call_arrival, identified_call
from dealtrace.leads.call import Call, CallId, IncomingCall
from dealtrace.leads.contact import normal_contacts
from dealtrace.leads.lead import LeadKind
from dealtrace.leads.lead_request import IncomingLeadRequest, LeadRequest, LeadRequestId, StoredLeadRequest
from dealtrace.leads.reference_spelling import all_spellings, find_spelt
from dealtrace.operations.work import Work
from dealtrace.plain_text import stripped
from dealtrace.storage.leads import leads

Lead = TypeVar("Lead", Call, LeadRequest)

IDS_PER_LEAD_MAX = 3
"""The maximum number of ids that a lead takes: for the lead, its client, and the traffic source sent with it."""


@dataclass(slots=True)
class Decision(Generic[Lead]):
    """The decisions about a list of leads: the outcomes in input order, and the leads to store, by position."""

    outcomes: list[Lead | Refusal] = field(default_factory=list)
    arrivals: dict[int, Arrival] = field(default_factory=dict)

    def accept(self, lead: Lead, arrival: Arrival) -> None:
        """Append a new lead to the outcomes, and add its arrival to the leads to store."""
        self.arrivals[len(self.outcomes)] = arrival
        self.outcomes.append(lead)


def decide_calls(work: Work, incoming: Sequence[IncomingCall]) -> Decision[Call]:
    """Decide which calls are new and which are refused; the outcomes are in input order.

    A call may have three identifiers: its reference, its SIP id, and its id at Calltouch. Each stays unique in the site
    permanently, so a call is refused if any of them is in use.
    """
    references = [call.reference for call in incoming if call.reference is not None]
    sip_ids = [call.circumstances.sip_id for call in incoming if call.circumstances.sip_id is not None]
    by_reference = leads.find_ids_by_reference(
        work.connection, work.site.id, LeadKind.CALL, all_spellings(references), with_deleted=True
    )
    by_sip_id = leads.find_ids_by_sip_id(work.connection, work.site.id, all_spellings(sip_ids))
    by_id = _taken_ids(work, incoming)
    decision = Decision[Call]()
    for call in incoming:
        names = (
            (by_reference, call.reference),
            (by_sip_id, call.circumstances.sip_id),
            (by_id, str(call.id) if call.id is not None else None),
        )
        taken = _first_taken(names)
        if taken is not None:
            decision.outcomes.append(taken)
            continue
        new = identified_call(call.id if call.id is not None else CallId(work.ids.take()), call)
        for known, name in names:
            if name is not None:
                known[stripped(name)] = new.id
        decision.accept(new, call_arrival(new, call))
    return decision


def decide_lead_requests(work: Work, incoming: Sequence[IncomingLeadRequest]) -> Decision[LeadRequest]:
    """Decide which lead requests are new and which are refused; the outcomes are in input order.

    A lead request without a number gets its id as its number. A lead request that was sent with an id is refused if
    this id is in use. A lead request is also refused if its number is in use, unless the same lead request was sent
    before: then the outcome is the stored lead request.
    """
    stated = [number for lead_request in incoming if (number := _stated_number(lead_request)) is not None]
    by_number = leads.find_lead_requests_by_number(work.connection, work.site.id, all_spellings(stated))
    by_id = _taken_ids(work, incoming)
    decision = Decision[LeadRequest]()
    for details in incoming:
        lead_id = details.id if details.id is not None else LeadRequestId(work.ids.take())
        number = details.number if details.number is not None else str(lead_id)
        earlier = find_spelt(number, by_number)
        number = stripped(number)
        if details.id is not None and str(details.id) in by_id:
            decision.outcomes.append(LeadTaken(name=str(details.id), lead_id=details.id))
        elif earlier is None:
            lead_request = LeadRequest(lead_id, number, details.requested_at, details.form_name, details.visit_id)
            by_id[str(lead_id)] = lead_id
            by_number[number] = StoredLeadRequest(lead_request, details.fingerprint)
            decision.accept(lead_request, Arrival(lead_request, details, normal_contacts(details.phone, details.email)))
        elif earlier.is_retried_by(details):
            decision.outcomes.append(earlier.lead_request)
        else:
            decision.outcomes.append(LeadTaken(name=number, lead_id=earlier.lead_request.id))
    return decision


def _first_taken(names: Iterable[tuple[Mapping[str, int], str | None]]) -> LeadTaken | None:
    for known, name in names:
        lead_id = find_spelt(name, known) if name is not None else None
        if name is not None and lead_id is not None:
            return LeadTaken(name=name, lead_id=lead_id)
    return None


def _stated_number(incoming: IncomingLeadRequest) -> str | None:
    return str(incoming.id) if incoming.number is None and incoming.id is not None else incoming.number


def _taken_ids(work: Work, incoming: Sequence[IncomingCall | IncomingLeadRequest]) -> dict[str, int]:
    """Return those ids sent with these leads that are already in use, even by deleted leads.

    The keys of the result are the same ids as strings. A call and a lead request never share an id, because credits and
    erasures refer to leads by id alone.
    """
    stated = [lead.id for lead in incoming if lead.id is not None]
    return {
        str(lead_id): lead_id
        for kind in LeadKind
        for lead_id in leads.find_known_ids(work.connection, work.site.id, kind, stated, with_deleted=True)
    }
