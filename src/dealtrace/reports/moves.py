"""Compute how deals and their money move between traffic sources when the attribution rules change."""

from collections.abc import Mapping, Sequence

from dealtrace.attribution.credit import WHOLE
from dealtrace.attribution.traffic_source import TrafficSource, part_key
from dealtrace.record import record
from dealtrace.reports.kopecks import split_kopecks

Shares = Sequence[tuple[TrafficSource, int]]
"""The source and share of each visit that led to a deal, latest visit first; the shares add up to `WHOLE`."""


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
    """The deals (counted in units of 1/`WHOLE` of a deal) and kopecks that move from one source to another."""

    deals: int = 0
    kopecks: int = 0

    def __add__(self, other: "Moved") -> "Moved":
        """Return the total deals and kopecks of this object and `other`."""
        return Moved(self.deals + other.deals, self.kopecks + other.kopecks)


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
    and no value may have a sign other than that of the sum.
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
