"""The points a site spent on a day."""

from datetime import date

from sqlalchemy import Connection, select

from dealtrace.storage.tables import points_day
from dealtrace.storage.upsert import insert_into


def spend_points(connection: Connection, site_id: int, day_on: date, points: int, *, points_per_day: int) -> bool:
    """Add `points` to what the site spent on `day_on`, if the day's allowance (0: no limit) still holds them.

    One conditional statement, judged by whether it returns a row, so that processes cannot overspend together.
    """
    if points_per_day and points > points_per_day:
        return False
    statement = insert_into(connection, points_day).values(site_id=site_id, day_on=day_on, spent=points)
    total = points_day.c.spent + statement.excluded.spent
    statement = statement.on_conflict_do_update(
        index_elements=["site_id", "day_on"],
        set_={"spent": total},
        where=(total <= points_per_day) if points_per_day else None,
    )
    return connection.execute(statement.returning(points_day.c.spent)).first() is not None


def find_points_spent(connection: Connection, site_id: int, day_on: date) -> int:
    """Tell how many points the site spent on `day_on`."""
    spent = connection.execute(
        select(points_day.c.spent).where(points_day.c.site_id == site_id, points_day.c.day_on == day_on)
    ).scalar_one_or_none()
    return int(spent or 0)
