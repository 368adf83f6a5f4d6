"""A login in the form it is compared in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealtrace.accounts.user import normal_login


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("ivan", "ivan"),
        (" Ivan@Example.ORG\n", "ivan@example.org"),
        ("ИВАН", "иван"),
        ("иван петров", "иван петров"),
        ("STRASSE", "straße".casefold()),
        (" ", ""),
        ("", ""),
    ],
)
def test_it_is_compared_trimmed_and_without_regard_to_case(text: str, normal: str) -> None:
    assert normal_login(text) == normal


@given(st.text(max_size=30))
def test_the_normal_form_is_its_own(text: str) -> None:
    assert normal_login(normal_login(text)) == normal_login(text)
