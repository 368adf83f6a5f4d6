"""Which visits third-party parameters are attached to."""

from datetime import timedelta

import pytest

from cast import NO_ID, Player, Stage
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.attribution.visit import Visit, VisitId
from dealtrace.attribution.visit_ids import FIRST_KEYED_ID
from dealtrace.operations.visits.attach_attrs import VisitAttrs, attach_attrs
from dealtrace.operations.write_command import WriteCommand
from dealtrace.storage.visits.visits import find_visits
from old_visits import DAY, OLD_ID, for_a_day_after_the_last_page, store_old
from write_commands import NOON


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def attach(stage: Stage, player: Player, visit_id: VisitId) -> bool:
    with stage.database.write() as connection:
        work = stage.work(connection, player, NOON)
        (is_found,) = attach_attrs(work, [WriteCommand(VisitAttrs(visit_id, {"a": 1}))])
    return is_found


def attrs_of(stage: Stage, player: Player, visit_id: VisitId) -> object:
    with stage.database.read() as connection:
        return find_visits(connection, player.site.id, [visit_id])[visit_id].attrs


@for_a_day_after_the_last_page
def test_a_visit_with_an_old_id_takes_attributes_for_a_day_after_its_last_page(
    stage: Stage, shop: Player, started: timedelta, seen: timedelta | None, *, counts: bool
) -> None:
    store_old(stage, shop, started, seen)
    assert attach(stage, shop, OLD_ID) is counts
    assert attrs_of(stage, shop, OLD_ID) == ({"a": 1} if counts else None)


def test_a_visit_with_a_new_id_takes_attributes_however_old_it_is(stage: Stage, shop: Player) -> None:
    (visit,) = stage.visits(shop, Visit(NO_ID, "v", NOON - 80 * DAY, TrafficSource("yandex")))
    assert visit.id >= FIRST_KEYED_ID
    assert attach(stage, shop, visit.id)
    assert attrs_of(stage, shop, visit.id) == {"a": 1}


def test_a_visit_that_nobody_has_takes_none(stage: Stage, shop: Player) -> None:
    assert not attach(stage, shop, VisitId(FIRST_KEYED_ID + 1))
