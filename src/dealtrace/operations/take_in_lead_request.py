"""Take in lead requests."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.errors import NameTaken, Refusal
from dealtrace.leads.contact import normal_email, normal_phone
from dealtrace.leads.lead import LeadKind
from dealtrace.leads.lead_request import IncomingLeadRequest, LeadRequest, LeadRequestId
from dealtrace.operations.take_in_lead import Arrival, store_arrivals
from dealtrace.operations.wish import Wish
from dealtrace.storage import leads
from dealtrace.storage.id_blocks import IdBlocks


def take_in_lead_requests(
    connection: Connection, ids: IdBlocks, site: Site, wishes: Sequence[Wish[IncomingLeadRequest]], now: datetime
) -> list[LeadRequest | Refusal]:
    """Take in lead requests; each outcome is the request with its id, or a refusal if its number was used before."""
    stated = [wish.asked.number for wish in wishes if wish.asked.number is not None]
    taken = set(leads.list_ids_by_reference(connection, site.id, LeadKind.LEAD_REQUEST, stated))
    outcomes: list[LeadRequest | Refusal] = []
    arrivals: list[Arrival] = []
    for incoming in (wish.asked for wish in wishes):
        lead_id = LeadRequestId(ids.take())
        number = incoming.number if incoming.number is not None else str(lead_id)
        if number in taken:
            outcomes.append(NameTaken(name=number))
            continue
        taken.add(number)
        lead_request = LeadRequest(lead_id, number, incoming.requested_at, incoming.form_name, incoming.visit_id)
        arrivals.append(_arrival(lead_request, incoming))
        outcomes.append(lead_request)
    store_arrivals(connection, ids, site, arrivals, now)
    return outcomes


def _arrival(lead_request: LeadRequest, incoming: IncomingLeadRequest) -> Arrival:
    phone = normal_phone(incoming.phone) if incoming.phone is not None else None
    email = normal_email(incoming.email) if incoming.email is not None else None
    contacts = tuple(contact for contact in (phone, email) if contact is not None)
    return Arrival(lead_request, incoming.client_name, incoming.phone, incoming.email, contacts)
