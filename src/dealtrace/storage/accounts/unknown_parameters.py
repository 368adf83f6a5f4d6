"""Counts of the parameters that API requests contained although the endpoint does not have them."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection, select

from dealtrace.record import record
from dealtrace.storage.accounts.unknown_name_counts import CountedNames, NameCounts, NameKey
from dealtrace.storage.schema.tables.site_data import unknown_parameter

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

    Anybody may send names to `open_paths`, so their limit is lower.
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
