"""Origins (scheme, host and port) of the web pages that may call the API from a browser and read its answers."""

import re
from urllib.parse import urlsplit

from dealtrace.attribution.host_names import host_in_ascii
from dealtrace.attribution.urls import DEFAULT_PORTS
from dealtrace.errors import InvalidSetting

ORIGINS_MAX = 100
"""Ours: the maximum number of origins of a site; no site needs more."""
_HOST = re.compile(r"[a-z0-9._-]+|\[[0-9a-f:.]+\]")


def read_origins(key: str, text: str) -> tuple[str, ...]:
    """Parse a comma-separated list of origins, and return them in the form that browsers send.

    Raises:
        InvalidSetting: a part is not an origin, or there are more than `ORIGINS_MAX`.
    """
    origins = tuple(dict.fromkeys(_read_origin(key, part.strip()) for part in text.split(",") if part.strip()))
    if len(origins) > ORIGINS_MAX:
        raise InvalidSetting(
            key=key, ru=f"допускается не более {ORIGINS_MAX} адресов", en=f"at most {ORIGINS_MAX} origins are allowed"
        )
    return origins


def _read_origin(key: str, text: str) -> str:
    """Return an origin in lower case, its host in ASCII, without the default port of its scheme.

    Ours: `*` and `null` are refused, since they would let every page use the site's token.
    """
    try:
        parts = urlsplit(text)
        port, name = parts.port, parts.hostname or ""
        host = f"[{name}]" if ":" in name else host_in_ascii(name).encode("idna").decode()
    except (ValueError, UnicodeError):
        raise _no_origin(key) from None
    is_bare = parts.path in ("", "/") and not (
        parts.query or parts.fragment or "@" in parts.netloc or len(text.split()) > 1
    )
    if parts.scheme not in DEFAULT_PORTS or not _HOST.fullmatch(host) or not is_bare:
        raise _no_origin(key)
    shown = "" if port in (None, DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{host}{shown}"


def _no_origin(key: str) -> InvalidSetting:
    return InvalidSetting(
        key=key,
        ru="ожидаются адреса вида https://shop.example через запятую, без пути",
        en="origins such as https://shop.example are expected, comma-separated, without a path",
    )
