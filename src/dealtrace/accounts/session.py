"""A login session: a browser in which a person is logged in to the cabinet."""

from datetime import datetime, timedelta

from dealtrace.accounts.second_factor import CODE_WAIT_MAX
from dealtrace.accounts.user import UserId
from dealtrace.record import record

SESSION_BYTES = 32
"""The number of random bytes in the secret that the browser keeps in a cookie."""
SESSION_IDLE_MAX = timedelta(days=7)
"""Ours: how long a session lasts without being used; after this, the person must log in again."""
SESSION_AGE_MAX = timedelta(days=30)
"""Ours: how long a session lasts even if it is used; after this, the person must log in again."""
SEEN_STEP = timedelta(minutes=1)
"""How often `seen_at` is updated while a session is in use."""


@record
class Session:
    """A session as stored: with the digest of its secret, not the secret itself.

    `is_confirmed` is false until the person has entered their second factor, if they have one.
    """

    digest: str
    user_id: UserId
    created_at: datetime
    seen_at: datetime
    ip: str
    browser: str
    is_confirmed: bool

    def is_over(self, now: datetime) -> bool:
        """Return whether the session has expired.

        A session that was opened while the clock was more than `SESSION_AGE_MAX` ahead has expired, too.
        """
        if not self.is_confirmed:
            return abs(now - self.created_at) > CODE_WAIT_MAX
        return now - self.seen_at > SESSION_IDLE_MAX or abs(now - self.created_at) > SESSION_AGE_MAX

    def is_due(self, now: datetime) -> bool:
        """Return whether the stored session must be updated or ended.

        It must be updated if `seen_at` is over a minute old, and ended if the second factor was not entered within
        `CODE_WAIT_MAX`.
        """
        if not self.is_confirmed:
            return now - self.created_at > CODE_WAIT_MAX
        return now - self.seen_at > SEEN_STEP
