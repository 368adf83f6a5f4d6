"""Counts by names that callers choose: a bounded number of rows a site, and one row for all other names."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, Table, bindparam, func, select

from dealtrace.record import record
from dealtrace.storage.database.column_types import is_among
from dealtrace.storage.database.compiled_statement import CompiledStatement
from dealtrace.storage.database.upsert import insert_into

NAMES_MAX = 1000
"""Ours: more names than that are made up by a program, and nobody reads them."""
OTHER_NAMES = ""
"""The name of the row that counts all names beyond; nothing that is sent has no name."""

Key = tuple[str, ...]
"""The values of a table's key behind the site; the name is the last of them."""


@record
class Counted:
    """Counts by key as a site has room for them, and which of their keys are new to it."""

    seen: Mapping[Key, int]
    new: frozenset[Key]


class NameCounts:
    """The counts of one table, whose key is the site, other texts, and a name."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._key = [column for column in table.primary_key.columns if column.name != "site_id"]
        self._find = CompiledStatement(
            select(*self._key).where(table.c.site_id == bindparam("site_id"), is_among(table.c.name, "names"))
        )

    def fit(self, connection: Connection, site_id: int, seen: Mapping[Key, int]) -> Counted:
        """Sort counts into those that have a row or get one, and the others, which are counted together."""
        names = sorted({key[-1] for key in seen})
        known = {tuple(row) for row in self._find.fetch(connection, {"site_id": site_id, "names": names})}
        others = (OTHER_NAMES,) * len(self._key)
        new = sorted(key for key in seen if key not in known and key != others)
        room = max(NAMES_MAX - self._count(connection, site_id), 0) if new else 0
        beyond = set(new[room:])
        fitting = {key: count for key, count in seen.items() if key not in beyond}
        if beyond:
            fitting[others] = fitting.get(others, 0) + sum(seen[key] for key in beyond)
        return Counted(fitting, frozenset(new[:room]))

    def add(
        self,
        connection: Connection,
        site_id: int,
        seen: Mapping[Key, int],
        now: datetime,
        more: Mapping[Key, Mapping[str, object]] | None = None,
    ) -> None:
        """Add to the counts; `more` are values of further columns, stored with a row when it is made."""
        if not seen:
            return
        names = [column.name for column in self._key]
        statement = insert_into(connection, self._table)
        statement = statement.on_conflict_do_update(
            index_elements=["site_id", *names],
            set_={
                "seen": self._table.c.seen + statement.excluded.seen,
                "last_seen_at": statement.excluded.last_seen_at,
            },
        )
        further = more or {}
        rows = [
            {
                "site_id": site_id,
                "seen": count,
                "last_seen_at": now,
                **dict(zip(names, key, strict=True)),
                **further.get(key, {}),
            }
            for key, count in sorted(seen.items())
        ]
        connection.execute(statement, rows)

    def _count(self, connection: Connection, site_id: int) -> int:
        table = self._table
        mine = select(func.count()).select_from(table).where(table.c.site_id == site_id, table.c.name != OTHER_NAMES)
        return int(connection.execute(mine).scalar_one())
