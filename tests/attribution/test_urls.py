"""Reading URLs and the names of hosts."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealtrace.attribution.host_names import host_in_ascii, host_of, registered_domain
from dealtrace.attribution.urls import PART_LENGTH_MAX, decoded, fragment_parameters_of, query_parameters, split_url


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://Shop.Example.COM:8443/a?b#c", "shop.example.com"),
        ("http://www.shop.ru./", "shop.ru"),
        ("https://user:word@shop.ru/", "shop.ru"),
        ("https://www.ru/", "www.ru"),
        ("//shop.ru/a", "shop.ru"),
        ("http://[::1]:80/", "::1"),
        ("shop.ru/a", "shop.ru"),
        (" www.Shop.ru:8080?a=1", "shop.ru"),
        ("магазин.рф/a", "магазин.рф"),
        ("192.0.2.1/a", ""),
        ("index.php/a", ""),
        *((page, "") for page in ("default.ashx?id=1", "order.do", "cart.action", "price.pdf", "price.pl", "a.b.js")),
        *(
            (name, "")
            for name in ("Yandex.Direct", "Google.Play", "README.md", "no.referrer", "a." + "ж" * 64, "Яндекс.Маркет/a")
        ),
        ("shop.москва/a", "shop.москва"),
        ("пример.бел/", "пример.бел"),
        ("promo.html", ""),
        ("/shop.ru/a", ""),
        ("Яндекс.Директ", ""),
        ("a.ru b.ru", ""),
        ("shop.ru ", "shop.ru"),
        ("https%3A%2F%2Fshop.ru%2Fa", "shop.ru"),
        ("https://[broken/", ""),
        ("about:blank", ""),
        ("", ""),
    ],
)
def test_a_host_is_read_without_what_surrounds_it(url: str, host: str) -> None:
    assert host_of(url) == host


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("shop.example.com", "example.com"),
        ("a.b.shop.co.uk", "shop.co.uk"),
        ("yandex.com.tr", "yandex.com.tr"),
        ("someone.github.io", "github.io"),
        ("a.b.tilda.ws", "tilda.ws"),
        ("www.президент.рф", "xn--d1abbgf6aiiy.xn--p1ai"),
        ("a.xn--d1abbgf6aiiy.xn--p1ai", "xn--d1abbgf6aiiy.xn--p1ai"),
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("localhost", "localhost"),
        ("co.uk", "co.uk"),
        ("shop.internal", "shop.internal"),
        ("a..b", "a..b"),
        ("", ""),
    ],
)
def test_a_domain_is_what_somebody_registered(host: str, domain: str) -> None:
    assert registered_domain(host) == domain


def test_a_host_has_one_spelling_in_ascii() -> None:
    assert host_in_ascii("президент.рф") == "xn--d1abbgf6aiiy.xn--p1ai"
    assert host_in_ascii("магазин.рф") == "xn--80aairftm.xn--p1ai", "the example of its documentation"
    assert host_in_ascii("straße.de") == "xn--strae-oqa.de", "browsers send this, not `strasse.de`"
    assert host_in_ascii("магазин_1.рф").endswith(".xn--p1ai"), "IDNA 2008 allows no underscore"
    assert host_in_ascii("я" * 300) == "я" * 300, "no name is as long"
    assert host_in_ascii("а..б") == "а..б", "no name has an empty part"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("%D0%BE%D0%BA%D0%BD%D0%B0", "окна"),
        ("%EE%EA%ED%E0", "окна"),
        ("%EE%EA%ED%E0+%EF%E2%F5", "окна пвх"),
        ("%ce%ca%cd%c0-2026", "ОКНА-2026"),
        ("окна%20пвх", "окна пвх"),
        ("%D0%BE%D0%BA%D0%BD%D0", "окн"),
        ("%EE%D0%BE", "оР\u0455"),
        ("%E0", "а"),
        ("%98", "\ufffd"),
        ("100%", "100%"),
        ("%zz%41", "%zzA"),
        ("%u0432%u043e%u0434%u0430", "вода"),
        ("%ud83d%ude00%ud83d", "\U0001f600"),
        ("%u043", "%u043"),
        ("%25D0%25BE%25D0%25BA%25D0%25BD%25D0%25B0", "окна"),
        ("a%252520b", "a b"),
        ("50%2525", "50%25"),
        ("%25EE", "%EE"),
        ("a%2526b", "a%26b"),
        ("a+b%2Bc", "a b+c"),
        ("caf%C3%A9", "café"),
    ],
)
def test_percent_encoding_is_read_in_either_encoding(text: str, read: str) -> None:
    assert decoded(text) == read


@pytest.mark.parametrize(
    ("query", "read"),
    [
        ("A=1&b=2", {"a": "1", "b": "2"}),
        ("a=&a=2&a=3", {"a": "2"}),
        ("a", {}),
        ("a=1=2", {"a": "1=2"}),
        ("a=%20&b=%00", {}),
        ("utm%5Fsource=x", {"utm_source": "x"}),
        ("&&", {}),
    ],
)
def test_names_of_parameters_have_no_case_and_blanks_are_absent(query: str, read: dict[str, str]) -> None:
    assert query_parameters(query) == read


@pytest.mark.parametrize("fragment", ["a=1", "!a=1", "/?a=1", "!/sale?a=1", "?a=1", "/a=1"])
def test_parameters_of_a_fragment_stand_with_or_without_a_path(fragment: str) -> None:
    assert fragment_parameters_of(fragment) == {"a": "1"}


@given(st.text(max_size=80))
def test_any_text_is_read(text: str) -> None:
    registered_domain(host_of(text))
    registered_domain(host_of(f"https://{text}"))
    assert all(0 < len(value) <= PART_LENGTH_MAX for value in query_parameters(text).values())
    decoded(text)


@given(st.text(max_size=40), st.sampled_from(["utf-8", "cp1251"]))
def test_cyrillic_survives_either_encoding(text: str, encoding: str) -> None:
    word = "".join(letter for letter in text if "а" <= letter <= "я") + "слово"
    assert decoded("".join(f"%{byte:02X}" for byte in word.encode(encoding))) == word


def test_a_url_of_which_only_the_scheme_is_escaped_keeps_the_escapes_of_its_parameters() -> None:
    parts = split_url("https%3A//shop.ru/?utm_campaign=%EE%EA%ED%E0&a=1%26b")
    assert parts is not None
    assert (parts.netloc, parts.query) == ("shop.ru", "utm_campaign=%EE%EA%ED%E0&a=1%26b")
    parts = split_url("https%3A%2F%2Fshop.ru%2F%3Fa%3D1&utm_source=ya")
    assert parts is not None
    assert (parts.netloc, parts.query) == ("shop.ru", "a=1&utm_source=ya")


@pytest.mark.parametrize(
    "sign", "\u2000\u2004\u2028\u2029\u205f\u1680\u200b\u200e\u202b\u202e\u2066\u2069\ufeff\u00ad\t"
)
def test_blanks_and_marks_around_names_and_values_are_no_part_of_them(sign: str) -> None:
    assert query_parameters(quote(f"{sign}utm_source") + "=" + quote(f"{sign}yan dex{sign}")) == {
        "utm_source": "yan dex"
    }
