"""Counts of unknown names in API requests (parameters, custom fields); names beyond a limit are counted together."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection, Table, bindparam, func, select

from dealtrace.record import record
from dealtrace.storage.database.column_types import is_among
from dealtrace.storage.database.compiled_statement import CompiledStatement
from dealtrace.storage.database.many_rows import execute_many
from dealtrace.storage.database.upsert import insert_into
from dealtrace.storage.schema.tables.site_data import unknown_parameter

NAMES_MAX = 1000
"""Ours: the maximum number of names, such as unknown parameters, that are stored with their counts per site.

If a site has more names than that, a faulty program makes them up, and nobody would read them all.
"""
OPEN_NAMES_MAX = NAMES_MAX // 2
"""Ours: a new name on an endpoint open to anybody is counted separately only while a site has fewer names than this.

This leaves the other half of `NAMES_MAX` to names from the CRM, such as misspelled parameters.
"""
OTHER_NAMES = ""
"""The name of the row that counts all other names; requests never contain an empty name."""

NameKey = tuple[str, ...]
"""The values of a table's primary key except the site id; the last value is the name."""


@record
class CountedNames:
    """Counts of names: `seen` maps keys to counts, and `new` are the keys of names that are not yet in the table."""

    seen: Mapping[NameKey, int]
    new: frozenset[NameKey]


class NameCounts:
    """A table of counts of names; its primary key has the site id, columns that describe the name, and the name."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._key = [column for column in table.primary_key.columns if column.name != "site_id"]
        self._find = CompiledStatement(
            select(*self._key).where(table.c.site_id == bindparam("site_id"), is_among(table.c.name, "names"))
        )

    def fit(
        self,
        connection: Connection,
        site_id: int,
        seen: Mapping[NameKey, int],
        open_keys: Collection[NameKey] = frozenset(),
    ) -> CountedNames:
        """Return the counts in `seen`; the counts of keys beyond the site's limit are summed under `OTHER_NAMES`.

        `open_keys` are keys that anybody may send, even without a token; they have a limit of their own.
        """
        names = sorted({key[-1] for key in seen})
        known = {tuple(row) for row in self._find.fetch(connection, {"site_id": site_id, "names": names})}
        others = (OTHER_NAMES,) * len(self._key)
        new = sorted(key for key in seen if key not in known and key != others)
        stored = self._count(connection, site_id) if new else 0
        kept = [key for key in new if key not in open_keys][: max(NAMES_MAX - stored, 0)]
        kept += [key for key in new if key in open_keys][: max(OPEN_NAMES_MAX - stored - len(kept), 0)]
        beyond = {*new} - {*kept}
        fitting = {key: count for key, count in seen.items() if key not in beyond}
        if beyond:
            fitting[others] = fitting.get(others, 0) + sum(seen[key] for key in beyond)
        return CountedNames(fitting, frozenset(kept))

    def add(
        self,
        connection: Connection,
        site_id: int,
        seen: Mapping[NameKey, int],
        now: datetime,
        more: Mapping[NameKey, Mapping[str, object]] | None = None,
    ) -> None:
        """Add the counts in `seen` to the counts in the table.

        `more` has the values of further columns, by key; they are stored only in new rows.
        """
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
        execute_many(connection, statement, rows)

    def _count(self, connection: Connection, site_id: int) -> int:
        table = self._table
        mine = select(func.count()).select_from(table).where(table.c.site_id == site_id, table.c.name != OTHER_NAMES)
        return int(connection.execute(mine).scalar_one())


_COUNTS = NameCounts(unknown_parameter)


@record
class UnknownParameter:
    """A parameter that requests contained although the endpoint does not have it, and how often.

    `nearest` is the most similar known name. A site has a limited number of records; all other parameters are
    counted in one record with an empty `path` and an empty `name`.
    """

    path: str
    name: str
    nearest: str | None
    seen: int
    last_seen_at: datetime


def fit_unknown_parameters(
    connection: Connection, site_id: int, seen: Mapping[NameKey, int], open_paths: Collection[str] = ()
) -> CountedNames:
    """Return `seen` as counts by path and name; parameters beyond the site's limit are summed under empty names.

    Anybody may send names to `open_paths`, so the limit for these paths is lower.
    """
    return _COUNTS.fit(connection, site_id, seen, frozenset(key for key in seen if key[0] in open_paths))


def count_unknown_parameters(
    connection: Connection, site_id: int, counted: CountedNames, nearest: Mapping[NameKey, str | None], now: datetime
) -> None:
    """Add `counted` to the stored counts; `nearest` has, for new parameters, the most similar known names."""
    rows = {key: {"nearest": nearest.get(key)} for key in counted.seen}
    _COUNTS.add(connection, site_id, counted.seen, now, rows)


def list_unknown_parameters(connection: Connection, site_id: int) -> list[UnknownParameter]:
    """List the unknown parameters in API requests to a site, most frequent first."""
    table = unknown_parameter
    query = select(table).where(table.c.site_id == site_id)
    rows = connection.execute(query.order_by(table.c.seen.desc(), table.c.path, table.c.name))
    return [UnknownParameter(row.path, row.name, row.nearest, row.seen, row.last_seen_at) for row in rows]
