"""Parse URLs leniently: normalise the host, find its registered domain, and read parameters in any encoding."""

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from ipaddress import ip_address
from urllib.parse import SplitResult, unquote_to_bytes, urlsplit

import idna
from publicsuffixlist import PublicSuffixList

ADDRESS_LENGTH_MAX = 8192
"""How many characters of a URL are parsed; any further characters are ignored."""
PART_LENGTH_MAX = 1024
HOST_LENGTH_MAX = 253
"""The maximum number of characters of a host name in the Domain Name System."""
HOSTS_REMEMBERED = 4096

_ESCAPED_AMPERSAND = re.compile(r"&(?:amp;|#0*38;|#x0*26;)+", re.IGNORECASE)
_MISWRITTEN = re.compile(r"(?:[?;]|%26)(?=utm_\w+=)", re.IGNORECASE)
_SLASH = re.compile("/|%2F", re.IGNORECASE)
_PERCENT_RUN = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_BEFORE_TAGS = "!/?"
"""The characters that single-page sites write before the parameters in a fragment, as in `#!/a=1` or `#?a=1`."""


def split_address(address: str) -> SplitResult | None:
    """Return the parts of a URL, or `None` if it is malformed.

    An HTML-escaped ampersand in the URL is decoded: `&amp;` is read as `&`.
    """
    try:
        parts = urlsplit(_ESCAPED_AMPERSAND.sub("&", address[:ADDRESS_LENGTH_MAX]))
        _ = parts.hostname
    except ValueError:
        return None
    return parts


def host_of(address: str) -> str:
    """Return the host of a URL in lower case, without `www.`, or an empty string if there is none."""
    parts = split_address(address)
    return bare_host(parts.hostname or "") if parts is not None else ""


def bare_host(host: str) -> str:
    """Return a host in lower case, without the final dot and `www.`."""
    host = short(host.lower().rstrip("."))
    bare = host.removeprefix("www.")
    return bare if "." in bare else host


@lru_cache(maxsize=HOSTS_REMEMBERED)
def host_in_ascii(host: str) -> str:
    """Return a host in ASCII (`xn--80aaxitdbjk.xn--p1ai` for `магазин.рф`), or unchanged if it has no such form.

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
    domain: str | None = _suffixes().privatesuffix(ascii_host)
    return domain or ascii_host


@cache
def _suffixes() -> PublicSuffixList:
    """Return the Public Suffix List that the library includes; it is read on first use, because reading takes 40 ms."""
    return PublicSuffixList(only_icann=True)


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def parameters_of(text: str) -> Mapping[str, str]:
    """Return the parameters of a query string, by name in lower case; if a name repeats, its first value is used.

    Blank values are left out.
    """
    parameters: dict[str, str] = {}
    for piece in _pieces(text):
        name, _, value = piece.partition("=")
        if value and (read := short(decoded(value))):
            parameters.setdefault(decoded(name).strip().lower(), read)
    return parameters


def _pieces(text: str) -> Iterator[str]:
    """Yield the `name=value` strings of a query string, split at `&` and, before a utm tag, also at `?`, `;` and `%26`.

    A value with a slash is taken for a URL and is split only at `&`, so the utm tags in this URL stay in the value. The
    value of a utm tag is always split, even if it has a slash.
    """
    for piece in text.split("&"):
        tags = _MISWRITTEN.split(piece)
        is_address = piece[:4].lower() != "utm_" and _SLASH.search(tags[0]) is not None
        yield from (piece,) if is_address else tags


def fragment_parameters_of(fragment: str) -> Mapping[str, str]:
    """Return the parameters in the fragment of a URL, by name; a path before them is skipped."""
    path, mark, query = fragment.partition("?")
    return parameters_of(query if mark else path.lstrip(_BEFORE_TAGS))


def decoded(text: str) -> str:
    """Return a string with percent-encoding decoded: as UTF-8, or as Windows-1251, which old pages use."""
    text = text.replace("+", " ")
    if "%" not in text:
        return text
    runs = [unquote_to_bytes(run) for run in _PERCENT_RUN.findall(text)]
    encoding = "utf-8" if all(map(_is_utf8, runs)) else "cp1251"
    errors = "ignore" if encoding == "utf-8" else "replace"
    return _PERCENT_RUN.sub(lambda run: unquote_to_bytes(run[0]).decode(encoding, errors), text)


def text_of(content: bytes) -> str:
    """Return bytes decoded as UTF-8, or as Windows-1251 if they are not valid UTF-8."""
    return content.decode("utf-8", "ignore") if _is_utf8(content) else content.decode("cp1251", "replace")


def _is_utf8(text: bytes) -> bool:
    """Return whether bytes are UTF-8; the last character may be cut off if there are other non-ASCII characters."""
    try:
        text.decode()
    except UnicodeDecodeError as fault:
        whole = text[: fault.start]
        return fault.end == len(text) and fault.reason == "unexpected end of data" and not whole.isascii()
    return True


def short(text: str) -> str:
    """Return a string as it is stored: cut to `PART_LENGTH_MAX` characters, without null characters and outer blanks.

    Databases reject null characters.
    """
    return text.replace("\0", "").strip()[:PART_LENGTH_MAX]
