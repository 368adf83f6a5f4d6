"""The clock of a site in statements shows what Python's does."""

from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import BigInteger, literal, select, union_all

from cast import Stage
from dealtrace.reports.time_keys import TIME_KEYS
from dealtrace.storage.database.column_types import EPOCH, microseconds
from dealtrace.storage.reports.local_time import KEYS_OF_DAY, LocalTime, offsets_between

ZONES = (
    "UTC", "Europe/Moscow", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "Atlantic/Azores",
    "Asia/Kathmandu", "Pacific/Apia", "Africa/Monrovia", "Europe/Dublin", "Africa/Casablanca", "Asia/Tehran",
)  # fmt: skip
DAYS_AROUND = 500
INSTANTS = 25
EDGES = (timedelta(0), timedelta(microseconds=1), timedelta(hours=1), -timedelta(microseconds=1))


moments = st.integers(-62_000_000_000, 250_000_000_000) | st.integers(-3_000_000_000, 4_500_000_000)
"""Seconds since 1970: in the years 5 to 9892, or where zones have changed."""
offsets = st.timedeltas(timedelta(0), timedelta(days=DAYS_AROUND))


@settings(max_examples=40)
@given(
    began_at=moments.map(lambda second: EPOCH + timedelta(seconds=second)),
    zone=st.sampled_from(ZONES),
    ats=st.lists(offsets, min_size=1, max_size=INSTANTS),
)
def test_keys_of_time_are_those_of_pythons_calendar(
    shared_stage: Stage, began_at: datetime, zone: str, ats: list[timedelta]
) -> None:
    time_zone = ZoneInfo(zone)
    offsets = offsets_between(time_zone, began_at, began_at + timedelta(days=DAYS_AROUND + 1))
    clock = LocalTime("clock", len(offsets.changes))
    instants = [began_at + at for at in ats] + [_change_after(time_zone, began_at) + edge for edge in EDGES]
    stored = union_all(*(select(literal(microseconds(at), BigInteger).label("at")) for at in instants)).subquery()
    keys = [key(clock.ordinal(stored.c.at)) for key in KEYS_OF_DAY.values()]
    with shared_stage.database.read() as connection:
        statement = select(stored.c.at, clock.hour(stored.c.at), *keys)
        rows = connection.execute(statement, offsets.parameters("clock")).all()
    numbers = [number for name in KEYS_OF_DAY if (number := TIME_KEYS[name].number_of) is not None]
    locals_ = {microseconds(at): at.astimezone(time_zone) for at in instants}
    assert {tuple(row) for row in rows} == {
        (at, local.hour, *(number(local.date()) for number in numbers)) for at, local in locals_.items()
    }


def _change_after(zone: ZoneInfo, since: datetime) -> datetime:
    """Return the first change of a clock within the days around, to the second; without one, their beginning."""

    def offset(at: datetime) -> timedelta | None:
        return at.astimezone(zone).utcoffset()

    days = [since + timedelta(days=number) for number in range(DAYS_AROUND + 1)]
    before = next((day for day, after in pairwise(days) if offset(day) != offset(after)), None)
    if before is None:
        return since + timedelta(seconds=1)
    after = before + timedelta(days=1)
    while after - before > timedelta(microseconds=1):
        middle = before + (after - before) // 2
        before, after = (middle, after) if offset(middle) == offset(before) else (before, middle)
    return after
