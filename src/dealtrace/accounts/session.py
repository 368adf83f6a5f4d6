"""A session: a browser in which a person is logged in."""

from datetime import datetime, timedelta

from dealtrace.accounts.user import UserId
from dealtrace.record import record

SESSION_BYTES = 32
"""The randomness of the secret that a browser keeps."""
SESSION_IDLE_MAX = timedelta(days=7)
"""Ours: who has not been here for a week logs in again."""
SESSION_AGE_MAX = timedelta(days=30)
"""Ours: and everybody does after a month."""
CODE_WAIT_MAX = timedelta(minutes=15)
"""Ours: who gave the password gives the second factor within this time, or begins again."""
SEEN_STEP = timedelta(minutes=1)
"""How often it is written down that a session is in use."""


@record
class Session:
    """A session without its secret, of which only the digest is stored.

    `is_confirmed` is whether a second factor, if the person has one, was given. `ip` and `browser` tell the person
    which session it is.
    """

    digest: str
    user_id: UserId
    created_at: datetime
    seen_at: datetime
    ip: str
    browser: str
    is_confirmed: bool

    def is_over(self, now: datetime) -> bool:
        """Whether the session has ended by itself."""
        if not self.is_confirmed:
            return now - self.created_at > CODE_WAIT_MAX
        return now - self.seen_at > SESSION_IDLE_MAX or now - self.created_at > SESSION_AGE_MAX

    def is_due(self, now: datetime) -> bool:
        """Whether its use is to be written down again."""
        if not self.is_confirmed:
            return now - self.created_at > CODE_WAIT_MAX
        return now - self.seen_at > SEEN_STEP
