"""Keys of times: as numbers in statements, as words in answers."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealtrace.errors import InvalidValue
from dealtrace.reports.dimensions import DIMENSIONS
from dealtrace.reports.periods import Period
from dealtrace.reports.time_keys import TIME_KEYS, keys_of_period, number_of_key

DAYS = st.dates(date(1990, 1, 1), date(2100, 12, 31))


def test_every_dimension_of_time_has_keys() -> None:
    assert set(TIME_KEYS) == {name for name, dimension in DIMENSIONS.items() if dimension.is_time}


@pytest.mark.parametrize(
    ("day_on", "keys"),
    [
        (date(2026, 11, 30), ("1", "2026-11-30", "2026-W49", "2026-11", "2026-Q4")),
        (date(2024, 2, 29), ("4", "2024-02-29", "2024-W09", "2024-02", "2024-Q1")),
        (date(2027, 1, 3), ("7", "2027-01-03", "2026-W53", "2027-01", "2027-Q1")),
        (date(2024, 12, 30), ("1", "2024-12-30", "2025-W01", "2024-12", "2024-Q4")),
    ],
)
def test_a_day_has_its_keys(day_on: date, keys: tuple[str, ...]) -> None:
    day = Period(day_on, day_on)
    assert (
        tuple(next(iter(keys_of_period(name, day))) for name in ("weekday", "day", "week", "month", "quarter")) == keys
    )


@given(DAYS)
def test_each_key_is_read_back(day_on: date) -> None:
    for name in ("weekday", "day", "week", "month", "quarter"):
        for text, number in keys_of_period(name, Period(day_on, day_on)).items():
            assert number_of_key(name, text) == number


def test_a_day_has_all_hours() -> None:
    hours = keys_of_period("hour", Period(date(2026, 1, 1), date(2026, 1, 1)))
    assert list(hours) == [f"{hour:02}" for hour in range(24)]
    assert [number_of_key("hour", text) for text in hours] == list(range(24))


@given(DAYS, DAYS)
def test_calendar_keys_follow_each_other(day: date, another_day: date) -> None:
    first, last = min(day, another_day), max(day, another_day)
    for name in ("day", "week", "month", "quarter"):
        number = TIME_KEYS[name].number_of
        assert number is not None
        assert number(first) <= number(last)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("hour", "24"), ("hour", "-1"), ("hour", "9"), ("hour", "٠٩"), ("weekday", "0"), ("weekday", "8"),
        ("weekday", "01"), ("day", "2026-02-30"), ("day", "20260230"), ("week", "2026-W54"), ("week", "2026-48"),
        ("month", "2026-13"), ("month", "2026-1"), ("quarter", "2026-Q0"), ("quarter", "2026-Q5"),
        ("quarter", "0000-Q1"), ("quarter", "99999-Q1"), ("day", ""), ("hour", "9" * 5000),
    ],
)  # fmt: skip
def test_what_is_no_key_is_refused_with_an_example(name: str, text: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        number_of_key(name, text)
    assert TIME_KEYS[name].example in refused.value.en
