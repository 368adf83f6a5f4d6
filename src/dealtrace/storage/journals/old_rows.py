"""The sites that have old rows, of kinds of data that are stored only for some time."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import Connection, bindparam, select

from dealtrace.accounts.api_request import NO_SITE_ID
from dealtrace.storage.accounts.encoded_requests import second_of
from dealtrace.storage.accounts.sites import list_site_ids
from dealtrace.storage.database.compiled_statement import CompiledStatement
from dealtrace.storage.leads.file_imports import find_old_import
from dealtrace.storage.schema.tables.alerts import mail
from dealtrace.storage.schema.tables.common_columns import AnyColumn
from dealtrace.storage.schema.tables.requests import api_request_batch
from dealtrace.storage.schema.tables.webhooks import webhook_outbox

ListSites: TypeAlias = Callable[[Connection, datetime], list[int]]


def _lister_by(time_column: AnyColumn, stored: Callable[[datetime], object] = lambda before: before) -> ListSites:
    """Return a function that lists the ids of the sites that have rows with a `time_column` before a given time.

    `stored` converts a time to a value of that column, which must have an index. Each site is searched by a statement
    of its own: on a cluster, a statement for all sites would have to join sites with their rows.
    """
    site_id = time_column.table.c.site_id
    mine = select(site_id).where(site_id == bindparam("site_id"), time_column < bindparam("before"))
    has_old = CompiledStatement(mine.limit(1))

    def list_sites(connection: Connection, before: datetime) -> list[int]:
        site_ids = [NO_SITE_ID, *list_site_ids(connection)]
        return [each for each in site_ids if has_old.fetch(connection, {"site_id": each, "before": stored(before)})]

    return list_sites


list_sites_with_old_requests = _lister_by(api_request_batch.c.second, second_of)
"""Lists the ids of the sites that have requests from before a time; `NO_SITE_ID` stands for those without a site."""
list_sites_with_old_deliveries = _lister_by(webhook_outbox.c.recorded_at)
"""Lists the ids of the sites that have deliveries, sent or not, recorded before a time."""
list_sites_with_old_mails = _lister_by(mail.c.caused_at)
"""Lists the ids of the sites that have e-mails, sent or not, about events before a time."""


def list_sites_with_old_imports(connection: Connection, before: datetime) -> list[int]:
    """List the ids of the sites with imports that began before a time and have not been forgotten."""
    site_ids = list_site_ids(connection)
    return [site_id for site_id in site_ids if find_old_import(connection, site_id, before) is not None]
