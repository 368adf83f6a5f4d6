"""Take in what exchanges report of their calls."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.errors import Refusal
from dealtrace.leads.call import CallId, CallReport, first_told, told_again
from dealtrace.operations.leads.calls import arrival_of
from dealtrace.operations.leads.intake import Arrival, store_arrivals, store_told_again
from dealtrace.operations.points import lock_registrations, pay_for_calls, points_refusal
from dealtrace.operations.write_command import WriteCommand
from dealtrace.quota.points import PaidMethod
from dealtrace.storage.id_blocks import IdBlocks
from dealtrace.storage.leads.reported_calls import ReportedCall, find_reported_calls


def report_calls(
    connection: Connection, ids: IdBlocks, site: Site, commands: Sequence[WriteCommand[CallReport]], now: datetime
) -> list[CallId | Refusal]:
    """Take in reports of calls; each outcome is the id of its call.

    The first report of a reference makes the call, each later one changes it, in the order of arrival; one that
    tells nothing new stores nothing and costs nothing. A call that is hidden stays so, whatever is told of it.
    """
    lock_registrations(connection, site, now)
    outcomes: dict[int, CallId | Refusal] = {}
    for turn in _turns(commands):
        outcomes |= _report(connection, ids, site, turn, now)
    return [outcomes[place] for place in range(len(commands))]


def _turns(commands: Sequence[WriteCommand[CallReport]]) -> Iterator[dict[int, CallReport]]:
    """Part the reports, by their places, so that no call is told of twice in one turn."""
    waiting = {place: command.payload for place, command in enumerate(commands)}
    while waiting:
        first_of: dict[str, int] = {}
        for place, report in waiting.items():
            first_of.setdefault(report.reference, place)
        yield {place: waiting.pop(place) for place in first_of.values()}


def _report(
    connection: Connection, ids: IdBlocks, site: Site, reports: Mapping[int, CallReport], now: datetime
) -> dict[int, CallId | Refusal]:
    kept = find_reported_calls(connection, site.id, [report.reference for report in reports.values()])
    arrivals = {place: _arrival(ids, report, kept.get(report.reference)) for place, report in reports.items()}
    news = [
        place
        for place, report in reports.items()
        if report.reference not in kept or arrivals[place].told != kept[report.reference].told
    ]
    paid = pay_for_calls(connection, site, PaidMethod.INBOUND_CALL, len(news), now)
    stored = {place: reports[place].reference for place in news[:paid]}
    new = [arrivals[place] for place, reference in stored.items() if reference not in kept]
    again = [(arrivals[place], kept[reference]) for place, reference in stored.items() if reference in kept]
    store_arrivals(connection, ids, site, new, now)
    store_told_again(connection, ids, site, again, now)
    unpaid: dict[int, CallId | Refusal] = dict.fromkeys(news[paid:], points_refusal(site, now))
    return {place: CallId(arrival.lead.id) for place, arrival in arrivals.items()} | unpaid


def _arrival(ids: IdBlocks, report: CallReport, kept: ReportedCall | None) -> Arrival:
    if kept is None:
        return arrival_of(CallId(ids.take()), first_told(report))
    arrival = arrival_of(kept.id, told_again(kept.told, report))
    return replace(arrival, contacts=()) if kept.is_deleted else arrival
