"""URLs on the web: `http` or `https`, with a host."""

from urllib.parse import SplitResult, urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443}
"""The schemes of web URLs and their default ports."""


def split_web_url(text: str) -> SplitResult | None:
    """Return the parts of an `http` or `https` URL with a host, or `None` for any other string."""
    try:
        parts = urlsplit(text)
        is_on_the_web = parts.scheme in DEFAULT_PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if is_on_the_web else None
