"""Kopecks under shares: worked splits, and what every split keeps."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealtrace.attribution.credit import WHOLE
from dealtrace.deals.amount import kopecks_of
from dealtrace.reports.kopecks import rubles_of, split_kopecks

CUTS = st.lists(st.integers(0, WHOLE), max_size=12).map(sorted)
SHARES = CUTS.map(lambda cuts: [end - start for start, end in zip([0, *cuts], [*cuts, WHOLE], strict=True)])
KOPECKS = st.integers(-(10**15), 10**15)


@pytest.mark.parametrize(
    ("kopecks", "shares", "parts"),
    [
        (10_000, [WHOLE], [10_000]),
        (10_000, [500_000, 500_000], [5_000, 5_000]),
        (1, [500_000, 500_000], [1, 0]),
        (10_000, [333_334, 333_333, 333_333], [3_334, 3_333, 3_333]),
        (5, [250_000, 250_000, 250_000, 250_000], [2, 1, 1, 1]),
        (3, [100_000, 900_000], [0, 3]),
        (5, [100_000, 900_000], [1, 4]),
        (7, [0, WHOLE], [0, 7]),
        (0, [400_000, 600_000], [0, 0]),
        (-1, [500_000, 500_000], [-1, 0]),
        (-10_000, [333_334, 333_333, 333_333], [-3_334, -3_333, -3_333]),
    ],
)
def test_remaining_kopecks_go_to_the_largest_remainders_and_then_to_the_later_touch(
    kopecks: int, shares: list[int], parts: list[int]
) -> None:
    assert split_kopecks(kopecks, shares) == parts


@given(KOPECKS, SHARES)
def test_the_parts_add_up_and_none_is_a_kopeck_from_its_exact_value(kopecks: int, shares: list[int]) -> None:
    parts = split_kopecks(kopecks, shares)
    assert sum(parts) == kopecks
    assert all(abs(part * WHOLE - kopecks * share) < WHOLE for part, share in zip(parts, shares, strict=True))


@given(KOPECKS, SHARES)
def test_a_touch_without_a_share_gets_nothing(kopecks: int, shares: list[int]) -> None:
    assert not any(part for part, share in zip(split_kopecks(kopecks, shares), shares, strict=True) if share == 0)


@given(KOPECKS, SHARES)
def test_a_negative_sum_is_split_as_its_opposite(kopecks: int, shares: list[int]) -> None:
    assert split_kopecks(-kopecks, shares) == [-part for part in split_kopecks(kopecks, shares)]


def test_shares_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(AssertionError, match="add up"):
        split_kopecks(100, [500_000])


@pytest.mark.parametrize(
    ("amount", "kopecks", "text"),
    [
        ("0", 0, "0.00"),
        ("1000", 100_000, "1000.00"),
        ("0.0049", 0, "0.00"),
        ("0.0050", 1, "0.01"),
        ("-0.0050", -1, "-0.01"),
        ("-1234.5", -123_450, "-1234.50"),
        ("900000000000000.0000", 90_000_000_000_000_000, "900000000000000.00"),
    ],
)
def test_rubles_become_kopecks_half_up_and_back(amount: str, kopecks: int, text: str) -> None:
    assert kopecks_of(Decimal(amount)) == kopecks
    assert rubles_of(kopecks) == text
