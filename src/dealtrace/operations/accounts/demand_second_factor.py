"""Require a second factor of every user."""

from sqlalchemy import Connection

from dealtrace.storage.accounts.installation import set_factor_demanded


def demand_second_factor(connection: Connection, *, is_demanded: bool) -> None:
    """Require a second factor of every user, or stop; users without it must set it up before any other page opens."""
    set_factor_demanded(connection, is_demanded=is_demanded)
