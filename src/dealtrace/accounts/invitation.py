"""An invitation: a one-time link that lets its bearer create a user, take a role, or set a password."""

from datetime import datetime, timedelta
from enum import StrEnum

from dealtrace.accounts.role import Role
from dealtrace.accounts.site import SiteId
from dealtrace.accounts.user import UserId
from dealtrace.record import record

INVITATION_BYTES = 33
"""The randomness of the key of a link, of which only the digest is stored."""
INVITATION_AGE_MAX = timedelta(days=7)
"""Ours: an invitation that nobody accepted for a week was sent to the wrong place."""
PASSWORD_LINK_AGE_MAX = timedelta(days=1)
"""Ours: a link to somebody's account is used at once or made again."""


class Purpose(StrEnum):
    """What a one-time link is for."""

    FIRST = "first"
    ROLE = "role"
    PASSWORD = "password"  # noqa: S105 - a purpose


@record
class Invitation:
    """A link without its key.

    `made_by` is `None` if a command or the server itself made it. A link for a role makes an owner of the installation
    if it names no site; one for a password names the user whose password it sets.
    """

    digest: str
    purpose: Purpose
    created_at: datetime
    expires_at: datetime | None = None
    made_by: UserId | None = None
    user_id: UserId | None = None
    site_id: SiteId | None = None
    role: Role | None = None

    def is_valid(self, now: datetime) -> bool:
        """Whether it still opens something, if nobody has used it."""
        return self.expires_at is None or now < self.expires_at
