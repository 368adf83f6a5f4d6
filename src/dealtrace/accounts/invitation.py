"""An invitation: a one-time link with which a person creates a user, gets a role, or sets a password."""

from datetime import datetime, timedelta
from enum import StrEnum

from dealtrace.accounts.rights import Role
from dealtrace.accounts.site import SiteId
from dealtrace.accounts.user import UserId
from dealtrace.record import record

INVITATION_BYTES = 33
"""The number of random bytes in the key of a link; only the digest of the key is stored."""
INVITATION_AGE_MAX = timedelta(days=7)
"""Ours: how long an invitation is valid; one that nobody accepts within a week probably went to the wrong person."""
PASSWORD_LINK_AGE_MAX = timedelta(days=1)
"""Ours: how long a link that sets a password is valid; a forgotten link is dangerous, and a new one is easy to make."""

NAME_TRIES_MAX = 5
"""Ours: how often a person with an invitation may choose a login that is taken before the invitation becomes void.

People choose their login and must learn if it is taken, which reveals that a user with this login exists. Limits per
minute and IP address only slow down a person who guesses logins. If an invitation were bound to a login, its maker
could find out which logins exist, and would need a login that the person may not have chosen yet. A few tries per
invitation are enough to choose a free login, and each invitation is recorded with its maker.
"""


class Purpose(StrEnum):
    """The purpose of a one-time link."""

    FIRST = "first"
    ROLE = "role"
    PASSWORD = "password"  # noqa: S105 - a purpose


@record
class Invitation:
    """A one-time link as it is stored, without its key.

    `made_by` is `None` if a command or the server made the link. A link that gives a role gives `role` on the site
    `site_id`; if `site_id` is `None`, it makes its user an owner of the installation. `name_tries` is how often the
    person who opened the link chose a login that was already taken.
    """

    digest: str
    purpose: Purpose
    created_at: datetime
    expires_at: datetime | None = None
    made_by: UserId | None = None
    user_id: UserId | None = None
    site_id: SiteId | None = None
    role: Role | None = None
    name_tries: int = 0

    def is_valid(self, now: datetime) -> bool:
        """Return whether the link has neither expired nor been tried with too many logins, even if it was used."""
        return self.name_tries < NAME_TRIES_MAX and (self.expires_at is None or now < self.expires_at)
