"""The last uses of sessions of the cabinet (the web interface), collected in memory and stored once a second."""

from datetime import datetime

from dealtrace.operations.accounts.log_in import store_session_uses
from dealtrace.runtime.account_changes import AccountChanges

SESSIONS_MAX = 10_000
"""The maximum number of sessions whose use is collected between two writes; the use of further ones is not recorded."""


class SessionUses:
    """Collects in memory the time of each session's last use, so that pages open even if nothing can be stored.

    Uses that could not be stored are lost: the stored time of the last use is too early until the next use is stored.
    """

    def __init__(self) -> None:
        self._used_at: dict[str, datetime] = {}

    def add(self, digest: str, now: datetime) -> None:
        """Add the use of a session at `now`."""
        if digest in self._used_at or len(self._used_at) < SESSIONS_MAX:
            self._used_at[digest] = now

    async def store(self, account_changes: AccountChanges) -> None:
        """Store the collected uses in one transaction."""
        used_at, self._used_at = self._used_at, {}
        if used_at:
            await account_changes.run(store_session_uses, used_at)
