"""Read the headers of a request."""

import re

from starlette.types import Scope


def header(scope: Scope, name: bytes) -> str:
    """Return the value of a header, or an empty string if it is missing; `name` is in lower case."""
    for key, value in scope["headers"]:
        if key == name:
            return str(value, "latin-1")
    return ""


def joined_header(scope: Scope, name: bytes) -> str:
    """Return all values of a header in order, joined by commas; `name` is in lower case."""
    return ",".join([value.decode("latin-1") for key, value in scope["headers"] if key == name])


def accepts_html(scope: Scope) -> bool:
    """Return whether the `Accept` header lists `text/html`, as browsers do; `*/*` alone does not count."""
    for accepted in header(scope, b"accept").lower().split(","):
        media_type, *parameters = (part.strip() for part in accepted.split(";"))
        if media_type == "text/html" and not any(re.fullmatch(r"q=0(\.0*)?", part) for part in parameters):
            return True
    return False
