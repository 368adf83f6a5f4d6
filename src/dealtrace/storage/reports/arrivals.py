"""The times of a site's first and last visits, leads and deals, and the services that send its deals."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from dealtrace.record import record
from dealtrace.storage.schema.tables.common_columns import AnyColumn
from dealtrace.storage.schema.tables.costs import cost
from dealtrace.storage.schema.tables.deals import deal
from dealtrace.storage.schema.tables.leads import call, lead_request
from dealtrace.storage.schema.tables.visits import visit


@record
class FirstAndLast:
    """When a site's first and last non-deleted records of a kind happened; `None` if there are none."""

    first_at: datetime | None
    last_at: datetime | None


@record
class Arrivals:
    """When a site's first and last visits, calls, lead requests and deals happened, and whether it has costs."""

    visits: FirstAndLast
    calls: FirstAndLast
    lead_requests: FirstAndLast
    deals: FirstAndLast
    has_costs: bool


@record
class ServiceDeals:
    """A service that sends deals, the number of its deals in a period, and when the last of them was recorded."""

    service: str
    deals: int
    last_at: datetime


def find_arrivals(connection: Connection, site_id: int) -> Arrivals:
    """Find the times of a site's first and last visits, calls, lead requests and deals, and whether it has costs."""
    mine = select(cost.c.day_on).where(cost.c.site_id == site_id).limit(1)
    return Arrivals(
        _find_first_and_last(connection, site_id, visit.c.started_at),
        _find_first_and_last(connection, site_id, call.c.started_at),
        _find_first_and_last(connection, site_id, lead_request.c.requested_at),
        _find_first_and_last(connection, site_id, deal.c.happened_at),
        connection.execute(mine).first() is not None,
    )


def _find_first_and_last(connection: Connection, site_id: int, at: AnyColumn) -> FirstAndLast:
    undeleted = [at.table.c.deleted_at.is_(None)] if "deleted_at" in at.table.c else []
    mine = select(at).where(at.table.c.site_id == site_id, *undeleted).limit(1)
    first, last = (connection.execute(mine.order_by(end)).scalar_one_or_none() for end in (at, at.desc()))
    return FirstAndLast(first, last)


def list_service_deals(connection: Connection, site_id: int, since: datetime) -> Sequence[ServiceDeals]:
    """List services with the numbers of their deals that happened at or after `since`, the highest number first."""
    counted = func.count()
    mine = (
        select(deal.c.service, counted, func.max(deal.c.recorded_at, type_=deal.c.recorded_at.type))
        .where(deal.c.site_id == site_id, deal.c.deleted_at.is_(None), deal.c.happened_at >= since)
        .group_by(deal.c.service)
        .order_by(counted.desc(), deal.c.service)
    )
    return [ServiceDeals(service, deals, last_at) for service, deals, last_at in connection.execute(mine)]
