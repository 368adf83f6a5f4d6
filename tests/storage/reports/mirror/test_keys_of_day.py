"""The mirror's calendar, which DuckDB computes by functions of its own, is Python's."""

from datetime import date
from pathlib import Path

from sqlalchemy import BigInteger, func, select

from dealtrace.reports.time_keys import TIME_KEYS
from dealtrace.storage.reports.local_time import KEYS_OF_DAY
from dealtrace.storage.reports.mirror.dialect import fetch_rows
from dealtrace.storage.reports.mirror.library import connect

MEMORY_MIB = 256
STEP = 13
"""Days are so far apart that all days of all months and weeks are asked about."""


def test_the_keys_of_days_until_the_year_9999_are_those_of_pythons_calendar(tmp_path: Path) -> None:
    mirror = connect(tmp_path / "days.duckdb", MEMORY_MIB, tmp_path / "spilled")
    day = func.unnest(func.range(1, date.max.toordinal() + 1, STEP), type_=BigInteger).label("day")
    days = select(day).subquery("days")
    keys = {name: key(days.c.day) for name, key in KEYS_OF_DAY.items()}
    expected = {name: number for name in keys if (number := TIME_KEYS[name].number_of) is not None}
    for ordinal, *found in fetch_rows(mirror, select(days.c.day, *keys.values())):
        day_on = date.fromordinal(ordinal)
        assert found == [number(day_on) for number in expected.values()], day_on
    mirror.close()
