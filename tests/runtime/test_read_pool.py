"""Readers: a few threads, each with a connection of its own."""

import asyncio
import threading
from typing import Any

import pytest
from sqlalchemy import Connection

from cast import Player, Stage
from dealtrace.runtime.read_pool import ReadPool
from dealtrace.storage.accounts.sites import find_site
from dealtrace.storage.database.engine import Database
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
    go_on = threading.Event()

    def slow(connection: Connection) -> bool:
        connection.exec_driver_sql("SELECT 1")
        return go_on.wait(LONG_SECONDS)

    def quick(connection: Connection) -> int:
        return int(connection.exec_driver_sql("SELECT 2").scalar_one())

    async def story() -> list[Any]:
        read_pool = ReadPool(database, 2)
        waiting = asyncio.ensure_future(read_pool.read(slow))
        answers: list[Any] = [await read_pool.read(quick) for _ in range(3)]
        assert not waiting.done()
        go_on.set()
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
        asked = [
            read_pool.read(lambda connection: connection.exec_driver_sql("SELECT 1").scalar_one()) for _ in range(50)
        ]
        assert await asyncio.gather(*asked) == [1] * 50
        read_pool.stop()

    run(story)
    assert database.reader.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_it_answers_who_waits_before_it_stops_and_nobody_after(database: Database) -> None:
    async def story() -> None:
        read_pool = ReadPool(database, 1)
        asked = [
            asyncio.ensure_future(
                read_pool.read(lambda connection: connection.exec_driver_sql("SELECT 1").scalar_one())
            )
            for _ in range(10)
        ]
        await asyncio.sleep(0)
        read_pool.stop()
        assert await asyncio.gather(*asked) == [1] * 10
        with pytest.raises(RuntimeError):
            await read_pool.read(lambda _connection: None)

    run(story)
