"""What changes of accounts get, for tests that call them in a transaction of their own."""

from datetime import UTC, datetime

from sqlalchemy import Connection

from dealtrace.accounts.user import UserId
from dealtrace.operations.work import AccountWork
from dealtrace.storage.id_blocks import IdBlocks


def account_work(
    connection: Connection, now: datetime | None = None, ids: IdBlocks | None = None, *, user_id: int | None = None
) -> AccountWork:
    """Return the context of a change in the transaction of `connection`; without `ids`, it can take none."""
    made_by = UserId(user_id) if user_id is not None else None
    reserved = ids if ids is not None else IdBlocks(connection.engine)
    return AccountWork(connection, reserved, now or datetime.now(UTC), user_id=made_by)
