"""The times in which the searches for the lead of a deal, none of which found one, looked for leads."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from dealtrace.deals.matchers import began_between
from dealtrace.leads.lead import LeadKind
from dealtrace.matching.explanation import MatcherOutcome, MatcherStep, Step
from dealtrace.matching.lead_search import SearchByContact, search_of
from dealtrace.record import record


@record
class SearchedTime:
    """The times between which a lead of a kind must have begun so that a search finds it, both times included."""

    kind: LeadKind
    since: datetime
    until: datetime


def searched_by_contact(steps: Sequence[Step], happened_at: datetime, threshold: timedelta) -> Iterator[SearchedTime]:
    """Yield the searched time of each kind of lead in `steps`, searches by contact that found no lead.

    `threshold` is the longest time between the end of a lead and its deal; how long a lead lasted is left aside.
    """
    for kind in dict.fromkeys(step.search.kind for step in steps if step.winner is None):
        yield SearchedTime(kind, happened_at - threshold, happened_at)


def searched_by_matchers(steps: Sequence[MatcherStep]) -> Iterator[SearchedTime]:
    """Yield the searched time of each kind of lead that a matcher looked for by contact and did not find."""
    for step in steps:
        search = search_of(step.matcher)
        if step.outcome is MatcherOutcome.FOUND_NOTHING and isinstance(search, SearchByContact):
            for kind in sorted(search.kinds):
                yield SearchedTime(kind, *began_between(step.matcher))
