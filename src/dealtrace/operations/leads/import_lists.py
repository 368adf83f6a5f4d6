"""Import lists of calls and lead requests received through the API."""

from collections.abc import Sequence

from dealtrace.errors import Refusal
from dealtrace.leads.call import Call, IncomingCall
from dealtrace.leads.lead_request import IncomingLeadRequest, LeadRequest
from dealtrace.operations.leads.arrivals import IDS_PER_LEAD_MAX, Decision, decide_calls, decide_lead_requests
from dealtrace.operations.leads.intake import store_leads
from dealtrace.operations.spend_points import lock_registrations, pay_for_calls, points_refusal
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import Payload, WriteCommand
from dealtrace.quota.points import PaidMethod
from dealtrace.record import record


@record
class Imported:
    """The outcome of importing a list.

    `log_id` identifies the import in the response and in the server's log. `outcomes` has an outcome for each lead, in
    input order.
    """

    log_id: int
    outcomes: Sequence[Call | LeadRequest | Refusal]


@operation(ids_per_command=1, ids_per_item=IDS_PER_LEAD_MAX)
def import_calls(work: Work, commands: Sequence[WriteCommand[Sequence[IncomingCall]]]) -> list[Imported | Refusal]:
    """Import lists of calls; a call whose reference or id is in use is refused, and all other calls are imported."""
    lock_registrations(work)
    return _import(work, commands, decide_calls(work, _joined(commands)), PaidMethod.CALL_IMPORT)


@operation(ids_per_command=1, ids_per_item=IDS_PER_LEAD_MAX)
def import_lead_requests(
    work: Work, commands: Sequence[WriteCommand[Sequence[IncomingLeadRequest]]]
) -> list[Imported | Refusal]:
    """Import lists of lead requests; requests whose number is in use are refused, all other requests are imported."""
    lock_registrations(work)
    return _import(work, commands, decide_lead_requests(work, _joined(commands)), PaidMethod.REQUEST_CREATE)


def _joined(commands: Sequence[WriteCommand[Sequence[Payload]]]) -> list[Payload]:
    return [lead for command in commands for lead in command.payload]


def _import(
    work: Work,
    commands: Sequence[WriteCommand[Sequence[Payload]]],
    decision: Decision[Call] | Decision[LeadRequest],
    method: PaidMethod,
) -> list[Imported | Refusal]:
    """Store the lists for which the site has enough points.

    A list costs points once if any lead in it is new, and nothing otherwise. The first list that cannot be paid for is
    refused, and so are all later lists, because a later list may repeat leads that were not stored.
    """
    lists = _positions([len(command.payload) for command in commands])
    new = [number for number, positions in enumerate(lists) if not decision.arrivals.keys().isdisjoint(positions)]
    paid = pay_for_calls(work, method, len(new))
    end = new[paid] if paid < len(new) else len(lists)
    stop = lists[end - 1].stop if end else 0
    store_leads(work, [arrival for position, arrival in decision.arrivals.items() if position < stop])
    imported = [Imported(work.ids.take(), decision.outcomes[slots.start : slots.stop]) for slots in lists[:end]]
    return [*imported, *(points_refusal(work) for _ in lists[end:])]


def _positions(lengths: Sequence[int]) -> list[range]:
    """Return the positions that the leads of each list have after all lists are joined into one."""
    positions: list[range] = []
    start = 0
    for length in lengths:
        positions.append(range(start, start + length))
        start += length
    return positions
