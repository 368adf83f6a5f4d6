"""Numbers as people write them: `1,234` is a thousand or a fraction, and nobody guesses which."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealtrace.deals.written_number import clear_number, single_number, written_number
from dealtrace.errors import InvalidValue


@pytest.mark.parametrize(
    ("text", "decimal_sign", "number"),
    [
        ("1,234", ",", "1.234"),
        ("1,234", ".", "1234"),
        ("1.234", ".", "1.234"),
        ("1.234", ",", "1234"),
        ("1,234.50", ",", "1234.50"),
        ("1 234,5", "", "1234.5"),
        ("0,123", "", "0.123"),
        ("1234,567", ".", "1234.567"),
    ],
)
def test_the_column_decides_what_may_be_either(text: str, decimal_sign: str, number: str) -> None:
    written = written_number(text)
    assert written is not None
    assert clear_number(written, decimal_sign) == Decimal(number)


@pytest.mark.parametrize("text", ["1,234", "1.234", "999.999"])
def test_a_column_that_does_not_show_it_names_both_numbers(text: str) -> None:
    written = written_number(text)
    assert written is not None
    with pytest.raises(InvalidValue) as refused:
        clear_number(written, "")
    whole, fraction = text.replace(",", "").replace(".", ""), text.replace(",", ".")
    assert f"{text}: is it {whole} or {fraction}?" in refused.value.en
    assert f"{text}: это {whole} или {fraction}?" in refused.value.ru


@pytest.mark.parametrize(
    ("text", "most", "number"),
    [
        ("1.234", None, "1.234"), ("1,5", None, "1.5"), ("1,2345", None, "1.2345"), ("1234,567", None, "1234.567"),
        ("0,123", None, "0.123"), ("18,125", 100, "18.125"), ("1,234,567", None, "1234567"), ("1 234", None, "1234"),
    ],
)  # fmt: skip
def test_a_number_alone_is_read_if_it_can_be_only_one(text: str, most: int | None, number: str) -> None:
    written = written_number(text)
    assert written is not None
    assert single_number(written, most) == Decimal(number)


@pytest.mark.parametrize(("text", "most"), [("1,234", None), ("92,345", 1_000_000), ("1,234", 1234)])
def test_a_number_alone_that_may_be_two_is_refused(text: str, most: int | None) -> None:
    written = written_number(text)
    assert written is not None
    with pytest.raises(InvalidValue, match=r"is it|это"):
        single_number(written, most)


@given(st.decimals(0, 10**12, places=2), st.sampled_from([",", "."]))
def test_both_signs_are_always_understood(number: Decimal, decimal_sign: str) -> None:
    grouped = f"{number:,.2f}"
    text = grouped if decimal_sign == "." else grouped.translate(str.maketrans(",.", ".,"))
    written = written_number(text)
    assert written is not None
    assert clear_number(written, "") == number
