"""Take in lead requests."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.errors import LeadTaken, Refusal
from dealtrace.leads.call import Call
from dealtrace.leads.contact import normal_email, normal_phone
from dealtrace.leads.lead_request import IncomingLeadRequest, LeadRequest, LeadRequestId, TakenIn
from dealtrace.operations.leads.intake import Arrival, Settled, known_ids, store_arrivals
from dealtrace.operations.write_command import WriteCommand
from dealtrace.storage.id_blocks import IdBlocks
from dealtrace.storage.leads import leads


def take_in_lead_requests(
    connection: Connection,
    ids: IdBlocks,
    site: Site,
    commands: Sequence[WriteCommand[IncomingLeadRequest]],
    now: datetime,
) -> list[Call | LeadRequest | Refusal]:
    """Take in lead requests; each outcome is the request with its id, or a refusal if its number was used before.

    One that is sent again with the same content is a safe retry: its outcome is what was taken in the first time.
    """
    settled = settle_lead_requests(connection, ids, site, [command.payload for command in commands])
    store_arrivals(connection, ids, site, list(settled.arrivals.values()), now)
    return settled.outcomes


def settle_lead_requests(
    connection: Connection, ids: IdBlocks, site: Site, incoming: Sequence[IncomingLeadRequest]
) -> Settled:
    """Decide which lead requests are new, in their order; one without a number gets its id for one."""
    stated = [number for one in incoming if (number := _stated_number(one)) is not None]
    taken = leads.find_taken_in(connection, site.id, stated)
    by_id = known_ids(connection, site, incoming)
    settled = Settled()
    for one in incoming:
        lead_id = one.id if one.id is not None else LeadRequestId(ids.take())
        number = one.number if one.number is not None else str(lead_id)
        earlier = taken.get(number)
        if one.id is not None and str(one.id) in by_id:
            settled.outcomes.append(LeadTaken(name=str(one.id), lead_id=one.id))
        elif earlier is None:
            by_id[str(lead_id)] = lead_id
            arrival = _arrival(LeadRequest(lead_id, number, one.requested_at, one.form_name, one.visit_id), one)
            assert isinstance(arrival.lead, LeadRequest)
            taken[number] = TakenIn(arrival.lead, one.fingerprint)
            settled.admit(arrival)
        elif earlier.is_retried_by(one):
            settled.outcomes.append(earlier.lead_request)
        else:
            settled.outcomes.append(LeadTaken(name=number, lead_id=earlier.lead_request.id))
    return settled


def _stated_number(incoming: IncomingLeadRequest) -> str | None:
    return str(incoming.id) if incoming.number is None and incoming.id is not None else incoming.number


def _arrival(lead_request: LeadRequest, incoming: IncomingLeadRequest) -> Arrival:
    phone = normal_phone(incoming.phone) if incoming.phone is not None else None
    email = normal_email(incoming.email) if incoming.email is not None else None
    contacts = tuple(contact for contact in (phone, email) if contact is not None)
    return Arrival(lead_request, incoming, contacts)
