"""The effect of other rules on deals: each deal before and after the change, moves between sources, and totals."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from dealtrace.attribution.credit import WHOLE
from dealtrace.attribution.known_sum import known_sum
from dealtrace.attribution.traffic_source import TrafficSource, part_key
from dealtrace.deals.deal import Deal
from dealtrace.leads.lead import LeadRef
from dealtrace.record import record
from dealtrace.reports.kopecks import split_kopecks

Shares = Sequence[tuple[TrafficSource, int]]
"""The source and share of each visit that led to a deal, latest visit first; the shares add up to `WHOLE`."""
MOVES_MAX = 10_000
"""Ours: if other rules are tried, this many pairs of old and new source have counts of their own; others share one."""


@record
class SourceKey:
    """A source and its medium as reports group them: each trimmed and case-folded, or `None` if missing."""

    source: str | None
    medium: str | None

    @property
    def rank(self) -> tuple[bool, str, bool, str]:
        """Return a sort key by code points; missing names come last."""
        return self.source is None, self.source or "", self.medium is None, self.medium or ""


def source_key(source: TrafficSource) -> SourceKey:
    """Return the key under which reports group a traffic source, made of its source and its medium."""
    return SourceKey(part_key(source.source), part_key(source.medium))


def spelling_of(source: TrafficSource) -> tuple[str | None, str | None]:
    """Return the source and the medium of a traffic source, each trimmed, or `None` if missing."""
    key = source_key(source)
    return (
        source.source.strip() if key.source is not None else None,
        source.medium.strip() if key.medium is not None else None,
    )


@record
class Moved:
    """The deals (counted in units of 1/`WHOLE` of a deal) and kopecks that move from one source to another.

    With `has_unknown`, some of the deals have amounts whose worth is unknown; `kopecks` leaves these out.
    """

    deals: int = 0
    kopecks: int = 0
    has_unknown: bool = False

    def __add__(self, other: "Moved") -> "Moved":
        """Return the total deals and kopecks of this object and `other`."""
        has_unknown = self.has_unknown or other.has_unknown
        return Moved(self.deals + other.deals, self.kopecks + other.kopecks, has_unknown)

    @property
    def known_kopecks(self) -> int | None:
        """The kopecks, or `None` if they are 0 only because unknown amounts are left out."""
        return known_sum(self.kopecks, has_unknown=self.has_unknown)


Moves = dict[tuple[SourceKey, SourceKey], Moved]


def moves_of(before: Shares, after: Shares, kopecks: int) -> Moves:
    """Return the parts of a deal and of its `kopecks` that move between sources when its shares change.

    The keys are pairs of old and new source. After the change, the value of each source is, to the kopeck, its value
    before, minus what moves away from it, plus what moves to it.
    """
    moves: Moves = {}
    for pair, deals in _flow(_deals_by_key(before), _deals_by_key(after)).items():
        moves[pair] = Moved(deals=deals)
    for pair, moved in _flow(_kopecks_by_key(before, kopecks), _kopecks_by_key(after, kopecks)).items():
        moves[pair] = moves.get(pair, Moved()) + Moved(kopecks=moved)
    return moves


def _deals_by_key(shares: Shares) -> dict[SourceKey, int]:
    return _summed([source_key(source) for source, _ in shares], [share for _, share in shares])


def _kopecks_by_key(shares: Shares, kopecks: int) -> dict[SourceKey, int]:
    return _summed([source_key(source) for source, _ in shares], split_kopecks(kopecks, [share for _, share in shares]))


def _summed(keys: Sequence[SourceKey], parts: Sequence[int]) -> dict[SourceKey, int]:
    sums: dict[SourceKey, int] = {}
    for key, part in zip(keys, parts, strict=True):
        sums[key] = sums.get(key, 0) + part
    return sums


def _flow(before: Mapping[SourceKey, int], after: Mapping[SourceKey, int]) -> dict[tuple[SourceKey, SourceKey], int]:
    """Return the amount that moves from each losing source to each gaining source, by pairs of old and new source.

    Sources are paired in the order of their rank. The values of `before` and those of `after` must have the same sum,
    and each value must be zero or have the sign of the sum.
    """
    sign = -1 if sum(before.values()) < 0 else 1
    keys = sorted(before.keys() | after.keys(), key=lambda key: key.rank)
    gains = {key: sign * (after.get(key, 0) - before.get(key, 0)) for key in keys}
    losing = [key for key, gain in gains.items() if gain < 0]
    left = [-gains[key] for key in losing]
    flow: dict[tuple[SourceKey, SourceKey], int] = {}
    at = 0
    for key, gain in gains.items():
        wanted = max(gain, 0)
        while wanted:
            part = min(wanted, left[at])
            flow[losing[at], key] = sign * part
            wanted -= part
            left[at] -= part
            at += not left[at]
    return flow


def single_source(source: TrafficSource) -> Shares:
    """Return the shares of a deal that belongs to `source` alone."""
    return ((source, WHOLE),)


@record
class DealAttribution:
    """The lead of a deal, and the sources of the deal with their shares, under one set of rules."""

    lead: LeadRef | None
    shares: Shares


@record
class TriedDeal:
    """A deal with its lead and sources now (`before`) and under the rules that are being tried (`after`).

    `kopecks` is the deal's amount in kopecks, or `None` if there is no amount or its currency has no rate.
    `is_kept` is true if the deal would keep its lead although the new rules would not find that lead.
    """

    deal: Deal
    before: DealAttribution
    after: DealAttribution
    kopecks: int | None
    is_kept: bool = False

    @property
    def has_other_lead(self) -> bool:
        """Return whether the deal would get a different lead, lose its lead, or get its first lead."""
        return self.before.lead != self.after.lead

    @property
    def moves(self) -> Moves:
        """Return the deals and money that would move, by pairs of old and new source; empty if nothing would move."""
        if self.before.shares == self.after.shares:
            return {}
        moves = moves_of(self.before.shares, self.after.shares, self.kopecks or 0)
        return {pair: replace(moved, has_unknown=self.lacks_rate) for pair, moved in moves.items()}

    @property
    def lacks_rate(self) -> bool:
        """Return whether the deal has an amount whose worth in rubles is unknown."""
        return self.kopecks is None and self.deal.amount_rub is not None


@record
class MatchCount:
    """How many deals have a lead (`with_lead`), and how many have a lead, a visit or a stated source (`attributed`)."""

    with_lead: int = 0
    attributed: int = 0

    def after(self, deal: Deal, attribution: DealAttribution) -> "MatchCount":
        """Return the counts after adding `deal`; `attribution` says whether the deal has a lead."""
        has_lead = attribution.lead is not None
        is_attributed = has_lead or deal.visit_id is not None or deal.stated_source is not None
        return MatchCount(self.with_lead + has_lead, self.attributed + is_attributed)


@dataclass(slots=True)
class Tally:
    """The effect of other rules on all deals of a period.

    `pinned` counts deals that keep the lead a person chose. `kept` counts deals that keep a lead which the rules would
    no longer find. `flipped` counts deals that would get a different lead, `moved` counts deals whose sources would
    change, and `changed` counts deals with either change. `moves` has the deals and the money that would move from one
    source to another, for at most `MOVES_MAX` pairs of sources; `further` has their sum for all other pairs.
    `without_rate` counts moved deals whose money is left out of the moves, because its worth in rubles is unknown.
    """

    deals: int = 0
    before: MatchCount = field(default_factory=MatchCount)
    after: MatchCount = field(default_factory=MatchCount)
    pinned: int = 0
    kept: int = 0
    flipped: int = 0
    moved: int = 0
    changed: int = 0
    without_rate: int = 0
    moves: Moves = field(default_factory=dict)
    further: Moved = field(default_factory=Moved)
    _spelt: dict[SourceKey, Counter[tuple[str | None, str | None]]] = field(default_factory=dict)

    def add(self, tried: TriedDeal) -> bool:
        """Add a deal, and return whether its lead or source would change."""
        self.deals += 1
        self.before = self.before.after(tried.deal, tried.before)
        self.after = self.after.after(tried.deal, tried.after)
        self.pinned += tried.deal.pinned_at is not None
        self.kept += tried.is_kept
        self.flipped += tried.has_other_lead
        moves = tried.moves
        self.moved += bool(moves)
        self.without_rate += bool(moves) and tried.lacks_rate
        listed: set[SourceKey] = set()
        for pair, moved in moves.items():
            if pair in self.moves or len(self.moves) < MOVES_MAX:
                self.moves[pair] = self.moves.get(pair, Moved()) + moved
                listed.update(pair)
            else:
                self.further += moved
        for source, _ in (*tried.before.shares, *tried.after.shares):
            if (key := source_key(source)) in listed:
                self._spelt.setdefault(key, Counter())[spelling_of(source)] += 1
        is_changed = tried.has_other_lead or bool(moves)
        self.changed += is_changed
        return is_changed

    def spelling_of(self, key: SourceKey) -> tuple[str | None, str | None]:
        """Return the most frequent spelling of a source and its medium among the deals whose source would change.

        A missing source or medium is `None`. Of equally frequent spellings, the first by code points is returned.
        """
        spelt = self._spelt[key]
        return min(spelt, key=lambda each: (-spelt[each], each[0] or "", each[1] or ""))

    def moves_in_order(self) -> list[tuple[tuple[SourceKey, SourceKey], Moved]]:
        """List the moves between pairs of sources: most money first, then most deals, then by the sources' names."""
        return sorted(
            self.moves.items(),
            key=lambda each: (-abs(each[1].kopecks), -each[1].deals, each[0][0].rank, each[0][1].rank),
        )
