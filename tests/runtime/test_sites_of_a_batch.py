"""A batch over several sites: their order, their transactions, and a site whose faults do not concern the others."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from psycopg import errors

from cast import Player, Stage
from dealtrace.errors import DatabaseUnavailable
from dealtrace.log import RetryLog
from dealtrace.operations.work import Work
from dealtrace.runtime.pending_commands import SHARED_ITEMS_MAX
from metric_values import metric_value
from write_commands import open_write_queue, run

SHORT_SECONDS = 1.0
LONG_SECONDS = 60.0


class Operation:
    """Notes which sites it ran for; those in `away` fail with `fault`, `times` at most."""

    ids_per_command = 0
    ids_per_item = 0

    def __init__(self, *away: Player, fault: Exception | None = None, times: int = 10**9) -> None:
        self.away = {player.site.id for player in away}
        self.fault = fault or errors.ConnectionFailure("the worker is away")
        self.times = times
        self.ran: list[int] = []
        self.transactions: list[object] = []

    def __call__(self, work: Work, commands: Sequence[Any]) -> list[str]:
        self.ran.append(work.site.id)
        self.transactions.append(work.connection.get_transaction())
        if work.site.id in self.away and self.times:
            self.times -= 1
            raise self.fault
        for command in commands:
            work.connection.exec_driver_sql(
                f"INSERT INTO custom_field (site_id, name, added_at) VALUES ({work.site.id}, '{command}', 0)"
            )
        return [f"{command} is stored" for command in commands]


def stored(stage: Stage) -> list[tuple[int, str]]:
    with stage.database.read() as connection:
        rows = connection.exec_driver_sql("SELECT site_id, name FROM custom_field ORDER BY site_id, name")
        return [(row[0], row[1]) for row in rows]


@pytest.fixture
def sites(stage: Stage) -> list[Player]:
    return sorted((stage.open_site() for _ in range(3)), key=lambda player: player.site.id)


@pytest.fixture
def distributed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer whether the database is distributed, as Citus would; a machine for tests has no cluster."""
    monkeypatch.setattr("dealtrace.runtime.write_queue.is_distributed", lambda _connection: request.param)


def both(test: Callable[..., None]) -> Callable[..., None]:
    """Run a test with and without a distributed database."""
    marked = pytest.mark.parametrize("distributed", [False, True], indirect=True)(test)
    return pytest.mark.usefixtures("distributed")(marked)


async def written(write_queue: Any, operation: Operation, *players: Player, name: str = "x") -> list[Any]:
    """Write a command for each site together, and return their outcomes."""
    futures = [write_queue.write(operation, player.site, name) for player in players]
    return list(await asyncio.gather(*futures, return_exceptions=True))


@both
def test_sites_are_written_in_the_order_of_their_ids(stage: Stage, sites: list[Player]) -> None:
    entered, gathered, operation, other = threading.Event(), threading.Event(), Operation(), Operation()

    async def story() -> list[Any]:
        async with open_write_queue(stage.database) as write_queue:
            first = write_queue.write(Waiting(entered, gathered), sites[0].site, "first")
            assert await asyncio.to_thread(entered.wait, LONG_SECONDS)
            writes = [
                write_queue.write(each, player.site, name)
                for each, name in ((operation, "x"), (other, "y"))
                for player in reversed(sites)
            ]
            gathered.set()
            await first
            return await asyncio.gather(*writes)

    assert run(story) == ["x is stored"] * 3 + ["y is stored"] * 3
    assert operation.ran == [player.site.id for player in sites]


@pytest.mark.parametrize(("distributed", "transactions"), [(False, 1), (True, 3)], indirect=["distributed"])
@pytest.mark.usefixtures("distributed")
def test_sites_have_transactions_of_their_own_only_where_they_are_distributed(
    stage: Stage, sites: list[Player], transactions: int
) -> None:
    entered, gathered, operation = threading.Event(), threading.Event(), Operation()

    async def story() -> None:
        async with open_write_queue(stage.database) as write_queue:
            first = write_queue.write(Waiting(entered, gathered), sites[0].site, "x")
            assert await asyncio.to_thread(entered.wait, LONG_SECONDS)
            batch = [write_queue.write(operation, player.site, "x") for player in sites]
            gathered.set()
            await asyncio.gather(first, *batch)

    run(story)
    assert len({id(transaction) for transaction in operation.transactions}) == transactions


def test_a_site_with_a_long_list_shares_no_transaction(stage: Stage, sites: list[Player]) -> None:
    entered, gathered, operation = threading.Event(), threading.Event(), Operation()

    async def story() -> None:
        async with open_write_queue(stage.database) as write_queue:
            first = write_queue.write(Waiting(entered, gathered), sites[0].site, "x")
            assert await asyncio.to_thread(entered.wait, LONG_SECONDS)
            sizes = (SHARED_ITEMS_MAX + 1, 1, SHARED_ITEMS_MAX)
            batch = [
                write_queue.write(operation, player.site, "x", size=size)
                for player, size in zip(sites, sizes, strict=True)
            ]
            gathered.set()
            await asyncio.gather(first, *batch)

    run(story)
    assert operation.ran == [sites[1].site.id, sites[2].site.id, sites[0].site.id]
    shared, same, own = map(id, operation.transactions)
    assert shared == same != own


class Waiting(Operation):
    """Waits until the others have gathered behind it."""

    def __init__(self, entered: threading.Event, gathered: threading.Event) -> None:
        super().__init__()
        self._entered = entered
        self._gathered = gathered

    def __call__(self, work: Work, commands: Sequence[Any]) -> list[str]:
        self._entered.set()
        assert self._gathered.wait(LONG_SECONDS)
        return ["through" for _ in commands]


@both
def test_a_site_that_fails_delays_no_other(stage: Stage, sites: list[Player]) -> None:
    bad, *good = sites
    operation = Operation(bad)

    async def story() -> None:
        async with open_write_queue(stage.database, patience_seconds=LONG_SECONDS) as write_queue:
            put_off = write_queue.write(operation, bad.site, "put off")
            for number in range(5):
                assert await written(write_queue, operation, *good, name=str(number)) == [f"{number} is stored"] * 2
            assert not put_off.done(), "nobody waited for the site that fails"
            operation.away.clear()
            assert await put_off == "put off is stored"

    run(story)
    assert len(stored(stage)) == 11


@both
def test_a_site_that_fails_for_long_gets_503(stage: Stage, sites: list[Player]) -> None:
    operation = Operation(sites[0])
    reasons: Counter[str] = Counter()

    async def story() -> list[Any]:
        async with open_write_queue(
            stage.database,
            patience_seconds=SHORT_SECONDS,
            observe_retry=lambda reason: reasons.update([reason]),
        ) as write_queue:
            writes = [write_queue.write(operation, sites[0].site, name) for name in ("lost", "late")]
            return await asyncio.gather(*writes, return_exceptions=True)

    assert all(isinstance(outcome, DatabaseUnavailable) for outcome in run(story))
    assert stored(stage) == []
    assert reasons["away"] >= 2


def test_a_site_that_comes_back_gets_what_waited_in_its_order(stage: Stage, sites: list[Player]) -> None:
    bad, good, _ = sites
    operation = Operation(bad, times=4)

    async def story() -> list[Any]:
        async with open_write_queue(stage.database, patience_seconds=LONG_SECONDS) as write_queue:
            first = write_queue.write(operation, bad.site, "first")
            assert await written(write_queue, operation, good) == ["x is stored"]
            second = write_queue.write(operation, bad.site, "second")
            return await asyncio.gather(first, second)

    assert run(story) == ["first is stored", "second is stored"]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [(errors.DeadlockDetected(), "deadlock"), (errors.SerializationFailure(), "serialization")],
)
def test_a_deadlock_is_run_again_at_once_and_counted(
    stage: Stage, sites: list[Player], fault: Exception, reason: str
) -> None:
    reasons: list[str] = []
    operation = Operation(sites[0], fault=fault, times=1)

    async def story() -> list[Any]:
        async with open_write_queue(stage.database, observe_retry=reasons.append) as write_queue:
            return await written(write_queue, operation, *sites)

    assert run(story) == ["x is stored"] * 3
    assert reasons == [reason]


def test_a_queue_that_stops_writes_what_was_put_off(stage: Stage, sites: list[Player]) -> None:
    operation = Operation(sites[0], times=3)

    async def story() -> Any:
        async with open_write_queue(stage.database) as write_queue:
            future = write_queue.write(operation, sites[0].site, "x")
        return await future

    assert run(story) == "x is stored"


def test_a_broken_command_harms_neither_its_site_nor_the_others(stage: Stage, sites: list[Player]) -> None:
    async def story() -> list[Any]:
        async with open_write_queue(stage.database) as write_queue:
            broken = Operation(sites[1], fault=ValueError("broken"))
            return [
                *await written(write_queue, broken, *sites),
                *await written(write_queue, Operation(), *sites, name="y"),
            ]

    first, second, third, *rest = run(story)
    assert isinstance(second, ValueError)
    assert (first, third, *rest) == ("x is stored",) * 2 + ("y is stored",) * 3


def test_retries_are_counted_by_their_reasons() -> None:
    names = {reason: f'dealtrace_write_retries_total{{reason="{reason}"}}' for reason in ("deadlock", "race", "away")}
    before = {reason: metric_value(name) for reason, name in names.items()}
    retries = RetryLog()
    for reason in ("deadlock", "deadlock", "race"):
        retries.observe(reason)
    counted = {reason: metric_value(name) - before[reason] for reason, name in names.items()}
    assert counted == {"deadlock": 2, "race": 1, "away": 0}


def test_retries_are_logged_once_a_minute(capsys: pytest.CaptureFixture[str]) -> None:
    now = 1000.0
    retries = RetryLog(lambda: now)
    retries.log()
    assert capsys.readouterr().out == ""
    for reason in ("deadlock", "deadlock", "race"):
        retries.observe(reason)
    retries.log()
    printed = capsys.readouterr().out
    assert "writes_retried" in printed
    assert "deadlock" in printed
    retries.observe("deadlock")
    retries.log()
    now += 59
    retries.log()
    assert capsys.readouterr().out == ""
    now += 1
    retries.log()
    retries.log()
    assert capsys.readouterr().out.count("writes_retried") == 1
