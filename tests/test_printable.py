"""Strings that people read in one line."""

import pytest

from dealtrace.errors import InvalidValue
from dealtrace.printable import check_printable, one_line, server_of


@pytest.mark.parametrize("text", ["a", "Отчёт №7", "x" * 10])
def test_what_is_printable_and_not_too_long_is_accepted(text: str) -> None:
    check_printable(text, 10)


@pytest.mark.parametrize("text", ["", "x" * 11, "a\nb", "a\x1bb", "a\u202eb", "a\u00a0b"])
def test_what_is_empty_too_long_or_unprintable_is_refused_in_both_languages(text: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        check_printable(text, 10)
    assert refused.value.ru == "нужно от 1 до 10 печатных символов"
    assert refused.value.en == "must have 1 to 10 printable characters"


@pytest.mark.parametrize(
    ("text", "line"), [("a\r\nBcc: b", "a Bcc: b"), (" a\u2028b\x00 ", "a b"), ("a  b", "a b"), ("\n", "")]
)
def test_one_line_has_no_breaks_and_single_spaces(text: str, line: str) -> None:
    assert one_line(text) == line


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://127.0.0.1:6379/0", "127.0.0.1:6379"),
        ("rediss://user:hidden@cache.example:1?password=hidden", "cache.example:1"),
        ("redis+unix:///run/redis.sock?password=hidden", "/run/redis.sock"),
        ("redis://:hid/den@cache.example", "***"),
        ("redis://cache.example?password=hidden@x", "***"),
    ],
)
def test_a_server_is_named_without_its_password(url: str, shown: str) -> None:
    assert server_of(url) == shown
