"""Parse URLs leniently, and read their parameters in any encoding."""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import SplitResult, unquote, unquote_to_bytes, urlsplit

from dealtrace.attribution.public_suffixes import has_public_suffix

URL_LENGTH_MAX = 8192
"""How many characters of a URL are parsed; any further characters are ignored."""
PART_LENGTH_MAX = 1024
_BLANKS = (*range(0x09, 0x0E), *range(0x1C, 0x21), 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)
_MARKS = (0xAD, 0x61C, 0x180E, *range(0x200B, 0x2010), *range(0x2028, 0x202F), *range(0x2060, 0x2070), 0xFEFF)
_AROUND = "".join(map(chr, _BLANKS + _MARKS))
"""Blanks and invisible marks, which editors and messengers leave around tags that are copied from them."""

_SEMICOLON = "(?:;|%(?:25)*3B)"
_HASH = "(?:#|%(?:25)*23)"
_AMPERSAND = r"&|(?P<in_url>%(?:25)*26)|(?:\\{1,4}|%(?:25)*5C)u0026"
_ESCAPED_AMPERSAND = re.compile(
    rf"(?:{_AMPERSAND})(?:(?:amp|{_HASH}0*38|{_HASH}x0*26){_SEMICOLON})*",
    re.IGNORECASE,
)
"""Matches an ampersand, unescaped or escaped one or more times as in HTML, in JSON or (group `in_url`) in URLs."""
_MISWRITTEN = re.compile(r"(?:[?;]|%(?:25)*26)(?=utm_\w+=)", re.IGNORECASE)
_ESCAPED_SCHEME = re.compile(r"\s*https?%3A", re.IGNORECASE)
_UNTIL_PARAMETERS = re.compile("[^?&=#]*")
_BARE_HOST = re.compile(
    r"\s*(?P<host>(?:\w(?:[\w-]*\w)?\.)+(?!(?:app|business|direct|do|market|md|mov|pl|play|py|rs|search|sh|zip)\b)(?:xn--[a-z0-9-]+|[^\W\d_]{2,}))"
    r"\.?(?::[0-9]{1,5})?(?=[/?#]|\s*\Z)",
    re.IGNORECASE,
)
"""What may be the host with which a URL without a scheme begins, as in `shop.ru/a`.

Ours: `order.do` and `README.md` are pages, and `Yandex.Direct` and `Google.Play` are names, although such hosts could
exist.
"""
_SLASH = re.compile("/|%2F", re.IGNORECASE)
_PERCENT_RUN = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_ESCAPED_EQUALS = re.compile(r"(utm_\w{1,32}?)%(?:25)*3D", re.IGNORECASE)
_UTM_TAG = re.compile("utm_(?!referrer(?:=|%(?:25)*3D))", re.IGNORECASE)
_ESCAPED_TWICE = re.compile(r"(?:%(?:25)+[0-9A-Fa-f]{2})+")
_SCRIPT_RUN = re.compile(r"(?:%u[0-9A-Fa-f]{4})+", re.IGNORECASE)
"""Characters as the function `escape` of JavaScript writes them: `%u043E`."""
_BEFORE_TAGS = "!/?"
"""The characters that single-page sites write before the parameters in a fragment, as in `#!/a=1` or `#?a=1`."""
DEFAULT_PORTS = {"http": 80, "https": 443}
"""The schemes of web URLs and their default ports."""


def split_url(url: str) -> SplitResult | None:
    """Return the parts of a URL, or `None` if it is malformed.

    An escaped ampersand in the URL is decoded: `&amp;` and `&amp%3B` become `&`, and `%26amp%3B` becomes `%26`.
    Ours: servers of sites report pages without a scheme (`shop.ru/a`) or escaped as a whole (`https%3A%2F%2Fshop.ru`);
    if the host of such a URL were not recognised, each page of the site would seem to be a visit from another site.
    """
    url = url[:URL_LENGTH_MAX]
    if _ESCAPED_SCHEME.match(url):
        escaped = _UNTIL_PARAMETERS.match(url)
        end = escaped.end() if escaped is not None else 0
        url = unquote(url[:end]) + url[end:]
    try:
        bare = _BARE_HOST.match(url)
        mark = "//" if bare is not None and has_public_suffix(bare["host"].lower()) else ""
        parts = urlsplit(mark + _ESCAPED_AMPERSAND.sub(_ampersand, url).lstrip())
        _ = parts.hostname
    except ValueError:
        return None
    return parts


def _ampersand(found: re.Match[str]) -> str:
    in_url = found["in_url"]
    return "&" if in_url is None else found[0] if found[0] == in_url else "%26"


def query_parameters(text: str) -> Mapping[str, str]:
    """Return the parameters of a query string, by name in lower case; if a name repeats, its first value is used.

    Blank values are left out.
    """
    parameters: dict[str, str] = {}
    for piece in _pieces(text):
        name, _, value = piece.partition("=")
        if value and (read := short(decoded(value))):
            parameters.setdefault(decoded(name).strip(_AROUND).lower(), read)
    return parameters


def _pieces(text: str) -> Iterator[str]:
    """Yield the `name=value` strings of a query string, split at `&` and, before a utm tag, also at `?`, `;` and `%26`.

    A value with a slash is treated as a URL and is split only at `&`, so the UTM tags in this URL stay in the value.
    The value of a UTM tag is always split, even if it has a slash; the `=` before it may be escaped. The parameter
    `utm_referrer` does not count as a UTM tag.
    """
    for piece in text.split("&"):
        is_tag = _UTM_TAG.match(piece) is not None
        tags = _MISWRITTEN.split(_ESCAPED_EQUALS.sub(r"\1=", piece) if is_tag else piece)
        is_url = not is_tag and _SLASH.search(tags[0]) is not None
        yield from (piece,) if is_url else tags


def fragment_parameters_of(fragment: str) -> Mapping[str, str]:
    """Return the parameters in the fragment of a URL, by name; a path before them is skipped."""
    path, mark, query = fragment.partition("?")
    return query_parameters(query if mark else path.lstrip(_BEFORE_TAGS))


def parameters_in_path(path: str) -> Mapping[str, str]:
    """Return the parameters, by name, that follow the first `&` in a path, as in `/page&utm_source=x`.

    The slash that sites add to the end of a path does not belong to the last value.
    """
    return query_parameters(path.partition("&")[2].rstrip("/"))


def decoded(text: str) -> str:
    """Return a string with percent-encoding decoded: as UTF-8, or as Windows-1251, which old pages use.

    Letters and blanks that were escaped twice, or by `escape` of JavaScript (`%u043E`), are decoded too.
    """
    text = text.replace("+", " ")
    if "%" not in text:
        return text
    text = _ESCAPED_TWICE.sub(_escaped_once, _SCRIPT_RUN.sub(_utf_16_letters, text))
    runs = [unquote_to_bytes(run) for run in _PERCENT_RUN.findall(text)]
    encoding = "utf-8" if all(map(_is_utf8, runs)) else "cp1251"
    errors = "ignore" if encoding == "utf-8" else "replace"
    return _PERCENT_RUN.sub(lambda run: unquote_to_bytes(run[0]).decode(encoding, errors), text)


def _escaped_once(run: re.Match[str]) -> str:
    once = re.sub("%(?:25)+(?=[0-9A-Fa-f]{2})", "%", run[0])
    content = unquote_to_bytes(once)
    return once if _is_utf8(content) and (not content.isascii() or content.isspace()) else run[0]


def _utf_16_letters(run: re.Match[str]) -> str:
    return bytes.fromhex(run[0].lower().replace("%u", "")).decode("utf-16-be", "ignore")


def decode_text(content: bytes) -> str:
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
    """Return a string as it is stored: cut to `PART_LENGTH_MAX` characters, without outer blanks and invisible marks.

    Null characters are left out, since databases reject them.
    """
    return text.replace("\0", "").strip(_AROUND)[:PART_LENGTH_MAX]


def split_web_url(text: str) -> SplitResult | None:
    """Return the parts of an `http` or `https` URL with a host, or `None` for any other string."""
    try:
        parts = urlsplit(text)
        is_on_the_web = parts.scheme in DEFAULT_PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if is_on_the_web else None
