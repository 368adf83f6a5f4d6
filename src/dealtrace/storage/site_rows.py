"""Find, count and delete all rows of a site in the tables that contain data of sites."""

from sqlalchemy import Connection, Table, delete, func, literal, select, union_all

from dealtrace.storage.schema.tables.all_tables import metadata
from dealtrace.storage.schema.tables.common_columns import TENANT

HISTORY = "site_change"
"""The table with the history of changes to a site; its rows do not count as the site's data."""
POSITIONS = "webhook_position"
"""The table with the position (a serial number) of a site's last webhook delivery; its rows do not count as data.

Receivers remember positions, so the positions of a site never start again from 1 as long as the site exists.
"""
POINTS = "points_day"
"""The table with the API points spent per day; its rows do not count as data, since reading alone spends points."""
BUSIEST_SECONDS = "busiest_second"
"""The table with the busiest second of each day; its rows do not count as data, since refused requests add them too."""
RUNS = "background_run"
"""The table with the latest background runs; its rows do not count as data, since previews add them too."""
_NOT_DATA = frozenset({HISTORY, POSITIONS, POINTS, BUSIEST_SECONDS, RUNS})


def count_site_rows(connection: Connection, site_id: int) -> dict[str, int]:
    """Count the data rows of a site in each table, by table name; tables without such rows are left out."""
    found = {
        table.name: connection.execute(
            select(func.count()).select_from(table).where(table.c.site_id == site_id)
        ).scalar_one()
        for table in _tenant_tables()
    }
    return {name: rows for name, rows in found.items() if rows and name not in _NOT_DATA}


def has_site_rows(connection: Connection, site_id: int) -> bool:
    """Return whether a site has any rows, data or not, outside the control tables."""
    of_tables = (select(literal(1)).select_from(table).where(table.c.site_id == site_id) for table in _tenant_tables())
    return connection.execute(union_all(*of_tables).limit(1)).first() is not None


def delete_site_rows(connection: Connection, site_id: int, *, site_stays: bool) -> None:
    """Delete a site's rows, including its custom fields and history, except its rows in control tables such as `site`.

    If `site_stays`, the row of the site in `webhook_position` is kept as well.
    """
    for table in reversed(_tenant_tables()):  # referring rows are deleted first
        if site_stays and table.name == POSITIONS:
            continue
        connection.execute(delete(table).where(table.c.site_id == site_id))


def _tenant_tables() -> list[Table]:
    return [table for table in metadata.sorted_tables if table.info == TENANT]
