"""Explain why a deal has its lead, or has none: list the search steps, using the same rules as matching.

The window of a lead is a span of time: a deal can be matched to the lead only if the deal happened in this span.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from dealtrace.deals.lead_clue import SearchContacts
from dealtrace.deals.matchers import FINAL_KINDS, Matcher, MatcherKind, unreachable
from dealtrace.leads.lead import LeadRef, LeadSpan
from dealtrace.matching.lead_search import (
    Miss,
    Prospect,
    Search,
    SearchByContact,
    accepts,
    misses,
    search_of,
    searches_for,
)
from dealtrace.matching.window import Window, nearest, nearness, window_of
from dealtrace.record import record

NEAR_MISS = timedelta(days=30)
"""Ours: explanations also show a lead if the deal is at most this much earlier or later than the lead's window."""
CANDIDATES_MAX = 20
"""Ours: the maximum number of leads shown for a matcher: those that began nearest to its date, and the chosen one."""


class Missed(StrEnum):
    """The side on which a deal misses a lead's window: the deal is before the opening or after the closing."""

    OPENING = "opening"
    CLOSING = "closing"


class WonBy(StrEnum):
    """The reason why a lead was chosen among the leads whose windows contain the deal."""

    ALONE = "no other inside"
    START = "latest start"
    END = "latest end"
    REFERENCE = "greater reference"
    ID = "higher id"


@record
class Candidate:
    """A lead that was considered for a deal: its window, and how far the deal is from the lead and from the window.

    `distance` is how long before the deal the lead began, negative if it began after the deal. `missed_by` is how far
    the deal is outside the window: negative before it, positive after it, zero inside.
    """

    lead: LeadRef
    window: Window
    distance: timedelta
    missed_by: timedelta

    @property
    def holds(self) -> bool:
        """Whether the deal is inside the window."""
        return not self.missed_by

    @property
    def missed_end(self) -> Missed | None:
        """The side on which the deal misses the window, or `None` if the deal is inside."""
        if self.holds:
            return None
        return Missed.OPENING if self.missed_by < timedelta(0) else Missed.CLOSING


@record
class Step:
    """A search step: its candidates, nearest first, the chosen lead (`winner`), and why it was chosen (`won_by`).

    `winner` and `won_by` are `None` if no lead was chosen.
    """

    search: Search
    candidates: tuple[Candidate, ...]
    winner: LeadRef | None
    won_by: WonBy | None


def explain_search(clue: SearchContacts, happened_at: datetime, leads: Sequence[LeadSpan]) -> list[Step]:
    """Return the steps of the search for a deal's lead, up to the first step that finds a lead.

    A lead's window is the time in which a deal may have come from the lead. `leads` may include leads whose windows do
    not contain the time of the deal, `happened_at`; the steps show how far outside each window this time is.
    """
    steps: list[Step] = []
    for search in searches_for(clue):
        step = _explain_step(search, clue.link_threshold, happened_at, leads)
        steps.append(step)
        if step.winner is not None:
            break
    return steps


def _explain_step(search: Search, threshold: timedelta, happened_at: datetime, leads: Sequence[LeadSpan]) -> Step:
    sharing = [lead for lead in leads if lead.contact == search.contact and lead.ref.kind is search.kind]
    sharing.sort(key=nearness, reverse=True)
    windows = {lead.ref: window_of(lead, threshold) for lead in sharing}
    inside = [lead for lead in sharing if windows[lead.ref].holds(happened_at)]
    winner = nearest(inside)
    candidates = (
        Candidate(ref, window, happened_at - window.opens_at, window.missed_by(happened_at))
        for ref, window in windows.items()
    )
    return Step(
        search,
        tuple(sorted(candidates, key=lambda candidate: abs(candidate.missed_by))),
        winner.ref if winner is not None else None,
        won_by(winner, [lead for lead in inside if lead is not winner]) if winner is not None else None,
    )


def won_by(winner: LeadSpan, others: Sequence[LeadSpan]) -> WonBy:
    """Return what distinguishes `winner` from the nearest of `others`: the first difference in `nearness`."""
    runner_up = nearest(others)
    if runner_up is None:
        return WonBy.ALONE
    reasons = (WonBy.START, WonBy.END, WonBy.REFERENCE, WonBy.ID)
    pairs = zip(reasons, nearness(winner), nearness(runner_up), strict=True)
    return next(reason for reason, ours, theirs in pairs if ours != theirs)


class MatcherOutcome(StrEnum):
    """The result of a matcher.

    `PASSED_OVER` means that Dealtrace cannot perform the search that the matcher describes; `NOT_TRIED` means that an
    earlier matcher found something; `UNREACHABLE` means that an earlier matcher always succeeds.
    """

    DECIDED = "decided"
    FOUND_NOTHING = "found nothing"
    PASSED_OVER = "passed over"
    NOT_TRIED = "not tried"
    UNREACHABLE = "never reached"


@record
class MatcherCandidate:
    """A lead that a matcher considered.

    `before` is the time from the start of the lead to the matcher's `until`, the latest start that it accepts.
    `missed_by` has the reasons why the matcher does not accept the lead.
    """

    lead: LeadRef
    before: timedelta
    missed_by: tuple[Miss, ...]


@record
class MatcherStep:
    """A matcher, its result, and the leads with one of its contacts that began nearest to its date, latest first."""

    matcher: Matcher
    outcome: MatcherOutcome
    candidates: tuple[MatcherCandidate, ...]

    @property
    def chosen(self) -> LeadRef | None:
        """Return the lead that the matcher found by contact: the latest that it accepts, or `None` if it found none."""
        if self.outcome is not MatcherOutcome.DECIDED:
            return None
        return next((candidate.lead for candidate in self.candidates if not candidate.missed_by), None)


def explain_matchers(
    matchers: Sequence[Matcher], decided: int | None, prospects: Sequence[Prospect]
) -> tuple[MatcherStep, ...]:
    """Return a step for each matcher; `decided` is the position, from 0, of the matcher that succeeded, or `None`.

    `prospects` may include leads that no matcher accepts.
    """
    lost = unreachable(matchers)
    return tuple(
        MatcherStep(
            matcher,
            MatcherOutcome.UNREACHABLE if position in lost else _outcome(position, matcher, decided),
            _candidates(matcher, prospects),
        )
        for position, matcher in enumerate(matchers)
    )


def _outcome(position: int, matcher: Matcher, decided: int | None) -> MatcherOutcome:
    if position == decided:
        return MatcherOutcome.DECIDED
    if decided is not None and position > decided:
        return MatcherOutcome.NOT_TRIED
    is_search = search_of(matcher) is not None or matcher.way in {*FINAL_KINDS, MatcherKind.VISIT}
    return MatcherOutcome.FOUND_NOTHING if is_search else MatcherOutcome.PASSED_OVER


def _candidates(matcher: Matcher, prospects: Sequence[Prospect]) -> tuple[MatcherCandidate, ...]:
    search = search_of(matcher)
    if not isinstance(search, SearchByContact):
        return ()
    bearing = [prospect for prospect in prospects if prospect.span.contact in search.contacts]
    bearing.sort(key=lambda prospect: nearness(prospect.span), reverse=True)
    once = list({prospect.span.ref: prospect for prospect in bearing}.values())
    chosen = next((prospect for prospect in once if accepts(search, prospect)), None)
    near = sorted(once, key=lambda prospect: abs(search.until - prospect.span.started_at))[:CANDIDATES_MAX]
    shown = {prospect.span.ref for prospect in near} | ({chosen.span.ref} if chosen is not None else set())
    return tuple(
        MatcherCandidate(each.span.ref, search.until - each.span.started_at, tuple(misses(search, each)))
        for each in once
        if each.span.ref in shown
    )
