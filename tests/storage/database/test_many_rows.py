"""A statement that is run for each of many rows, and not at all without rows."""

import pytest
from sqlalchemy import Connection, bindparam, insert, select, update

from dealtrace.accounts.user import User, UserId
from dealtrace.storage.accounts import second_factors, users
from dealtrace.storage.database.many_rows import execute_many
from dealtrace.storage.schema.tables.control import recovery_code
from write_commands import NOON

IVAN = UserId(7)
_INSERT = insert(recovery_code)
_UPDATE = update(recovery_code).where(recovery_code.c.digest == bindparam("before")).values(digest=bindparam("after"))


@pytest.fixture(autouse=True)
def _ivan(connection: Connection) -> None:
    """Store the user to whom the rows belong."""
    users.insert_user(connection, User(IVAN, "ivan", NOON), "hash")


def test_each_row_is_stored_and_without_rows_nothing_happens(connection: Connection) -> None:
    execute_many(connection, _INSERT, [{"user_id": IVAN, "digest": digest} for digest in "ab"])
    execute_many(connection, _UPDATE, [{"before": "a", "after": "c"}])
    execute_many(connection, _INSERT, [])
    execute_many(connection, _UPDATE, [])
    assert set(connection.execute(select(recovery_code.c.digest)).scalars()) == {"b", "c"}


def test_recovery_codes_can_be_replaced_by_none(connection: Connection) -> None:
    second_factors.replace_recovery_codes(connection, IVAN, ["a", "b"])
    second_factors.replace_recovery_codes(connection, IVAN, [])
    assert second_factors.count_recovery_codes(connection, IVAN) == 0
