"""What is collected for sites is written side by side, and no site's fault is another's."""

import asyncio
import gc
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from cast import Player, Stage
from dealtrace.accounts.site import Site
from dealtrace.errors import Overloaded, PointsSpent
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.runtime.collected_writes import CollectedWrites
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


class Collected:
    """Writes, and what became of each command, by its payload."""

    def __init__(self) -> None:
        self.outcomes: dict[str, type[BaseException] | None] = {}
        self.writes = CollectedWrites(refuse_some, self._acknowledge)

    def _acknowledge(self, _site: Site, payload: str, fault: BaseException | None) -> None:
        assert payload not in self.outcomes
        self.outcomes[payload] = type(fault) if fault is not None else None


def test_each_command_has_its_own_outcome_and_no_fault_is_left_unread(
    database: Database, stage: Stage, shop: Player
) -> None:
    neighbour, stranger = stage.open_site(), stage.open_site()
    unread: list[Any] = []
    collected = Collected()
    commands = [
        (shop.site, WriteCommand("refused")),
        (neighbour.site, WriteCommand("stored")),
        (stranger.site, WriteCommand("refused too")),
    ]

    async def story() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: unread.append(context))
        async with open_write_queue(database) as write_queue:
            with pytest.raises(PointsSpent):
                await collected.writes.write(write_queue, commands, is_last=True)
            await collected.writes.write(write_queue, [], is_last=True)

    run(story)
    gc.collect()
    assert collected.outcomes == {"refused": PointsSpent, "stored": None, "refused too": PointsSpent}
    assert unread == []


def test_commands_that_find_no_room_do_not_drop_those_that_wait(database: Database, shop: Player) -> None:
    entered, opened = threading.Event(), threading.Event()
    collected = Collected()

    @operation(ids_per_command=0)
    def hold(work: Work, commands: Sequence[Any]) -> list[None]:
        entered.set()
        assert opened.wait(LONG_SECONDS)
        return [None for _ in commands]

    async def story() -> None:
        async with open_write_queue(database, queue_max=2) as write_queue:
            held = write_queue.write(hold, shop.site, WriteCommand(None))
            assert await asyncio.to_thread(entered.wait, LONG_SECONDS)
            commands = [(shop.site, WriteCommand(str(number))) for number in range(4)]
            writing = asyncio.create_task(collected.writes.write(write_queue, commands, is_last=True))
            await asyncio.to_thread(wait_until, lambda: write_queue.waiting == 2)
            assert shop.site.id in collected.writes
            opened.set()
            await held
            await writing
            assert shop.site.id not in collected.writes

    run(story)
    assert collected.outcomes == {"0": None, "1": None, "2": Overloaded, "3": Overloaded}
