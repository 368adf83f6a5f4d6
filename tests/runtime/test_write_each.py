"""Commands for several sites are all waited for, and no site's fault is another's."""

import asyncio
import gc
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from cast import Player, Stage
from dealtrace.errors import Overloaded, PointsSpent
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.runtime.write_each import raise_first, write_each
from dealtrace.storage.database.engine import Database
from waiting import wait_until
from write_commands import open_write_queue, run

LONG_SECONDS = 20


@operation(ids_per_command=0)
def refuse_some(work: Work, commands: Sequence[WriteCommand[str]]) -> list[Any]:
    """Return each payload, or a refusal of those that begin with `refused`."""
    return [
        PointsSpent(retry_after_seconds=1) if command.payload.startswith("refused") else command.payload
        for command in commands
    ]


def test_each_command_has_its_own_outcome_and_no_fault_is_left_unread(
    database: Database, stage: Stage, shop: Player
) -> None:
    neighbour, stranger = stage.open_site(), stage.open_site()
    unread: list[Any] = []

    async def story() -> list[Any]:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: unread.append(context))
        async with open_write_queue(database) as write_queue:
            return await write_each(
                write_queue,
                refuse_some,
                [
                    (shop.site, WriteCommand("refused")),
                    (neighbour.site, WriteCommand("stored")),
                    (stranger.site, WriteCommand("refused too")),
                ],
            )

    outcomes = run(story)
    gc.collect()
    assert [type(outcome) for outcome in outcomes] == [PointsSpent, str, PointsSpent]
    assert unread == []


def test_commands_that_find_no_room_do_not_drop_those_that_wait(database: Database, shop: Player) -> None:
    entered, opened = threading.Event(), threading.Event()

    @operation(ids_per_command=0)
    def hold(work: Work, commands: Sequence[Any]) -> list[None]:
        entered.set()
        assert opened.wait(LONG_SECONDS)
        return [None for _ in commands]

    async def story() -> list[Any]:
        async with open_write_queue(database, queue_max=2) as write_queue:
            held = write_queue.write(hold, shop.site, WriteCommand(None))
            assert await asyncio.to_thread(entered.wait, LONG_SECONDS)
            commands = [(shop.site, WriteCommand(str(number))) for number in range(4)]
            writing = asyncio.create_task(write_each(write_queue, refuse_some, commands))
            await asyncio.to_thread(wait_until, lambda: write_queue.waiting == 2)
            opened.set()
            await held
            return await writing

    first, second, *others = run(story)
    assert (first, second) == ("0", "1")
    assert [type(outcome) for outcome in others] == [Overloaded, Overloaded]
    with pytest.raises(Overloaded):
        raise_first([first, second, *others])


def test_without_faults_nothing_is_raised() -> None:
    raise_first([None, "stored", 0])
