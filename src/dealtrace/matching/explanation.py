"""Why a deal got its lead, or none: every step that was tried, in order, by the same rules that match."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from dealtrace.deals.lead_clue import ContactClue
from dealtrace.leads.lead import LeadRef, LeadSpan
from dealtrace.matching.nearest_lead import Search, nearest, nearness, searches_for
from dealtrace.matching.window import Window, window_of
from dealtrace.record import record


class Missed(StrEnum):
    """Which end of a window a deal lies beyond."""

    OPENING = "opening"
    CLOSING = "closing"


class WonBy(StrEnum):
    """What set the winner apart from the next nearest lead whose window holds the deal."""

    ALONE = "no other inside"
    START = "latest start"
    END = "latest end"
    REFERENCE = "greater reference"
    ID = "higher id"


@record
class Candidate:
    """A lead that was looked at: its window, how long before the deal it began, how far the deal lies outside.

    `distance` is negative for a lead that began after the deal; `missed_by` is negative before the window opens,
    positive after it closed, zero inside.
    """

    lead: LeadRef
    window: Window
    distance: timedelta
    missed_by: timedelta

    @property
    def holds(self) -> bool:
        """Whether the deal lies inside the window."""
        return not self.missed_by

    @property
    def missed_end(self) -> Missed | None:
        """Which end of the window the deal lies beyond."""
        if self.holds:
            return None
        return Missed.OPENING if self.missed_by < timedelta(0) else Missed.CLOSING


@record
class Step:
    """One step of the search: the candidates, nearest first, the one that won, and what set it apart."""

    search: Search
    candidates: tuple[Candidate, ...]
    winner: LeadRef | None
    won_by: WonBy | None


def explain_search(clue: ContactClue, happened_at: datetime, leads: Sequence[LeadSpan]) -> list[Step]:
    """Retrace the search for a deal's lead; it ends with the first step that has a winner.

    `leads` may reach further than the windows: those that miss are shown with what they missed by.
    """
    steps: list[Step] = []
    for search in searches_for(clue):
        step = _retrace(search, clue.link_threshold, happened_at, leads)
        steps.append(step)
        if step.winner is not None:
            break
    return steps


def _retrace(search: Search, threshold: timedelta, happened_at: datetime, leads: Sequence[LeadSpan]) -> Step:
    sharing = [lead for lead in leads if lead.contact == search.contact and lead.ref.kind is search.kind]
    sharing.sort(key=nearness, reverse=True)
    windows = {lead.ref: window_of(lead, threshold) for lead in sharing}
    inside = [lead for lead in sharing if windows[lead.ref].holds(happened_at)]
    won = nearest(inside)
    candidates = (
        Candidate(ref, window, happened_at - window.opens_at, window.missed_by(happened_at))
        for ref, window in windows.items()
    )
    return Step(
        search,
        tuple(sorted(candidates, key=lambda candidate: abs(candidate.missed_by))),
        won.ref if won is not None else None,
        won_by(won, [lead for lead in inside if lead is not won]) if won is not None else None,
    )


def won_by(winner: LeadSpan, others: Sequence[LeadSpan]) -> WonBy:
    """Tell what set `winner` apart from the nearest of `others`, in the order in which the rule of nearness asks."""
    runner_up = nearest(others)
    if runner_up is None:
        return WonBy.ALONE
    reasons = (WonBy.START, WonBy.END, WonBy.REFERENCE, WonBy.ID)
    pairs = zip(reasons, nearness(winner), nearness(runner_up), strict=True)
    return next(reason for reason, ours, theirs in pairs if ours != theirs)
