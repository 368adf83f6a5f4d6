"""Record acts on accounts: what was done, to whom, by whom and when."""

from dealtrace.accounts.account_act import AccountAct, ActKind
from dealtrace.operations.work import AccountWork
from dealtrace.storage.accounts.account_acts import insert_account_act
from dealtrace.storage.accounts.users import find_logins


def record_act(work: AccountWork, kind: ActKind, name: str) -> None:
    """Record an act on an account in the transaction of the act itself, with the login of the user who acted."""
    author = find_logins(work.connection, {work.user_id}).get(work.user_id) if work.user_id is not None else None
    insert_account_act(work.connection, AccountAct(kind, name, work.now, author))
