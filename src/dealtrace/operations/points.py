"""Spend a site's daily points for calls that succeed.

Seed: «За каждый успешно выполненный запрос списываются баллы».
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import site_day
from dealtrace.errors import PointsSpent
from dealtrace.operations.write_command import WriteCommand
from dealtrace.quota.points import PaidMethod, points_cost, seconds_to_reset
from dealtrace.storage.accounts import points
from dealtrace.storage.id_blocks import IdBlocks

MIDNIGHT_MARGIN = timedelta(minutes=5)
"""How far apart the clocks of two processes, or the beginnings of two transactions that meet, may be at most."""


def pay_for_calls(connection: Connection, site: Site, method: PaidMethod, calls: int, now: datetime) -> int:
    """Spend the points of up to `calls` successful calls of `method`; return how many of them are paid.

    All at once if the day's allowance holds them; otherwise one after another, as far as it goes.
    """
    if not calls:
        return 0
    cost = points_cost(method, site.point_costs)
    day_on = site_day(now, site.time_zone)
    if not cost:
        points.hold_day(connection, site.id, day_on)
        return calls
    if points.spend_points(connection, site.id, day_on, cost * calls, points_per_day=site.points_per_day):
        return calls
    paid = 0
    while points.spend_points(connection, site.id, day_on, cost, points_per_day=site.points_per_day):
        paid += 1
    return paid


def lock_registrations(connection: Connection, site: Site, now: datetime) -> None:
    """Make this transaction and every registration of the site follow each other, in whatever process.

    A deal and its lead may come in at the same moment; one of the two must see the other. Registrations hold their
    day's row from the moment they pay, before they look for leads; holding it here, too, costs them nothing more.
    Around midnight both days are held.
    """
    for day_on in sorted({site_day(now + apart, site.time_zone) for apart in (-MIDNIGHT_MARGIN, MIDNIGHT_MARGIN)}):
        points.hold_day(connection, site.id, day_on)


def points_refusal(site: Site, now: datetime) -> PointsSpent:
    """Say when the site's points come back."""
    return PointsSpent(retry_after_seconds=seconds_to_reset(now, site.time_zone))


def pay_for_reading(
    connection: Connection, ids: IdBlocks, site: Site, commands: Sequence[WriteCommand[PaidMethod]], now: datetime
) -> list[PointsSpent | None]:
    """Spend the points of calls that only read; each wish names its method, `None` means paid."""
    del ids
    outcomes: list[PointsSpent | None] = []
    for command in commands:
        paid = pay_for_calls(connection, site, command.payload, 1, now)
        outcomes.append(None if paid else points_refusal(site, now))
    return outcomes
