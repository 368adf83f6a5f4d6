"""Saved reports: questions that are kept under a name, by a site for all or by a user for their own use."""

from datetime import datetime

from dealtrace.record import record

SAVED_REPORTS_MAX = 500
"""Ours: saved reports of one site, those of its users among them."""
QUERY_LENGTH_MAX = 8_000
"""Ours: characters of a question as an address holds it; the longest that a form of the page makes has a tenth."""


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
