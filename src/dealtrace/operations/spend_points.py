"""Spend a site's points, the daily quota of the API, for calls that succeed.

Vendor: «За каждый успешно выполненный запрос списываются баллы».
"""

from collections.abc import Sequence
from datetime import timedelta

from dealtrace.accounts.site_days import site_day
from dealtrace.errors import PointsSpent
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.quota.points import PaidMethod, points_cost, seconds_to_reset
from dealtrace.storage.accounts import points

MIDNIGHT_MARGIN = timedelta(minutes=5)
"""The largest difference to expect between two processes' clocks, or between concurrent transactions' starts."""


def pay_for_calls(work: Work, method: PaidMethod, calls: int) -> int:
    """Spend the points of up to `calls` successful API calls of `method`, and return the number of calls paid for.

    If too few points are left today for all calls, points are spent call by call until they are used up.
    """
    if not calls:
        return 0
    cost = points_cost(method, work.site.point_costs)
    day_on = site_day(work.now, work.site.time_zone)
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
    """Let this transaction and the registrations of the site, in any process, run only one after another.

    A deal and its lead may arrive at the same moment; the later transaction must then find what the earlier transaction
    stored. A registration locks the row with the site's points of the current day, because registering spends points
    before leads are looked for. This function locks the same row, and around midnight the rows of both days. Operations
    must call this function before they lock any other row (see `storage/schema/lock_order.py`), so that no two
    transactions wait for each other. SQLite needs no lock: it has one writer.
    """
    if work.connection.dialect.name == "sqlite":
        return
    near = (work.now - MIDNIGHT_MARGIN, work.now + MIDNIGHT_MARGIN)
    for day_on in sorted({site_day(moment, work.site.time_zone) for moment in near}):
        points.hold_day(work.connection, work.site.id, day_on)


def points_refusal(work: Work) -> PointsSpent:
    """Return the refusal of a call for which too few points are left, with the seconds until the site's next day."""
    return PointsSpent(retry_after_seconds=seconds_to_reset(work.now, work.site.time_zone))


@operation(ids_per_command=0)
def pay_for_reading(work: Work, commands: Sequence[WriteCommand[PaidMethod]]) -> list[PointsSpent | None]:
    """Spend points (the API's daily quota) for calls of methods that only read.

    Each returned outcome is `None` if the site had enough points, otherwise a refusal.
    """
    outcomes: list[PointsSpent | None] = []
    for command in commands:
        paid = pay_for_calls(work, command.payload, 1)
        outcomes.append(None if paid else points_refusal(work))
    return outcomes
