"""The language to answer a request in."""

from starlette.types import Scope

from dealtrace.errors import Language
from dealtrace.http.request_headers import header


def language_of(scope: Scope) -> Language:
    """Return the language to answer in: Russian, unless the client prefers English.

    Ours: the first language in `Accept-Language` decides.
    """
    return "en" if header(scope, b"accept-language").strip().lower().startswith("en") else "ru"
