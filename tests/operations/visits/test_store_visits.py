"""Recording visits."""

from dataclasses import replace

import pytest

from cast import NO_ID, VLADIVOSTOK, Player, Stage
from dealtrace.attribution.traffic_source import NOWHERE, TrafficSource
from dealtrace.attribution.visit import Visit
from dealtrace.storage.visits.visits import find_visits
from stored import rows_of
from write_commands import NOON

YANDEX = TrafficSource("yandex", "cpc", "весна", "banner", "купить слона")


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def test_it_keeps_everything_of_a_visit_under_a_new_id(stage: Stage, shop: Player) -> None:
    visit = Visit(
        NO_ID,
        "visitor",
        NOON,
        YANDEX,
        landing_url="https://example.ru/?утм=1",
        referrer="https://ya.ru/",
        ip="2001:db8::1",
        user_agent="Mozilla/5.0",
        city="Москва",
        utm=replace(YANDEX, term=""),
        google_client_id="GA1.2",
        yandex_client_id="1521",
        attrs={"a": 1, "b": ["ё"]},
    )
    (recorded,) = stage.visits(shop, visit)
    assert recorded == replace(visit, id=recorded.id)
    assert recorded.id != NO_ID
    with stage.database.read() as connection:
        assert find_visits(connection, shop.site.id, [recorded.id]) == {recorded.id: recorded}


def test_it_keeps_a_source_of_many_visits_once(stage: Stage, shop: Player) -> None:
    visits = [Visit(NO_ID, f"v{count}", NOON, source) for count in range(5) for source in (YANDEX, NOWHERE)]
    first = stage.visits(shop, *visits)
    second = stage.visits(shop, *visits)
    assert len({visit.id for visit in [*first, *second]}) == 20
    assert len(rows_of(stage.database, shop)["traffic_source"]) == 2


def test_it_leaves_a_neighbours_visits_and_sources_alone(stage: Stage, shop: Player) -> None:
    neighbour = stage.open_site(time_zone=VLADIVOSTOK)
    mine = stage.visit(shop, NOON, YANDEX)
    stored = rows_of(stage.database, shop)
    theirs = stage.visit(neighbour, NOON, YANDEX)
    assert rows_of(stage.database, shop) == stored
    with stage.database.read() as connection:
        assert list(find_visits(connection, neighbour.site.id, [mine.id, theirs.id])) == [theirs.id]
