"""The columns that a site's users have defined for its reports."""

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from dealtrace.reports.column_definitions import ColumnKind, ReportColumn
from dealtrace.reports.column_formulas import format_formula, parse_formula
from dealtrace.storage.schema.tables.reports import report_column


def insert_column(connection: Connection, site_id: int, column: ReportColumn, now: datetime) -> None:
    """Store a new report column of a site; a name that is already in use violates the primary key."""
    connection.execute(insert(report_column).values(site_id=site_id, **_stored(column), added_at=now))


def update_column(connection: Connection, site_id: int, name: str, column: ReportColumn) -> None:
    """Replace a report column of a site; a new name that is already in use violates the primary key."""
    mine = (report_column.c.site_id == site_id, report_column.c.name == name)
    connection.execute(update(report_column).where(*mine).values(**_stored(column)))


def _stored(column: ReportColumn) -> dict[str, object]:
    return {
        "name": column.name,
        "kind": column.kind.value,
        "statuses": column.statuses,
        "formula": format_formula(column.formula) if column.formula is not None else "",
    }


def delete_column(connection: Connection, site_id: int, name: str) -> bool:
    """Delete a report column of a site, and return whether the site had it."""
    mine = (report_column.c.site_id == site_id, report_column.c.name == name)
    return connection.execute(delete(report_column).where(*mine)).rowcount > 0


def list_columns(connection: Connection, site_id: int) -> list[ReportColumn]:
    """List the report columns of a site in the order in which they were added."""
    mine = select(report_column).where(report_column.c.site_id == site_id)
    rows = connection.execute(mine.order_by(report_column.c.added_at, report_column.c.name))
    return [
        ReportColumn(
            name=row.name,
            kind=ColumnKind(row.kind),
            statuses=tuple(row.statuses),
            formula=parse_formula(row.formula) if row.formula else None,
        )
        for row in rows
    ]
