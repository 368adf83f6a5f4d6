"""Blocks of ids: a process reserves 1,000 ids at a time in the table `id_block`, and assigns them from memory."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, insert, select, update

from dealtrace.accounts.assigned_ids import OwnIds
from dealtrace.attribution.visit import VisitId
from dealtrace.attribution.visit_ids import keyed_visit_id
from dealtrace.storage.database.compiled_statement import CompiledStatement
from dealtrace.storage.database.engine import Database
from dealtrace.storage.schema.tables.control import database_key, id_block

BLOCK_SIZE = 1000
_NAME = "id"
_CURRENT = id_block.c.name == _NAME
_FIND_VISIT_KEY = CompiledStatement(select(database_key.c.key).where(database_key.c.name == "visit ids"))


class IdBlocks:
    """A source of ids: numbers below 2^53 that are unique across processes and not ordered by time.

    `ensure` reserves blocks in its own short transaction, before the transaction that needs the ids; `take` uses no
    database. Ids that a process leaves unused are lost. Not thread-safe.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._current = iter(range(0))
        self._reserved: list[range] = []
        self._left = 0
        self._visit_key: bytes | None = None

    def ensure(self, count: int) -> None:
        """Reserve blocks until at least `count` ids can be taken."""
        while self._left < count:
            with self._engine.begin() as connection:
                self._reserve_block(connection)

    def ensure_within(self, connection: Connection, count: int) -> None:
        """Reserve blocks as `ensure` does, but in the caller's transaction, for example after `raise_first_id`.

        Other processes that need a block wait until this transaction ends. If it is rolled back, the ids must not be
        used.
        """
        while self._left < count:
            self._reserve_block(connection)

    def take(self) -> int:
        """Return the next id.

        Raises:
            IndexError: All reserved ids are taken; the caller should have called `ensure` for more.
        """
        while (taken := next(self._current, None)) is None:
            self._current = iter(self._reserved.pop(0))
        self._left -= 1
        return taken

    def take_visit_id(self) -> VisitId:
        """Return the id of a new visit: the next id, permuted with the database's key so that nobody can guess it.

        Raises:
            IndexError: as for `take`.
        """
        counter = self.take()
        assert self._visit_key is not None  # read with the first block
        return keyed_visit_id(counter, self._visit_key)

    def _reserve_block(self, connection: Connection) -> None:
        if self._visit_key is None:
            self._visit_key = bytes.fromhex(find_visit_key(connection))
        taken = connection.execute(
            update(id_block)
            .where(_CURRENT)
            .values(next_id=id_block.c.next_id + BLOCK_SIZE)
            .returning(id_block.c.next_id)
        ).scalar_one()
        self._reserved.append(range(int(taken) - BLOCK_SIZE, int(taken)))
        self._left += BLOCK_SIZE


def find_visit_key(connection: Connection) -> str:
    """Return the key, in hexadecimal, with which the database permutes the ids of visits; each database has its own."""
    ((key,),) = _FIND_VISIT_KEY.fetch(connection, {})
    return str(key)


def find_own_ids(connection: Connection) -> OwnIds:
    """Return the ranges of ids that this database has assigned or will assign."""
    rows = connection.execute(select(id_block.c.name, id_block.c.first_id, id_block.c.next_id)).all()
    (first,) = (first for name, first, _ in rows if name == _NAME)
    return OwnIds(first, tuple(range(first, end) for name, first, end in rows if name != _NAME))


def raise_first_id(connection: Connection, first: int) -> int | None:
    """Make new ids begin at `first` and return `None`; if `first` is too low, only return the lowest possible value.

    The previous range of ids is stored in a row of its own and never assigned again, because running servers may still
    have reserved ids from this range.
    """
    found = select(id_block.c.first_id, id_block.c.next_id).where(_CURRENT).with_for_update()
    first_before, next_before = connection.execute(found).one()
    if first == first_before:
        return None
    if first < next_before:
        return int(next_before)
    if next_before > first_before:
        earlier = {"name": f"{_NAME} {first_before}", "first_id": first_before, "next_id": next_before}
        connection.execute(insert(id_block).values(earlier))
    connection.execute(update(id_block).where(_CURRENT).values(first_id=first, next_id=first))
    return None


def take_ids(connection: Connection, count: int) -> Sequence[int]:
    """Return `count` new ids taken in the caller's transaction, for work that cannot know in advance how many it needs.

    Other processes that need a block of ids wait until this transaction ends. The caller's process must have reserved a
    block already.
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
    """Open a transaction in which at least `ids` new ids can be taken; it commits at the end of the `with` block.

    Ids that are not taken are lost, so a server does not open its many transactions with this function: it keeps one
    `IdBlocks` for all of them.
    """
    blocks = IdBlocks(database.writer)
    blocks.ensure(ids)
    with database.write() as connection:
        yield connection, blocks
