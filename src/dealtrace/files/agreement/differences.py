"""Write the differences between a CRM's list of deals and the stored deals to a compressed file, and read the file."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path

import msgspec

from dealtrace.deals.deal import Deal
from dealtrace.deals.incoming_deal import IncomingDeal
from dealtrace.record import record
from dealtrace.reports.agreement import Agreement, DealComparison, Disagreement, Field

KEPT_MAX = 1_000_000
"""Ours: the maximum number of differences that are written, about 30 MB when compressed.

There are more only if the list lacks whole years of deals.
"""
_FASTEST = 1


@record
class ComparedValues:
    """The values of a deal that are compared: in the list or as stored."""

    happened_at: datetime
    status: str
    amount_rub: Decimal | None
    currency: str | None


@record
class Difference:
    """A difference between the list and the stored deals, such as a deal that is missing in one of them.

    `theirs` has the deal's values in the list, `ours` its stored values; `None` means that the deal is missing there.
    `row` is the number of its row in the list, and `deal_id` the id of the stored deal. `fields` are the fields that
    differ, and `reason` says why the row is invalid.
    """

    kind: Disagreement
    row: int | None
    deal_id: int | None
    number: str | None
    fields: tuple[Field, ...]
    theirs: ComparedValues | None
    ours: ComparedValues | None
    reason: str = ""


class DifferencesFile:
    """Counts the differences, and writes the first `KEPT_MAX` of them to a file."""

    def __init__(self, file: gzip.GzipFile) -> None:
        self.total = 0
        self._file = file

    def add(self, compared: DealComparison) -> None:
        """Count the result of a comparison, and write it to the file, if the two deals differ."""
        if compared.disagreement is None:
            return
        self.total += 1
        if self.total <= KEPT_MAX:
            self._file.write(msgspec.json.encode(_difference_of(compared, compared.disagreement)) + b"\n")


@contextmanager
def open_differences(path: Path) -> Iterator[DifferencesFile]:
    """Create a file of differences, which the `with` block writes."""
    with gzip.open(path, "wb", _FASTEST) as file:
        yield DifferencesFile(file)


def read_differences(path: Path, start: int = 0) -> Iterator[Difference]:
    """Yield the differences in a file, in order; the first `start` of them are skipped."""
    decoder = msgspec.json.Decoder(Difference)
    with gzip.open(path, "rb") as lines:
        for line in islice(lines, start, None):
            yield decoder.decode(line)


def encode_agreement(agreement: Agreement) -> str:
    """Return the totals of a comparison as JSON."""
    return msgspec.json.encode(agreement).decode()


def decode_agreement(text: str) -> Agreement:
    """Return the totals of a comparison from the JSON of `encode_agreement`."""
    return msgspec.json.decode(text, type=Agreement)


def _difference_of(compared: DealComparison, kind: Disagreement) -> Difference:
    theirs, ours = compared.theirs, compared.ours
    return Difference(
        kind,
        compared.row,
        ours.id if ours is not None else None,
        _number_of(theirs, ours),
        compared.fields,
        _values_of(theirs),
        _values_of(ours),
        compared.reason,
    )


def _number_of(theirs: IncomingDeal | None, ours: Deal | None) -> str | None:
    """Return the number of a deal; for a deal that is not stored and has no number in the list, return its id."""
    if ours is not None:
        return ours.number
    if theirs is None:
        return None
    return theirs.number if theirs.number is not None else str(theirs.id)


def _values_of(deal: IncomingDeal | Deal | None) -> ComparedValues | None:
    return ComparedValues(deal.happened_at, deal.status, deal.amount_rub, deal.currency) if deal is not None else None
