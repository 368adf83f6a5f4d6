"""Normalise the names of hosts, and find their registered domains."""

import re
from functools import lru_cache
from ipaddress import ip_address

import idna

from dealtrace.attribution.public_suffixes import public_suffixes
from dealtrace.attribution.urls import short, split_url

HOST_LENGTH_MAX = 253
"""The maximum number of characters of a host name in the Domain Name System."""
HOSTS_REMEMBERED = 4096
PUNYCODE_PREFIX = "xn--"
"""The prefix of a label (a part of a host name between dots) that stands for a label with non-ASCII letters."""


def _label_pattern(signs: str) -> str:
    return f"[{signs}](?:[{signs}-]{{0,61}}[{signs}])?"


DOMAIN_LABEL = _label_pattern("A-Za-z0-9")
"""A regular expression for a label of a domain in ASCII, which begins and ends with a letter or digit."""
_HOST_LABEL = re.compile(_label_pattern("A-Za-z0-9_"))
"""A label of a host name; unlike a label of a domain, it may have underscores, as names of containers often do."""
_NUMBER_LABEL = re.compile("[0-9]+|0[xX][0-9a-fA-F]*")


def is_host_name(host: str) -> bool:
    """Return whether a string in ASCII is a valid host name or IPv4 address; the host is not looked up.

    Ours: as in browsers, a name whose last label is a number is an IPv4 address. It must be four decimal numbers,
    because programs interpret other forms, such as `0177.0.0.1`, in different ways or not at all.
    """
    labels = host.removesuffix(".").split(".")
    if _NUMBER_LABEL.fullmatch(labels[-1]):
        return _is_ip(host)
    return len(host) <= HOST_LENGTH_MAX and all(map(_is_host_label, labels))


def _is_host_label(label: str) -> bool:
    if not _HOST_LABEL.fullmatch(label):
        return False
    if not label.startswith(PUNYCODE_PREFIX):
        return True
    try:
        idna.ulabel(label)
    except idna.IDNAError:
        return False
    return True


def host_of(url: str) -> str:
    """Return the host of a URL in lower case, without `www.`, or an empty string if there is none."""
    parts = split_url(url)
    return bare_host(parts.hostname or "") if parts is not None else ""


def bare_host(host: str) -> str:
    """Return a host in lower case, without the final dot and `www.`."""
    host = short(host.lower().rstrip("."))
    bare = host.removeprefix("www.")
    return bare if "." in bare else host


@lru_cache(maxsize=HOSTS_REMEMBERED)
def host_in_ascii(host: str) -> str:
    """Return a host in ASCII (`xn--80aairftm.xn--p1ai` for `магазин.рф`), or unchanged if it has no such form.

    Ours: this is the form of IDNA 2008, which browsers send (`xn--strae-oqa.de` for `straße.de`). Names that IDNA
    2008 does not allow, such as names with underscores, have the form of IDNA 2003.
    """
    if host.isascii() or len(host) > HOST_LENGTH_MAX:
        return host
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except UnicodeError:
        return _in_older_ascii(host)


def _in_older_ascii(host: str) -> str:
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


@lru_cache(maxsize=HOSTS_REMEMBERED)
def registered_domain(host: str) -> str:
    """Return the registered domain of a host, in ASCII: `shop.co.uk` for `sub.shop.co.uk`.

    The Public Suffix List also has suffixes that companies added for their customers, such as `github.io`; these are
    treated as ordinary domains. An IP address or a name without a dot is returned whole.
    """
    ascii_host = host_in_ascii(host)
    if _is_ip(ascii_host) or len(ascii_host) > HOST_LENGTH_MAX:
        return ascii_host
    domain: str | None = public_suffixes().privatesuffix(ascii_host)
    return domain or ascii_host


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
