"""Visits: kept whole, found by id or by visitor and time."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from dealtrace.attribution.traffic_source import NOWHERE, TrafficSource
from dealtrace.attribution.visit import Visit, VisitId
from dealtrace.storage.id_blocks import IdBlocks
from dealtrace.storage.visits.traffic_sources import intern_sources
from dealtrace.storage.visits.visits import find_visits, insert_visits, list_visits_of_visitors
from write_commands import NOON

YANDEX = TrafficSource("yandex", "cpc")
MICROSECOND = timedelta(microseconds=1)
HOUR = timedelta(hours=1)


def visit(number: int, started_at: datetime = NOON, visitor: str = "v", **more: Any) -> Visit:
    return Visit(VisitId(number), visitor, started_at, more.pop("source", YANDEX), **more)


def keep(connection: Connection, ids: IdBlocks, *visits: Visit, site_id: int = 1) -> None:
    sources = intern_sources(connection, ids, site_id, {visit.traffic_source for visit in visits})
    insert_visits(connection, site_id, visits, sources)


def listed(connection: Connection, *visitors: str, since: datetime, until: datetime, site_id: int = 1) -> list[int]:
    return sorted(visit.id for visit in list_visits_of_visitors(connection, site_id, visitors, since, until))


def test_it_keeps_all_of_a_visit_and_nothing_that_was_not_said(connection: Connection, ids: IdBlocks) -> None:
    bare = visit(1, source=NOWHERE)
    whole = visit(
        2,
        landing_url="https://example.ru/?утм=1",
        referrer="https://ya.ru/",
        ip="2001:db8::1",
        user_agent="Mozilla/5.0",
        city="Москва",
        utm=TrafficSource("яндекс", term="слон"),
        google_client_id="GA1.2",
        yandex_client_id="1521",
        attrs={"a": [1, None, "ё"]},
    )
    keep(connection, ids, bare, whole)
    assert find_visits(connection, 1, [1, 2, 2, 3]) == {1: bare, 2: whole}


def test_it_counts_both_ends_of_a_stretch_of_time(connection: Connection, ids: IdBlocks) -> None:
    moments = [NOON - MICROSECOND, NOON, NOON + HOUR, NOON + HOUR + MICROSECOND]
    keep(connection, ids, *[visit(number, at) for number, at in enumerate(moments)])
    assert listed(connection, "v", since=NOON, until=NOON + HOUR) == [1, 2]
    assert listed(connection, "v", since=NOON, until=NOON) == [1]
    assert listed(connection, "v", since=NOON + HOUR, until=NOON) == []


def test_it_lists_what_several_visitors_did(connection: Connection, ids: IdBlocks) -> None:
    keep(connection, ids, visit(1, visitor="a"), visit(2, visitor="b"), visit(3, visitor="c"), visit(4, visitor="a"))
    assert listed(connection, "a", "b", "a", "?", since=NOON, until=NOON) == [1, 2, 4]
    assert listed(connection, since=NOON, until=NOON) == []


def test_it_asks_nothing_of_nothing(connection: Connection) -> None:
    assert find_visits(connection, 1, []) == {}


def test_it_keeps_the_visits_of_sites_apart(connection: Connection, ids: IdBlocks) -> None:
    keep(connection, ids, visit(1, source=YANDEX))
    keep(connection, ids, visit(1, source=NOWHERE), visit(2), site_id=2)
    assert find_visits(connection, 1, [1, 2]) == {1: visit(1, source=YANDEX)}
    assert find_visits(connection, 2, [1])[1].traffic_source == NOWHERE
    assert listed(connection, "v", since=NOON, until=NOON) == [1]
    assert listed(connection, "v", since=NOON, until=NOON, site_id=3) == []


def test_it_keeps_many_visits_that_began_together(connection: Connection, ids: IdBlocks) -> None:
    keep(connection, ids, *[visit(number) for number in range(500)])
    assert len(listed(connection, "v", since=NOON, until=NOON)) == 500
