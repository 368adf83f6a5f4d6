"""Take in calls."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.errors import NameTaken, Refusal
from dealtrace.leads.call import Call, CallId, IncomingCall
from dealtrace.leads.contact import normal_phone
from dealtrace.leads.lead import LeadKind
from dealtrace.operations.take_in_lead import Arrival, store_arrivals
from dealtrace.operations.wish import Wish
from dealtrace.storage import leads
from dealtrace.storage.id_blocks import IdBlocks


def take_in_calls(
    connection: Connection, ids: IdBlocks, site: Site, wishes: Sequence[Wish[IncomingCall]], now: datetime
) -> list[Call | Refusal]:
    """Take in calls; each outcome is the call with its id, or a refusal if its reference was used before."""
    stated = [wish.asked.reference for wish in wishes if wish.asked.reference is not None]
    taken = set(leads.list_ids_by_reference(connection, site.id, LeadKind.CALL, stated))
    outcomes: list[Call | Refusal] = []
    arrivals: list[Arrival] = []
    for incoming in (wish.asked for wish in wishes):
        if incoming.reference is not None and incoming.reference in taken:
            outcomes.append(NameTaken(name=incoming.reference))
            continue
        if incoming.reference is not None:
            taken.add(incoming.reference)
        call = Call(CallId(ids.take()), incoming.reference, incoming.started_at, incoming.duration, incoming.visit_id)
        phone = normal_phone(incoming.phone)
        contacts = (phone,) if phone is not None else ()
        arrivals.append(Arrival(call, incoming.client_name, incoming.phone, None, contacts))
        outcomes.append(call)
    store_arrivals(connection, ids, site, arrivals, now)
    return outcomes
