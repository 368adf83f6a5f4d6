"""The clock of a site in statements shows what Python's does."""

from datetime import UTC, datetime, timedelta
from itertools import combinations_with_replacement, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import BigInteger, literal, select, union_all

from cast import Stage
from dealtrace.reports.time_keys import TIME_KEYS
from dealtrace.storage.database.column_types import EPOCH, microseconds
from dealtrace.storage.reports.local_time import KEYS_OF_DAY, LocalTime, offsets_between, offsets_of_visits
from examples import examples

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


@settings(max_examples=examples(40))
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


@pytest.mark.parametrize("zone", ZONES)
def test_a_part_of_a_time_has_the_offsets_that_its_zone_has_then(zone: str) -> None:
    time_zone, first = ZoneInfo(zone), datetime(2010, 1, 1, tzinfo=UTC)
    whole = offsets_between(time_zone, first, first + timedelta(days=DAYS_AROUND))
    instants = {first, first + timedelta(days=DAYS_AROUND)}
    for at, _ in whole.changes:
        instants |= {EPOCH + timedelta(microseconds=at) + edge for edge in EDGES}
    for since, until in combinations_with_replacement(sorted(instants), 2):
        assert whole.within(since, until) == offsets_between(time_zone, since, until - timedelta(microseconds=1))


def test_the_visits_of_a_young_site_know_only_the_changes_since_the_first() -> None:
    moscow, until = ZoneInfo("Europe/Moscow"), datetime(2026, 11, 28, tzinfo=UTC)
    assert offsets_of_visits(moscow, None, until).changes == ()
    assert offsets_of_visits(moscow, datetime(2026, 11, 1, tzinfo=UTC), until).changes == ()
    assert len(offsets_of_visits(moscow, datetime(2014, 1, 1, tzinfo=UTC), until).changes) == 1
    berlin = offsets_of_visits(ZoneInfo("Europe/Berlin"), datetime(2026, 5, 1, tzinfo=UTC), until)
    assert len(berlin.changes) == 2 * 3


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
