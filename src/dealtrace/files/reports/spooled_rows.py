"""Keep the rows behind a figure in a temporary file, since memory may not hold them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

import msgspec

from dealtrace.reports.facts import Fact
from dealtrace.reports.figure import AnyRow, CostRow, DealRow, LeadRow, VisitRow

_ENCODER = msgspec.json.Encoder()
_DECODERS: Mapping[Fact, msgspec.json.Decoder[AnyRow]] = {
    Fact.VISITS: msgspec.json.Decoder(VisitRow),
    Fact.LEADS: msgspec.json.Decoder(LeadRow),
    Fact.DEALS: msgspec.json.Decoder(DealRow),
    Fact.COSTS: msgspec.json.Decoder(CostRow),
}


def spool_rows(rows: Sequence[AnyRow], file: BinaryIO) -> None:
    """Append rows to a file, each as one line of JSON."""
    file.write(_ENCODER.encode_lines(rows))


def read_spooled_rows(kind: Fact, file: BinaryIO, at_once: int) -> Iterator[Sequence[AnyRow]]:
    """Read a file of rows of one kind from its beginning, and yield them in groups of up to `at_once`."""
    file.seek(0)
    decode = _DECODERS[kind].decode
    group: list[AnyRow] = []
    for line in file:
        group.append(decode(line))
        if len(group) == at_once:
            yield group
            group = []
    if group:
        yield group
