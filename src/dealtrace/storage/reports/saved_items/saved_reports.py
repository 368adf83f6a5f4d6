"""Saved reports, which belong to a site (shared by its users) or to a single user on a site."""

from sqlalchemy import Connection, delete, select, update

from dealtrace.reports.saved_items.saved_reports import SavedReport
from dealtrace.storage.database.compiled_statement import NamedRow
from dealtrace.storage.reports.saved_items.owned_names import (
    count_named,
    delete_named,
    insert_named,
    is_named,
    is_shown_to,
    owner_of,
    rename_named,
)
from dealtrace.storage.schema.lock_order import in_lock_order
from dealtrace.storage.schema.tables.reports import saved_report, segment


def insert_saved_report(connection: Connection, site_id: int, report: SavedReport, *, overwrites: bool) -> bool:
    """Save a report, and return whether it was saved; `False` means that its owner already has a report of this name.

    With `overwrites`, the new report replaces the existing report.
    """
    values = {"query": report.query, "saved_by": report.saved_by, "saved_at": report.saved_at}
    owner = (site_id, report.user_id)
    return insert_named(connection, saved_report, owner, report.name, values, overwrites=overwrites)


def rename_saved_report(connection: Connection, site_id: int, user_id: int | None, name: str, new_name: str) -> bool:
    """Rename a user's own report, or a shared report if `user_id` is `None`; return whether it existed.

    The new name must not be in use.
    """
    return rename_named(connection, saved_report, site_id, user_id, name, new_name=new_name)


def delete_saved_report(connection: Connection, site_id: int, user_id: int | None, name: str) -> bool:
    """Delete a user's own report, or a shared report if `user_id` is `None`, and return whether it existed."""
    return delete_named(connection, saved_report, site_id, user_id, name)


def find_saved_report(connection: Connection, site_id: int, user_id: int | None, name: str) -> SavedReport | None:
    """Find a user's own report, or a shared report if `user_id` is `None`, by name; return `None` if there is none."""
    mine = [each for each in list_saved_reports(connection, site_id, user_id) if each.user_id == user_id]
    return next((each for each in mine if each.name == name), None)


def list_saved_reports(connection: Connection, site_id: int, user_id: int | None = None) -> list[SavedReport]:
    """List the saved reports of the site, then the user's own saved reports, both ordered by name."""
    mine = select(saved_report).where(*is_shown_to(saved_report, site_id, user_id))
    found = map(_report_from_row, connection.execute(mine))
    return sorted(found, key=lambda each: (each.user_id is not None, each.name.casefold(), each.name))


def list_reports_of_all(connection: Connection, site_id: int, *, lock: bool = False) -> list[SavedReport]:
    """List the saved reports of a site and of all its users, ordered by owner and name.

    With `lock`, the reports are locked until the transaction ends, so that the caller can safely change them.
    """
    columns = saved_report.c
    all_reports = select(saved_report).where(columns.site_id == site_id).order_by(columns.user_id, columns.name)
    return list(map(_report_from_row, connection.execute(all_reports.with_for_update() if lock else all_reports)))


def update_query(connection: Connection, site_id: int, report: SavedReport, query: str) -> None:
    """Replace the query of a saved report, but keep who saved it and when."""
    mine = is_named(saved_report, site_id, report.user_id, report.name)
    connection.execute(update(saved_report).where(*mine).values(query=query))


def count_saved_reports(connection: Connection, site_id: int) -> int:
    """Count the saved reports of a site and of all its users."""
    return count_named(connection, saved_report, site_id)


def delete_what_a_user_saved(connection: Connection, site_id: int, user_id: int) -> None:
    """Delete a user's own saved reports and segments at a site, but not the site's shared ones."""
    for table in in_lock_order((saved_report, segment)):
        connection.execute(delete(table).where(table.c.site_id == site_id, table.c.user_id == user_id))


def _report_from_row(row: NamedRow) -> SavedReport:
    return SavedReport(row.name, row.query, owner_of(row.user_id), row.saved_by, row.saved_at)
