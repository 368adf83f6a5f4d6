"""A shared link: shows one report of a site to its bearer, without a log-in, until it expires or is revoked."""

from datetime import datetime, timedelta

from dealtrace.accounts.user import UserId
from dealtrace.record import record

SHARED_KEY_BYTES = 33
"""The randomness of the key of a link, of which only the digest is stored."""
SHARED_LINKS_MAX = 200
"""Ours: links of one site."""
DAYS_OFFERED = (7, 30, 90, 365)
"""Ours: how many days a link may be valid; none is valid for ever, because nobody remembers it."""
LINK_NAME_LENGTH_MAX = 100
SEEN_STEP = timedelta(minutes=1)
"""How often it is written down that a link is in use."""


@record
class SharedLink:
    """A link without its key: the site, its title, and the question that it shows as an address holds it.

    `made_by` is the user who made it, `used_at` when somebody last opened it.
    """

    digest: str
    site_id: int
    name: str
    query: str
    made_by: UserId | None
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None

    def is_valid(self, now: datetime) -> bool:
        """Whether it still shows something."""
        return now < self.expires_at

    def is_due(self, now: datetime) -> bool:
        """Whether the time of the last use should be stored again."""
        return self.used_at is None or now - self.used_at >= SEEN_STEP
