"""The points (units of the daily API quota) that a site has spent on a day."""

from datetime import date

from sqlalchemy import BigInteger, Connection, Insert, bindparam, select

from dealtrace.storage.database.compiled_statement import CompiledStatement, EngineInsert
from dealtrace.storage.schema.tables.site_data import points_day

NO_LIMIT = 2**62


def _spend_statement(engine_insert: EngineInsert) -> Insert:
    """Return the statement that adds points to those spent on a day, unless the sum would exceed the allowance."""
    spend = engine_insert(points_day).values(
        site_id=bindparam("site_id"), day_on=bindparam("day_on"), spent=bindparam("spent")
    )
    total = points_day.c.spent + spend.excluded.spent
    statement: Insert = spend.on_conflict_do_update(
        index_elements=["site_id", "day_on"],
        set_={"spent": total},
        where=total <= bindparam("allowance", type_=BigInteger),
    ).returning(points_day.c.spent)
    return statement


_SPEND = CompiledStatement(_spend_statement)


def spend_points(connection: Connection, site_id: int, day_on: date, points: int, *, points_per_day: int) -> bool:
    """Spend `points` of the site's allowance for `day_on`, and return whether enough were left.

    A `points_per_day` of 0 means no limit. A single conditional statement checks and spends, so that several processes
    cannot overspend together.
    """
    allowance = points_per_day or NO_LIMIT
    if points > allowance:
        return False
    spend = {"site_id": site_id, "day_on": day_on, "spent": points, "allowance": allowance}
    return bool(_SPEND.fetch(connection, spend))


def hold_day(connection: Connection, site_id: int, day_on: date) -> None:
    """Lock the row that counts the points of `day_on` until the transaction ends, without spending points."""
    spend_points(connection, site_id, day_on, 0, points_per_day=0)


def find_points_spent(connection: Connection, site_id: int, day_on: date) -> int:
    """Return the number of points that the site spent on `day_on`."""
    spent = connection.execute(
        select(points_day.c.spent).where(points_day.c.site_id == site_id, points_day.c.day_on == day_on)
    ).scalar_one_or_none()
    return int(spent or 0)


def list_points_spent(connection: Connection, site_id: int, first_on: date, last_on: date) -> list[int]:
    """List the points that the site spent per day from `first_on` to `last_on`; days without spending are left out."""
    days = points_day.c
    spent = select(days.spent).where(days.site_id == site_id, days.day_on.between(first_on, last_on))
    return [int(points) for points in connection.execute(spent.order_by(days.day_on)).scalars()]
