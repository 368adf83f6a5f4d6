"""For each day, the second with the most requests to a site, counted in the same way as for the API's rate limit."""

from datetime import date

from sqlalchemy import Connection, select

from dealtrace.quota.busiest_second import BusiestSecond
from dealtrace.storage.database.upsert import insert_into
from dealtrace.storage.schema.tables.site_data import busiest_second


def raise_busiest_second(connection: Connection, site_id: int, day_on: date, second: BusiestSecond) -> None:
    """Store `second` as the busiest of `day_on`, unless a second with at least as many requests is stored.

    A single conditional statement compares and stores, so that no process overwrites a busier second.
    """
    statement = insert_into(connection, busiest_second).values(
        site_id=site_id, day_on=day_on, requests=second.counted, allowed=second.allowed, ended_at=second.ended_at
    )
    new = {name: statement.excluded[name] for name in ("requests", "allowed", "ended_at")}
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["site_id", "day_on"],
            set_=new,
            where=busiest_second.c.requests < statement.excluded.requests,
        )
    )


def find_busiest_second(connection: Connection, site_id: int, day_on: date) -> BusiestSecond | None:
    """Return the busiest second of `day_on`, or `None` if no request was counted on that day."""
    second = busiest_second.c
    found = select(second.requests, second.allowed, second.ended_at).where(
        second.site_id == site_id, second.day_on == day_on
    )
    row = connection.execute(found).one_or_none()
    return BusiestSecond(row.requests, row.allowed, row.ended_at) if row is not None else None
