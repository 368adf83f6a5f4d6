"""Saved reports: questions that are kept under a name, by a site for all or by a user for their own use."""

from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from dealtrace.record import record

SAVED_REPORTS_MAX = 500
"""Ours: saved reports of one site, those of its users among them."""
QUERY_LENGTH_MAX = 8_000
"""Ours: characters of a question as an address holds it; the longest that a form of the page makes has a tenth."""

SEGMENT = "segment"
"""The parameter of a question that names a segment."""


@record
class SavedReport:
    """A report under a name: its question as an address holds it, and the user whose own it is; `None` is the site's.

    `saved_by` is the user who saved it last.
    """

    name: str
    query: str
    user_id: int | None
    saved_by: int | None
    saved_at: datetime


def with_segment_renamed(query: str, name: str, new_name: str) -> str:
    """Return a question as an address holds it, unchanged unless it names the segment that was renamed."""
    pairs = parse_qsl(query)
    if (SEGMENT, name) not in pairs:
        return query
    return urlencode([(SEGMENT, new_name) if pair == (SEGMENT, name) else pair for pair in pairs])
