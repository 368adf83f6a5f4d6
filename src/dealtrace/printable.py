"""Strings that people read in one line: check that they are printable, or make them so."""

from urllib.parse import urlsplit

from dealtrace.errors import InvalidValue


def check_printable(text: str, length_max: int) -> None:
    """Check that a string has 1 to `length_max` characters, all of them printable.

    Raises:
        InvalidValue: the string is empty or too long, or has an unprintable character.
    """
    if not 0 < len(text) <= length_max or not text.isprintable():
        raise InvalidValue(
            f"нужно от 1 до {length_max} печатных символов", f"must have 1 to {length_max} printable characters"
        )


def one_line(text: str) -> str:
    """Return a string with line breaks, other unprintable characters and runs of blanks replaced by single spaces."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def server_of(url: str) -> str:
    """Return the host and port of a URL, or its path if it names a socket; user, password and query are left out.

    If it is unclear where a password ends, return `***`.
    """
    parts = urlsplit(url)
    if "@" in url and "@" not in parts.netloc:
        return "***"
    return parts.netloc.rpartition("@")[2] or parts.path
