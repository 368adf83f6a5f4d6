"""The busiest second of a day is stored when it rises, once for all processes, by the days of the site."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.exc import OperationalError, ProgrammingError

from cast import Player, Stage
from dealtrace import clock
from dealtrace.errors import DatabaseUnavailable
from dealtrace.quota.busiest_second import BusiestSecond
from dealtrace.runtime.busiest_seconds import BusiestSeconds
from dealtrace.runtime.write_queue import WriteQueue
from dealtrace.storage.accounts.busiest_second import find_busiest_second
from write_commands import run

EVENING = datetime(2026, 11, 26, 20, 59, 59, tzinfo=UTC)
"""A second before midnight in Moscow, the zone of the shop."""
DAY, NEXT_DAY = date(2026, 11, 26), date(2026, 11, 27)
ALLOWED = 5


class Process:
    """What one process remembers, by a clock of its own."""

    def __init__(self, stage: Stage) -> None:
        self.now = EVENING
        self.seconds = BusiestSeconds(lambda: self.now)
        self._stage = stage

    def store(self, written: "list[int] | None" = None) -> None:
        """Store what waits; the sizes of the batches are added to `written`."""

        async def story() -> None:
            queue = WriteQueue(
                self._stage.database,
                clock.now,
                queue_max=100,
                batch_max=10,
                patience_seconds=1,
                observe=lambda size, _seconds: (written if written is not None else []).append(size),
            )
            try:
                await self.seconds.store(queue)
            finally:
                await queue.stop()

        run(story)


def stored(stage: Stage, player: Player, day_on: date = DAY) -> BusiestSecond | None:
    with stage.database.read() as connection:
        return find_busiest_second(connection, player.site.id, day_on)


def test_the_most_requests_of_a_day_are_stored_with_their_time(stage: Stage, shop: Player) -> None:
    process, neighbour = Process(stage), stage.open_site()
    for requests in (1, 3, 2):
        process.seconds.observe(shop.site, requests, ALLOWED)
        process.now += timedelta(milliseconds=100)
    process.store()
    assert stored(stage, shop) == BusiestSecond(3, ALLOWED, EVENING + timedelta(milliseconds=100))
    assert stored(stage, neighbour) is None


def test_nothing_is_written_while_no_second_is_busier(stage: Stage, shop: Player) -> None:
    process, written = Process(stage), list[int]()
    for requests in (4, 4, 1, 3, 4):
        process.seconds.observe(shop.site, requests, ALLOWED)
        process.store(written)
    assert written == [1]


def test_a_new_day_of_the_site_begins_anew(stage: Stage, shop: Player) -> None:
    process = Process(stage)
    process.seconds.observe(shop.site, 5, ALLOWED)
    process.now += timedelta(seconds=1)
    process.seconds.observe(shop.site, 2, ALLOWED)
    process.store()
    assert stored(stage, shop) == BusiestSecond(5, ALLOWED, EVENING)
    assert stored(stage, shop, NEXT_DAY) == BusiestSecond(2, ALLOWED, EVENING + timedelta(seconds=1))


def test_of_several_processes_the_busiest_second_remains(stage: Stage, shop: Player) -> None:
    first, second = Process(stage), Process(stage)
    second.now += timedelta(milliseconds=1)
    for process, requests in ((first, 2), (second, 4), (first, 3), (first, 4)):
        process.seconds.observe(shop.site, requests, ALLOWED)
        process.store()
    assert stored(stage, shop) == BusiestSecond(4, ALLOWED, second.now)


def test_what_could_not_be_stored_is_stored_the_next_time(
    stage: Stage, shop: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = Process(stage)
    process.seconds.observe(shop.site, 3, ALLOWED)

    def refuse(*_: object, **__: object) -> None:
        raise DatabaseUnavailable(retry_after_seconds=5)

    with monkeypatch.context() as patched:
        patched.setattr(WriteQueue, "write", refuse)
        with pytest.raises(DatabaseUnavailable):
            process.store()
    process.store()
    assert stored(stage, shop) == BusiestSecond(3, ALLOWED, EVENING)


def test_what_could_not_be_stored_without_its_table_is_stored_when_the_table_is_back(
    stage: Stage, shop: Player
) -> None:
    process = Process(stage)
    process.seconds.observe(shop.site, 3, ALLOWED)
    for name, other in (("busiest_second", "gone"), ("gone", "busiest_second")):
        with stage.database.write() as connection:
            connection.exec_driver_sql(f"ALTER TABLE {name} RENAME TO {other}")
        with suppress(OperationalError, ProgrammingError):
            process.store()
    assert stored(stage, shop) == BusiestSecond(3, ALLOWED, EVENING)
