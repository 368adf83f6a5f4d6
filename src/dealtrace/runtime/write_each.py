"""Queue commands of several sites, and wait until each of them has succeeded or failed."""

import asyncio
from collections.abc import Sequence
from typing import TypeVar

from dealtrace.accounts.site import Site
from dealtrace.errors import Refusal
from dealtrace.operations.work import Operation
from dealtrace.operations.write_command import Payload, WriteCommand
from dealtrace.runtime.write_queue import WriteQueue

Outcome = TypeVar("Outcome")


async def write_each(
    write_queue: WriteQueue,
    operation: Operation[Payload, Outcome],
    commands: Sequence[tuple[Site, WriteCommand[Payload]]],
) -> list[Outcome | BaseException]:
    """Return, in input order, the outcome of each command, or the exception with which it failed or was refused."""
    waiting: dict[int, asyncio.Future[Outcome]] = {}
    outcomes: dict[int, Outcome | BaseException] = {}
    for position, (site, command) in enumerate(commands):
        try:
            waiting[position] = write_queue.write(operation, site, command)
        except Refusal as refusal:
            outcomes[position] = refusal
    outcomes |= zip(waiting, await asyncio.gather(*waiting.values(), return_exceptions=True), strict=True)
    return [outcomes[position] for position in range(len(commands))]


def raise_first(outcomes: Sequence[object]) -> None:
    """Raise the first exception among the outcomes of `write_each`, if there is any."""
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
