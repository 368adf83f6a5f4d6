"""Matchers: the ways in which the deals API 2.0 finds out where a deal came from, tried in the order sent."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.leads.lead import LeadKind
from dealtrace.record import record


class Preference(StrEnum):
    """Which lead a search by contact returns if several leads fit."""

    NEAREST = "nearest"
    NEAREST_UNIQUE = "nearest unique of its kind"
    NEAREST_UNIQUE_LEAD = "nearest unique of either kind"


class MatcherKind(StrEnum):
    """The way in which a matcher finds out where a deal came from: an id, a contact, a visit, or a stated source."""

    ID = "id"
    CONTACT = "contact"
    SOURCE = "source"
    NO_SOURCE = "no source"
    CHAT = "chat"
    VISIT = "visit"


FINAL_KINDS = frozenset({MatcherKind.SOURCE, MatcherKind.NO_SOURCE})
"""The kinds of matcher that always succeed; matchers after a matcher of such a kind are never tried."""


@record
class Matcher:
    """A way to find out where a deal came from; fields that its `way` does not use are empty.

    `kinds` are the kinds of lead to look for. Contacts are in normal form; `digests` are hexadecimal MD5 digests of
    phones in normal form. A lead must have begun at or before `until`, but not more than `depth` before `until`; a
    `depth` of `None` means no limit. The lead must have all `tags`, or with `any_tag` at least one of them.
    """

    way: MatcherKind
    kinds: tuple[LeadKind, ...] = ()
    lead_id: int | None = None
    contacts: tuple[str, ...] = ()
    digests: tuple[str, ...] = ()
    until: datetime | None = None
    depth: timedelta | None = None
    preference: Preference = Preference.NEAREST
    tags: tuple[str, ...] = ()
    any_tag: bool = False
    source: TrafficSource | None = None
    visit_ids: tuple[int, ...] = ()


def keys_of(matcher: Matcher) -> tuple[str, ...]:
    """List the keys by which a matcher may find a lead or visit; they are made from ids, contacts or phone digests."""
    if matcher.way is MatcherKind.VISIT:
        return tuple(map(key_of_visit, matcher.visit_ids))
    if matcher.way is MatcherKind.ID:
        return tuple(key_of_lead(kind, matcher.lead_id) for kind in matcher.kinds if matcher.lead_id is not None)
    return (*matcher.contacts, *matcher.digests)


def key_of_lead(kind: LeadKind, lead_id: int) -> str:
    """Return the key of a lead for matching by id; it is never equal to a contact."""
    return f"{kind}:{lead_id}"


def key_of_visit(visit_id: int) -> str:
    """Return the key of a visit for matching by id; it is never equal to the key of a lead or a contact."""
    return f"visit:{visit_id}"


def began_between(matcher: Matcher) -> tuple[datetime, datetime]:
    """Return the times between which a lead must have begun so that a matcher can find it, both times included."""
    until = matcher.until if matcher.until is not None else _LATEST
    return (until - matcher.depth if matcher.depth is not None else _EARLIEST), until


_EARLIEST, _LATEST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
WITHOUT_SOURCE = Matcher(MatcherKind.NO_SOURCE)


def stated_source_of(matchers: Sequence[Matcher]) -> TrafficSource | None:
    """Return the source that the first matcher in `FINAL_KINDS` states, or `None` if there is none.

    The source applies if no earlier matcher finds a lead. In the API, the matchers in `FINAL_KINDS` are `customSources`
    and `withoutSource`; matchers after either of them are never tried.
    """
    final = next((matcher for matcher in matchers if matcher.way in FINAL_KINDS), None)
    return final.source if final is not None else None


def reachable(matchers: Sequence[Matcher]) -> Iterator[tuple[int, Matcher]]:
    """Yield the matchers before the first matcher that always succeeds, each with its position from 0."""
    for position, matcher in enumerate(matchers):
        if matcher.way in FINAL_KINDS:
            return
        yield position, matcher


def unreachable(matchers: Sequence[Matcher]) -> range:
    """Return the positions of the matchers that are never tried, because an earlier matcher always succeeds."""
    final = final_position(matchers)
    return range(final + 1, len(matchers)) if final is not None else range(0)


def final_position(matchers: Sequence[Matcher]) -> int | None:
    """Return the position, from 0, of the first matcher that always succeeds, or `None` if there is none."""
    return next((position for position, matcher in enumerate(matchers) if matcher.way in FINAL_KINDS), None)
