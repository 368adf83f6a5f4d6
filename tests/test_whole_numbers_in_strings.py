"""Whole numbers in strings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealtrace.whole_number import ID_MAX, parse_whole_number


@given(st.integers(0, ID_MAX))
def test_every_number_up_to_the_largest_is_read(number: int) -> None:
    assert parse_whole_number(str(number)) == number
    assert parse_whole_number(str(number), number) == number
    assert float(number) == number


@given(st.integers(0, ID_MAX - 1), st.integers(1, 2**80))
def test_no_larger_number_is_read(most: int, above: int) -> None:
    assert parse_whole_number(str(most + above), most) is None


@pytest.mark.parametrize(
    "text", ["", " 1", "1 ", "-1", "+1", "1.0", "1e3", "0x1", "1_000", "\u0663", "\u00b2", "9" * 10_000]
)
def test_nothing_but_ascii_digits_is_a_number(text: str) -> None:
    assert parse_whole_number(text) is None


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("0000000000000007", 7), ("00000000000000007", None)])
def test_leading_zeros_count_among_the_digits(text: str, number: int | None) -> None:
    assert parse_whole_number(text) == number
