"""Demand a second factor of everybody."""

from sqlalchemy import Connection

from dealtrace.storage.accounts.installation import set_factor_demanded


def demand_second_factor(connection: Connection, *, is_demanded: bool) -> None:
    """Demand a second factor of everybody, or of nobody: who has none sets it up before any other page opens."""
    set_factor_demanded(connection, is_demanded=is_demanded)
