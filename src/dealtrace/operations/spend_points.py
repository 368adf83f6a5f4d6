"""Spend a site's daily points for calls that succeed.

Seed: «За каждый успешно выполненный запрос списываются баллы».
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.errors import PointsSpent
from dealtrace.operations.wish import Wish
from dealtrace.quota.points import PaidMethod, points_cost, points_day, seconds_to_reset
from dealtrace.storage import quota
from dealtrace.storage.id_blocks import IdBlocks


def pay_for_calls(connection: Connection, site: Site, method: PaidMethod, calls: int, now: datetime) -> int:
    """Spend the points of up to `calls` successful calls of `method`; return how many of them are paid.

    All at once if the day's allowance holds them; otherwise one after another, as far as it goes.
    """
    cost = points_cost(method, site.point_costs)
    if not calls or not cost:
        return calls
    day_on = points_day(now, site.time_zone)
    if quota.spend_points(connection, site.id, day_on, cost * calls, points_per_day=site.points_per_day):
        return calls
    paid = 0
    while quota.spend_points(connection, site.id, day_on, cost, points_per_day=site.points_per_day):
        paid += 1
    return paid


def points_refusal(site: Site, now: datetime) -> PointsSpent:
    """Say when the site's points come back."""
    return PointsSpent(retry_after_seconds=seconds_to_reset(now, site.time_zone))


def pay_for_reading(
    connection: Connection, ids: IdBlocks, site: Site, wishes: Sequence[Wish[PaidMethod]], now: datetime
) -> list[PointsSpent | None]:
    """Spend the points of calls that only read; each wish names its method, `None` means paid."""
    del ids
    outcomes: list[PointsSpent | None] = []
    for wish in wishes:
        paid = pay_for_calls(connection, site, wish.asked, 1, now)
        outcomes.append(None if paid else points_refusal(site, now))
    return outcomes
