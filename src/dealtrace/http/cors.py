"""Cross-origin requests (CORS): which web pages may call an endpoint and read its answers.

Some endpoints answer scripts of any page, others only scripts of the origins that the token's site lists.
"""

from collections.abc import Sequence
from dataclasses import replace

from dealtrace.http.replies import JSON_TYPE, Header, Reply

EXPOSED: Header = (b"access-control-expose-headers", b"Retry-After, X-Request-Id, X-Total-Count")
ANY_ORIGIN: Sequence[Header] = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"Retry-After, X-Request-Id"),
)
"""The headers that let scripts of any page read an answer.

They are sent even without `Origin`, since a cache may later serve the answer to a page.
"""
BY_ORIGIN: Header = (b"vary", b"Origin")
"""The header of answers that depend on the page's origin, so that caches do not serve them to other origins."""
PREFLIGHT_SECONDS = 86_400
SITE_PREFLIGHT_SECONDS = 60
"""Ours: how many seconds browsers may cache a site's preflight reply; a removed origin keeps access this long."""


def preflight(methods: Sequence[str], requested_headers: str) -> Reply:
    """Return a preflight reply that allows any page to send the actual request."""
    return _preflight(ANY_ORIGIN, methods, requested_headers, PREFLIGHT_SECONDS)


def preflight_of_origin(origin: str, methods: Sequence[str], requested_headers: str) -> Reply:
    """Return a preflight reply that allows the pages of one origin to send the actual request."""
    return _preflight(_allowed(origin), methods, requested_headers, SITE_PREFLIGHT_SECONDS)


def readable_by_any_page(reply: Reply) -> Reply:
    """Return a copy of the reply that scripts of any page may read."""
    return replace(reply, headers=(*reply.headers, *ANY_ORIGIN))


def readable_by_origin(reply: Reply, origin: str) -> Reply:
    """Return a copy of the reply that scripts of one origin may read."""
    return replace(reply, headers=(*reply.headers, *_allowed(origin)))


def varying_by_origin(reply: Reply) -> Reply:
    """Return a copy, with `Vary: Origin`, of a reply to a refused origin: caches must not serve it to other origins."""
    return replace(reply, headers=(*reply.headers, BY_ORIGIN))


def _allowed(origin: str) -> Sequence[Header]:
    return ((b"access-control-allow-origin", origin.encode("latin-1")), EXPOSED, BY_ORIGIN)


def _preflight(who: Sequence[Header], methods: Sequence[str], requested_headers: str, seconds: int) -> Reply:
    allowed = (
        (b"access-control-allow-methods", ", ".join(methods).encode()),
        (b"access-control-allow-headers", (requested_headers or "*").encode("latin-1")),
        (b"access-control-max-age", str(seconds).encode()),
    )
    return Reply(200, b"", (JSON_TYPE, *who, *allowed), "preflight_answered")
