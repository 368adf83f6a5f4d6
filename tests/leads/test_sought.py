"""One field of search, read in every way that is possible."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealtrace.leads.sought import SOUGHT_LENGTH_MAX, Sought, read_sought

ID_MAX = 2**53 - 1


@pytest.mark.parametrize(
    ("typed", "sought"),
    [
        ("", None),
        ("  ", None),
        ("A-100", Sought("A-100")),
        (" 1000001006 ", Sought("1000001006", 1000001006)),
        ("8 (920) 555-00-55", Sought("8 (920) 555-00-55", None, ("79205550055",))),
        ("79205550055", Sought("79205550055", 79205550055, ("79205550055",))),
        ("Anna@Example.org", Sought("Anna@Example.org", None, ("anna@example.org",))),
        ("٣٤٥", Sought("٣٤٥")),
        ("9" * 40, Sought("9" * 40)),
        ("A-1*", Sought("A-1*", mask="A-1*")),
        ("*0055", Sought("*0055", mask="*0055", phone_mask="*0055")),
        ("8 (920) 555*", Sought("8 (920) 555*", mask="8 (920) 555*", phone_mask="7920555*")),
        ("+8 20 555*", Sought("+8 20 555*", mask="+8 20 555*", phone_mask="820555*")),
        ("*", None),
        ("*a*b*", None),
    ],
)
def test_a_text_is_recognised_by_its_form(typed: str, sought: Sought | None) -> None:
    assert read_sought(typed, ID_MAX) == sought


@given(st.text(max_size=400))
def test_any_text_is_read(typed: str) -> None:
    sought = read_sought(typed, ID_MAX)
    assert sought is None or (0 < len(sought.text) <= SOUGHT_LENGTH_MAX and (sought.id or 0) <= ID_MAX)
