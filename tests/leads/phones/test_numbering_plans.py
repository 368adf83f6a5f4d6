"""Which phones the numbering plans know."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealtrace.leads.phones.numbering_plans import bare_foreign, is_assigned_in_russia, stated_foreign


@given(st.from_regex(r"[0-9]{10}", fullmatch=True) | st.from_regex(r"[3-9][0-9]{9}", fullmatch=True))
def test_the_pattern_of_russia_allows_no_more_than_the_plan(national: str) -> None:
    number = phonenumbers.parse(f"+7{national}")
    assert phonenumbers.is_valid_number(number) or not is_assigned_in_russia(national)


@given(st.from_regex(r"(?:9[0-24-9]|495|7[07]1|812)[0-9]{8}", fullmatch=True).map(lambda digits: digits[:10]))
def test_the_pattern_of_russia_allows_all_of_the_plan_but_fillers(national: str) -> None:
    number = phonenumbers.parse(f"+7{national}")
    fills = national.endswith("0" * 7) or len(set(national)) == 1 or "123456789" in national or "987654321" in national
    assert is_assigned_in_russia(national) == (phonenumbers.is_valid_number(number) and not fills)


@pytest.mark.parametrize(
    ("national", "is_assigned"),
    [
        ("9205550055", True),  # a mobile phone
        ("4953080100", True),  # Moscow
        ("4852123456", True),  # Yaroslavl, whose own numbers have six digits
        ("8005553535", True),  # free of charge
        ("7272500000", True),  # Almaty
        ("7012345678", True),  # a mobile phone of Kazakhstan
        ("2025550123", False),  # Washington's digits
        ("7495123456", False),  # Moscow's with the country code and a digit short
        ("8905123456", False),  # a mobile phone's with the trunk prefix and a digit short
        ("0000000000", False),
        ("9000000000", False),
        ("9999999999", False),
        ("7777777777", False),  # somebody's in Almaty, and very many people's who do not want to be called
        ("1234567890", False),
        ("9123456789", False),
        ("9876543210", False),
        ("9991234567", True),
    ],
)
def test_it_knows_which_ten_digits_are_somebodys(national: str, is_assigned: bool) -> None:
    assert is_assigned_in_russia(national) == is_assigned


@pytest.mark.parametrize(
    ("digits", "stated", "bare"),
    [
        ("375291234567", "375291234567", "375291234567"),
        ("12025550123", "12025550123", "12025550123"),
        ("4930123456", "4930123456", None),  # ten digits
        ("49030123456", "4930123456", None),  # written with Germany's own prefix
        ("39066981234", "39066981234", "39066981234"),
        ("84912345678", "84912345678", None),  # Ryazan
        ("79205550055", None, None),  # Russian
        ("10000000000", None, None),
        ("375290000000", None, None),
        ("999123456789", None, None),  # no country
        ("1202555012", None, None),  # too short
        ("9" * 300, None, None),
    ],
)
def test_it_reads_numbers_of_other_countries(digits: str, stated: str | None, bare: str | None) -> None:
    assert stated_foreign(digits) == stated
    assert bare_foreign(digits) == bare
