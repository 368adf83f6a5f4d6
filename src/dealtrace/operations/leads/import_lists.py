"""Import calls and lead requests, many by one call of the API."""

from collections.abc import Callable, Sequence
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
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
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


@operation(ids_per_command=1, ids_per_item=3)
def import_calls(
    work: Work,
    commands: Sequence[WriteCommand[Sequence[IncomingCall]]],
) -> list[Imported | Refusal]:
    """Import calls; a name that was used is refused alone, its neighbours are taken in."""
    asked = [command.payload for command in commands]
    settled = settle_calls(work, [one for command in asked for one in command])
    return _import(work, _chunks(asked), settled, PaidMethod.CALL_IMPORT)


@operation(ids_per_command=1, ids_per_item=3)
def import_lead_requests(
    work: Work,
    commands: Sequence[WriteCommand[Sequence[IncomingLeadRequest]]],
) -> list[Imported | Refusal]:
    """Import lead requests; a number that was used with other content is refused alone."""
    asked = [command.payload for command in commands]
    settled = settle_lead_requests(work, [one for command in asked for one in command])
    return _import(work, _chunks(asked), settled, PaidMethod.REQUEST_CREATE)


def _chunks(asked: Sequence[Sequence[object]]) -> list[range]:
    """Tell which places of the whole each wish takes."""
    chunks: list[range] = []
    start = 0
    for command in asked:
        chunks.append(range(start, start + len(command)))
        start += len(command)
    return chunks


def _import(
    work: Work,
    chunks: Sequence[range],
    settled: Settled,
    method: PaidMethod,
) -> list[Imported | Refusal]:
    """Store what the points pay for: a call of the API costs once when it brings anything new, and nothing otherwise.

    From the first that cannot be paid on, all are refused: what a later one repeats is not there.
    """
    new = [number for number, chunk in enumerate(chunks) if any(place in settled.arrivals for place in chunk)]
    paid = pay_for_calls(work, method, len(new))
    end = new[paid] if paid < len(new) else len(chunks)
    arrivals = [settled.arrivals[place] for place in _places(chunks[:end]) if place in settled.arrivals]
    store_arrivals(work, arrivals)
    done = [Imported(work.ids.take(), [settled.outcomes[place] for place in chunk]) for chunk in chunks[:end]]
    return [*done, *(points_refusal(work) for _ in chunks[end:])]


def _places(chunks: Sequence[range]) -> list[int]:
    return [place for chunk in chunks for place in chunk]
