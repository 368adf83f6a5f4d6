"""Checks of a client's arguments, so that a mistake is reported by name when the client is created."""

import math
import re
from ipaddress import ip_address

import httpx

_PORTS = range(1, 65536)
_LABEL_LENGTHS = range(1, 64)
_HOST_LENGTH_MAX = 253
_TOKEN = re.compile("[!-~]*")
_EXAMPLE = "https://deals.example.com"


def checked_address(address: object) -> httpx.URL:
    """Parse the URL of a server.

    Raises:
        TypeError: `address` is not a string.
        ValueError: it is not an `http` or `https` URL, has more than a path, or its host is not a possible name.
    """
    if not isinstance(address, str):
        raise wrong_type("address", f'the URL of the server as a string, such as "{_EXAMPLE}",', address)
    try:
        url = httpx.URL(address.strip())
    except (httpx.InvalidURL, ValueError) as fault:
        raise _not_an_address(address) from fault
    is_bare = (url.port is None or url.port in _PORTS) and not url.query and not url.fragment
    if url.scheme not in ("http", "https") or not is_bare or not _is_host(url):
        raise _not_an_address(address)
    return url


def _not_an_address(address: str) -> ValueError:
    return ValueError(f"address: a URL such as {_EXAMPLE} is expected, not {address!r}")


def _is_host(url: httpx.URL) -> bool:
    """Return whether the host of a URL is an IP address, or a name that can exist: its parts have 1 to 63 bytes."""
    try:
        host = url.host  # decodes names such as `xn--e1afmkfd`
    except UnicodeError:
        return False
    try:
        ip_address(host)
    except ValueError:
        name = url.raw_host.decode("ascii").removesuffix(".")
        labels = name.split(".")
        is_short = len(name) <= _HOST_LENGTH_MAX and all(len(label) in _LABEL_LENGTHS for label in labels)
        return is_short and not re.search(r"[\s%:]", host)
    return True


def checked_token(token: object) -> str:
    """Return a token.

    Raises:
        TypeError: `token` is not a string.
        ValueError: it has blanks or other characters that no token has.
    """
    if not isinstance(token, str):
        raise wrong_type("token", "the token of a site as a string", token)
    if not _TOKEN.fullmatch(token):
        raise ValueError("token: Latin letters, digits and signs without blanks are expected; copy the token again")
    return token


def checked_rate(per_second: object) -> int | None:
    """Return how many requests may be sent per second; `None` means no limit.

    Raises:
        TypeError: `per_second` is neither a whole number nor `None`.
        ValueError: it is below 1.
    """
    if per_second is None:
        return None
    if not isinstance(per_second, int) or isinstance(per_second, bool):
        raise wrong_type("rate_per_second", "a whole number, or None for no limit,", per_second)
    if per_second < 1:
        raise ValueError(f"rate_per_second: at least 1, or None for no limit, is expected, not {per_second}")
    return per_second


def checked_seconds(name: str, seconds: object, *, allows_zero: bool = False) -> float:
    """Return a number of seconds; `name` is that of the parameter.

    Raises:
        TypeError: `seconds` is not a number.
        ValueError: it is negative or infinite, or 0 without `allows_zero`.
    """
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        raise wrong_type(name, "a number of seconds", seconds)
    if not math.isfinite(seconds) or seconds < 0 or (seconds == 0 and not allows_zero):
        least = "0 or more" if allows_zero else "more than 0"
        raise ValueError(f"{name}: a number of seconds, {least}, is expected, not {seconds}")
    return seconds


def wrong_type(name: str, expected: str, value: object) -> TypeError:
    """Return the exception for an argument of a wrong type; its message never contains strings, such as tokens."""
    found = repr(value) if value is None or isinstance(value, bool | int | float) else type(value).__name__
    return TypeError(f"{name}: {expected} is expected, not {found}")
