"""Deleting deals: hidden, number freed, a version written; never twice, never a neighbour's."""

from dataclasses import replace
from typing import Any

import pytest

from cast import VLADIVOSTOK, Player, Stage
from dealtrace.deals.deal import Deal
from dealtrace.deals.deal_key import DealKey
from dealtrace.deals.versions import DealVersion, VersionKind
from dealtrace.errors import DealKeyMissing, DealNotFound, PointsSpent
from dealtrace.operations.deals.delete import delete_deals
from dealtrace.operations.write_command import WriteCommand
from dealtrace.storage.journals.deal_journal import JournalQuery, query_deals
from dealtrace.storage.journals.keyset_pages import Cursor, ListPage, find_page
from stored import deal_of, deals_of, points_of, rows_of, side_by_side, versions_of
from write_commands import register, utc_now


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def delete(stage: Stage, player: Player, *keys: tuple[int | None, str | None], now: Any = None) -> list[Any]:
    return stage.perform(delete_deals, player, *[DealKey(*key) for key in keys], now=now)


def test_it_hides_the_deal_and_keeps_all_of_it(stage: Stage, shop: Player) -> None:
    deal_id = register(stage, shop, tags=("a", "b"), comment="к обеду")
    before, now = deal_of(stage.database, shop, deal_id), utc_now()
    (gone,) = delete(stage, shop, (deal_id, None), now=now)
    assert gone == replace(before, deleted_at=now, touched_at=now, version=2)
    assert deals_of(stage.database, shop, deal_id) == []
    assert deal_of(stage.database, shop, deal_id, deleted=True) == gone


def test_it_writes_a_version_with_the_token_that_asked(stage: Stage, shop: Player) -> None:
    deal_id, now = register(stage, shop), utc_now()
    delete(stage, shop, (deal_id, None), now=now)
    _, version = versions_of(stage.database, shop, deal_id)
    assert version == DealVersion(
        deal_id, 2, VersionKind.DELETED, now, shop.token_id, {"deleted_at": None}, version.after
    )
    assert list(version.after) == ["deleted_at"]
    assert version.after["deleted_at"].startswith(now.isoformat()[:19])


def test_it_takes_the_deal_out_of_the_journal(stage: Stage, shop: Player) -> None:
    deal_id = register(stage, shop)
    delete(stage, shop, (deal_id, None))
    with stage.database.read() as connection:
        for query in (JournalQuery(), JournalQuery(deal_id=deal_id), JournalQuery(number="N")):
            assert find_page(connection, query_deals(shop.site.id, query), Cursor(), 10) == ListPage([], None, 0)


@pytest.mark.parametrize("named", ["id", "number", "id before another's number", "number after an unknown id"])
def test_it_finds_the_deal_by_id_and_failing_that_by_number(stage: Stage, shop: Player, named: str) -> None:
    mine, other = register(stage, shop, "N"), register(stage, shop, "M")
    key = {
        "id": (mine, None),
        "number": (None, "N"),
        "id before another's number": (mine, "M"),
        "number after an unknown id": (1, "N"),
    }[named]
    (gone,) = delete(stage, shop, key)
    assert gone.id == mine
    assert [deal.id for deal in deals_of(stage.database, shop, mine, other)] == [other]


@pytest.mark.parametrize("key", [(1, None), (None, "?"), (1, "?"), (None, None)])
def test_it_refuses_a_deal_it_does_not_know_and_stores_nothing(stage: Stage, shop: Player, key: Any) -> None:
    register(stage, shop)
    stored = rows_of(stage.database, shop)
    (refusal,) = delete(stage, shop, key)
    assert isinstance(refusal, DealKeyMissing if key == (None, None) else DealNotFound)
    assert rows_of(stage.database, shop) == stored


def test_it_deletes_nothing_twice(stage: Stage, shop: Player) -> None:
    deal_id = register(stage, shop)
    delete(stage, shop, (deal_id, None))
    stored = rows_of(stage.database, shop)
    assert [type(item) for item in delete(stage, shop, (deal_id, None), (None, "N"))] == [DealNotFound] * 2
    assert rows_of(stage.database, shop) == stored


def test_it_lets_the_second_of_a_batch_that_names_the_same_deal_find_nothing(stage: Stage, shop: Player) -> None:
    first, second = register(stage, shop, "1"), register(stage, shop, "2")
    outcomes = delete(stage, shop, (first, None), (None, "1"), (second, None), (first, "2"))
    assert [type(outcome) for outcome in outcomes] == [Deal, DealNotFound, Deal, DealNotFound]
    assert [len(versions_of(stage.database, shop, item)) for item in (first, second)] == [2, 2]
    assert points_of(stage.database, shop) == 4


def test_it_deletes_no_more_than_the_points_allow(stage: Stage) -> None:
    shop = stage.open_site(points_per_day=4)
    ids = [register(stage, shop, str(count)) for count in range(3)]
    outcomes = delete(stage, shop, *[(item, None) for item in ids])
    assert [type(outcome) for outcome in outcomes] == [Deal, PointsSpent, PointsSpent]
    assert [deal.id for deal in deals_of(stage.database, shop, *ids)] == ids[1:]
    assert points_of(stage.database, shop) == 4


def test_it_refuses_the_points_of_who_follows_one_that_was_not_paid(stage: Stage) -> None:
    shop = stage.open_site(points_per_day=1)
    deal_id = register(stage, shop)
    outcomes = delete(stage, shop, (deal_id, None), (deal_id, None))
    assert [type(outcome) for outcome in outcomes] == [PointsSpent] * 2, "the deal is still there"
    assert deals_of(stage.database, shop, deal_id)


def test_it_deletes_nothing_of_a_neighbour(stage: Stage, shop: Player) -> None:
    neighbour = stage.open_site(time_zone=VLADIVOSTOK)
    deal_id = register(stage, shop)
    stored = rows_of(stage.database, shop)
    assert [type(item) for item in delete(stage, neighbour, (deal_id, None), (None, "N"))] == [DealNotFound] * 2
    assert rows_of(stage.database, shop) == stored
    assert rows_of(stage.database, neighbour) == {}


def test_it_deletes_once_when_two_servers_are_asked_at_the_same_moment(stage: Stage, shop: Player) -> None:
    deal_id = register(stage, shop)

    def remove(connection: Any) -> Any:
        return delete_deals(stage.work(connection, shop), [WriteCommand(DealKey(deal_id, None))])[0]

    gone, refusal = side_by_side(stage.database, remove, remove)
    assert gone.id == deal_id
    assert isinstance(refusal, DealNotFound)
    assert len(versions_of(stage.database, shop, deal_id)) == 2
    assert points_of(stage.database, shop) == 2
