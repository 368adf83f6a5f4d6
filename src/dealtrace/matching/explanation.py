"""Why a deal got its lead, or none: every step that was tried, in order, by the same rules that match."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dealtrace.deals.lead_clue import ContactClue
from dealtrace.leads.lead import LeadRef, LeadSpan
from dealtrace.matching.nearest_lead import Search, nearest, nearness, searches_for
from dealtrace.matching.window import Window, window_of


@dataclass(frozen=True, slots=True)
class Candidate:
    """A lead that was looked at: its window, and how far the deal lies outside it (zero inside)."""

    lead: LeadRef
    window: Window
    missed_by: timedelta

    @property
    def holds(self) -> bool:
        """Whether the deal lies inside the window."""
        return not self.missed_by


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the search: the candidates, nearest first, and the one that won."""

    search: Search
    candidates: tuple[Candidate, ...]
    winner: LeadRef | None


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
    candidates = (Candidate(ref, window, window.missed_by(happened_at)) for ref, window in windows.items())
    won = nearest(lead for lead in sharing if windows[lead.ref].holds(happened_at))
    return Step(
        search,
        tuple(sorted(candidates, key=lambda candidate: abs(candidate.missed_by))),
        won.ref if won is not None else None,
    )
