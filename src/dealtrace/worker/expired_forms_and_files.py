"""Delete what is stored for an hour only: the answers to forms of the cabinet, and files that people uploaded there."""

import asyncio
from collections.abc import Callable

from dealtrace import clock
from dealtrace.operations.accounts.take_form import forget_old_forms, has_old_forms
from dealtrace.runtime.account_changes import AccountChanges
from dealtrace.runtime.read_pool import ReadPool

SWEEP_SECONDS = 60.0
"""Ours: how many seconds pass between two sweeps of forms and files, so that none is stored for over 61 minutes."""


class ExpiredFormsAndFiles:
    """Deletes old answers and uploads even if nobody sends another form; `delete_old_uploads` deletes the files."""

    def __init__(
        self, read_pool: ReadPool, account_changes: AccountChanges, delete_old_uploads: Callable[[], None]
    ) -> None:
        self._read_pool = read_pool
        self._account_changes = account_changes
        self._delete_old_uploads = delete_old_uploads

    async def forget_forms(self) -> None:
        """Delete old forms with their sealed answers; if there are none, nothing is written."""
        if await self._read_pool.read(has_old_forms, clock.now()):
            await self._account_changes.run(forget_old_forms)

    async def delete_uploads(self) -> None:
        """Delete old uploads."""
        await asyncio.to_thread(self._delete_old_uploads)
