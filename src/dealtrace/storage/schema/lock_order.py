"""The order in which transactions of PostgreSQL lock rows of several tables, so that they cannot deadlock.

`LOCK_ORDER` lists the tables whose rows are locked by different transactions of one site. A transaction that locks rows
of two of these tables, with `FOR UPDATE` or by changing or deleting the rows, begins with the table listed first.
"""

from collections.abc import Collection

from sqlalchemy import Table

from dealtrace.storage.schema.tables.alerts import alert, mail_report
from dealtrace.storage.schema.tables.control import shared_link
from dealtrace.storage.schema.tables.reports import report_column, saved_report, segment
from dealtrace.storage.schema.tables.site_data import points_day

LOCK_ORDER: tuple[Table, ...] = (points_day, report_column, alert, segment, saved_report, shared_link, mail_report)
"""The tables, in the order in which transactions lock their rows."""


def in_lock_order(tables: Collection[Table]) -> list[Table]:
    """Return `tables` in `LOCK_ORDER`; tables that are not in `LOCK_ORDER` follow in the given order."""
    named = [table for table in LOCK_ORDER if table in tables]
    return [*named, *(table for table in tables if table not in LOCK_ORDER)]
