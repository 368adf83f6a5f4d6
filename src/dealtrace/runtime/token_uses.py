"""The last uses of tokens, collected in memory and stored about once a minute."""

from datetime import datetime

from dealtrace.accounts.token import TokenId
from dealtrace.operations.accounts.issue_token import store_token_uses
from dealtrace.runtime.account_changes import AccountChanges


class TokenUses:
    """Collects in memory the time of each token's last use; only valid tokens are added, so their number is bounded.

    Ours: uses are stored once a minute, so a token costs one write a minute, however many requests it sends. A process
    that is killed loses the uses of its last minute.
    """

    def __init__(self) -> None:
        self._used_at: dict[TokenId, datetime] = {}

    def add(self, token_id: TokenId, now: datetime) -> None:
        """Add the use of a token at `now`."""
        self._used_at[token_id] = now

    async def store(self, account_changes: AccountChanges) -> None:
        """Store the collected uses in one transaction; if that fails, they are stored the next time.

        Raises:
            Refusal: the database is unavailable.
        """
        used_at, self._used_at = self._used_at, {}
        if not used_at:
            return
        try:
            await account_changes.run(store_token_uses, used_at)
        except BaseException:
            self._used_at = {**used_at, **self._used_at}
            raise
