"""Import calls and lead requests that have a history in another system."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from dealtrace.leads.call import Call, IncomingCall
from dealtrace.leads.lead_request import IncomingLeadRequest, LeadRequest
from dealtrace.operations.import_file import NoteAdded, ignore_added_rows, refusal_of_own_id, store_unrefused
from dealtrace.operations.leads.arrivals import IDS_PER_LEAD_MAX, Decision, decide_calls, decide_lead_requests
from dealtrace.operations.leads.delete import clear_taken_back_leads
from dealtrace.operations.leads.intake import store_leads
from dealtrace.operations.spend_points import lock_registrations
from dealtrace.operations.work import Work
from dealtrace.storage.id_blocks import find_own_ids

Lead = TypeVar("Lead", IncomingCall, IncomingLeadRequest)

__all__ = ("IDS_PER_LEAD_MAX", "import_calls", "import_lead_requests")


def import_calls(
    work: Work, calls: Sequence[IncomingCall], *, note_added: NoteAdded = ignore_added_rows
) -> Sequence[object]:
    """Import calls; return the call or a refusal for each, in input order. `note_added` gets the ids of new calls."""
    return _import(work, calls, decide_calls, "callId", note_added)


def import_lead_requests(
    work: Work, lead_requests: Sequence[IncomingLeadRequest], *, note_added: NoteAdded = ignore_added_rows
) -> Sequence[object]:
    """Import lead requests; return the lead request or a refusal for each, in input order.

    `note_added` gets the ids of new lead requests.
    """
    return _import(work, lead_requests, decide_lead_requests, "requestId", note_added)


def _import(
    work: Work,
    leads: Sequence[Lead],
    decide: Callable[[Work, Sequence[Lead]], Decision[Call] | Decision[LeadRequest]],
    name: str,
    note_added: NoteAdded,
) -> Sequence[object]:
    def store(work: Work, allowed: Sequence[Lead]) -> Sequence[object]:
        lock_registrations(work)
        clear_taken_back_leads(work, allowed)
        decision = decide(work, allowed)
        arrivals = list(decision.arrivals.values())
        store_leads(work, arrivals)
        note_added([arrival.ref.id for arrival in arrivals])
        return decision.outcomes

    own = find_own_ids(work.connection)
    contents = [
        refusal_of_own_id(name, lead.id, own.first) if lead.id is not None and lead.id in own else lead
        for lead in leads
    ]
    return store_unrefused(work, store, contents)
