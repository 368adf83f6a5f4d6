"""Import calls and lead requests, many by one call of the API."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.errors import Refusal
from dealtrace.leads.call import Call, IncomingCall
from dealtrace.leads.lead_request import IncomingLeadRequest, LeadRequest
from dealtrace.operations.leads.calls import settle_calls
from dealtrace.operations.leads.intake import Settled, store_arrivals
from dealtrace.operations.leads.lead_requests import settle_lead_requests
from dealtrace.operations.points import pay_for_calls, points_refusal
from dealtrace.operations.write_command import Wish
from dealtrace.quota.points import PaidMethod
from dealtrace.record import record
from dealtrace.storage.id_blocks import IdBlocks

Incoming = TypeVar("Incoming", IncomingCall, IncomingLeadRequest)
Settle = Callable[[Connection, IdBlocks, Site, Sequence[Incoming]], Settled]


@record
class Imported:
    """What became of one call of the API: a number that names it in the log, and an outcome for each lead in order."""

    log_id: int
    outcomes: Sequence[Call | LeadRequest | Refusal]


def import_calls(
    connection: Connection, ids: IdBlocks, site: Site, wishes: Sequence[Wish[Sequence[IncomingCall]]], now: datetime
) -> list[Imported | Refusal]:
    """Import calls; a name that was used is refused alone, its neighbours are taken in."""
    asked = [wish.asked for wish in wishes]
    settled = settle_calls(connection, ids, site, [one for wish in asked for one in wish])
    return _import(connection, ids, site, _stretches(asked), settled, PaidMethod.CALL_IMPORT, now)


def import_lead_requests(
    connection: Connection,
    ids: IdBlocks,
    site: Site,
    wishes: Sequence[Wish[Sequence[IncomingLeadRequest]]],
    now: datetime,
) -> list[Imported | Refusal]:
    """Import lead requests; a number that was used with other content is refused alone."""
    asked = [wish.asked for wish in wishes]
    settled = settle_lead_requests(connection, ids, site, [one for wish in asked for one in wish])
    return _import(connection, ids, site, _stretches(asked), settled, PaidMethod.REQUEST_CREATE, now)


def _stretches(asked: Sequence[Sequence[object]]) -> list[range]:
    """Tell which places of the whole each wish takes."""
    stretches: list[range] = []
    start = 0
    for wish in asked:
        stretches.append(range(start, start + len(wish)))
        start += len(wish)
    return stretches


def _import(
    connection: Connection,
    ids: IdBlocks,
    site: Site,
    stretches: Sequence[range],
    settled: Settled,
    method: PaidMethod,
    now: datetime,
) -> list[Imported | Refusal]:
    """Store what the points pay for: a call of the API costs once when it brings anything new, and nothing otherwise.

    From the first that cannot be paid on, all are refused: what a later one repeats is not there.
    """
    new = [number for number, stretch in enumerate(stretches) if any(place in settled.arrivals for place in stretch)]
    paid = pay_for_calls(connection, site, method, len(new), now)
    end = new[paid] if paid < len(new) else len(stretches)
    arrivals = [settled.arrivals[place] for place in _places(stretches[:end]) if place in settled.arrivals]
    store_arrivals(connection, ids, site, arrivals, now)
    done = [Imported(ids.take(), [settled.outcomes[place] for place in stretch]) for stretch in stretches[:end]]
    return [*done, *(points_refusal(site, now) for _ in stretches[end:])]


def _places(stretches: Sequence[range]) -> list[int]:
    return [place for stretch in stretches for place in stretch]
