"""Sums in rubles, as people and programs write them."""

from decimal import Decimal

import pytest

from dealtrace.deals.amount import AMOUNT_MAX, parse_amount
from dealtrace.errors import InvalidValue


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1000", "1000.0000"),
        ("1 000,50", "1000.5000"),
        ("1\u00a0000.5", "1000.5000"),
        ("1\u2007000,5", "1000.5000"),
        ("\u202a1000\u202c", "1000.0000"),
        ("\ufeff1000", "1000.0000"),
        ("１０００", "1000.0000"),
        ("-3", "-3.0000"),
        ("−3", "-3.0000"),
        ("–3", "-3.0000"),
        ("+.5", "0.5000"),
        ("0.00005", "0.0001"),
        (str(AMOUNT_MAX), f"{AMOUNT_MAX}.0000"),
    ],
)
def test_a_sum_is_read_to_four_decimals(text: str, amount: str) -> None:
    assert parse_amount(text) == Decimal(amount)
    assert parse_amount(text).as_tuple().exponent == -4


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "1e3",
        "1.2.3",
        "--1",
        "1,000.50",
        "1000 ₽",
        "$5",
        "5²",
        "1\n2",
        "NaN",
        "Infinity",
        "1" * 101,
        str(AMOUNT_MAX + 1),
    ],
)
def test_what_is_no_sum_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        parse_amount(text)
