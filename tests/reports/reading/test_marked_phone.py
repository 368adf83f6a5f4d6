"""Phones among ids: found where they are marked, and ids stay as they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealtrace.reports.reading.masked_phones import find_marked_phone
from dealtrace.reports.reading.masking import masked_label


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("+7 (912) 555-77-88", "+7 (912) 555-77-88"),
        ("+375291234567", "+375291234567"),
        ("79125557788", "79125557788"),
        ("89125557788", "89125557788"),
        ("8 912 555-77-88", "8 912 555-77-88"),
        ("912) 555-77-88", "912) 555-77-88"),
        ("495-1234567", "495-1234567"),
        ("375 29 123-45-67", "375 29 123-45-67"),
        ("61234567 8 912 555-77-88", "8 912 555-77-88"),
        ("8 912 555-77-88 61234567", "8 912 555-77-88"),
        ("1-79125557788", "79125557788"),
    ],
)
def test_a_marked_phone_is_found(written: str, found: str) -> None:
    place = find_marked_phone(written)
    assert place is not None
    assert written[slice(*place)] == found


@pytest.mark.parametrize(
    "written",
    [
        "61234567",
        "4951234567",
        "6123456789",
        "13764825109",
        "17764825109",
        "123456789012",
        "70000000000",
        "2024 61234567 5555",
        "1 000 000 000",
        "61234567-6123456789",
    ],
)
def test_ids_and_amounts_are_no_phones(written: str) -> None:
    assert find_marked_phone(written) is None


@pytest.mark.parametrize(
    ("written", "masked"),
    [
        ("/tel/8%20912%20555-77-88/", "/tel/8912•••/"),
        ("/tel/7%2520912%2520555%252D77%252D88/61234567", "/tel/7912•••/61234567"),
        ("375%2029%20123-45-67", "3752•••"),
        ("/iphone%2015%20128/", "/iphone%2015%20128/"),
        ("/ot%2010%20000%20do%2020%20000", "/ot%2010%20000%20do%2020%20000"),
        ("61234567%2D6123456789", "61234567%2D6123456789"),
    ],
)
def test_escaped_separators_are_no_digits(written: str, masked: str) -> None:
    assert masked_label(written) == masked


@given(st.from_regex(r"\A(?:[1-9][0-9]{5,9}|1[0-9]{10})\Z"))
def test_ids_of_eleven_digits_and_fewer_stay(written: str) -> None:
    assert find_marked_phone(written) is None


@given(
    st.from_regex(r"\A[78][ (-]?9[0-9]{2}[ )-]?[0-9]{3}[ -]?[0-9]{2}[ -]?1[0-9]\Z"),
    st.sampled_from(["", "61234567 ", "5 "]),
    st.sampled_from(["", " 61234567", "-5"]),
)
def test_a_mobile_phone_is_found_among_ids(phone: str, before: str, after: str) -> None:
    digits = "".join(filter(str.isdigit, phone))
    if find_marked_phone(digits) is None:  # a number that nobody can have
        return
    assert find_marked_phone(f"{before}{phone}{after}") is not None
