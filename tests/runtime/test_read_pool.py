"""Readers: a few threads, each with a connection of its own."""

import asyncio
import threading
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from cast import Player, Stage
from dealtrace.errors import DatabaseUnavailable, Overloaded
from dealtrace.runtime.database_watch import DatabaseWatch
from dealtrace.runtime.read_pool import ReadPool
from dealtrace.storage.accounts.revision import find_revision
from dealtrace.storage.accounts.sites import find_site
from dealtrace.storage.database.engine import Database, open_database
from dealtrace.storage.schema.upgrade import prepare_schema
from waiting import until
from write_commands import run

LONG_SECONDS = 20


def test_it_calls_with_a_connection_and_the_arguments(stage: Stage, shop: Player) -> None:
    def ask(connection: Connection, first: int, *, second: str) -> tuple[Any, ...]:
        return find_site(connection, first), second, threading.current_thread().name

    async def story() -> tuple[Any, ...]:
        read_pool = ReadPool(stage.database, 2)
        try:
            return await read_pool.read(ask, shop.site.id, second="said")
        finally:
            read_pool.stop()

    site, said, thread = run(story)
    assert (site, said) == (shop.site, "said")
    assert thread.startswith("reader")


def test_it_lets_no_slow_question_stall_another(database: Database) -> None:
    released = threading.Event()

    def slow(connection: Connection) -> bool:
        connection.exec_driver_sql("SELECT 1")
        return released.wait(LONG_SECONDS)

    def quick(connection: Connection) -> int:
        return int(connection.exec_driver_sql("SELECT 2").scalar_one())

    async def story() -> list[Any]:
        read_pool = ReadPool(database, 2)
        waiting = asyncio.ensure_future(read_pool.read(slow))
        answers: list[Any] = [await read_pool.read(quick) for _ in range(3)]
        assert not waiting.done()
        released.set()
        answers.append(await waiting)
        read_pool.stop()
        return answers

    assert run(story) == [2, 2, 2, True]


def test_it_hands_on_what_goes_wrong_and_reads_on(database: Database) -> None:
    def breaks(_connection: Connection) -> None:
        raise KeyError("lost")

    async def story() -> int:
        read_pool = ReadPool(database, 1)
        for _ in range(5):
            with pytest.raises(KeyError, match="lost"):
                await read_pool.read(breaks)
        answer = await read_pool.read(lambda connection: connection.exec_driver_sql("SELECT 1").scalar_one())
        read_pool.stop()
        return int(answer)

    assert run(story) == 1


def test_it_gives_every_connection_back(database: Database) -> None:
    async def story() -> None:
        read_pool = ReadPool(database, 4)
        sent = [
            read_pool.read(lambda connection: connection.exec_driver_sql("SELECT 1").scalar_one()) for _ in range(50)
        ]
        assert await asyncio.gather(*sent) == [1] * 50
        read_pool.stop()

    run(story)
    assert database.reader.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_it_answers_who_waits_before_it_stops_and_nobody_after(database: Database) -> None:
    async def story() -> None:
        read_pool = ReadPool(database, 1)
        sent = [
            asyncio.ensure_future(
                read_pool.read(lambda connection: connection.exec_driver_sql("SELECT 1").scalar_one())
            )
            for _ in range(10)
        ]
        await asyncio.sleep(0)
        read_pool.stop()
        assert await asyncio.gather(*sent) == [1] * 10
        with pytest.raises(RuntimeError):
            await read_pool.read(lambda _connection: None)

    run(story)


def test_it_refuses_what_would_wait_too_long_and_nothing_afterwards(database: Database) -> None:
    released = threading.Event()

    async def story() -> None:
        read_pool = ReadPool(database, 1, unfinished_max=3)
        waiting = [
            asyncio.ensure_future(read_pool.read(lambda _connection: released.wait(LONG_SECONDS))) for _ in range(3)
        ]
        await asyncio.sleep(0)
        for read in (read_pool.read, read_pool.read_newest):
            with pytest.raises(Overloaded) as refused:
                await read(lambda _connection: None)
            assert refused.value.facts["retry_after_seconds"] > 0
        released.set()
        assert await asyncio.gather(*waiting) == [True] * 3
        assert await read_pool.read(lambda _connection: "read") == "read"
        read_pool.stop()

    run(story)


def test_it_never_begins_what_was_given_up_and_makes_room_for_others(database: Database) -> None:
    released, begun = threading.Event(), list[str]()

    def wait(_connection: Connection, name: str) -> str:
        begun.append(name)
        released.wait(LONG_SECONDS)
        return name

    async def story() -> None:
        read_pool = ReadPool(database, 1, unfinished_max=2)
        first, given_up = (asyncio.ensure_future(read_pool.read(wait, name)) for name in ("first", "given up"))
        await until(lambda: begun)
        given_up.cancel()
        await asyncio.wait((given_up,))
        last = asyncio.ensure_future(read_pool.read(wait, "last"))
        released.set()
        assert await asyncio.gather(first, last) == ["first", "last"]
        read_pool.stop()

    run(story)
    assert begun == ["first", "last"]


def database_read(
    database: Database, replica: Database | None, needed: Callable[[], int], *, newest: bool = False
) -> tuple[str, bool]:
    """Return which database was read, and whether the replica counts as away then."""

    def ask(connection: Connection) -> str:
        find_revision(connection)
        return str(connection.engine.url.database) + str(connection.engine.url.query)

    async def story() -> tuple[str, bool]:
        read_pool = ReadPool(database, 1, replica=replica, revision_needed=needed)
        found = await (read_pool.read_newest(ask) if newest else read_pool.read(ask))
        read_pool.stop()
        return found, read_pool.is_replica_away

    return run(story)


def name_of(database: Database) -> str:
    return str(database.url.database) + str(database.url.query)


def test_a_replica_is_read_unless_what_is_needed_is_newer(
    database: Database, new_database_url: Callable[[], str]
) -> None:
    replica = open_database(new_database_url())
    with replica.read() as connection:
        known = find_revision(connection)
    assert database_read(database, replica, lambda: known) == (name_of(replica), False)
    assert database_read(database, replica, lambda: known + 1) == (name_of(database), False)
    assert database_read(database, replica, lambda: known, newest=True) == (name_of(database), False)
    replica.close()


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_a_replica_that_is_away_costs_no_answer(database: Database, tmp_path: Path) -> None:
    replica = open_database(f"postgresql://dealtrace@/away?host={tmp_path}")
    assert database_read(database, replica, lambda: 0) == (name_of(database), True)


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
@pytest.mark.parametrize("needed", [-1, 0], ids=["a journal", "the revision"])
@pytest.mark.parametrize("earlier", ["DROP TABLE revision", "ALTER TABLE revision RENAME number TO earlier"])
def test_a_replica_that_an_upgrade_has_not_reached_is_not_read(
    database: Database, new_database_url: Callable[[], str], needed: int, earlier: str
) -> None:
    replica = open_database(new_database_url())
    with replica.write() as connection:
        connection.exec_driver_sql(earlier)
    assert database_read(database, replica, lambda: needed) == (name_of(database), True)
    replica.close()


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_a_mistake_of_ours_is_not_blamed_on_the_replica(
    database: Database, new_database_url: Callable[[], str]
) -> None:
    replica = open_database(new_database_url())

    async def story() -> None:
        read_pool = ReadPool(database, 1, replica=replica)
        with pytest.raises(ZeroDivisionError):
            await read_pool.read(lambda _connection: 1 // 0)
        assert not read_pool.is_replica_away
        read_pool.stop()

    run(story)
    replica.close()


@pytest.mark.parametrize("method", [ReadPool.read, ReadPool.read_newest])
def test_a_file_that_is_gone_is_not_read(tmp_path: Path, method: Callable[..., Any]) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'own.db'}")
    prepare_schema(database)

    async def story() -> None:
        watch = DatabaseWatch(database, count().__next__)
        watch.start()
        read_pool = ReadPool(database, 1, watch)
        assert await method(read_pool, find_revision) >= 0
        database.file.unlink()
        with pytest.raises(DatabaseUnavailable):
            await method(read_pool, find_revision)
        read_pool.stop()

    run(story)
    database.close()
