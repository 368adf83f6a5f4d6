"""The write queue: commands that wait together are committed together, and each fails alone."""

import asyncio
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

from absent import leave_out
from cast import VLADIVOSTOK, Player, Stage
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.errors import DatabaseUnavailable, Overloaded, PointsSpent
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.runtime.batch_delay import GATHERED_FROM
from dealtrace.runtime.database_watch import DatabaseWatch
from dealtrace.runtime.write_queue import ALONE_TRIES_MAX
from dealtrace.storage.database.engine import Database, open_database
from dealtrace.storage.schema.upgrade import prepare_schema
from dealtrace.storage.visits.traffic_sources import intern_sources
from postgresql import PostgresqlServer, find_programs
from waiting import wait_until
from write_commands import BATCH_MAX, open_write_queue, registration, run

MANY = 500
LONG_SECONDS = 20


@operation(ids_per_command=0)
def note(work: Work, commands: Sequence[Any]) -> list[str]:
    """Store each command as the name of a custom field, in plain rows that can collide; `broken` breaks."""
    for command in commands:
        if command.startswith("broken"):
            raise ValueError(command)
        if command.startswith("refused"):
            raise PointsSpent(retry_after_seconds=1)
        work.connection.exec_driver_sql(
            f"INSERT INTO custom_field (site_id, name, added_at) VALUES ({work.site.id}, '{command}', 0)"
        )
    return [f"{command} is stored" for command in commands]


def noted(database: Database, site_id: int) -> set[str]:
    with database.read() as connection:
        query = f"SELECT name FROM custom_field WHERE site_id = {site_id}"
        return set(connection.exec_driver_sql(query).scalars())


class Gate:
    """An operation that waits to be let through, so that others gather behind it."""

    ids_per_command = 0
    ids_per_item = 0

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.open = threading.Event()

    def __call__(self, work: Work, commands: Any) -> list[str]:
        self.entered.set()
        assert self.open.wait(LONG_SECONDS)
        return ["through" for _ in commands]

    async def wait_inside(self) -> None:
        assert await asyncio.to_thread(self.entered.wait, LONG_SECONDS)


@contextmanager
def commits_of(engine: Engine) -> Iterator[list[Connection]]:
    """Count the transactions that are committed meanwhile."""
    seen: list[Connection] = []

    def listen(connection: Connection) -> None:
        seen.append(connection)

    event.listen(engine, "commit", listen)
    yield seen
    event.remove(engine, "commit", listen)


def test_it_commits_together_whoever_waits_together(database: Database, shop: Player) -> None:
    sizes: list[int] = []

    async def story() -> list[Any]:
        gate = Gate()
        async with open_write_queue(database, observe=lambda size, _seconds: sizes.append(size)) as write_queue:
            first = write_queue.write(gate, shop.site, "first")
            await gate.wait_inside()
            waiting = [
                write_queue.write(register_deals, shop.site, WriteCommand(registration(f"N{count}")))
                for count in range(MANY)
            ]
            assert write_queue.waiting == MANY
            gate.open.set()
            return await asyncio.gather(first, *waiting)

    with commits_of(database.writer) as commits:
        outcomes = run(story)
    assert [outcome.number for outcome in outcomes[1:]] == [f"N{count}" for count in range(MANY)]
    assert sizes == [1, BATCH_MAX, MANY - BATCH_MAX]
    id_blocks = 1 + MANY * register_deals.ids_per_command // 1000 + 1
    assert len(commits) <= len(sizes) + id_blocks


def test_it_gathers_commands_after_a_large_batch(
    database: Database, shop: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dealtrace.runtime.batch_delay.LOOK_SECONDS", 1.0)
    large, sizes = GATHERED_FROM[database.writer.dialect.name], list[int]()

    async def story() -> None:
        gate = Gate()
        async with open_write_queue(database, observe=lambda size, _seconds: sizes.append(size)) as write_queue:

            def write(number: str) -> Awaitable[Any]:
                return write_queue.write(register_deals, shop.site, WriteCommand(registration(number)))

            first = write_queue.write(gate, shop.site, "first")
            await gate.wait_inside()
            together = [write(f"N{count}") for count in range(large)]
            gate.open.set()
            await asyncio.gather(first, *together)
            taken = write("taken")
            await asyncio.to_thread(wait_until, lambda: not write_queue.waiting)
            await asyncio.gather(taken, write("gathered"))

    run(story)
    assert sizes == [1, large, 2]


def test_it_answers_only_what_another_connection_can_already_see(database: Database, shop: Player) -> None:
    async def story() -> None:
        async with open_write_queue(database) as write_queue:

            async def write_and_check(name: str) -> None:
                await write_queue.write(note, shop.site, name)
                assert name in await asyncio.to_thread(noted, database, shop.site.id)

            await asyncio.gather(*[write_and_check(f"w{count}") for count in range(30)])

    run(story)


def test_it_keeps_the_neighbours_of_a_broken_command(database: Database, shop: Player) -> None:
    async def story() -> list[Any]:
        gate = Gate()
        async with open_write_queue(database) as write_queue:
            write_queue.write(gate, shop.site, "first")
            await gate.wait_inside()
            futures = [write_queue.write(note, shop.site, name) for name in ("before", "broken", "after")]
            gate.open.set()
            return await asyncio.gather(*futures, return_exceptions=True)

    before, broken, after = run(story)
    assert (before, after) == ("before is stored", "after is stored")
    assert isinstance(broken, ValueError)
    assert noted(database, shop.site.id) == {"before", "after"}


def test_it_delivers_a_refusal_as_an_exception_whether_raised_or_returned(database: Database, shop: Player) -> None:
    @operation(ids_per_command=0)
    def refuse(work: Work, commands: Sequence[Any]) -> list[Any]:
        return [PointsSpent(retry_after_seconds=7) for _ in commands]

    async def story() -> None:
        async with open_write_queue(database) as write_queue:
            with pytest.raises(PointsSpent, match="7 s"):
                await write_queue.write(refuse, shop.site, "returned")
            with pytest.raises(PointsSpent, match="1 s"):
                await write_queue.write(note, shop.site, "refused")

    run(story)


def test_it_survives_an_operation_that_forgets_an_outcome(database: Database, shop: Player) -> None:
    @operation(ids_per_command=0)
    def forget(work: Work, commands: Sequence[Any]) -> list[Any]:
        return []

    async def story() -> None:
        async with open_write_queue(database) as write_queue:
            with pytest.raises(ValueError, match="zip"):
                await write_queue.write(forget, shop.site, "forgotten")
            assert await write_queue.write(note, shop.site, "next") == "next is stored"

    run(story)


@pytest.mark.parametrize("fault", [StopIteration("no more"), KeyError("x"), RecursionError(), MemoryError()])
def test_it_outlives_any_way_an_operation_may_break(database: Database, shop: Player, fault: Exception) -> None:
    @operation(ids_per_command=0)
    def breaks(work: Work, commands: Sequence[Any]) -> list[Any]:
        raise fault

    async def story() -> None:
        gate = Gate()
        async with open_write_queue(database) as write_queue:
            write_queue.write(gate, shop.site, "first")
            await gate.wait_inside()
            broken = write_queue.write(breaks, shop.site, "broken")
            neighbour = write_queue.write(note, shop.site, "neighbour")
            gate.open.set()
            assert await neighbour == "neighbour is stored"
            with pytest.raises((type(fault), RuntimeError)):
                await broken
            assert write_queue.is_alive

    run(story)


def test_it_lets_who_lost_a_race_decide_anew(database: Database, shop: Player) -> None:
    attempts: list[int] = []

    @operation(ids_per_command=0)
    def collide_once(work: Work, commands: Sequence[Any]) -> list[str]:
        attempts.append(len(commands))
        name = "taken" if len(attempts) <= 2 else "free"
        return note(work, [name for _ in commands])

    async def story() -> Any:
        async with open_write_queue(database) as write_queue:
            await write_queue.write(note, shop.site, "taken")
            return await write_queue.write(collide_once, shop.site, "command")

    assert run(story) == "free is stored"
    assert len(attempts) == 3, "together, alone, and alone anew"


def test_it_gives_up_on_who_loses_every_race(database: Database, shop: Player) -> None:
    attempts: list[int] = []

    @operation(ids_per_command=0)
    def collide(work: Work, commands: Sequence[Any]) -> list[str]:
        attempts.append(len(commands))
        return note(work, ["taken" for _ in commands])

    async def story() -> None:
        async with open_write_queue(database) as write_queue:
            await write_queue.write(note, shop.site, "taken")
            with pytest.raises(Exception, match=r"custom_field"):
                await write_queue.write(collide, shop.site, "command")
            assert await write_queue.write(note, shop.site, "next") == "next is stored"

    run(story)
    assert len(attempts) == 1 + ALONE_TRIES_MAX


def test_it_groups_by_operation_and_site_and_keeps_the_order_inside(stage: Stage, shop: Player) -> None:
    neighbour = stage.open_site(time_zone=VLADIVOSTOK)
    seen: list[tuple[int, list[str]]] = []

    @operation(ids_per_command=0)
    def watch(work: Work, commands: Sequence[Any]) -> list[str]:
        seen.append((work.site.id, list(commands)))
        return [f"{work.site.id} {command}" for command in commands]

    async def story() -> list[str]:
        gate = Gate()
        async with open_write_queue(stage.database) as write_queue:
            write_queue.write(gate, shop.site, "first")
            await gate.wait_inside()
            sent = [(shop, "a"), (neighbour, "b"), (shop, "c"), (neighbour, "d")]
            futures = [write_queue.write(watch, player.site, command) for player, command in sent]
            gate.open.set()
            return await asyncio.gather(*futures)

    mine, other = shop.site.id, neighbour.site.id
    assert run(story) == [f"{mine} a", f"{other} b", f"{mine} c", f"{other} d"]
    assert seen == [(mine, ["a", "c"]), (other, ["b", "d"])]


def test_it_refuses_at_once_when_too_many_wait(database: Database, shop: Player) -> None:
    async def story() -> None:
        gate = Gate()
        async with open_write_queue(database, queue_max=3) as write_queue:
            write_queue.write(gate, shop.site, "first")
            await gate.wait_inside()
            waiting = [write_queue.write(note, shop.site, f"w{count}") for count in range(3)]
            with pytest.raises(Overloaded):
                write_queue.write(note, shop.site, "one too many")
            gate.open.set()
            await asyncio.gather(*waiting)
            assert await write_queue.write(note, shop.site, "again") == "again is stored"

    run(story)
    assert noted(database, shop.site.id) == {"w0", "w1", "w2", "again"}


def test_it_writes_what_waits_before_it_stops_and_takes_nothing_after(database: Database, shop: Player) -> None:
    async def story() -> list[str]:
        gate = Gate()
        async with open_write_queue(database, batch_max=4) as write_queue:
            write_queue.write(gate, shop.site, "first")
            await gate.wait_inside()
            waiting = [write_queue.write(note, shop.site, f"w{count}") for count in range(10)]
            stopping = asyncio.ensure_future(write_queue.stop())
            await asyncio.sleep(0)
            with pytest.raises(Overloaded):
                write_queue.write(note, shop.site, "late")
            gate.open.set()
            await stopping
            assert not write_queue.is_alive
            return await asyncio.gather(*waiting)

    assert run(story) == [f"w{count} is stored" for count in range(10)]
    assert noted(database, shop.site.id) == {f"w{count}" for count in range(10)}


def test_it_stores_what_nobody_waits_for_any_more(database: Database, shop: Player) -> None:
    async def story() -> None:
        gate = Gate()
        async with open_write_queue(database) as write_queue:
            write_queue.write(gate, shop.site, "first")
            await gate.wait_inside()
            hung_up = write_queue.write(note, shop.site, "hung up")
            stays = write_queue.write(note, shop.site, "stays")
            hung_up.cancel()
            gate.open.set()
            assert await stays == "stays is stored"

    run(story)
    assert noted(database, shop.site.id) == {"hung up", "stays"}


def test_it_gives_operations_the_time_once_a_batch(database: Database, shop: Player) -> None:
    moments: set[datetime] = set()

    @operation(ids_per_command=0)
    def watch(work: Work, commands: Sequence[Any]) -> list[None]:
        moments.add(work.now)
        return [None for _ in commands]

    async def story() -> None:
        async with open_write_queue(database) as write_queue:
            await write_queue.write(watch, shop.site, "write_and_check")

    run(story)
    (moment,) = moments
    assert moment.utcoffset() is not None


def test_it_waits_for_another_process_that_writes_to_the_file(tmp_path: Any) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'busy.db'}")
    prepare_schema(database)
    shop = Stage(database).open_site()
    begins = threading.Event()

    async def story() -> str:
        async with open_write_queue(database) as write_queue:
            await write_queue.write(note, shop.site, "ids are there")
            with locked(database):
                event.listen(database.writer, "engine_connect", lambda _: begins.set())
                future = write_queue.write(note, shop.site, "patient")
                assert await asyncio.to_thread(begins.wait, LONG_SECONDS)
                assert not future.done()
            outcome: str = await future
            return outcome

    assert run(story) == "patient is stored"
    assert noted(database, shop.site.id) == {"ids are there", "patient"}
    database.close()


def test_it_writes_nothing_to_a_file_that_went_a_moment_ago(tmp_path: Any) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'own.db'}")
    prepare_schema(database)
    shop = Stage(database).open_site()
    watch = DatabaseWatch(database, lambda: 0.0)
    watch.start()

    async def story() -> None:
        async with open_write_queue(database, watch=watch) as write_queue:
            assert await write_queue.write(note, shop.site, "before") == "before is stored"
            database.file.unlink()
            with pytest.raises(DatabaseUnavailable):
                await write_queue.write(note, shop.site, "after")

    run(story)
    database.close()


def test_it_says_that_the_database_is_away_when_its_patience_is_over(tmp_path: Any) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'locked.db'}")
    prepare_schema(database)
    shop = Stage(database).open_site()
    with database.write() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=1")

    async def story() -> None:
        async with open_write_queue(database, patience_seconds=0.15) as write_queue:
            with locked(database):
                with pytest.raises(DatabaseUnavailable):
                    await write_queue.write(note, shop.site, "in vain")
                assert write_queue.is_alive
            assert await write_queue.write(note, shop.site, "after") == "after is stored"

    run(story)
    assert noted(database, shop.site.id) == {"after"}
    database.close()


def test_it_gives_up_soon_when_the_server_begins_to_stop(tmp_path: Any) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'locked.db'}")
    prepare_schema(database)
    shop = Stage(database).open_site()
    with database.write() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=1")

    async def story() -> None:
        async with open_write_queue(database, patience_seconds=LONG_SECONDS * 10) as write_queue:
            with locked(database):
                waiting = write_queue.write(note, shop.site, "in vain")
                write_queue.begin_stop()
                with pytest.raises(DatabaseUnavailable):
                    await asyncio.wait_for(waiting, LONG_SECONDS)
            assert await write_queue.write(note, shop.site, "after") == "after is stored"

    run(story)
    assert noted(database, shop.site.id) == {"after"}
    database.close()


@contextmanager
def locked(database: Database) -> Iterator[None]:
    """Hold the write lock of the file, as another process would."""
    holder = sqlite3.connect(database.file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    yield
    holder.execute("ROLLBACK")
    holder.close()


@pytest.fixture
def own_server() -> Iterator[PostgresqlServer]:
    """Start a PostgreSQL that a test may crash."""
    programs = find_programs()
    if programs is None:
        leave_out("PostgreSQL", "postgresql")
    server = PostgresqlServer(programs, settings=())
    yield server
    server.remove()


def test_it_survives_a_server_that_goes_and_comes_back(own_server: PostgresqlServer) -> None:
    database = open_database(own_server.create("away"))
    prepare_schema(database)
    shop = Stage(database).open_site()
    failed = threading.Event()
    event.listen(database.writer, "handle_error", lambda _context: failed.set())

    async def story() -> None:
        async with (
            open_write_queue(database) as patient,
            open_write_queue(database, patience_seconds=0.15) as impatient,
        ):
            for write_queue in (patient, impatient):
                await write_queue.write(note, shop.site, f"before{id(write_queue)}")
            await asyncio.to_thread(own_server.stop)
            future = patient.write(note, shop.site, "waited")
            with pytest.raises(DatabaseUnavailable):
                await impatient.write(note, shop.site, "in vain")
            assert await asyncio.to_thread(failed.wait, LONG_SECONDS)
            assert not future.done()
            await asyncio.to_thread(own_server.start)
            assert await future == "waited is stored"
            assert await impatient.write(note, shop.site, "back") == "back is stored"

    run(story)
    assert {"waited", "back"} <= noted(database, shop.site.id)
    assert "in vain" not in noted(database, shop.site.id)
    database.close()


def test_it_never_plays_again_what_may_have_been_committed(own_server: PostgresqlServer) -> None:
    database = open_database(own_server.create("unclear"))
    prepare_schema(database)
    shop = Stage(database).open_site()
    runs: list[str] = []

    @operation(ids_per_command=0)
    def crash_before_commit(work: Work, commands: Sequence[Any]) -> list[str]:
        runs.append("run")
        outcomes = note(work, commands)
        own_server.kill()
        return outcomes

    async def story() -> None:
        async with open_write_queue(database) as write_queue:
            with pytest.raises(DatabaseUnavailable):
                await write_queue.write(crash_before_commit, shop.site, "unclear")
            await asyncio.to_thread(own_server.start)
            assert await write_queue.write(note, shop.site, "after") == "after is stored"

    run(story)
    assert runs == ["run"]
    assert noted(database, shop.site.id) == {"after"}
    database.close()


def test_it_settles_two_servers_that_learn_the_same_source_at_once(
    new_database_url: Callable[[], str], database: Database, shop: Player
) -> None:
    @operation(ids_per_command=1)
    def learn(work: Work, commands: Sequence[Any]) -> list[int]:
        interned = intern_sources(
            work.connection, work.ids, work.site.id, {TrafficSource(command) for command in commands}
        )
        return [interned[TrafficSource(command)] for command in commands]

    other = open_database(database.url.render_as_string(hide_password=False))

    async def story() -> list[int]:
        async with open_write_queue(database) as first, open_write_queue(other) as second:
            return await asyncio.gather(
                *[write_queue.write(learn, shop.site, "yandex") for _ in range(20) for write_queue in (first, second)]
            )

    assert len(set(run(story))) == 1
    other.close()
