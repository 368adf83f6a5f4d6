"""How a cost is spread over days."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealtrace.attribution.cost import COST_KOPECKS_MAX, sum_known
from dealtrace.attribution.cost_spread import SPREAD_DAYS_MAX, CostSpread, spread_evenly
from dealtrace.attribution.traffic_source import TrafficSource

FIRST = date(2024, 3, 1)
YANDEX = TrafficSource("yandex", "cpc")


def amounts(kopecks: int, days: int) -> list[int]:
    spread = spread_evenly(CostSpread(YANDEX, kopecks, FIRST, FIRST + timedelta(days=days - 1)))
    assert list(spread) == [FIRST + timedelta(days=day) for day in range(days)]
    return list(spread.values())


@pytest.mark.parametrize(
    ("kopecks", "days", "expected"),
    [
        (100_00, 1, [100_00]),
        (100_00, 3, [33_33, 33_33, 33_34]),
        (10, 4, [2, 2, 2, 4]),
        (3, 4, [0, 0, 0, 3]),
        (0, 2, [0, 0]),
    ],
)
def test_what_does_not_divide_evenly_is_on_the_last_day(kopecks: int, days: int, expected: list[int]) -> None:
    assert amounts(kopecks, days) == expected


@given(st.integers(0, COST_KOPECKS_MAX), st.integers(1, SPREAD_DAYS_MAX))
def test_the_days_add_up_to_the_kopeck_and_all_but_the_last_are_alike(kopecks: int, days: int) -> None:
    spread = amounts(kopecks, days)
    assert sum(spread) == kopecks
    assert len(set(spread[:-1])) <= 1
    assert all(0 <= spread[0] <= amount for amount in spread)
    assert spread[-1] - spread[0] < days


def test_an_unknown_count_adds_nothing() -> None:
    assert sum_known([None, 3, None, 4]) == 7
    assert sum_known([None, None]) is None
    assert sum_known([0, None]) == 0
