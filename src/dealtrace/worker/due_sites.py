"""Find the sites for which a process has background work, and do that work for one site after another."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.errors import Refusal
from dealtrace.operations.work import Operation
from dealtrace.operations.write_command import Payload, WriteCommand
from dealtrace.runtime.sites_in_progress import SitesInProgress
from dealtrace.runtime.write_queue import WriteQueue
from dealtrace.storage.accounts.sites import find_sites

Outcome = TypeVar("Outcome")
SITES_AT_ONCE_MAX = 32
"""How many sites are served at once; all but one of them are waiting for a write, usually because of a locked row."""
GIVES_WAY_SECONDS = 0.5
"""Ours: after a write for a due site has taken this long, its worker goes on with the next due site in the meantime.

Nearly all writes take less.
"""


def list_due_sites(
    connection: Connection, list_ids: Callable[[Connection, datetime], Sequence[int]], now: datetime
) -> list[Site]:
    """List the sites whose ids `list_ids` returns for `now`; deleted sites are left out."""
    return list(find_sites(connection, list_ids(connection, now)).values())


class SitesInTurn:
    """Serves sites one after another; a site whose rows another session has locked does not delay other sites.

    Each site is served in a task of its own, but only the task whose turn it is runs. If a call of `write` takes longer
    than `GIVES_WAY_SECONDS`, the task gives up its turn, and waits for another turn once the write is finished. So
    e-mails, for example, are never sent for two sites at once.
    """

    def __init__(self, write_queue: WriteQueue) -> None:
        self._write_queue = write_queue
        self._turn = asyncio.Lock()
        self._sites = SitesInProgress[None]()

    async def serve_each(self, sites: Iterable[Site], serve: Callable[[Site], Awaitable[object]]) -> None:
        """Call `serve` for each site that is not being served; return once all are served or have given up their turns.

        A failure for one site does not stop the work for other sites; `raise_first` reports the failure.
        """
        for site in sites:
            if site.id not in self._sites:
                await self._sites.wait_for_fewer(SITES_AT_ONCE_MAX)
                await self._turn.acquire()  # for the task, which releases it
                self._sites.begin(site.id, asyncio.create_task(self._serve(site, serve)))
        async with self._turn:
            return

    def raise_first(self) -> None:
        """Raise the failure of a site, as `SitesInProgress.raise_first` does."""
        self._sites.raise_first()

    async def write(
        self, operation: Operation[Payload, Outcome | Refusal], site: Site, command: WriteCommand[Payload]
    ) -> Outcome:
        """Write a command for the site whose turn it is, and return its outcome; see `WriteQueue.write`."""
        answer = self._write_queue.write(operation, site, command)
        await asyncio.wait((answer,), timeout=GIVES_WAY_SECONDS)
        if not answer.done():
            self._turn.release()
            try:
                await asyncio.wait((answer,))
            finally:
                await self._turn.acquire()
        return answer.result()

    async def stop(self) -> None:
        """Wait until no site is being served; `serve_each` must not be called after this."""
        await self._sites.wait_for_all()

    async def _serve(self, site: Site, serve: Callable[[Site], Awaitable[object]]) -> None:
        try:
            await serve(site)
        finally:
            self._turn.release()
