"""What the database holds after a test, read straight from its tables."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from sqlalchemy import Connection, Table, select

from cast import Player, Stage
from dealtrace.accounts.api_request import AnsweredRequest, ApiRequest
from dealtrace.accounts.site import Site
from dealtrace.deals.deal import Deal
from dealtrace.deals.versions import DealVersion
from dealtrace.leads.lead import LeadRef
from dealtrace.storage.accounts.api_requests import insert_requests
from dealtrace.storage.accounts.encoded_requests import encoded
from dealtrace.storage.accounts.sites import find_site
from dealtrace.storage.database.engine import Database, open_database
from dealtrace.storage.deals.deals import list_deals_by_key
from dealtrace.storage.deals.versions import list_versions
from dealtrace.storage.reports.statuses import list_statuses
from dealtrace.storage.schema.tables.all_tables import metadata
from dealtrace.storage.schema.tables.common_columns import TENANT
from dealtrace.storage.schema.tables.requests import api_request_batch
from dealtrace.storage.schema.tables.site_data import background_run, busiest_second, points_day, site_change

Rows = dict[str, list[tuple[Any, ...]]]
Work = Callable[[Connection], Any]
LONG_SECONDS = 30


def rows_of(database: Database, player: Player, *, without: tuple[Table, ...] = ()) -> Rows:
    """Return all rows of a site by table name; empty tables are missing.

    The history, the journal, busiest seconds and changes in the background are left out. So are days of points on which
    nothing was spent: their rows are only locks, around midnight of two days.
    """
    owned: Rows = {}
    with database.write() as connection:
        for table in metadata.sorted_tables:
            if table.info == TENANT and table not in (
                api_request_batch,
                background_run,
                busiest_second,
                site_change,
                *without,
            ):
                mine = select(table).where(table.c.site_id == player.site.id).order_by(*table.primary_key.columns)
                if table is points_day:
                    mine = mine.where(table.c.spent != 0)
                rows = [tuple(row) for row in connection.execute(mine)]
                if rows:
                    owned[table.name] = rows
    return owned


def journal(database: Database, requests: Sequence[ApiRequest]) -> None:
    """Store requests in the journal of requests, each under its site, in the order of time."""
    with database.write() as connection:
        for site_id in {request.site_id for request in requests}:
            mine = [request for request in requests if request.site_id == site_id]
            in_order = sorted(mine, key=lambda request: request.at)
            insert_requests(connection, site_id, encoded([_answered(request) for request in in_order]))


def _answered(request: ApiRequest) -> AnsweredRequest:
    """Return a request as it was before it was stored."""
    return AnsweredRequest(
        request.site_id,
        request.at,
        request.request_id,
        request.token_id,
        request.method,
        request.path,
        request.parameters,
        request.status,
        request.code,
        request.reason_ru,
        request.reason_en,
        request.duration.total_seconds(),
        request.network,
    )


def deals_of(database: Database, player: Player, *ids: int, deleted: bool = False) -> list[Deal]:
    """List deals of a site in the order of `ids`."""
    with database.write() as connection:
        found = {
            deal.id: deal
            for deal in list_deals_by_key(connection, player.site.id, ids=ids, numbers=[], with_deleted=deleted)
        }
    return [found[deal_id] for deal_id in ids if deal_id in found]


def deal_of(database: Database, player: Player, deal_id: int, *, deleted: bool = False) -> Deal:
    """Return a deal of a site."""
    (deal,) = deals_of(database, player, deal_id, deleted=deleted)
    return deal


def lead_of(stage: Stage, player: Player, deal_id: int) -> LeadRef | None:
    """Return the lead of a deal, or `None` if the deal has none."""
    return deal_of(stage.database, player, deal_id).lead


def versions_of(database: Database, player: Player, deal_id: int) -> list[DealVersion]:
    """List the versions of a deal, oldest first."""
    with database.write() as connection:
        return list_versions(connection, player.site.id, deal_id)


def points_of(database: Database, player: Player) -> int:
    """Return all points that a site ever spent."""
    with database.write() as connection:
        mine = select(points_day.c.spent).where(points_day.c.site_id == player.site.id)
        return sum(connection.execute(mine).scalars())


def side_by_side(database: Database, first: Work, second: Work) -> tuple[Any, Any]:
    """Run two transactions at once, so that the second meets what the first wrote before it is committed."""
    other = open_database(database.url.render_as_string(hide_password=False))

    def follow() -> Any:
        with other.write() as connection:
            return second(connection)

    try:
        with ThreadPoolExecutor(1) as threads:
            with database.write() as connection:
                result = first(connection)
                following = threads.submit(follow)
                if not database.is_sqlite:
                    wait_until_locked(database, following)
            return result, following.result(LONG_SECONDS)
    finally:
        other.close()


def wait_until_locked(database: Database, following: "Future[Any]") -> None:
    """Wait until a transaction of a PostgreSQL database waits for a lock, or `following` is done."""
    deadline = time.monotonic() + LONG_SECONDS
    while not following.done() and not is_waiting_for_a_lock(database):
        assert time.monotonic() < deadline


def is_waiting_for_a_lock(database: Database) -> bool:
    """Return whether a transaction of a PostgreSQL database waits for a lock."""
    waits = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with database.reader.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        return connection.exec_driver_sql(waits).first() is not None


def site_of(database: Database, player: Player) -> Site:
    """Return a site with its settings."""
    with database.read() as connection:
        site = find_site(connection, player.site.id)
    assert site is not None
    return site


def meanings_of(stage: Stage, player: Player) -> dict[str, str]:
    """Return the meanings of a site's statuses by spelling."""
    with stage.database.read() as connection:
        return {status.spelling: status.meaning.value for status in list_statuses(connection, player.site.id)}
