"""Comparing a CRM's list with the deals of a site."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from cast import VLADIVOSTOK, Player, Stage, moscow
from dealtrace.deals.deal import DealId
from dealtrace.deals.deal_key import DealKey
from dealtrace.deals.incoming_deal import IncomingDeal
from dealtrace.errors import InvalidParameters, Violation
from dealtrace.leads.file_import import ImportRow
from dealtrace.operations.deals.delete import delete_deals
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.reports import compare_lists
from dealtrace.operations.reports.compare_lists import compare_rows, missing_in_file
from dealtrace.reports.agreement import DealComparison, Disagreement, ListedSums, SeenDeals
from stored import rows_of
from write_commands import NOON, registration


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def stated(number: str | None, *, deal_id: int | None = None, **fields: Any) -> IncomingDeal:
    known = {"status": "new", "amount_rub": Decimal(1000), "happened_at": NOON, **fields}
    return IncomingDeal(DealId(deal_id) if deal_id is not None else None, number, **known)


def register(stage: Stage, player: Player, *numbers: str, **fields: Any) -> list[int]:
    receipts = stage.perform(register_deals, player, *(registration(number, **fields) for number in numbers))
    return [receipt.deal_id for receipt in receipts]


def compare(
    stage: Stage, player: Player, *contents: Any, seen: SeenDeals | None = None
) -> list[tuple[int | None, Disagreement | None]]:
    """Compare rows, and return which deal of ours each is and how they disagree."""
    rows = [ImportRow(number, content) for number, content in enumerate(contents, 2)]
    stored = rows_of(stage.database, player)
    with stage.database.read() as connection:
        compared = compare_rows(connection, player.site, rows, seen or SeenDeals(), ListedSums())
    assert rows_of(stage.database, player) == stored
    assert [each.row for each in compared] == [row.number for row in rows]
    return [(each.ours.id if each.ours is not None else None, each.disagreement) for each in compared]


def test_a_deal_is_found_by_its_id_and_then_by_its_number(stage: Stage, shop: Player) -> None:
    first, second = register(stage, shop, "n1", "n2")
    assert compare(
        stage,
        shop,
        stated("another", deal_id=first),
        stated(" n2 ", deal_id=77),
        stated("n3"),
        stated(None, deal_id=78),
    ) == [(first, None), (second, None), (None, Disagreement.MISSING_HERE), (None, Disagreement.MISSING_HERE)]


def test_a_deal_that_two_rows_name_is_repeated(stage: Stage, shop: Player) -> None:
    (deal_id,) = register(stage, shop, "n1")
    seen = SeenDeals()
    assert compare(stage, shop, stated("n1"), stated(None, deal_id=deal_id), seen=seen) == [
        (deal_id, None),
        (deal_id, Disagreement.REPEATED),
    ]
    assert compare(stage, shop, stated("n1"), seen=seen) == [(deal_id, Disagreement.REPEATED)]


def test_a_missing_deal_that_two_rows_name_is_repeated(stage: Stage, shop: Player) -> None:
    seen = SeenDeals()
    missing, repeated = (None, Disagreement.MISSING_HERE), (None, Disagreement.REPEATED)
    assert compare(stage, shop, stated("n1"), stated(" n1"), seen=seen) == [missing, repeated]
    assert compare(stage, shop, stated("n1"), stated("n2"), seen=seen) == [repeated, missing]
    assert compare(stage, shop, stated("n1", deal_id=77), stated(None, deal_id=77)) == [missing, repeated]


def test_deleted_deals_and_those_of_a_neighbour_are_missing(stage: Stage, shop: Player) -> None:
    neighbour = stage.open_site(time_zone=VLADIVOSTOK)
    (theirs,) = register(stage, neighbour, "n1")
    (deleted,) = register(stage, shop, "n2")
    stage.perform(delete_deals, shop, DealKey(deleted, None))
    missing = (None, Disagreement.MISSING_HERE)
    assert compare(stage, shop, stated("n1", deal_id=theirs), stated("n2", deal_id=deleted)) == [missing, missing]


def test_a_row_that_cannot_be_read_says_why(stage: Stage, shop: Player) -> None:
    refusal = InvalidParameters([Violation("Сумма", "ожидается сумма", "expected a sum")])
    with stage.database.read() as connection:
        (compared,) = compare_rows(connection, shop.site, [ImportRow(9, refusal)], SeenDeals(), ListedSums())
    assert (compared.row, compared.disagreement) == (9, Disagreement.UNREADABLE)
    assert "expected a sum" in compared.reason


def missing(stage: Stage, player: Player, first: str, last: str, seen: SeenDeals) -> list[DealComparison]:
    with stage.database.read() as connection:
        chunks = list(missing_in_file(connection, player.site, moscow(*first.split()), moscow(*last.split()), seen))
    return [each for _, chunk in chunks for each in chunk]


def test_what_the_file_lacks_is_looked_for_on_whole_days_of_the_site(
    stage: Stage, shop: Player, monkeypatch: Any
) -> None:
    monkeypatch.setattr(compare_lists, "ROWS_AT_ONCE", 2)
    ids = []
    for number, at in enumerate(("25 23:59:59", "26 00:00:00", "26 12:00:00", "27 23:59:59", "28 00:00:00")):
        day, clock = at.split()
        ids += register(stage, shop, f"n{number}", happened_at=moscow(f"2018-03-{day}", clock))
    register(stage, stage.open_site(), "theirs", happened_at=moscow("2018-03-26"))
    (deleted,) = register(stage, shop, "deleted", happened_at=moscow("2018-03-26"))
    stage.perform(delete_deals, shop, DealKey(deleted, None))
    seen = SeenDeals()
    found = missing(stage, shop, "2018-03-26 15:00:00", "2018-03-27 01:00:00", seen)
    assert [each.ours.id for each in found if each.ours is not None] == ids[1:4]
    assert {each.disagreement for each in found} == {Disagreement.MISSING_IN_FILE}
    assert compare(stage, shop, stated(None, deal_id=ids[2]), seen=seen)[0][0] == ids[2]
    found = missing(stage, shop, "2018-03-26 15:00:00", "2018-03-27 01:00:00", seen)
    assert [each.ours.id for each in found if each.ours is not None] == [ids[1], ids[3]]


def test_a_list_of_another_zone_is_compared_by_instants(stage: Stage) -> None:
    far = stage.open_site(time_zone=VLADIVOSTOK)
    (deal_id,) = register(stage, far, "n1")
    assert compare(stage, far, stated("n1")) == [(deal_id, None)]
    assert compare(stage, far, stated("n1", happened_at=NOON + timedelta(hours=7))) == [
        (deal_id, Disagreement.OTHER_VALUES)
    ]
