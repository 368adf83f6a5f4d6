"""Require all users to log in with a second factor."""

from dealtrace.accounts.account_act import ActKind
from dealtrace.operations.accounts.record_act import record_act
from dealtrace.operations.work import AccountWork
from dealtrace.storage.accounts.installation import is_factor_demanded, set_factor_demanded


def demand_second_factor(work: AccountWork, *, is_demanded: bool) -> None:
    """Require all users to log in with a second factor, or stop requiring it.

    While a second factor is required, users who have none must set one up before they can open any other page.
    """
    if is_demanded != is_factor_demanded(work.connection):
        kind = ActKind.FACTOR_DEMANDED if is_demanded else ActKind.FACTOR_NOT_DEMANDED
        record_act(work, kind, "")
    set_factor_demanded(work.connection, is_demanded=is_demanded)
