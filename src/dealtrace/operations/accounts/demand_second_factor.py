"""Require all users to log in with a second factor."""

from sqlalchemy import Connection

from dealtrace.storage.accounts.installation import set_factor_demanded


def demand_second_factor(connection: Connection, *, is_demanded: bool) -> None:
    """Require all users to log in with a second factor, or stop requiring it.

    While a second factor is required, users who have none must set one up before they can open any other page.
    """
    set_factor_demanded(connection, is_demanded=is_demanded)
