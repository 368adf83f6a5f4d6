"""Require all users to log in with a second factor."""

from sqlalchemy import Connection

from dealtrace.storage.accounts.installation import set_factor_demanded


def demand_second_factor(connection: Connection, *, is_demanded: bool) -> None:
    """Turn the requirement that all users log in with a second factor on or off.

    While it is on, users without a second factor must set one up before they can open any other page.
    """
    set_factor_demanded(connection, is_demanded=is_demanded)
