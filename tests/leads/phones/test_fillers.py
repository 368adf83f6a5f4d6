"""Which phones are typed only to fill a field."""

import re

import pytest

from dealtrace.leads.phones.fillers import RUSSIAN_FILLER, is_foreign_filler


@pytest.mark.parametrize(
    ("national", "is_filler"),
    [
        ("0000000", True),  # one digit
        ("2120000000", True),  # seven zeros at the end
        ("212000000", False),
        ("1234567890", True),
        ("9876543210", True),
        ("2123456789", False),  # the digits in order do not begin it
        ("2025550123", False),
    ],
)
def test_a_foreign_filler_repeats_or_counts(national: str, *, is_filler: bool) -> None:
    assert is_foreign_filler(national, f"1{national}") is is_filler


def test_a_country_code_may_begin_the_counting() -> None:
    assert is_foreign_filler("23456789", "123456789")


@pytest.mark.parametrize(
    ("national", "is_filler"), [("9123456789", True), ("1234567891", True), ("9991234567", False), ("4950000000", True)]
)
def test_a_russian_filler_has_the_digits_in_order_anywhere(national: str, *, is_filler: bool) -> None:
    assert (re.match(RUSSIAN_FILLER, national) is not None) is is_filler
