"""One field of search, read in every way that is possible."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealtrace.leads.search_field import SEARCH_LENGTH_MAX, SearchText, parse_search
from dealtrace.whole_number import ID_MAX


@pytest.mark.parametrize(
    ("typed", "search"),
    [
        ("", None),
        ("  ", None),
        ("A-100", SearchText("A-100")),
        (" 1000001006 ", SearchText("1000001006", 1000001006)),
        ("8 (920) 555-00-55", SearchText("8 (920) 555-00-55", None, ("79205550055",))),
        ("79205550055", SearchText("79205550055", 79205550055, ("79205550055",))),
        ("Anna@Example.org", SearchText("Anna@Example.org", None, ("anna@example.org",))),
        ("٣٤٥", SearchText("٣٤٥")),
        ("9" * 40, SearchText("9" * 40)),
        ("A-1*", SearchText("A-1*", mask="A-1*")),
        ("*0055", SearchText("*0055", mask="*0055", phone_mask="*0055")),
        ("8 (920) 555*", SearchText("8 (920) 555*", mask="8 (920) 555*", phone_mask="7920555*")),
        ("+8 20 555*", SearchText("+8 20 555*", mask="+8 20 555*", phone_mask="820555*")),
        ("*", None),
        ("*a*b*", None),
    ],
)
def test_a_text_is_recognised_by_its_form(typed: str, search: SearchText | None) -> None:
    assert parse_search(typed) == search


@given(st.text(max_size=400))
def test_any_text_is_read(typed: str) -> None:
    search = parse_search(typed)
    assert search is None or (0 < len(search.text) <= SEARCH_LENGTH_MAX and (search.id or 0) <= ID_MAX)
