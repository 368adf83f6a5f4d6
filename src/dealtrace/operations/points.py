"""Spend a site's daily points for calls that succeed.

Seed: «За каждый успешно выполненный запрос списываются баллы».
"""

from collections.abc import Sequence
from datetime import timedelta

from dealtrace.errors import PointsSpent
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.quota.points import PaidMethod, points_cost, points_day, seconds_to_reset
from dealtrace.storage.accounts import points

MIDNIGHT_MARGIN = timedelta(minutes=5)
"""How far apart the clocks of two processes, or the beginnings of two transactions that meet, may be at most."""


def pay_for_calls(work: Work, method: PaidMethod, calls: int) -> int:
    """Spend the points of up to `calls` successful calls of `method`; return how many of them are paid.

    All at once if the day's allowance holds them; otherwise one after another, as far as it goes.
    """
    if not calls:
        return 0
    cost = points_cost(method, work.site.point_costs)
    day_on = points_day(work.now, work.site.time_zone)
    if not cost:
        points.hold_day(work.connection, work.site.id, day_on)
        return calls
    if points.spend_points(
        work.connection, work.site.id, day_on, cost * calls, points_per_day=work.site.points_per_day
    ):
        return calls
    paid = 0
    while points.spend_points(work.connection, work.site.id, day_on, cost, points_per_day=work.site.points_per_day):
        paid += 1
    return paid


def lock_registrations(work: Work) -> None:
    """Make this transaction and every registration of the site follow each other, in whatever process.

    A deal and its lead may come in at the same moment; one of the two must see the other. Registrations hold their
    day's row from the moment they pay, before they look for leads; holding it here, too, costs them nothing more.
    Around midnight both days are held.
    """
    for day_on in sorted(
        {points_day(work.now + apart, work.site.time_zone) for apart in (-MIDNIGHT_MARGIN, MIDNIGHT_MARGIN)}
    ):
        points.hold_day(work.connection, work.site.id, day_on)


def points_refusal(work: Work) -> PointsSpent:
    """Say when the site's points come back."""
    return PointsSpent(retry_after_seconds=seconds_to_reset(work.now, work.site.time_zone))


@operation(ids_per_command=0)
def pay_for_reading(work: Work, commands: Sequence[WriteCommand[PaidMethod]]) -> list[PointsSpent | None]:
    """Spend the points of calls that only read; each wish names its method, `None` means paid."""
    outcomes: list[PointsSpent | None] = []
    for command in commands:
        paid = pay_for_calls(work, command.payload, 1)
        outcomes.append(None if paid else points_refusal(work))
    return outcomes
