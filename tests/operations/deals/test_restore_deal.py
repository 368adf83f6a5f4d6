"""Bringing deleted deals back."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from cast import VLADIVOSTOK, Player, Stage
from dealtrace.deals.deal import Deal
from dealtrace.deals.deal_key import DealKey
from dealtrace.deals.versions import VersionKind
from dealtrace.errors import DealNotDeleted, DealNotFound, NumberReused, Refusal
from dealtrace.operations.deals.change import change_deals
from dealtrace.operations.deals.delete import delete_deals, restore_deal
from dealtrace.operations.deals.register import register_deals
from dealtrace.storage.database.database_errors import is_lost_race
from stored import deal_of, points_of, rows_of, side_by_side, versions_of
from write_commands import change, register, registration, utc_now


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def delete(stage: Stage, player: Player, deal_id: int) -> Deal:
    (gone,) = stage.perform(delete_deals, player, DealKey(deal_id, None))
    assert isinstance(gone, Deal), gone
    return gone


def restore(stage: Stage, player: Player, deal_id: int, now: datetime | None = None) -> Deal:
    with stage.database.write() as connection:
        return restore_deal(stage.work(connection, player, now or utc_now()), deal_id)


def test_it_brings_a_deal_back_as_it_was(stage: Stage, shop: Player) -> None:
    deal_id = register(stage, shop, tags=("a", "b"), comment="к обеду")
    stage.perform(change_deals, shop, change(deal_id, status="paid", tags=("c",)))
    before = deal_of(stage.database, shop, deal_id)
    delete(stage, shop, deal_id)
    now, points = utc_now(), points_of(stage.database, shop)
    restored = restore(stage, shop, deal_id, now)
    assert restored == replace(before, touched_at=now, version=4)
    assert deal_of(stage.database, shop, deal_id) == restored
    assert points_of(stage.database, shop) == points, "a command costs no points"


def test_it_writes_a_version_of_its_own(stage: Stage, shop: Player) -> None:
    deal_id = register(stage, shop)
    delete(stage, shop, deal_id)
    now = utc_now()
    restore(stage, shop, deal_id, now)
    _, deleted, restored = versions_of(stage.database, shop, deal_id)
    assert (restored.version, restored.kind, restored.recorded_at) == (3, VersionKind.RESTORED, now)
    assert restored.token_id is None
    assert (restored.before, restored.after) == (deleted.after, {"deleted_at": None})


def test_it_lets_life_go_on(stage: Stage, shop: Player) -> None:
    sent = registration("N")
    (first,) = stage.perform(register_deals, shop, sent)
    delete(stage, shop, first.deal_id)
    restore(stage, shop, first.deal_id)
    assert stage.perform(register_deals, shop, sent) == [first], "it is a safe retry again"
    (changed,) = stage.perform(change_deals, shop, change(None, "N", status="paid"))
    assert changed.deal.version == 4
    delete(stage, shop, first.deal_id)
    assert restore(stage, shop, first.deal_id).version == 6


@pytest.mark.parametrize(
    ("case", "refusal"),
    [("unknown", DealNotFound), ("never deleted", DealNotDeleted), ("a neighbour's", DealNotFound)],
)
def test_it_refuses_and_stores_nothing(stage: Stage, shop: Player, case: str, refusal: type[Refusal]) -> None:
    neighbour = stage.open_site(time_zone=VLADIVOSTOK)
    living, theirs = register(stage, shop), register(stage, neighbour)
    delete(stage, neighbour, theirs)
    stored = rows_of(stage.database, shop), rows_of(stage.database, neighbour)
    with pytest.raises(refusal):
        restore(stage, shop, {"unknown": 1, "never deleted": living, "a neighbour's": theirs}[case])
    assert (rows_of(stage.database, shop), rows_of(stage.database, neighbour)) == stored


def test_it_refuses_a_deal_whose_number_was_taken_since_and_names_who_has_it(stage: Stage, shop: Player) -> None:
    first = register(stage, shop)
    delete(stage, shop, first)
    second = register(stage, shop)
    stored = rows_of(stage.database, shop)
    with pytest.raises(NumberReused) as result:
        restore(stage, shop, first)
    assert result.value.facts == {"number": "N", "deal_id": second}
    assert rows_of(stage.database, shop) == stored


def test_it_brings_a_deal_back_once_its_number_is_free_again(stage: Stage, shop: Player) -> None:
    first = register(stage, shop)
    delete(stage, shop, first)
    second = register(stage, shop)
    delete(stage, shop, second)
    assert restore(stage, shop, first).id == first
    with pytest.raises(NumberReused):
        restore(stage, shop, second)


def test_it_asks_for_the_number_in_its_own_site_alone(stage: Stage, shop: Player) -> None:
    first = register(stage, shop)
    delete(stage, shop, first)
    register(stage, stage.open_site())
    assert restore(stage, shop, first).deleted_at is None


def test_it_restores_once_when_two_do_it_at_the_same_moment(stage: Stage, shop: Player) -> None:
    deal_id = register(stage, shop)
    delete(stage, shop, deal_id)

    def bring_back(connection: Any) -> Any:
        try:
            return restore_deal(stage.work(connection, shop, utc_now()), deal_id)
        except Refusal as refusal:
            return refusal

    restored, refusal = side_by_side(stage.database, bring_back, bring_back)
    assert isinstance(restored, Deal)
    assert isinstance(refusal, DealNotDeleted)
    assert len(versions_of(stage.database, shop, deal_id)) == 3


def test_it_never_leaves_two_living_deals_of_one_number(stage: Stage, shop: Player) -> None:
    first = register(stage, shop)
    delete(stage, shop, first)
    second = register(stage, shop)
    delete(stage, shop, second)

    def bring_back(deal_id: int) -> Callable[[Any], Any]:
        return lambda connection: restore_deal(stage.work(connection, shop, utc_now()), deal_id)

    with pytest.raises(Exception, match=r"uq_deal_number|deal\.number|orderNumber") as result:
        side_by_side(stage.database, bring_back(first), bring_back(second))
    assert isinstance(result.value, NumberReused) or is_lost_race(result.value)
    with stage.database.read() as connection:
        living = "SELECT id FROM deal WHERE site_id = {} AND deleted_at IS NULL"
        assert connection.exec_driver_sql(living.format(shop.site.id)).scalars().all() == [first]
