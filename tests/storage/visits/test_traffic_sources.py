"""Traffic sources: each kept once in a site."""

from dataclasses import astuple

from sqlalchemy import Connection, select

from dealtrace.attribution.traffic_source import NOWHERE, TrafficSource
from dealtrace.storage.database.engine import Database
from dealtrace.storage.id_blocks import IdBlocks
from dealtrace.storage.schema.tables.visits import traffic_source
from dealtrace.storage.visits.traffic_sources import intern_sources
from stored import Work, side_by_side

YANDEX = TrafficSource("yandex", "cpc", "весна", "banner", "купить слона")
ALIKE = [
    NOWHERE,
    TrafficSource("a", "b"),
    TrafficSource("ab"),
    TrafficSource("", "ab"),
    TrafficSource("a", "", "b"),
    TrafficSource('a","b'),
    TrafficSource("A", "b"),
    TrafficSource("a ", "b"),
]


def kept(connection: Connection, site_id: int) -> dict[int, tuple[str, ...]]:
    columns = traffic_source.c
    parts = (columns.source, columns.medium, columns.campaign, columns.content, columns.term)
    rows = connection.execute(select(columns.id, *parts).where(columns.site_id == site_id))
    return {row[0]: tuple(row[1:]) for row in rows}


def test_it_gives_a_source_the_same_id_for_ever(connection: Connection, ids: IdBlocks) -> None:
    first = intern_sources(connection, ids, 1, [YANDEX, NOWHERE])
    second = intern_sources(connection, ids, 1, {YANDEX})
    assert second[YANDEX] == first[YANDEX] != first[NOWHERE]
    assert kept(connection, 1) == {item: astuple(source) for source, item in first.items()}


def test_it_tells_sources_apart_that_look_alike(connection: Connection, ids: IdBlocks) -> None:
    interned = intern_sources(connection, ids, 1, ALIKE)
    assert len(set(interned.values())) == len(ALIKE)


def test_it_asks_nothing_of_nothing(connection: Connection, ids: IdBlocks) -> None:
    assert intern_sources(connection, ids, 1, []) == {}
    assert kept(connection, 1) == {}


def test_it_takes_no_id_for_what_it_knows(connection: Connection, ids: IdBlocks) -> None:
    intern_sources(connection, ids, 1, [YANDEX, YANDEX])
    before = ids.take()
    intern_sources(connection, ids, 1, [YANDEX])
    assert ids.take() == before + 1


def test_it_keeps_the_sources_of_sites_apart(connection: Connection, ids: IdBlocks) -> None:
    mine, theirs = (intern_sources(connection, ids, site_id, [YANDEX])[YANDEX] for site_id in (1, 2))
    assert mine != theirs
    assert list(kept(connection, 1)) == [mine]


def test_it_agrees_with_another_server_that_learns_the_same_source_at_once(database: Database, ids: IdBlocks) -> None:
    def learn(*sources: TrafficSource) -> Work:
        return lambda connection: intern_sources(connection, ids, 1, sources)

    first, second = side_by_side(database, learn(YANDEX), learn(YANDEX, NOWHERE))
    assert first[YANDEX] == second[YANDEX]
    with database.read() as connection:
        assert len(kept(connection, 1)) == 2
