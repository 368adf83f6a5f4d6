"""The last uses of sessions and of tokens, collected in memory and stored many at a time."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Generic, TypeVar

from dealtrace.accounts.token import TokenId
from dealtrace.operations.accounts.issue_token import store_token_uses
from dealtrace.operations.accounts.log_in import store_session_uses
from dealtrace.operations.work import AccountWork
from dealtrace.runtime.account_changes import AccountChanges

Key = TypeVar("Key")
KEYS_MAX = 10_000
"""The maximum number of sessions or tokens whose use is collected between two writes; further ones are left out."""


class LastUses(Generic[Key]):
    """Collects in memory the time of the last use of each key: the id of a token, or the digest of a session.

    Ours: uses are stored once a second for sessions, and once a minute for tokens, so that a token costs one write a
    minute, however many requests it sends. A process that is killed loses the uses since the last write.
    """

    def __init__(self, store_uses: Callable[[AccountWork, Mapping[Key, datetime]], None]) -> None:
        self._store_uses = store_uses
        self._used_at: dict[Key, datetime] = {}

    def add(self, key: Key, now: datetime) -> None:
        """Add the use of a key at `now`."""
        if key in self._used_at or len(self._used_at) < KEYS_MAX:
            self._used_at[key] = now

    async def store(self, account_changes: AccountChanges) -> None:
        """Store the collected uses in one transaction; if that fails, they are stored the next time.

        Raises:
            Refusal: the database is unavailable.
        """
        used_at, self._used_at = self._used_at, {}
        if not used_at:
            return
        try:
            await account_changes.run(self._store_uses, used_at)
        except BaseException:
            self._used_at = {**used_at, **self._used_at}
            raise


def uses_of_sessions() -> LastUses[str]:
    """Return an empty collection of the last uses of sessions of the cabinet, by their digests."""
    return LastUses(store_session_uses)


def uses_of_tokens() -> LastUses[TokenId]:
    """Return an empty collection of the last uses of tokens, by their ids."""
    return LastUses(store_token_uses)
