"""The characters of contacts, reduced to the few that matter."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealtrace.leads.plain_text import folded, plain, unescape


@pytest.mark.parametrize(
    ("text", "undone"),
    [
        ("%2B7920", "+7920"),
        ("%252B7920", "+7920"),
        ("&#43;7920", "+7920"),
        ("&#x2B;7920", "+7920"),
        ("&plus;7920", "+7920"),
        ("&amp;#43;7920", "+7920"),
        ("7%20920%C2%A0555", "7 920\u00a0555"),
        ("a%40mail.ru", "a@mail.ru"),
        ("100%", "100%"),
        ("a&b@mail.ru", "a&b@mail.ru"),
        ("?a=1&para=2", "?a=1&para=2"),
    ],
)
def test_it_undoes_escapes_that_were_left(text: str, undone: str) -> None:
    assert unescape(text) == undone


@pytest.mark.parametrize(
    ("text", "reduced"),
    [
        ("\ufeff7920", "7920"),
        ("\u202a+7920\u202c", "+7920"),
        ("79\u200b20\u00ad\u2060", "7920"),
        ("7\u00a0920\u202f555\u2007\u3000", "7 920 555  "),
        ("7\t920\r\n", "7 920\n\n"),
        ("＋﹢⁺₊➕﬩", "++++++"),
        ("‐‑‒–—−－", "-------"),
        ("７٧۷७", "7777"),
        ("（495）", "(495)"),
        ("8️⃣9️⃣", "89"),
        ("5¹①", "5¹①"),
        ("\u3164\u28007", "  7"),
        ("тел", "тел"),
    ],
)
def test_it_reduces_characters_to_their_plain_kind(text: str, reduced: str) -> None:
    assert plain(text) == reduced


@given(st.text())
def test_plain_text_is_its_own_plain_form_and_shows_all_it_has(text: str) -> None:
    reduced = plain(text)
    assert plain(reduced) == reduced
    assert not any(unicodedata.category(one) in {"Cf", "Nd"} and not one.isascii() for one in reduced)


@given(st.text())
def test_folded_text_is_its_own_folded_form(text: str) -> None:
    assert folded(folded(text)) == folded(text)
