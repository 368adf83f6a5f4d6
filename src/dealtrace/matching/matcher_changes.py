"""Find the smallest changes to the matchers of a deal that would give it a different lead or visit (“flips”).

Matchers are ways to find out where a deal came from; a caller of the deals API 2.0 sends them with the deal.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from dealtrace.deals.matchers import FINAL_KINDS, Matcher, Preference
from dealtrace.leads.lead import LeadKind
from dealtrace.matching.lead_search import Miss, Prospect, SearchByContact, accepts, misses, search_of
from dealtrace.matching.rematch_effect import UNMATCHED, Match
from dealtrace.matching.window import nearness
from dealtrace.record import record

MINUTE, SECOND, INSTANT = timedelta(minutes=1), timedelta(seconds=1), timedelta(microseconds=1)
TRIED_MAX = 50
"""Ours: the maximum number of leads for which changes to a matcher are tried; those that need the fewest come first."""


@record
class Attempt:
    """A matcher, and the lead or visit that it finds by id.

    `found_without_tags` is what the matcher would find by id if it had no condition for tags. If the matcher searches
    by contact, `found` and `found_without_tags` are `UNMATCHED`.
    """

    matcher: Matcher
    found: Match = UNMATCHED
    found_without_tags: Match = UNMATCHED


@record
class MatcherChange:
    """A change to a deal's matchers, and the match that the deal would then have.

    Conditions that do not change are `None` or false.

    - `position`: the position of the changed matcher, from 0; if it is `None`, the deal only has to be matched again.
    - `depth_at_least`, `depth_at_most`: the smallest higher depth, and the largest lower depth, with which the deal has
      another match, in whole minutes.
    - `until_at_least`, `until_at_most`: the nearest later date, and the nearest earlier date, with which the deal has
      another match, in whole seconds.
    - `without_tags`: whether leads need no tags.
    - `kinds`: the kinds of lead that the matcher would search.
    - `before`: the position of another matcher; the changed matcher is tried immediately before that matcher.
    """

    found: Match
    position: int | None = None
    depth_at_least: timedelta | None = None
    depth_at_most: timedelta | None = None
    until_at_least: datetime | None = None
    until_at_most: datetime | None = None
    without_tags: bool = False
    preference: Preference | None = None
    kinds: tuple[LeadKind, ...] | None = None
    before: int | None = None


def list_matcher_changes(
    attempts: Sequence[Attempt], prospects: Sequence[Prospect], current: Match
) -> list[MatcherChange]:
    """List the smallest changes to the matchers of a deal that give it another match than `current`.

    Changes to fewer conditions come first; of changes to equally many conditions, the smallest change to a time comes
    first. A changed order of the matchers comes after changes to one condition. `prospects` are all leads that have a
    contact of a matcher, even leads that no matcher accepts. Deals that are pinned by hand have no changes.
    """
    ranked = sorted(prospects, key=lambda prospect: nearness(prospect.span), reverse=True)
    found, decided = _decide(attempts, ranked)
    if found != current:
        return [MatcherChange(found)]
    changes: list[tuple[tuple[int, timedelta], MatcherChange]] = []
    for position, attempt in enumerate(attempts):
        if decided is not None and position > decided:
            changes += _moved(attempts, ranked, current, position, decided)
            continue
        of_matcher = list(_widened(attempts, ranked, current, position))
        if position == decided and attempt.matcher.way not in FINAL_KINDS:
            of_matcher += _narrowed(attempts, ranked, current, position)
        changes += _with_nearest_later_date(of_matcher)
    return [change for _, change in sorted(changes, key=lambda each: each[0])]


def with_change(matchers: Sequence[Matcher], change: MatcherChange) -> list[Matcher]:
    """Return `matchers` with `change` applied."""
    changed = list(matchers)
    if change.position is None:
        return changed
    matcher = changed.pop(change.position)
    changed.insert(change.before if change.before is not None else change.position, _changed(matcher, change))
    return changed


def _changed(matcher: Matcher, change: MatcherChange) -> Matcher:
    depth = change.depth_at_least if change.depth_at_least is not None else change.depth_at_most
    until = change.until_at_least if change.until_at_least is not None else change.until_at_most
    return replace(
        matcher,
        depth=depth if depth is not None else matcher.depth,
        until=until if until is not None else matcher.until,
        tags=() if change.without_tags else matcher.tags,
        any_tag=matcher.any_tag and not change.without_tags,
        preference=change.preference if change.preference is not None else matcher.preference,
        kinds=change.kinds if change.kinds is not None else matcher.kinds,
    )


def _decide(attempts: Sequence[Attempt], ranked: Sequence[Prospect]) -> tuple[Match, int | None]:
    """Return the match that the first successful matcher finds, and the matcher's position.

    `ranked` begins with the nearest lead. Without a successful matcher, the result is `UNMATCHED` and `None`.
    """
    for position, attempt in enumerate(attempts):
        found = _find(attempt, ranked)
        if found != UNMATCHED or attempt.matcher.way in FINAL_KINDS:
            return found, position
    return UNMATCHED, None


def _find(attempt: Attempt, ranked: Sequence[Prospect]) -> Match:
    search = search_of(attempt.matcher)
    if not isinstance(search, SearchByContact):
        return attempt.found
    return Match(next((prospect.span.ref for prospect in ranked if accepts(search, prospect)), None))


def _flip(
    attempts: Sequence[Attempt], ranked: Sequence[Prospect], current: Match, change: MatcherChange
) -> MatcherChange | None:
    """Return `change` with the match that it gives, or `None` if it gives the current match."""
    position = change.position
    assert position is not None
    changed = list(attempts)
    attempt = changed.pop(position)
    found = attempt.found_without_tags if change.without_tags else attempt.found
    place = change.before if change.before is not None else position
    changed.insert(place, replace(attempt, matcher=_changed(attempt.matcher, change), found=found))
    match, _ = _decide(changed, ranked)
    return replace(change, found=match) if match != current else None


def _moved(
    attempts: Sequence[Attempt], ranked: Sequence[Prospect], current: Match, position: int, decided: int
) -> Iterator[tuple[tuple[int, timedelta], MatcherChange]]:
    """Yield at most one change: a matcher that is not tried is tried before the matcher that decided."""
    if _find(attempts[position], ranked) != UNMATCHED:
        change = MatcherChange(UNMATCHED, position, before=decided)
        flip = _flip(attempts, ranked, current, change)
        if flip is not None:
            yield (1, timedelta.max), flip


def _widened(
    attempts: Sequence[Attempt], ranked: Sequence[Prospect], current: Match, position: int
) -> Iterator[tuple[tuple[int, timedelta], MatcherChange]]:
    """Yield the smallest change of each kind that makes a matcher accept a lead that it rejects now."""
    attempt = attempts[position]
    search = search_of(attempt.matcher)
    if not isinstance(search, SearchByContact):
        if attempt.found_without_tags != attempt.found:
            change = MatcherChange(UNMATCHED, position, without_tags=True)
            if (flip := _flip(attempts, ranked, current, change)) is not None:
                yield (1, timedelta(0)), flip
        return
    rejected = [
        (set(misses(search, prospect)), prospect) for prospect in ranked if prospect.span.contact in search.contacts
    ]
    rejected.sort(key=lambda each: (len(each[0]), abs(search.until - each[1].span.started_at)))
    helped: list[set[Miss]] = []
    for missed, prospect in [each for each in rejected if each[0]][:TRIED_MAX]:
        if any(fewer <= missed for fewer in helped):
            continue
        change = _admitting(position, search, prospect, missed)
        if (flip := _flip(attempts, ranked, current, change)) is not None:
            helped.append(missed)
            yield (len(missed), _extent(attempt.matcher, flip)), flip


def _admitting(position: int, search: SearchByContact, prospect: Prospect, missed: set[Miss]) -> MatcherChange:
    """Return the smallest change with which a search accepts a lead."""
    began = prospect.span.started_at
    return MatcherChange(
        UNMATCHED,
        position,
        depth_at_least=-(-(search.until - began) // MINUTE) * MINUTE if Miss.DEPTH in missed else None,
        until_at_least=_ceil(began) if Miss.LATER in missed else None,
        without_tags=Miss.TAGS in missed,
        preference=Preference.NEAREST if Miss.UNIQUE in missed else None,
        kinds=tuple(LeadKind) if Miss.KIND in missed else None,
    )


def _narrowed(
    attempts: Sequence[Attempt], ranked: Sequence[Prospect], current: Match, position: int
) -> Iterator[tuple[tuple[int, timedelta], MatcherChange]]:
    """Yield the changes to depth and date with which the matcher that decided rejects the lead that it found."""
    matcher = attempts[position].matcher
    search = search_of(matcher)
    if not isinstance(search, SearchByContact):
        return
    began = next(prospect.span.started_at for prospect in ranked if accepts(search, prospect))
    changes = [MatcherChange(UNMATCHED, position, until_at_most=_floor(began - INSTANT))]
    if search.depth is not None:
        changes.append(MatcherChange(UNMATCHED, position, until_at_least=_ceil(began + search.depth + INSTANT)))
    if search.until > began:
        depth = (search.until - began - INSTANT) // MINUTE * MINUTE
        changes.append(MatcherChange(UNMATCHED, position, depth_at_most=depth))
    for change in changes:
        if (flip := _flip(attempts, ranked, current, change)) is not None:
            yield (1, _extent(matcher, flip)), flip


def _with_nearest_later_date(
    changes: Sequence[tuple[tuple[int, timedelta], MatcherChange]],
) -> list[tuple[tuple[int, timedelta], MatcherChange]]:
    """Return the changes to a matcher; of the changes that only make its date later, only the smallest is returned.

    A later date accepts leads that began later, but with a depth, it also rejects leads that began long before.
    """
    later = [each for each in changes if each[0][0] == 1 and each[1].until_at_least is not None]
    nearest = min(later, key=lambda each: each[0], default=None)
    return [each for each in changes if each not in later or each is nearest]


def _extent(matcher: Matcher, change: MatcherChange) -> timedelta:
    """Return the total time by which a change moves a matcher's date and depth.

    Limiting an unlimited depth counts as more than any other change.
    """
    changed = _changed(matcher, change)
    extent = timedelta(0)
    if changed.until is not None and matcher.until is not None:
        extent += abs(changed.until - matcher.until)
    if changed.depth is not None and changed.depth != matcher.depth:
        extent += abs(changed.depth - matcher.depth) if matcher.depth is not None else timedelta.max / 2
    return extent


def _floor(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def _ceil(moment: datetime) -> datetime:
    return _floor(moment + SECOND - INSTANT)
