"""Reports on threads of their own: few at once, stopped when they take too long or nobody waits."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text

from cast import Player, Stage
from dealtrace.errors import DatabaseUnavailable
from dealtrace.operations.reports.ask import FactSource
from dealtrace.operations.reports.open_facts import open_facts
from dealtrace.reports.refusals import ClientGone, MirrorBusy, ReportsBusy, ReportTooSlow, ServerStopping
from dealtrace.runtime.database_watch import DatabaseWatch
from dealtrace.runtime.report_limits import REPORTS_AT_ONCE, WAITING_MAX
from dealtrace.runtime.report_pool import ReportPool
from dealtrace.storage.database.engine import Database, open_database
from dealtrace.storage.reports.mirror.mirror import held_mirror
from dealtrace.storage.schema.upgrade import prepare_schema
from write_commands import run

LONG_SECONDS = 20
ENDLESS = select(func.count()).select_from(
    text("(WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 2000000000) SELECT x FROM n) AS n")
)


@pytest.fixture
def limited(database: Database) -> Iterator[Database]:
    """Give the database to reports that may take a second."""
    address = database.url.render_as_string(hide_password=False)
    opened = open_database(address, readers=REPORTS_AT_ONCE, read_seconds_max=1)
    yield opened
    opened.close()


@pytest.fixture
def unlimited(limited: Database) -> Database:
    """Give the database to reports that may take as long as they like: that of a busy machine may need more."""
    return replace(limited, read_seconds_max=0)


async def begun(pool: ReportPool, shop: Player, released: threading.Event) -> list[asyncio.Future[bool]]:
    """Begin as many reports as may run, each of which ends with `released`."""
    running = []
    for _ in range(REPORTS_AT_ONCE):
        started = threading.Event()

        def wait(_: FactSource, started: threading.Event = started) -> bool:
            started.set()
            return released.wait(LONG_SECONDS)

        running.append(asyncio.ensure_future(pool.ask(None, shop.site, wait)))
        assert await asyncio.to_thread(started.wait, LONG_SECONDS)
    return running


def play(database: Database, story: Callable[[ReportPool], Any], **settings: Any) -> Any:
    """Play a story with a pool, and stop it."""

    async def run_story() -> Any:
        pool = ReportPool(database, DatabaseWatch(database), **settings)
        try:
            return await story(pool)
        finally:
            pool.stop()

    return run(run_story)


def test_a_report_that_takes_too_long_is_stopped_and_the_next_is_answered(
    limited: Database, stage: Stage, shop: Player
) -> None:
    def endless(source: FactSource) -> object:
        return source.fetch(ENDLESS)

    def quick(source: FactSource) -> object:
        return source.fetch(select(1))[0][0]

    async def story(pool: ReportPool) -> Any:
        with pytest.raises(ReportTooSlow):
            await pool.ask(None, shop.site, endless)
        while True:
            with suppress(ReportTooSlow):  # on a busy machine it may be as well
                return await pool.ask(None, shop.site, quick)

    assert play(limited, story) == 1
    assert stage.database.is_sqlite is limited.is_sqlite


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
@pytest.mark.parametrize("is_first_build", [False, True])
def test_a_report_that_cannot_have_the_mirror_says_so_and_not_that_it_is_too_large(
    limited: Database, stage: Stage, shop: Player, *, is_first_build: bool
) -> None:
    held, released = threading.Event(), threading.Event()

    def hold(_: str = "") -> None:
        held.set()
        assert released.wait(LONG_SECONDS)

    def use_mirror() -> None:
        if is_first_build:
            with open_facts(stage.database, shop.site, hold):
                return
        with held_mirror(stage.database):
            hold()

    async def story(pool: ReportPool) -> Any:
        using = asyncio.ensure_future(asyncio.to_thread(use_mirror))
        assert await asyncio.to_thread(held.wait, LONG_SECONDS)
        try:
            with pytest.raises(MirrorBusy) as refused:
                await pool.ask(None, shop.site, lambda _: 1)
        finally:
            released.set()
            await using
        return refused.value

    refusal = play(limited, story)
    assert refusal.facts["retry_after_seconds"] > 0
    assert "Try again in" in refusal.text("en")


def test_beyond_those_that_run_a_report_waits_a_little_and_is_refused(database: Database, shop: Player) -> None:
    released = threading.Event()

    async def story(pool: ReportPool) -> None:
        running = await begun(pool, shop, released)
        waiting = [asyncio.ensure_future(pool.ask(None, shop.site, lambda _: 1)) for _ in range(WAITING_MAX)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        with pytest.raises(ReportsBusy) as refused:
            await pool.ask(None, shop.site, lambda _: 1)
        assert refused.value.facts["retry_after_seconds"] > 0
        released.set()
        assert await asyncio.gather(*running, *waiting) == [True] * REPORTS_AT_ONCE + [1] * WAITING_MAX

    play(database, story, wait_seconds=float(LONG_SECONDS))


def test_a_report_that_waited_in_vain_may_be_asked_again(database: Database, shop: Player) -> None:
    released = threading.Event()

    async def story(pool: ReportPool) -> None:
        running = await begun(pool, shop, released)
        with pytest.raises(ReportsBusy):
            await pool.ask(None, shop.site, lambda _: 1)
        released.set()
        await asyncio.gather(*running)
        assert await pool.ask(None, shop.site, lambda _: 2) == 2

    play(database, story, wait_seconds=0.05)


def test_a_report_whose_client_left_ends_at_its_next_statement(unlimited: Database, shop: Player) -> None:
    started, left, ended = threading.Event(), asyncio.Event(), threading.Event()

    def long(source: FactSource) -> None:
        started.set()
        try:
            while True:
                source.fetch(select(1))
        finally:
            ended.set()

    async def gone() -> None:
        await asyncio.to_thread(started.wait, LONG_SECONDS)
        left.set()

    async def story(pool: ReportPool) -> None:
        for _ in range(REPORTS_AT_ONCE + 1):
            started.clear()
            ended.clear()
            with pytest.raises(ClientGone):
                await pool.ask(gone, shop.site, long)
            assert await asyncio.to_thread(ended.wait, LONG_SECONDS)

    play(unlimited, story)


def test_a_stopping_server_does_not_wait_for_reports(unlimited: Database, shop: Player) -> None:
    started, ended = threading.Event(), threading.Event()

    def long(source: FactSource) -> None:
        started.set()
        try:
            while True:
                source.fetch(select(1))
        finally:
            ended.set()

    async def story(pool: ReportPool) -> None:
        running = asyncio.ensure_future(pool.ask(None, shop.site, long))
        assert await asyncio.to_thread(started.wait, LONG_SECONDS)
        await asyncio.to_thread(pool.stop)
        assert ended.is_set()
        await asyncio.wait([running])
        assert isinstance(running.exception(), ServerStopping)

    play(unlimited, story)


def test_a_stopping_server_does_not_wait_for_the_statement_of_a_report(unlimited: Database, shop: Player) -> None:
    started = threading.Event()

    def endless(source: FactSource) -> object:
        started.set()
        return source.fetch(ENDLESS)

    async def story(pool: ReportPool) -> None:
        running = asyncio.ensure_future(pool.ask(None, shop.site, endless))
        assert await asyncio.to_thread(started.wait, LONG_SECONDS)
        pool.begin_stop()
        with pytest.raises(ServerStopping):
            await asyncio.wait_for(running, LONG_SECONDS)

    play(unlimited, story)


def test_visitors_leave_a_thread_to_others_and_wait_among_themselves(
    stage: Stage, shop: Player, unlimited: Database
) -> None:
    started, released = threading.Event(), threading.Event()

    def wait(_: FactSource) -> bool:
        started.set()
        return released.wait(LONG_SECONDS)

    async def story(pool: ReportPool) -> Any:
        visitors = [asyncio.ensure_future(pool.ask_for_visitor(never, shop.site, wait)) for _ in range(WAITING_MAX + 9)]
        assert await asyncio.to_thread(started.wait, LONG_SECONDS)
        assert await pool.ask(None, shop.site, lambda _: 1) == 1
        visitors[0].cancel()  # the thread is still busy, so no other visitor gets one
        assert await pool.ask(None, shop.site, lambda _: 2) == 2
        released.set()
        return await asyncio.gather(*visitors, return_exceptions=True)

    outcomes = play(unlimited, story, wait_seconds=LONG_SECONDS)
    assert [each for each in outcomes if each is True] == [True] * (WAITING_MAX - 1)
    assert sum(isinstance(each, ReportsBusy) for each in outcomes) == 9
    assert stage.database.is_sqlite is unlimited.is_sqlite


async def never() -> None:
    await asyncio.Event().wait()


def test_no_report_is_made_of_a_file_that_is_gone(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'own.db'}", readers=REPORTS_AT_ONCE)
    prepare_schema(database)
    shop = Stage(database).open_site()

    async def story() -> None:
        watch = DatabaseWatch(database, count().__next__)
        watch.start()
        pool = ReportPool(database, watch)
        assert await pool.ask(None, shop.site, lambda _: True)
        database.file.unlink()
        with pytest.raises(DatabaseUnavailable):
            await pool.ask(None, shop.site, lambda _: True)
        pool.stop()

    run(story)
    database.close()
