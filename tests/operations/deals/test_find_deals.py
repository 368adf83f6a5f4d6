"""Finding the deals that a batch names."""

import pytest

from cast import VLADIVOSTOK, Player, Stage
from dealtrace.deals.deal import DealId
from dealtrace.deals.deal_key import DealKey
from dealtrace.errors import DealKeyMissing, DealNotFound
from dealtrace.operations.deals.delete import delete_deals
from dealtrace.operations.deals.find import NamedDeals, find_deals
from dealtrace.operations.deals.register import register_deals
from write_commands import registration


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def register(stage: Stage, player: Player, *numbers: str) -> list[DealId]:
    receipts = stage.perform(register_deals, player, *[registration(number) for number in numbers])
    return [receipt.deal_id for receipt in receipts]


def find(stage: Stage, player: Player, *keys: tuple[int | None, str | None]) -> NamedDeals:
    with stage.database.write() as connection:
        return find_deals(stage.work(connection, player), [DealKey(*key) for key in keys])


def test_it_finds_by_id_and_failing_that_by_number(stage: Stage, shop: Player) -> None:
    first, second = register(stage, shop, "1", "2")
    named = find(stage, shop, (first, None), (None, "2"), (first, "2"), (7, "2"), (second, "?"), (first, None))
    assert [named.found[position].id for position in range(6)] == [first, second, first, second, second, first]
    assert named.refused == {}


def test_it_takes_an_id_for_no_number_and_a_number_for_no_id(stage: Stage, shop: Player) -> None:
    (first,) = register(stage, shop, "1")
    register(stage, shop, str(first))
    named = find(stage, shop, (None, str(first)), (first, None), (1, None))
    assert [deal.number for deal in named.found.values()] == [str(first), "1"]
    assert list(named.refused) == [2]


@pytest.mark.parametrize(
    ("key", "facts"),
    [
        ((None, None), {}),
        ((5, None), {"key": "orderId=5"}),
        ((None, "?"), {"key": "orderNumber=?"}),
        ((5, ""), {"key": "orderId=5, orderNumber="}),
        ((0, None), {"key": "orderId=0"}),
    ],
)
def test_it_refuses_what_names_no_deal(
    stage: Stage, shop: Player, key: tuple[int | None, str | None], facts: dict[str, str]
) -> None:
    named = find(stage, shop, key)
    assert isinstance(named.refused[0], DealNotFound if facts else DealKeyMissing)
    assert named.refused[0].facts == facts
    assert named.found == {}


def test_it_finds_neither_the_deleted_nor_a_neighbours(stage: Stage, shop: Player) -> None:
    neighbour = stage.open_site(time_zone=VLADIVOSTOK)
    (gone,) = register(stage, shop, "gone")
    (theirs,) = register(stage, neighbour, "theirs")
    stage.perform(delete_deals, shop, DealKey(gone, None))
    named = find(stage, shop, (gone, "gone"), (theirs, "theirs"), (None, "theirs"), (None, "gone"))
    assert named.found == {}
    assert sorted(named.refused) == [0, 1, 2, 3]


@pytest.mark.parametrize(("paid", "positions"), [(0, []), (1, [0]), (2, [0, 2]), (9, [0, 2])])
def test_it_states_the_first_that_are_paid_for(stage: Stage, shop: Player, paid: int, positions: list[int]) -> None:
    first, second = register(stage, shop, "1", "2")
    assert list(find(stage, shop, (first, None), (5, None), (second, None)).first(paid)) == positions
