"""The characters of contacts, reduced to the few that matter."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealtrace.plain_text import folded, is_blank, plain, stripped, unescape, visible


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


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("", ""),
        (" \t\r\n", ""),
        (" a b ", "a b"),
        ("\u00a0a\u00a0b\u202f", "a\u00a0b"),
        ("\ufeff\u200ea\u200bb\u202c ", "a\u200bb"),
        ("\u200b \u2060", ""),
        ("я", "я"),
    ],
)
def test_it_takes_off_what_cannot_be_seen_around_a_text(text: str, bare: str) -> None:
    assert stripped(text) == bare
    assert is_blank(text) is (bare == "")


@given(st.text())
def test_what_is_stripped_is_blank_exactly_if_nothing_remains(text: str) -> None:
    assert is_blank(text) is (stripped(text) == "")
    assert stripped(stripped(text)) == stripped(text)
    assert visible(visible(text)) == visible(text)


@given(st.text())
def test_plain_text_is_its_own_plain_form_and_shows_all_it_has(text: str) -> None:
    reduced = plain(text)
    assert plain(reduced) == reduced
    assert not any(unicodedata.category(item) in {"Cf", "Nd"} and not item.isascii() for item in reduced)


@given(st.text())
def test_folded_text_is_its_own_folded_form(text: str) -> None:
    assert folded(folded(text)) == folded(text)
