"""Compress pages for browsers that accept it."""

from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.types import ASGIApp

from dealtrace.files.row_writers import CONTENT_TYPES, XLSX

LEVEL = 5
"""The compression level: a page of 60 KB takes about a millisecond, and shrinks to 8 KB."""
EXCLUDED = (*DEFAULT_EXCLUDED_CONTENT_TYPES, CONTENT_TYPES[XLSX])
"""The content types whose files are already compressed."""


def compressed(pages: ASGIApp) -> ASGIApp:
    """Return an application that compresses the responses of `pages` with gzip if the client accepts gzip.

    Ours: the server compresses pages itself, because many servers have no proxy that compresses, and an uncompressed
    page takes several more round trips. The size of a compressed page may reveal the form token in the page to an
    attacker. This does no harm: the token is checked only in requests without `Sec-Fetch-Site` and `Origin`, and
    browsers send these headers. The secret of a session is never in a page.
    """
    return GZipMiddleware(pages, compresslevel=LEVEL, exclude_content_types=EXCLUDED)
