"""The order in which transactions of PostgreSQL lock rows of several tables, so that no two wait for each other.

Whoever locks rows of two of these tables, by changing or deleting them or `FOR UPDATE`, begins with the earlier one.
The tables are those whose rows different transactions of one site lock.
"""

from collections.abc import Collection

from sqlalchemy import Table

from dealtrace.storage.schema.tables.alerts import alert, mail_report
from dealtrace.storage.schema.tables.control import shared_link
from dealtrace.storage.schema.tables.reports import report_column, saved_report, segment
from dealtrace.storage.schema.tables.settings import points_day

LOCK_ORDER: tuple[Table, ...] = (points_day, report_column, alert, segment, saved_report, shared_link, mail_report)
"""The tables, the one that is locked first in front."""


def in_lock_order(tables: Collection[Table]) -> list[Table]:
    """Return those of `tables` that are in `LOCK_ORDER`, in this order, and then all others in their own."""
    named = [table for table in LOCK_ORDER if table in tables]
    return [*named, *(table for table in tables if table not in LOCK_ORDER)]
