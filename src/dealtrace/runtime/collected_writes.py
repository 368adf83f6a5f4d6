"""Write what a process has collected for its sites; a site whose rows are locked does not delay other sites."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Generic

from dealtrace.accounts.site import Site
from dealtrace.errors import Refusal
from dealtrace.operations.work import Operation
from dealtrace.operations.write_command import Payload, WriteCommand
from dealtrace.runtime.sites_in_progress import SitesInProgress
from dealtrace.runtime.write_queue import WriteQueue

WAITED_SECONDS = 1.0
"""Ours: how long a call of `write` waits for its commands; those of a locked site may still wait at the next call."""


class CollectedWrites(Generic[Payload]):
    """The commands of one operation that are not written yet; used only in the event loop.

    While a command of a site waits, its caller keeps collecting what belongs to this site, and writes that later. So a
    locked site has one command in the write queue at a time, not one for each second.
    """

    def __init__(
        self,
        operation: Operation[Payload, object],
        acknowledge: Callable[[Site, Payload, BaseException | None], None] = lambda _site, _payload, _fault: None,
    ) -> None:
        """For each command, call `acknowledge` with `None` once it is written, or with the error if it is not."""
        self._operation = operation
        self._acknowledge = acknowledge
        self._sites = SitesInProgress[object]()

    def __contains__(self, site_id: int) -> bool:
        """Return whether a command of a site is waiting."""
        return site_id in self._sites

    async def write(
        self, write_queue: WriteQueue, commands: Sequence[tuple[Site, WriteCommand[Payload]]], *, is_last: bool = False
    ) -> None:
        """Write commands; return when they are written, but after `WAITED_SECONDS` at the latest.

        With `is_last`, return when every command, including those of earlier calls, is written or has failed.

        Raises:
            Refusal: the database is unavailable, locked or overloaded. A command of an earlier call may be the one that
                was refused.
        """
        answers: list[asyncio.Future[object]] = []
        for site, command in commands:
            try:
                answer: asyncio.Future[object] = write_queue.write(self._operation, site, command)
            except Refusal as refusal:
                self._acknowledge(site, command.payload, refusal)
                self._sites.fail(site.id, refusal)
                continue
            answer.add_done_callback(partial(self._end, site, command.payload))
            self._sites.begin(site.id, answer)
            answers.append(answer)
        if is_last:
            await self._sites.wait_for_all()
        elif answers:
            await asyncio.wait(answers, timeout=WAITED_SECONDS)
        self._sites.raise_first()

    def _end(self, site: Site, payload: Payload, answer: "asyncio.Future[object]") -> None:
        if not answer.cancelled():
            self._acknowledge(site, payload, answer.exception())
