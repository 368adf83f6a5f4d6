"""Find the smallest changes to the matching rules that would give a deal a different lead (“flips”)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from dealtrace.deals.lead_clue import SearchContacts
from dealtrace.leads.lead import LeadKind, LeadRef, LeadSpan
from dealtrace.matching.lead_search import SEARCH_ORDER, Search, searches_for
from dealtrace.matching.nearest_lead import find_lead
from dealtrace.matching.window import LINK_THRESHOLD_MAX, nearness, window_of
from dealtrace.record import record

SECOND = timedelta(seconds=1)
"""The unit of link thresholds: the longest time between a lead and its deal is set in whole seconds."""


@record
class RuleChange:
    """A change to the matching rules, and the lead that the deal would then have, or `None` for no lead.

    Rules that do not change are `None`; if all are `None`, the deal only has to be matched again. The link threshold is
    the longest time between a lead and its deal: `threshold_at_least` is the smallest higher threshold, and
    `threshold_at_most` the largest lower threshold, that gives the deal a different lead, both in whole seconds.
    `precedence` is a new order in which the kinds of lead are searched.
    """

    lead: LeadRef | None
    contact_matching: bool | None = None
    threshold_at_least: timedelta | None = None
    threshold_at_most: timedelta | None = None
    precedence: tuple[LeadKind, ...] | None = None


def list_rule_changes(
    clue: SearchContacts,
    happened_at: datetime,
    leads: Sequence[LeadSpan],
    *,
    current: LeadRef | None,
    contact_matching: bool,
) -> list[RuleChange]:
    """List the smallest changes to the rules that give a deal a different lead.

    Changes to the threshold come first, then changes to the order in which the kinds of lead are searched. The deal
    must be matched by contacts: its lead is neither pinned nor identified by the CRM. `current` is the deal's lead.
    `leads` are all leads with the deal's contacts, even leads that began too late or ended too early for the deal.
    """
    found = _ref(find_lead(clue, happened_at, leads))
    if not contact_matching:
        return _flips_without_matching(clue, happened_at, leads, current=current, found=found)
    if found != current:
        return [RuleChange(found)]
    by_threshold = [*_raised(clue, happened_at, leads), *_lowered(clue, happened_at, leads)]
    return [
        *sorted(by_threshold, key=lambda change: _distance(change, clue)),
        *_reordered(clue, happened_at, leads, current=current),
    ]


def _flips_without_matching(
    clue: SearchContacts,
    happened_at: datetime,
    leads: Sequence[LeadSpan],
    *,
    current: LeadRef | None,
    found: LeadRef | None,
) -> list[RuleChange]:
    """List the rule changes for a site without contact matching: turn it on and, if necessary, raise the threshold."""
    if found != current:
        return [RuleChange(found, contact_matching=True)]
    if current is not None:
        return []
    return [replace(change, contact_matching=True) for change in _raised(clue, happened_at, leads)]


def _raised(clue: SearchContacts, happened_at: datetime, leads: Sequence[LeadSpan]) -> Iterator[RuleChange]:
    """Yield at most one change: to the smallest higher threshold with which the deal gets a different lead.

    With any smaller threshold above the current one, the deal keeps its lead.
    """
    found = find_lead(clue, happened_at, leads)
    best = _Ranks(clue)
    needed = (
        threshold_needed(lead, happened_at)
        for lead in leads
        if best.has(lead) and (found is None or (lead.ref != found.ref and best.of(lead) > best.of(found)))
    )
    longer = [each for each in needed if each is not None and clue.link_threshold < each <= LINK_THRESHOLD_MAX]
    if longer:
        least = min(longer)
        yield RuleChange(_lead_under(clue, least, happened_at, leads), threshold_at_least=least)


def _lowered(clue: SearchContacts, happened_at: datetime, leads: Sequence[LeadSpan]) -> Iterator[RuleChange]:
    """Yield at most one change, which lowers the threshold just enough for the deal to lose its lead.

    The new threshold is a second below the smallest threshold with which the deal keeps its lead.
    """
    found = find_lead(clue, happened_at, leads)
    needed = threshold_needed(found, happened_at) if found is not None else None
    if needed:
        yield RuleChange(_lead_under(clue, needed - SECOND, happened_at, leads), threshold_at_most=needed - SECOND)


def _reordered(
    clue: SearchContacts, happened_at: datetime, leads: Sequence[LeadSpan], *, current: LeadRef | None
) -> Iterator[RuleChange]:
    reverse = SEARCH_ORDER[::-1]
    found = _ref(find_lead(clue, happened_at, leads, reverse))
    if found != current:
        yield RuleChange(found, precedence=reverse)


def threshold_needed(lead: LeadSpan, happened_at: datetime) -> timedelta | None:
    """Return the smallest link threshold, in whole seconds, with which a lead's window contains a deal.

    The result is `None` if the lead began after the deal: in that case, no threshold is long enough.
    """
    missed = window_of(lead, timedelta(0)).missed_by(happened_at)
    return -(-missed // SECOND) * SECOND if missed >= timedelta(0) else None


class _Ranks:
    """Ranks leads as matching does: of the leads whose windows contain a deal, the lead with the greatest rank wins."""

    def __init__(self, clue: SearchContacts) -> None:
        searches = list(searches_for(clue))
        self._places = {search: -place for place, search in reversed(list(enumerate(searches)))}

    def has(self, lead: LeadSpan) -> bool:
        """Return whether any search step can find the lead."""
        return Search(lead.contact, lead.ref.kind) in self._places

    def of(self, lead: LeadSpan) -> tuple[int, tuple[datetime, datetime, str, int]]:
        """Return the rank of a lead; the lead with the greatest rank is chosen."""
        return self._places[Search(lead.contact, lead.ref.kind)], nearness(lead)


def _lead_under(
    clue: SearchContacts, threshold: timedelta, happened_at: datetime, leads: Sequence[LeadSpan]
) -> LeadRef | None:
    return _ref(find_lead(replace(clue, link_threshold=threshold), happened_at, leads))


def _distance(change: RuleChange, clue: SearchContacts) -> timedelta:
    threshold = change.threshold_at_least if change.threshold_at_least is not None else change.threshold_at_most
    assert threshold is not None
    return abs(threshold - clue.link_threshold)


def _ref(lead: LeadSpan | None) -> LeadRef | None:
    return lead.ref if lead is not None else None
