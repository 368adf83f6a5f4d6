"""Hits and attributes that two processes store at the same moment, on one PostgreSQL: none overwrites another."""

import threading
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from cast import Player, Stage
from dealtrace.attribution.visit import Visit
from dealtrace.attribution.visits_from_hits import Hit
from dealtrace.operations.visits.attach_attrs import VisitAttrs, attach_attrs
from dealtrace.operations.visits.count_hits import count_hits
from dealtrace.storage.database.engine import open_database
from dealtrace.storage.visits.visits import find_visits, list_visits_of_visitors
from postgresql import PostgresqlServer, drop_database

ROUNDS = 20
PAGE = "https://shop.ru/"


@pytest.fixture
def pair(postgresql_server: PostgresqlServer) -> Iterator[tuple[Stage, Stage]]:
    """Give two processes' views of one database."""
    url = postgresql_server.create("hits_of_two", "dealtrace_template")
    databases = open_database(url), open_database(url)
    yield Stage(databases[0]), Stage(databases[1])
    for database in databases:
        database.close()
    drop_database(url)


def at_once(*tasks: Callable[[], object]) -> None:
    """Run tasks at the same moment, each in a thread, and wait for them."""
    barrier = threading.Barrier(len(tasks), timeout=30)

    def run(task: Callable[[], object]) -> None:
        barrier.wait()
        task()

    threads = [threading.Thread(target=run, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)


def count(stage: Stage, shop: Player, hit: Hit) -> Visit:
    (visit,) = stage.perform(count_hits, shop, hit)
    found: Visit = visit
    return found


def test_attributes_and_hits_of_a_visit_all_stay(pair: tuple[Stage, Stage]) -> None:
    first, second = pair
    shop = first.open_site()
    for number in range(ROUNDS):
        visit = count(first, shop, Hit(f"v{number}", PAGE))
        at_once(
            partial(first.perform, attach_attrs, shop, VisitAttrs(visit.id, {"a": 1})),
            partial(count, second, shop, Hit(f"v{number}", PAGE, attrs={"b": 2})),
        )
        with first.database.read() as connection:
            assert find_visits(connection, shop.site.id, [visit.id])[visit.id].attrs == {"a": 1, "b": 2}


def test_two_first_hits_of_a_visitor_are_one_visit(pair: tuple[Stage, Stage]) -> None:
    first, second = pair
    shop = first.open_site()
    for number in range(ROUNDS):
        at_once(*(partial(count, stage, shop, Hit(f"v{number}", PAGE)) for stage in pair))
    with second.database.read() as connection:
        visits = list_visits_of_visitors(connection, shop.site.id, [f"v{number}" for number in range(ROUNDS)])
    assert len(visits) == ROUNDS
