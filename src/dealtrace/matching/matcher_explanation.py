"""The explanation of how matchers found a deal's lead: which matcher chose it, and why other matchers found nothing.

Matchers are ways to find out where a deal came from; a caller of the deals API 2.0 sends them with the deal. The first
matcher that finds something decides where the deal came from.
"""

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum

from dealtrace.deals.matchers import FINAL_KINDS, Matcher, MatcherKind, unreachable
from dealtrace.leads.lead import LeadRef
from dealtrace.matching.lead_search import Miss, Prospect, SearchByContact, accepts, misses, search_of
from dealtrace.matching.nearest_lead import nearness
from dealtrace.record import record

CANDIDATES_MAX = 20
"""Ours: the maximum number of leads shown for a matcher: those that began nearest to its date, and the chosen one."""


class MatcherOutcome(StrEnum):
    """The result of a matcher.

    `PASSED_OVER` means that Dealtrace cannot search as the matcher demands, `NOT_TRIED` that an earlier matcher found
    something, and `UNREACHABLE` that an earlier matcher always succeeds.
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
