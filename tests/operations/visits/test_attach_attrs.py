"""Which visits third-party parameters are attached to."""

from datetime import timedelta

import pytest

from cast import NO_ID, Player, Stage
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.attribution.visit import Visit, VisitId
from dealtrace.attribution.visit_ids import FIRST_KEYED_ID
from dealtrace.operations.visits.attach_attrs import VisitAttrs, attach_attrs
from dealtrace.operations.visits.store_visits import store_visits
from dealtrace.operations.write_command import WriteCommand
from dealtrace.storage.visits.visits import find_visits
from write_commands import NOON

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
OLD_ID = VisitId(10**10 + 7)


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


@pytest.mark.parametrize(
    ("started", "seen", "is_found"),
    [
        (timedelta(0), None, True),
        (DAY, None, True),
        (DAY + SECOND, None, False),
        (3 * DAY, DAY, True),
        (3 * DAY, DAY + SECOND, False),
        (-SECOND, None, True),
    ],
)
def test_a_visit_with_an_old_id_takes_attributes_for_a_day_after_its_last_page(
    stage: Stage, shop: Player, started: timedelta, seen: timedelta | None, *, is_found: bool
) -> None:
    visit = Visit(OLD_ID, "v", NOON - started, TrafficSource("yandex"), seen_at=None if seen is None else NOON - seen)
    stage.ids.ensure(100)
    with stage.database.write() as connection:
        store_visits(stage.work(connection, shop), [visit])
    assert attach(stage, shop, OLD_ID) is is_found
    assert attrs_of(stage, shop, OLD_ID) == ({"a": 1} if is_found else None)


def test_a_visit_with_a_new_id_takes_attributes_however_old_it_is(stage: Stage, shop: Player) -> None:
    (visit,) = stage.visits(shop, Visit(NO_ID, "v", NOON - 80 * DAY, TrafficSource("yandex")))
    assert visit.id >= FIRST_KEYED_ID
    assert attach(stage, shop, visit.id)
    assert attrs_of(stage, shop, visit.id) == {"a": 1}


def test_a_visit_that_nobody_has_takes_none(stage: Stage, shop: Player) -> None:
    assert not attach(stage, shop, VisitId(FIRST_KEYED_ID + 1))
