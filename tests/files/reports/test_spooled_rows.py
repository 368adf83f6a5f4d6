"""The rows behind a figure, kept in a file."""

from datetime import date
from decimal import Decimal
from tempfile import TemporaryFile

import pytest

from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.files.reports.spooled_rows import read_spooled_rows, spool_rows
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.reports.facts import Fact
from dealtrace.reports.figure import AnyRow, CostRow, DealRow, LeadRow, VisitRow


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        (Fact.VISITS, VisitRow(7, 1_000_000)),
        (Fact.LEADS, LeadRow(LeadRef(LeadKind.LEAD_REQUEST, 8), 250_000)),
        (Fact.DEALS, DealRow(9, 500_000, Decimal("-0.05"), None)),
        (Fact.COSTS, CostRow(date(2018, 3, 26), TrafficSource("яндекс", term="а\nб"), Decimal("10.00"), 0)),
    ],
)
def test_a_row_of_each_kind_comes_back_as_it_was(kind: Fact, row: AnyRow) -> None:
    with TemporaryFile() as file:
        spool_rows([row], file)
        assert list(read_spooled_rows(kind, file, 10)) == [[row]]


def test_rows_come_back_in_their_order_and_a_group_at_a_time() -> None:
    rows = [VisitRow(number, 1) for number in range(7)]
    with TemporaryFile() as file:
        spool_rows(rows[:4], file)
        spool_rows(rows[4:], file)
        assert list(read_spooled_rows(Fact.VISITS, file, 3)) == [rows[:3], rows[3:6], rows[6:]]
    with TemporaryFile() as file:
        spool_rows([], file)
        assert list(read_spooled_rows(Fact.VISITS, file, 3)) == []
