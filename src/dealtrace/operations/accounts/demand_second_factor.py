"""Require all users to log in with a second factor."""

from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.account_act import ActKind
from dealtrace.operations.accounts.record_act import record_act
from dealtrace.storage.accounts.installation import is_factor_demanded, set_factor_demanded


def demand_second_factor(connection: Connection, now: datetime, *, is_demanded: bool, demanded_by: int | None) -> None:
    """Require all users to log in with a second factor, or stop requiring it.

    While a second factor is required, users who have none must set one up before they can open any other page.
    `demanded_by` is the user who changes this, or `None` on the command line.
    """
    if is_demanded != is_factor_demanded(connection):
        kind = ActKind.FACTOR_DEMANDED if is_demanded else ActKind.FACTOR_NOT_DEMANDED
        record_act(connection, kind, "", now, demanded_by)
    set_factor_demanded(connection, is_demanded=is_demanded)
