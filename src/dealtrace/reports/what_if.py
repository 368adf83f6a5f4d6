"""What other rules would do to deals: what becomes of each, and all of it together."""

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal

from dealtrace.deals.deal import Deal
from dealtrace.leads.lead import LeadRef
from dealtrace.record import record
from dealtrace.reports.moves import Moved, Moves, Shares, SourceKey, key_of, moves_of, spelling_of
from dealtrace.reports.shares import kopecks_of

MOVES_MAX = 10_000
"""Ours: pairs of sources that are counted by themselves; what moves between further ones is one sum."""


@record
class Standing:
    """Where a deal belongs under some rules: its lead, and the sources that share it."""

    lead: LeadRef | None
    shares: Shares


@record
class Outcome:
    """What becomes of a deal: where it stands now, and where it would stand under the rules that are tried.

    `is_kept` marks a deal whose lead those rules would not find, but would leave to it.
    """

    deal: Deal
    before: Standing
    after: Standing
    is_kept: bool = False

    @property
    def has_other_lead(self) -> bool:
        """Whether the deal would have another lead, or none."""
        return self.before.lead != self.after.lead

    @property
    def moves(self) -> Moves:
        """What would move to other sources, by source from and to."""
        if self.before.shares == self.after.shares:
            return {}
        amount = self.deal.amount_rub
        return moves_of(self.before.shares, self.after.shares, kopecks_of(amount if amount is not None else Decimal(0)))


@record
class MatchCount:
    """How many of the deals have a lead, and how many a lead or a source that the caller stated."""

    with_lead: int = 0
    attributed: int = 0

    def after(self, deal: Deal, standing: Standing) -> "MatchCount":
        """Return the counts with one more deal."""
        has_lead = standing.lead is not None
        return MatchCount(self.with_lead + has_lead, self.attributed + (has_lead or deal.stated_source is not None))


@dataclass(slots=True)
class Tally:
    """What other rules would do to all deals of a period.

    `pinned` deals keep their leads, `kept` ones have a lead that the rules would no longer find. `flipped` deals would
    have another lead, `moved` ones another source, `changed` ones either. `further` is what moves between the sources
    beyond `MOVES_MAX`.
    """

    deals: int = 0
    before: MatchCount = field(default_factory=MatchCount)
    after: MatchCount = field(default_factory=MatchCount)
    pinned: int = 0
    kept: int = 0
    flipped: int = 0
    moved: int = 0
    changed: int = 0
    moves: Moves = field(default_factory=dict)
    further: Moved = field(default_factory=Moved)
    _spelt: dict[SourceKey, Counter[tuple[str | None, str | None]]] = field(default_factory=dict)

    def add(self, outcome: Outcome) -> bool:
        """Count a deal, and return whether it would have another lead or source."""
        self.deals += 1
        self.before = self.before.after(outcome.deal, outcome.before)
        self.after = self.after.after(outcome.deal, outcome.after)
        self.pinned += outcome.deal.pinned_at is not None
        self.kept += outcome.is_kept
        self.flipped += outcome.has_other_lead
        moves = outcome.moves
        self.moved += bool(moves)
        listed: set[SourceKey] = set()
        for pair, moved in moves.items():
            if pair in self.moves or len(self.moves) < MOVES_MAX:
                self.moves[pair] = self.moves.get(pair, Moved()) + moved
                listed.update(pair)
            else:
                self.further += moved
        for source, _ in (*outcome.before.shares, *outcome.after.shares):
            if (key := key_of(source)) in listed:
                self._spelt.setdefault(key, Counter())[spelling_of(source)] += 1
        is_changed = outcome.has_other_lead or bool(moves)
        self.changed += is_changed
        return is_changed

    def spelling_of(self, key: SourceKey) -> tuple[str | None, str | None]:
        """Return a source that something moves from or to, and its medium, as most deals spell it; `None` for nothing.

        Of equally common spellings it is the first in the order of code points.
        """
        spelt = self._spelt[key]
        return min(spelt, key=lambda each: (-spelt[each], each[0] or "", each[1] or ""))

    def moves_in_order(self) -> list[tuple[tuple[SourceKey, SourceKey], Moved]]:
        """List what moves, most money first, then most deals, then by the names of the sources."""
        return sorted(
            self.moves.items(),
            key=lambda each: (-abs(each[1].kopecks), -each[1].deals, each[0][0].rank, each[0][1].rank),
        )
