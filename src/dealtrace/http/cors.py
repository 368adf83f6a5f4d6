"""Cross-origin requests (CORS): which pages may call an endpoint, and read its answers.

Some endpoints answer scripts of any page; others those of the origins that the token's site names.
"""

from collections.abc import Sequence
from dataclasses import replace

from dealtrace.http.replies import JSON_TYPE, Header, Reply

EXPOSED: Header = (b"access-control-expose-headers", b"Retry-After, X-Request-Id, X-Total-Count")
ANY_ORIGIN: Sequence[Header] = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"Retry-After, X-Request-Id"),
)
"""Sent without an `Origin` as well: a cache may have stored the answer to such a request for a page."""
BY_ORIGIN: Header = (b"vary", b"Origin")
"""Sent where the answer depends on the page that asks, so that no cache gives it to another."""
PREFLIGHT_SECONDS = 86_400
SITE_PREFLIGHT_SECONDS = 60
"""Ours: a site may take an origin back, and its pages follow within a minute."""


def preflight(methods: Sequence[str], requested_headers: str) -> Reply:
    """Return the reply that lets a browser send the request it asks about, from any page."""
    return _preflight(ANY_ORIGIN, methods, requested_headers, PREFLIGHT_SECONDS)


def preflight_of_origin(origin: str, methods: Sequence[str], requested_headers: str) -> Reply:
    """Return the reply that lets a browser send the request it asks about, from pages of one origin."""
    return _preflight(_allowed(origin), methods, requested_headers, SITE_PREFLIGHT_SECONDS)


def readable_by_any_page(reply: Reply) -> Reply:
    """Return the reply with the headers that let scripts of any page read it."""
    return replace(reply, headers=(*reply.headers, *ANY_ORIGIN))


def readable_by_origin(reply: Reply, origin: str) -> Reply:
    """Return the reply with the headers that let scripts of pages of one origin read it."""
    return replace(reply, headers=(*reply.headers, *_allowed(origin)))


def varying_by_origin(reply: Reply) -> Reply:
    """Return a reply that the page which asked may not read, for caches to give to nobody else."""
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
