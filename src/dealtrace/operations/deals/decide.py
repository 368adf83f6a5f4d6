"""Decide where deals with matchers came from: the first matcher, in order, that finds something decides."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.deals.matchers import Matcher, final_position, reachable
from dealtrace.leads.lead import LeadRef
from dealtrace.matching.lead_search import LeadSearch, SearchByContact, search_of
from dealtrace.matching.matcher_explanation import MatcherStep, explain_matchers
from dealtrace.operations.leads.find import find_leads, list_prospects
from dealtrace.record import record
from dealtrace.storage.leads.clients import find_phones_by_digest

NEAR_MISS = timedelta(days=30)
"""Ours: how far after a matcher's date a lead may begin to be shown as missed."""


@record
class Decision:
    """The lead of a deal, `None` if it has none, and the position of the matcher that decided, `None` if none did."""

    lead: LeadRef | None
    matcher: int | None


def decide_matchers(connection: Connection, site: Site, lists: Sequence[Sequence[Matcher]]) -> list[Decision]:
    """Return the decision for each list of matchers, in input order; the number of queries is constant.

    Vendor: the order is the priority, and the next matcher is tried if the previous one found nothing.
    """
    resolved = _with_phones(connection, site, lists)
    searches = [_searches(matchers) for matchers in resolved]
    found = find_leads(connection, site, [[search for _, search in each] for each in searches], lock=False)
    return [
        Decision(ref, searches[number][tried][0] if tried is not None else final_position(lists[number]))
        for number, (ref, tried) in enumerate(zip(found.refs, found.decided_by, strict=True))
    ]


def explain_decision(connection: Connection, site: Site, matchers: Sequence[Matcher]) -> tuple[MatcherStep, ...]:
    """Return a step for each matcher: whether it decides now, and which leads with its contacts it missed, and why."""
    (decision,) = decide_matchers(connection, site, [matchers])
    (resolved,) = _with_phones(connection, site, [matchers])
    searches = [search for matcher in resolved if isinstance(search := search_of(matcher), SearchByContact)]
    widened = [replace(search, until=search.until + NEAR_MISS, depth=None) for search in searches]
    return explain_matchers(resolved, decision.matcher, list_prospects(connection, site, widened))


def _searches(matchers: Sequence[Matcher]) -> list[tuple[int, LeadSearch]]:
    return [
        (position, search) for position, matcher in reachable(matchers) if (search := search_of(matcher)) is not None
    ]


def _with_phones(connection: Connection, site: Site, lists: Sequence[Sequence[Matcher]]) -> Sequence[Sequence[Matcher]]:
    """Return the matchers with the known phones of their digests added to their contacts."""
    digests = [digest for matchers in lists for matcher in matchers for digest in matcher.digests]
    if not digests:
        return lists
    phones = find_phones_by_digest(connection, site.id, digests)
    return [[_with_known(matcher, phones) for matcher in matchers] for matchers in lists]


def _with_known(matcher: Matcher, phones: dict[str, str]) -> Matcher:
    known = tuple(phones[digest] for digest in matcher.digests if digest in phones)
    return replace(matcher, contacts=(*matcher.contacts, *known)) if known else matcher
