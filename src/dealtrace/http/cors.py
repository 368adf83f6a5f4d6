"""Cross-origin requests (CORS): endpoints that scripts of any page may call and whose answers they may read."""

from collections.abc import Sequence
from dataclasses import replace

from dealtrace.http.replies import JSON_TYPE, Header, Reply

ANY_ORIGIN: Sequence[Header] = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"Retry-After, X-Request-Id"),
)
"""Sent without an `Origin` as well: a cache may have stored the answer to such a request for a page."""
PREFLIGHT_SECONDS = 86_400


def preflight(methods: Sequence[str], requested_headers: str) -> Reply:
    """Return the reply that lets a browser send the request it asks about."""
    allowed = (
        (b"access-control-allow-methods", ", ".join(methods).encode()),
        (b"access-control-allow-headers", (requested_headers or "*").encode("latin-1")),
        (b"access-control-max-age", str(PREFLIGHT_SECONDS).encode()),
    )
    return Reply(200, b"", (JSON_TYPE, *ANY_ORIGIN, *allowed), "preflight_answered")


def readable_by_any_page(reply: Reply) -> Reply:
    """Return the reply with the headers that let scripts of any page read it."""
    return replace(reply, headers=(*reply.headers, *ANY_ORIGIN))
