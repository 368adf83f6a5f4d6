"""Changes of accounts: rare, each in a transaction of its own, with ids that outlive it."""

import asyncio
import threading
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from dealtrace.storage.database.engine import Database
from dealtrace.storage.id_blocks import IdBlocks

IDS_OF_A_CHANGE = 10
"""How many ids a change of accounts may take."""
P = ParamSpec("P")
Result = TypeVar("Result")


class AccountChanges:
    """Runs functions that change accounts, one after another; ids that one leaves unused are there for the next."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ids = IdBlocks(database.writer)
        self._turn = threading.Lock()

    async def run(
        self, change: Callable[Concatenate[Connection, IdBlocks, P], Result], *args: P.args, **kwargs: P.kwargs
    ) -> Result:
        """Return what `change` returns, called on a thread in a transaction of its own.

        Raises:
            Refusal: the change was refused; nothing of it was stored.
        """

        def run() -> Result:
            with self._turn:
                self._ids.ensure(IDS_OF_A_CHANGE)
                with self._database.write() as connection:
                    return change(connection, self._ids, *args, **kwargs)

        return await asyncio.to_thread(run)
