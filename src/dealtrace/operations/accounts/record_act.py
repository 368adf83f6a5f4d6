"""Record acts on accounts: what was done, to whom, by whom and when."""

from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.account_act import AccountAct, ActKind
from dealtrace.storage.accounts.account_acts import insert_account_act
from dealtrace.storage.accounts.users import find_logins


def record_act(connection: Connection, kind: ActKind, name: str, now: datetime, author_id: int | None) -> None:
    """Record an act on an account in the transaction of the act itself.

    `author_id` is the user who acted, or `None` for an act on the command line.
    """
    author = find_logins(connection, {author_id}).get(author_id) if author_id is not None else None
    insert_account_act(connection, AccountAct(kind, name, now, author))
