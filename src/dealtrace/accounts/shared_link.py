"""A shared link, which shows one report of a site to anyone who opens it, until it expires or is revoked."""

from datetime import datetime, timedelta

from dealtrace.accounts.user import UserId
from dealtrace.record import record

SHARED_KEY_BYTES = 33
"""The number of random bytes in the key of a link; only the digest of the key is stored."""
SHARED_LINKS_MAX = 200
"""Ours: the maximum number of shared links of one site."""
DAYS_OFFERED = (7, 30, 90, 365)
"""Ours: for how many days a shared link may be valid; every link expires, because people forget about links."""
SEEN_STEP = timedelta(minutes=1)
"""How often `used_at` is updated while a link is in use."""


@record
class SharedLink:
    """A shared link as stored, with the digest of its key; `query` is the query string that defines the report.

    `used_at` is when somebody last opened the link, to the minute. `segment_deleted_at` is when the segment of the
    report was deleted; since then, the link has shown nothing.
    """

    digest: str
    site_id: int
    name: str
    query: str
    made_by: UserId | None
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    segment_deleted_at: datetime | None = None

    def is_valid(self, now: datetime) -> bool:
        """Return whether the link has not expired."""
        return now < self.expires_at

    def is_due(self, now: datetime) -> bool:
        """Return whether `used_at` must be updated when somebody opens the link at `now`."""
        return self.used_at is None or now - self.used_at >= SEEN_STEP
