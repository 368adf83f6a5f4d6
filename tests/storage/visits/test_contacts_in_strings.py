"""Contacts are found in strings however they are spelled and escaped, and those of others stay."""

from urllib.parse import quote

import pytest

from dealtrace.storage.reports.sql_functions import BLANKS
from dealtrace.storage.visits.contacts_in_strings import hide_in, pattern_of_contacts

PHONE, EMAIL = "79161234567", "ivan.p@ya.ru"
MEGABYTE = 1_000_000


def hide(text: str, *contacts: str) -> str:
    sought = pattern_of_contacts(contacts or (PHONE, EMAIL))
    assert sought is not None
    return hide_in(text, sought)


def test_nobody_is_sought_without_contacts() -> None:
    assert pattern_of_contacts(()) is None


@pytest.mark.parametrize(
    "written",
    [
        "79161234567",
        "+79161234567",
        "89161234567",
        "9161234567",
        "916/123-45-67",
        "8/916/123/45/67",
        "8%2F916%2F123-45-67",
        "8%252F916%252F123-45-67",
        "8 (916) 123-45-67",
        "%2B7%20%28916%29%20123%2D45%2D67",
        "%252B7%2520916%2520123%25204567",
        "916%E2%80%AF123%E2%80%AF45%E2%80%AF67",
        "916%25E2%2580%25AF123%25E2%2580%25AF45%25E2%2580%25AF67",
        "916\u202f123\u202f45\u202f67",
        "916%E2%80%91123%E2%80%9345%E2%80%9567",
        "%39%31%36%31%32%33%34%35%36%37",
        "ivan.p@ya.ru",
        "Ivan.P@YA.ru",
        "ivan%2Ep@ya.ru",
        "ivan%2ep%40ya%2eru",
        "ivan.p%40ya.ru",
        "ivan%252Ep%2540ya%252Eru",
        "%69van.p@ya.ru",
        "%49van.p@ya.ru",
        "%69%76%61%6E%2E%70%40%79%61%2E%72%75",
        "%2569van.p@ya.ru",
    ],
)
@pytest.mark.parametrize(
    ("before", "after"),
    [
        *(("", ".shop"), ("", ".spring.sale"), ("", ".v2.email"), ("", ".newsletter.shop"), ("", ".com.html")),
        *(("", ".py"), ("", ".md"), ("", ".zip"), ("", ".Is it?"), ("", ".COM"), ("", "%2Ezip"), ("", ".c%6Fm.zip")),
        *(("", "."), ("", ".html"), ("", ".html%26"), ("", "%2Ehtml"), ("", "...")),
        *(("", ""), ("?a=", "&b=1"), ("%3D", "%26"), ("%253D", "%2526"), ("%20", "%20"), ("слово ", ", "), ("", "%25")),
    ],
)
def test_a_contact_is_hidden_and_what_is_around_it_stays(before: str, written: str, after: str) -> None:
    assert hide(f"{before}{written}{after}") == f"{before}•••{after}"


@pytest.mark.parametrize("blank", BLANKS, ids=ascii)
def test_every_blank_of_unicode_may_stand_between_digits_escaped_or_not(blank: str) -> None:
    for written in (blank, quote(blank), quote(quote(blank)), quote(blank).lower()):
        assert hide(f"a=916{written}123{written}45{written}67&b") == "a=•••&b"


@pytest.mark.parametrize(
    "others",
    [
        "news+ivan.p@ya.ru",
        "news%2Bivan.p@ya.ru",
        "news%252Bivan.p@ya.ru",
        "news%2B%69van%2Ep%40ya.ru",
        "anna%2Divan.p@ya.ru",
        "p%2Eivan.p@ya.ru",
        "p%5Fivan.p@ya.ru",
        "%61ivan.p@ya.ru",
        "a%69van.p@ya.ru",
        "%2561ivan.p@ya.ru",
        "%D0%B8ivan.p@ya.ru",
        "ivan.p@ya.ru%2Dcom.example",
        "ivan.p@ya.ru.com",
        "Ivan.P@YA.ru.com",
        "ivan.p@ya.ru.com.",
        "ivan.p@ya.ru.co.uk",
        "ivan.p%40ya.ru.com",
        "ivan.p@ya.ru.spb.ru",
        "ivan.p@ya.ru.рф",
        "ivan.p@ya.ru.%D1%80%D1%84",
        "ivan.p@ya.ru%2Ecom",
        "ivan.p@ya.ru%252Ecom",
        "ivan.p@ya.ru.c%6Fm",
        "ivan.p@ya.ru.c%256Fm",
        "ivan.p@ya.ru%61",
        "ivan.p@ya.ru%2561",
        "ivan-p@ya.ru",
        "ivan%2Dp@ya.ru",
        "ivanp@ya.ru",
        "ivan.p@ya%2Fru",
        "1916123456",
        "19161234567",
        "%319161234567",
        "91612345678",
        "9161234567%38",
        "9161234567%2538",
        "916%2E%2E%2E%2E%2E1234567",
        "916a123-45-67",
        "916%41123-45-67",
    ],
)
def test_contacts_of_others_stay(others: str) -> None:
    for text in (others, f"to={others}&x", f"to%3D{others}%26x"):
        assert hide(text) == text


def test_every_contact_of_a_string_is_hidden_once() -> None:
    text = "a=ivan.p%40ya.ru,9161234567&u=https%3A%2F%2Fb.ru%2F%3Fm%3Divan%252Ep%2540ya.ru%26p%3D%252B79161234567#%"
    assert hide(text) == "a=•••,•••&u=https%3A%2F%2Fb.ru%2F%3Fm%3D•••%26p%3D•••#%"
    assert hide("a=%259161234567, 100%9161234567") == "a=%25•••, 100%•••"
    assert hide("x ivan.p@ya.ru y olga@ya.ru", "olga@ya.ru") == "x ivan.p@ya.ru y •••"
    assert hide("то%D0%BC: иван@почта.рф, %D0%B8%D0%B2%D0%B0%D0%BD@почта.рф", "иван@почта.рф") == "то%D0%BC: •••, •••"


PARTS = [
    *(".com", ".x", "ivan.p@ya.ru.com. ", "ivan.p@ya.ru.com%"),
    *("%25", "%", "25", "%2525", "%E2%80", "%E2%80%AF", "9", "9%20", "916%25", "7", "ivan.p", "ivan%2Ep", "+", "-"),
]


@pytest.mark.parametrize("part", PARTS)
def test_a_megabyte_is_searched_whatever_it_repeats(part: str) -> None:
    """A search that is not linear in time would not end."""
    text = part * (MEGABYTE // len(part))
    assert hide(f"{text} ivan.p@ya.ru") == f"{text} •••"
