"""Match deals by their matchers: searches for a lead or visit, which are tried in order until one succeeds."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.attribution.visit import Visit
from dealtrace.deals.matchers import Matcher, final_position, reachable
from dealtrace.leads.lead import LeadRef
from dealtrace.matching.explanation import NEAR_MISS, MatcherStep, explain_matchers
from dealtrace.matching.lead_search import LeadSearch, SearchByContact, SearchById, TagFilter, search_of
from dealtrace.matching.matcher_changes import Attempt, MatcherChange, list_matcher_changes
from dealtrace.matching.rematch_effect import UNMATCHED, Match
from dealtrace.operations.matching.search_leads import find_leads, list_prospects
from dealtrace.record import record
from dealtrace.storage.leads.clients import find_phones_by_digest
from dealtrace.storage.visits.credits import MatchedVisit
from dealtrace.storage.visits.visits import find_visits


@record
class MatchDecision:
    """The result of matching a deal by its matchers, which are searches for a lead or for a visit.

    `matcher` is the position of the matcher that succeeded, or `None` if none did. `visit` is set if the deal was
    matched to a visit.
    """

    match: Match = UNMATCHED
    matcher: int | None = None
    visit: MatchedVisit | None = None


def decide_matchers(connection: Connection, site: Site, lists: Sequence[Sequence[Matcher]]) -> list[MatchDecision]:
    """Return the decision for each list of matchers (searches for a lead or visit), in input order.

    The number of queries does not depend on the number of lists.
    As Calltouch documents, the matchers of a list are tried in order, each only if the previous one found nothing.
    """
    resolved = _with_phones(connection, site, lists)
    searches = [_searches(matchers) for matchers in resolved]
    found = find_leads(connection, site, [[search for _, search in each] for each in searches], lock=False)
    visits = find_visits(connection, site.id, [each for matchers in lists for each in _named_visits(matchers)])
    return [
        _decision(lists[number], visits, ref, searches[number][tried][0] if tried is not None else None)
        for number, (ref, tried) in enumerate(zip(found.refs, found.decided_by, strict=True))
    ]


def _decision(
    matchers: Sequence[Matcher], visits: Mapping[int, Visit], lead: LeadRef | None, by: int | None
) -> MatchDecision:
    """Decide by the first matcher that found a lead or visit, and return the decision.

    `lead` was found by the matcher at the position `by`; an earlier matcher may have found a visit.
    Ours: if a matcher names several stored visits, the latest of them counts.
    """
    for position, matcher in reachable(matchers):
        if position == by:
            break
        visit = _latest_visit(matcher, visits)
        if visit is not None:
            return MatchDecision(Match(visit_id=visit.id), position, MatchedVisit(visit.id, visit.started_at))
    return MatchDecision(Match(lead), by if by is not None else final_position(matchers))


def _latest_visit(matcher: Matcher, visits: Mapping[int, Visit]) -> Visit | None:
    known = (visits[visit_id] for visit_id in matcher.visit_ids if visit_id in visits)
    return max(known, key=lambda each: (each.started_at, each.id), default=None)


def _named_visits(matchers: Sequence[Matcher]) -> Iterator[int]:
    for _, matcher in reachable(matchers):
        yield from matcher.visit_ids


@record
class DecisionExplanation:
    """How the matchers of a deal were tried, and the smallest changes to them that would give the deal another match.

    `steps` has, for each matcher, its outcome, the leads that it considered, and why some of them do not fit.
    """

    steps: tuple[MatcherStep, ...]
    changes: tuple[MatcherChange, ...]


def explain_decision(
    connection: Connection, site: Site, matchers: Sequence[Matcher], current: Match
) -> DecisionExplanation:
    """Explain the decision of a deal's matchers; `current` is the match that the deal has now."""
    (decision,) = decide_matchers(connection, site, [matchers])
    (resolved,) = _with_phones(connection, site, [matchers])
    searches = [search for matcher in resolved if isinstance(search := search_of(matcher), SearchByContact)]
    widened = [replace(search, until=search.until + NEAR_MISS, depth=None) for search in searches]
    prospects = list_prospects(connection, site, widened)
    return DecisionExplanation(
        explain_matchers(resolved, decision.matcher, prospects),
        tuple(list_matcher_changes(_attempts(connection, site, resolved), prospects, current)),
    )


def _attempts(connection: Connection, site: Site, matchers: Sequence[Matcher]) -> list[Attempt]:
    """Return the matchers, including those that are never tried, with the leads and visits that are found by id."""
    by_id = [search if isinstance(search := search_of(matcher), SearchById) else None for matcher in matchers]
    tagged = [[each] if each is not None else [] for each in by_id]
    untagged = [[replace(each, tags=TagFilter())] if each is not None else [] for each in by_id]
    refs = find_leads(connection, site, [*tagged, *untagged], lock=False).refs
    visits = find_visits(connection, site.id, [visit_id for matcher in matchers for visit_id in matcher.visit_ids])
    attempts = []
    for matcher, found, free in zip(matchers, refs, refs[len(matchers) :], strict=False):
        visit = _latest_visit(matcher, visits)
        seen = Match(visit_id=visit.id) if visit is not None else UNMATCHED
        attempts.append(Attempt(matcher, Match(found) if found else seen, Match(free) if free else seen))
    return attempts


def _searches(matchers: Sequence[Matcher]) -> list[tuple[int, LeadSearch]]:
    return [
        (position, search) for position, matcher in reachable(matchers) if (search := search_of(matcher)) is not None
    ]


def _with_phones(connection: Connection, site: Site, lists: Sequence[Sequence[Matcher]]) -> Sequence[Sequence[Matcher]]:
    """Return the lists of matchers; a matcher with hashes of phones also gets the stored phones with these hashes."""
    digests = [digest for matchers in lists for matcher in matchers for digest in matcher.digests]
    if not digests:
        return lists
    phones = find_phones_by_digest(connection, site.id, digests)
    return [[_with_known(matcher, phones) for matcher in matchers] for matchers in lists]


def _with_known(matcher: Matcher, phones: dict[str, str]) -> Matcher:
    known = tuple(phones[digest] for digest in matcher.digests if digest in phones)
    return replace(matcher, contacts=(*matcher.contacts, *known)) if known else matcher
