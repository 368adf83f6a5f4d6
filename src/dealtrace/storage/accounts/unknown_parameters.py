"""The unknown parameters that callers sent."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, select

from dealtrace.record import record
from dealtrace.storage.accounts.name_counts import Counted, Key, NameCounts
from dealtrace.storage.schema.tables.settings import unknown_parameter

_COUNTS = NameCounts(unknown_parameter)


@record
class UnknownParameter:
    """A parameter that callers sent although the endpoint does not have it, and how often they sent it.

    `nearest` is the most similar known name. Path and name are empty in the row for all parameters beyond the limit.
    """

    path: str
    name: str
    nearest: str | None
    seen: int
    last_seen_at: datetime


def fit_unknown_parameters(connection: Connection, site_id: int, seen: Mapping[Key, int]) -> Counted:
    """Return the counts by path and name, with those of parameters beyond the site's limit summed."""
    return _COUNTS.fit(connection, site_id, seen)


def count_unknown_parameters(
    connection: Connection, site_id: int, counted: Counted, nearest: Mapping[Key, str | None], now: datetime
) -> None:
    """Add to the counts of unknown parameters; a new parameter is stored with the most similar known name."""
    rows = {key: {"nearest": nearest.get(key)} for key in counted.seen}
    _COUNTS.add(connection, site_id, counted.seen, now, rows)


def list_unknown_parameters(connection: Connection, site_id: int) -> list[UnknownParameter]:
    """List the unknown parameters that callers sent, most frequent first."""
    table = unknown_parameter
    query = select(table).where(table.c.site_id == site_id)
    rows = connection.execute(query.order_by(table.c.seen.desc(), table.c.path, table.c.name))
    return [UnknownParameter(row.path, row.name, row.nearest, row.seen, row.last_seen_at) for row in rows]
