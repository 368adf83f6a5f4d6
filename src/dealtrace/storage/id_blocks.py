"""Ids from blocks: a process reserves 1,000 integers at a time in a control table and hands them out from memory."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, update

from dealtrace.leads.lead import FIRST_OWN_ID
from dealtrace.storage.database.engine import Database
from dealtrace.storage.database.upsert import insert_into
from dealtrace.storage.schema.tables.control import id_block

BLOCK_SIZE = 1000
_NAME = "id"


class IdBlocks:
    """A source of ids that are unique across processes, known before the insert, below 2^53, and in no order of time.

    `ensure` reserves blocks in a short transaction of its own, before the work that uses them begins; `take` needs no
    database. Ids that a process leaves unused are lost. Not for several threads at once.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._current = iter(range(0))
        self._reserved: list[range] = []
        self._left = 0

    def ensure(self, count: int) -> None:
        """Reserve blocks until at least `count` ids can be taken."""
        while self._left < count:
            first = self._take_block()
            self._reserved.append(range(first, first + BLOCK_SIZE))
            self._left += BLOCK_SIZE

    def take(self) -> int:
        """Return the next id.

        Raises:
            IndexError: `ensure` reserved fewer ids than are used, which is a bug.
        """
        while (taken := next(self._current, None)) is None:
            self._current = iter(self._reserved.pop(0))
        self._left -= 1
        return taken

    def _take_block(self) -> int:
        with self._engine.begin() as connection:
            connection.execute(
                insert_into(connection, id_block)
                .values(name=_NAME, next_id=FIRST_OWN_ID)
                .on_conflict_do_nothing(index_elements=["name"])
            )
            taken = connection.execute(
                update(id_block)
                .where(id_block.c.name == _NAME)
                .values(next_id=id_block.c.next_id + BLOCK_SIZE)
                .returning(id_block.c.next_id)
            ).scalar_one()
            return int(taken) - BLOCK_SIZE


def take_ids(connection: Connection, count: int) -> Sequence[int]:
    """Take ids in the transaction of `connection`, for what cannot know beforehand how many it needs.

    Other processes wait for their next block until it ends, so it is for rare cases. A block was taken before.
    """
    if not count:
        return ()
    taken = connection.execute(
        update(id_block)
        .where(id_block.c.name == _NAME)
        .values(next_id=id_block.c.next_id + count)
        .returning(id_block.c.next_id)
    ).scalar_one()
    return range(int(taken) - count, int(taken))


@contextmanager
def transaction(database: Database, *, ids: int) -> Iterator[tuple[Connection, IdBlocks]]:
    """Open a transaction in which at least `ids` new ids can be taken; it commits at the end of the block.

    For commands that write once; a server keeps its own `IdBlocks`, because a block is lost with each of them.
    """
    blocks = IdBlocks(database.writer)
    blocks.ensure(ids)
    with database.write() as connection:
        yield connection, blocks
