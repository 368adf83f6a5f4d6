"""Compare a CRM's list of deals with the stored deals of a site, deal by deal and in total."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from dealtrace.attribution.known_sum import known_sum
from dealtrace.deals.amount import kopecks_of
from dealtrace.deals.currency import NO_RATES, RUBLE, Rates
from dealtrace.deals.deal import Deal
from dealtrace.deals.incoming_deal import IncomingDeal
from dealtrace.plain_text import stripped
from dealtrace.record import record

IDS_PER_MASK = 256
"""How many ids share a bit mask. Deal ids have few gaps, so an id takes less than a byte."""
MISSING_NUMBERS_MAX = 1_000_000
"""The maximum number of missing deals that are remembered; a further missing deal is counted each time it occurs."""


class Disagreement(StrEnum):
    """The kind of difference between a deal in a CRM's list and the stored deal."""

    MISSING_HERE = "missing here"
    MISSING_IN_FILE = "missing in the file"
    OTHER_VALUES = "other values"
    REPEATED = "repeated in the file"
    UNREADABLE = "unreadable"


class Field(StrEnum):
    """A field of a deal that is compared."""

    SUM = "sum"
    STATUS = "status"
    DATE = "date"


@record
class ListedSums:
    """Whether a CRM's list has amounts, whether it has currencies, and the exchange rates for comparing in rubles.

    In a list without currencies, each deal has the currency of the stored deal, or rubles if the deal is not stored.
    """

    has_amounts: bool = True
    has_currencies: bool = False
    rates: Rates = NO_RATES


@record
class DealComparison:
    """A deal in the CRM's list (`theirs`) and the stored deal (`ours`); a deal that is missing is `None`.

    `row` is the number of the row in the list, and `fields` are the fields that differ. `reason` says why a row is
    invalid.
    """

    row: int | None
    theirs: IncomingDeal | None
    ours: Deal | None
    disagreement: Disagreement | None
    fields: tuple[Field, ...] = ()
    reason: str = ""


def compare_deals(
    row: int, theirs: IncomingDeal, ours: Deal | None, listed: ListedSums, *, is_repeated: bool
) -> DealComparison:
    """Compare a deal of the CRM's list with the stored deal (`ours`), which is `None` if the deal is not stored.

    `is_repeated` says whether an earlier row had the same deal.
    """
    if ours is not None and not listed.has_currencies:
        theirs = replace(theirs, currency=ours.currency)
    if is_repeated:
        return DealComparison(row, theirs, ours, Disagreement.REPEATED)
    if ours is None:
        return DealComparison(row, theirs, None, Disagreement.MISSING_HERE)
    fields = differing_fields(theirs, ours, has_sums=listed.has_amounts)
    return DealComparison(row, theirs, ours, Disagreement.OTHER_VALUES if fields else None, fields)


def differing_fields(theirs: IncomingDeal, ours: Deal, *, has_sums: bool) -> tuple[Field, ...]:
    """Return the fields of a deal whose values in the list and in the database differ.

    Statuses are compared trimmed and case-folded, amounts in hundredths of their currency; amounts other than 0 in
    different currencies differ.

    Ours: a missing amount equals an amount of 0, because many CRMs do not distinguish them. Dates are compared to the
    minute, because many lists have no seconds.
    """
    differs = {
        Field.SUM: has_sums and _sum_of(theirs) != _sum_of(ours),
        Field.STATUS: theirs.status.strip().casefold() != ours.status.strip().casefold(),
        Field.DATE: _minute(theirs.happened_at) != _minute(ours.happened_at),
    }
    return tuple(name for name, is_other in differs.items() if is_other)


def in_kopecks(amount_rub: Decimal | None) -> int:
    """Return an amount in kopecks, or 0 for no amount."""
    return kopecks_of(amount_rub) if amount_rub is not None else 0


def _sum_of(deal: IncomingDeal | Deal) -> tuple[int, str]:
    """Return the amount of a deal in hundredths of its currency, and the currency (`rub` if the amount is 0)."""
    hundredths = in_kopecks(deal.amount_rub)
    return hundredths, (deal.currency or RUBLE) if hundredths else RUBLE


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


class SeenIds:
    """A set of ids that takes little memory, even for many ids."""

    def __init__(self) -> None:
        self._masks: dict[int, int] = {}

    def add(self, number: int) -> bool:
        """Add an id, and return whether it was already in the set."""
        place, bit = divmod(number, IDS_PER_MASK)
        mask = self._masks.get(place, 0)
        self._masks[place] = mask | 1 << bit
        return bool(mask >> bit & 1)

    def __contains__(self, number: int) -> bool:
        """Return whether an id is in the set."""
        place, bit = divmod(number, IDS_PER_MASK)
        return bool(self._masks.get(place, 0) >> bit & 1)


class SeenDeals:
    """The deals in the rows compared so far: both stored deals and deals that are not stored."""

    def __init__(self) -> None:
        self._stored = SeenIds()
        self._missing = SeenIds()
        self._missing_numbers: set[int] = set()

    def add(self, theirs: IncomingDeal, ours: Deal | None) -> bool:
        """Add the deal of a row, and return whether an earlier row had the same deal.

        `ours` is the stored deal. If it is `None`, the deal is identified by its id in the list or, if it has none, by
        its number.
        """
        if ours is not None:
            return self._stored.add(ours.id)
        if theirs.id is not None:
            return self._missing.add(theirs.id)
        number = hash(stripped(theirs.number or ""))  # takes less memory than the text
        if number in self._missing_numbers:
            return True
        if len(self._missing_numbers) < MISSING_NUMBERS_MAX:
            self._missing_numbers.add(number)
        return False

    def __contains__(self, deal_id: int) -> bool:
        """Return whether the stored deal with this id has been added."""
        return deal_id in self._stored


@dataclass(slots=True)
class CountAndWorth:
    """How many deals there are, and what they are worth in kopecks.

    `without_rate` is the number of deals that `kopecks` leaves out, because their currencies have no rate.
    """

    deals: int = 0
    kopecks: int = 0
    without_rate: int = 0

    def add(self, kopecks: int | None) -> None:
        """Count one more deal; `kopecks` is the deal's amount, or `None` if its currency has no rate."""
        self.deals += 1
        self.kopecks += kopecks or 0
        self.without_rate += kopecks is None

    @property
    def known_kopecks(self) -> int | None:
        """The kopecks, or `None` if they are 0 only because deals without a rate are left out."""
        return known_sum(self.kopecks, has_unknown=self.without_rate > 0)


@dataclass(slots=True)
class Agreement:
    """The totals of a comparison between a CRM's list and the stored deals.

    `theirs` counts the valid rows of the list. `ours` counts the stored deals that are in the list, or whose
    day is between the list's first and last day. Amounts are converted to rubles at the site's rates. `other_sum`
    counts the deals with different amounts; its kopecks are the amounts in the list minus the stored amounts, without
    deals of which one of the two is unknown.
    `first_at` and `last_at` are the earliest and the latest time in the list.
    """

    theirs: CountAndWorth = field(default_factory=CountAndWorth)
    ours: CountAndWorth = field(default_factory=CountAndWorth)
    missing_here: CountAndWorth = field(default_factory=CountAndWorth)
    missing_in_file: CountAndWorth = field(default_factory=CountAndWorth)
    repeated: CountAndWorth = field(default_factory=CountAndWorth)
    other_sum: CountAndWorth = field(default_factory=CountAndWorth)
    other_status: int = 0
    other_date: int = 0
    unreadable: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None

    @property
    def kopecks_further(self) -> int | None:
        """The kopecks of the list minus the kopecks of the stored deals, or `None` if either value is unknown."""
        theirs, ours = self.theirs.known_kopecks, self.ours.known_kopecks
        return theirs - ours if theirs is not None and ours is not None else None

    @property
    def is_whole(self) -> bool:
        """Return whether the list and the database have the same deals with the same values."""
        differing = (self.missing_here, self.missing_in_file, self.repeated, self.other_sum)
        return not any((*(count.deals for count in differing), self.other_status, self.other_date, self.unreadable))

    def add(self, compared: DealComparison, listed: ListedSums) -> None:
        """Add a comparison to the totals; for a list without amounts, the stored amounts are used."""
        theirs, ours = compared.theirs, compared.ours
        own, stated = _worths(compared, listed)
        if theirs is not None:
            self.theirs.add(stated)
            at = theirs.happened_at
            self.first_at = min(at, self.first_at or at)
            self.last_at = max(at, self.last_at or at)
        if ours is not None and compared.disagreement is not Disagreement.REPEATED:
            self.ours.add(own)
        match compared.disagreement:
            case Disagreement.UNREADABLE:
                self.unreadable += 1
            case Disagreement.MISSING_HERE:
                self.missing_here.add(stated)
            case Disagreement.MISSING_IN_FILE:
                self.missing_in_file.add(own)
            case Disagreement.REPEATED:
                self.repeated.add(stated)
            case Disagreement.OTHER_VALUES:
                self._add_fields(compared.fields, stated, own)

    def _add_fields(self, fields: tuple[Field, ...], stated: int | None, own: int | None) -> None:
        if Field.SUM in fields:
            self.other_sum.add(stated - own if stated is not None and own is not None else None)
        self.other_status += Field.STATUS in fields
        self.other_date += Field.DATE in fields


def _worths(compared: DealComparison, listed: ListedSums) -> tuple[int | None, int | None]:
    """Return what the stored deal and the deal in the list are worth in kopecks, each `None` if it is unknown.

    Ours: both sides are converted at the rate of the stored deal's time, so that a different date does not make the
    amounts differ.
    """
    theirs, ours = compared.theirs, compared.ours
    dated = ours or theirs
    if dated is None:
        return 0, 0

    def worth(deal: IncomingDeal | Deal | None) -> int | None:
        if deal is None or deal.amount_rub is None:
            return 0
        return listed.rates.worth(deal.amount_rub, deal.currency, dated.happened_at)

    own = worth(ours)
    return own, worth(theirs) if theirs is not None and listed.has_amounts else own
