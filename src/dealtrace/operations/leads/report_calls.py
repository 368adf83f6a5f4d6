"""Store the reports that PBXs send about their calls."""

from collections.abc import Iterator, Mapping, Sequence

from dealtrace.errors import Refusal
from dealtrace.leads.arrival import Arrival, ReportedCall, call_arrival, identified_call
from dealtrace.leads.call import Call, CallId, CallReport, new_call, updated_call
from dealtrace.operations.leads.intake import store_leads
from dealtrace.operations.spend_points import lock_registrations, pay_for_calls, points_refusal
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.plain_text import stripped
from dealtrace.quota.points import PaidMethod
from dealtrace.storage.leads.calls import find_reported_calls

IDS_PER_REPORT_MAX = 2
"""The maximum number of new ids that the report of a call needs: one for the call, and one for its client."""


@operation(ids_per_command=IDS_PER_REPORT_MAX)
def report_calls(work: Work, commands: Sequence[WriteCommand[CallReport]]) -> list[CallId | Refusal]:
    """Store reports of calls; each outcome is the id of the call or a refusal, in input order.

    The first report with a reference creates the call. Each later report with the same reference updates it. A report
    that changes nothing is not stored and costs no points. A deleted call stays deleted even if it is reported again.
    """
    lock_registrations(work)
    outcomes: dict[int, CallId | Refusal] = {}
    for turn in _turns(commands):
        outcomes |= _store(work, turn)
    return [outcomes[position] for position in range(len(commands))]


def _turns(commands: Sequence[WriteCommand[CallReport]]) -> Iterator[dict[int, CallReport]]:
    """Yield groups of reports; the groups must be stored one after another.

    No group has two reports of the same call. The keys of a group are the positions of its reports in `commands`.
    """
    waiting = {position: command.payload for position, command in enumerate(commands)}
    while waiting:
        first_of: dict[str, int] = {}
        for position, report in waiting.items():
            first_of.setdefault(stripped(report.reference), position)
        yield {position: waiting.pop(position) for position in first_of.values()}


def _store(work: Work, reports: Mapping[int, CallReport]) -> dict[int, CallId | Refusal]:
    stored = find_reported_calls(work.connection, work.site.id, {report.reference for report in reports.values()})
    arrivals = {position: _arrival(work, report, stored.get(report.reference)) for position, report in reports.items()}
    changes = [position for position, arrival in arrivals.items() if _differs(arrival)]
    paid = pay_for_calls(work, PaidMethod.INBOUND_CALL, len(changes))
    store_leads(work, [arrivals[position] for position in changes[:paid]])
    outcomes: dict[int, CallId | Refusal] = {}
    for position, arrival in arrivals.items():
        outcomes[position] = CallId(arrival.lead.id)
    if paid < len(changes):
        outcomes |= dict.fromkeys(changes[paid:], points_refusal(work))
    return outcomes


def _arrival(work: Work, report: CallReport, stored: ReportedCall | None) -> Arrival:
    if stored is None:
        details = new_call(report)
        return call_arrival(identified_call(CallId(work.ids.take()), details), details)
    details = updated_call(stored.details, report)
    call = Call(stored.id, details.reference, details.started_at, details.duration, details.visit_id)
    return call_arrival(call, details, stored)


def _differs(arrival: Arrival) -> bool:
    return arrival.stored is None or arrival.details != arrival.stored.details
