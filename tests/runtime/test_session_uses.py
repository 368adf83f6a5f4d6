"""The last uses of sessions are collected within a bound."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from dealtrace.runtime.account_changes import AccountChanges
from dealtrace.runtime.last_uses import KEYS_MAX, uses_of_sessions
from dealtrace.storage.database.engine import Database
from dealtrace.storage.schema.tables.control import session
from guests import last_use, new_session, new_user
from write_commands import utc_now

LOGGED_IN_AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_a_session_that_is_collected_is_stored_with_its_last_use_also_once_there_is_no_room(
    database: Database,
) -> None:
    user = new_user(database)
    with database.write() as connection:
        new_session(connection, user, LOGGED_IN_AT)
        digest = connection.execute(select(session.c.digest).where(session.c.user_id == user.id)).scalar_one()
    uses = uses_of_sessions()
    uses.add(digest, LOGGED_IN_AT + timedelta(minutes=1))
    for number in range(KEYS_MAX):
        uses.add(f"other {number}", LOGGED_IN_AT)
    uses.add(digest, LOGGED_IN_AT + timedelta(minutes=2))
    asyncio.run(uses.store(AccountChanges(database, utc_now)))
    assert last_use(database, user) == LOGGED_IN_AT + timedelta(minutes=2)


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_a_session_that_is_locked_delays_neither_logins_nor_the_uses_of_others(database: Database) -> None:
    locked, free = new_user(database), new_user(database)
    uses, retries = uses_of_sessions(), Counter[str]()
    changes = AccountChanges(database, utc_now, observe_retry=lambda reason: retries.update([reason]))
    with database.write() as connection:
        for user in (locked, free):
            new_session(connection, user, LOGGED_IN_AT)
        for digest in connection.execute(select(session.c.digest)).scalars():
            uses.add(digest, LOGGED_IN_AT + timedelta(minutes=1))
    with database.write() as other:
        other.execute(select(session.c.digest).where(session.c.user_id == locked.id).with_for_update())
        asyncio.run(uses.store(changes))
    changes.stop()
    assert not retries
    assert last_use(database, locked) == LOGGED_IN_AT
    assert last_use(database, free) == LOGGED_IN_AT + timedelta(minutes=1)
