"""The history of actions on accounts, such as creating a user."""

from sqlalchemy import Connection, insert, select

from dealtrace.accounts.account_act import AccountAct, ActKind
from dealtrace.storage.accounts.history_keys import HISTORY_KEYS
from dealtrace.storage.schema.tables.control import account_act


def insert_account_act(connection: Connection, act: AccountAct) -> None:
    """Store an action in the history of the installation."""
    connection.execute(
        insert(account_act).values(
            key=HISTORY_KEYS.next(act.acted_at),
            acted_at=act.acted_at,
            author=act.author,
            kind=act.kind.value,
            name=act.name,
        )
    )


def list_account_acts(connection: Connection, *, most: int) -> list[AccountAct]:
    """List up to `most` actions, newest first."""
    newest = select(account_act).order_by(account_act.c.acted_at.desc(), account_act.c.key.desc()).limit(most)
    return [AccountAct(ActKind(row.kind), row.name, row.acted_at, row.author) for row in connection.execute(newest)]
