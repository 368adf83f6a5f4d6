"""Take in calls."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.errors import LeadTaken, Refusal
from dealtrace.leads.call import Call, CallId, IncomingCall
from dealtrace.leads.contact import normal_phone
from dealtrace.leads.lead import LeadKind
from dealtrace.leads.lead_request import LeadRequest
from dealtrace.operations.leads.intake import Arrival, Settled, known_ids, store_arrivals
from dealtrace.operations.write_command import WriteCommand
from dealtrace.storage.id_blocks import IdBlocks
from dealtrace.storage.leads import leads


def take_in_calls(
    connection: Connection, ids: IdBlocks, site: Site, commands: Sequence[WriteCommand[IncomingCall]], now: datetime
) -> list[Call | LeadRequest | Refusal]:
    """Take in calls; each outcome is the call with its id, or a refusal if one of its names was used before."""
    settled = settle_calls(connection, ids, site, [command.payload for command in commands])
    store_arrivals(connection, ids, site, list(settled.arrivals.values()), now)
    return settled.outcomes


def settle_calls(connection: Connection, ids: IdBlocks, site: Site, incoming: Sequence[IncomingCall]) -> Settled:
    """Decide which calls are new, in their order: a name that was used once is taken for good.

    The names of a call are its reference and its SIP id, each unique in the site, and so is an id it brings along.
    """
    references = [one.reference for one in incoming if one.reference is not None]
    sip_ids = [one.circumstances.sip_id for one in incoming if one.circumstances.sip_id is not None]
    by_reference = leads.find_ids_by_reference(connection, site.id, LeadKind.CALL, references, with_deleted=True)
    by_sip = leads.find_ids_by_sip_id(connection, site.id, sip_ids)
    by_id = known_ids(connection, site, incoming)
    settled = Settled()
    for one in incoming:
        names = (
            (by_reference, one.reference),
            (by_sip, one.circumstances.sip_id),
            (by_id, str(one.id) if one.id is not None else None),
        )
        taken = next((refused for known, name in names if (refused := _taken(known, name)) is not None), None)
        if taken is not None:
            settled.outcomes.append(taken)
            continue
        arrival = arrival_of(one.id if one.id is not None else CallId(ids.take()), one)
        for known, name in names:
            if name is not None:
                known[name] = arrival.lead.id
        settled.admit(arrival)
    return settled


def arrival_of(call_id: CallId, incoming: IncomingCall) -> Arrival:
    """Turn what is told of a call into one with an id."""
    call = Call(call_id, incoming.reference, incoming.started_at, incoming.duration, incoming.visit_id)
    phone = normal_phone(incoming.phone)
    return Arrival(call, incoming, (phone,) if phone is not None else ())


def _taken(known: Mapping[str, int], name: str | None) -> LeadTaken | None:
    return LeadTaken(name=name, lead_id=known[name]) if name is not None and name in known else None
