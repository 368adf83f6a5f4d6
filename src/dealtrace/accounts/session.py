"""A session: a browser in which a person is logged in."""

from datetime import datetime, timedelta

from dealtrace.accounts.user import UserId
from dealtrace.record import record

SESSION_BYTES = 32
"""The random bytes of the secret that a browser keeps."""
SESSION_IDLE_MAX = timedelta(days=7)
"""Ours: a person who has not used the cabinet for a week logs in again."""
SESSION_AGE_MAX = timedelta(days=30)
"""Ours: everybody logs in again after a month."""
CODE_WAIT_MAX = timedelta(minutes=15)
"""Ours: the second factor must follow the password within this time, or the person logs in again."""
SEEN_STEP = timedelta(minutes=1)
"""How often `seen_at` is updated while a session is in use."""


@record
class Session:
    """A session without its secret, of which only the digest is stored.

    `is_confirmed` is whether the person gave their second factor, if they have one.
    """

    digest: str
    user_id: UserId
    created_at: datetime
    seen_at: datetime
    ip: str
    browser: str
    is_confirmed: bool

    def is_over(self, now: datetime) -> bool:
        """Return whether the session has expired."""
        if not self.is_confirmed:
            return now - self.created_at > CODE_WAIT_MAX
        return now - self.seen_at > SESSION_IDLE_MAX or now - self.created_at > SESSION_AGE_MAX

    def is_due(self, now: datetime) -> bool:
        """Return whether to save the session again: `seen_at` is a minute old, or the wait for a code is over."""
        if not self.is_confirmed:
            return now - self.created_at > CODE_WAIT_MAX
        return now - self.seen_at > SEEN_STEP
