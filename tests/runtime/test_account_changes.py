"""Changes of accounts: one after another, each in a transaction of its own."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from dealtrace.errors import LoginRefused
from dealtrace.runtime.account_changes import IDS_OF_A_CHANGE, AccountChanges
from dealtrace.storage.accounts.installation import is_factor_demanded, set_factor_demanded
from dealtrace.storage.database.engine import Database
from dealtrace.storage.schema.tables.control import id_block


def next_id(database: Database) -> int:
    with database.read() as connection:
        return int(connection.execute(select(id_block.c.next_id)).scalar_one())


def take_all(_connection: Any, ids: Any) -> list[int]:
    return [ids.take() for _ in range(IDS_OF_A_CHANGE)]


def test_ids_that_a_change_leaves_unused_are_there_for_the_next(database: Database) -> None:
    changes, before = AccountChanges(database), next_id(database)

    async def run() -> list[list[int]]:
        for _ in range(200):
            await changes.run(lambda _connection, _ids: None)
        return await asyncio.gather(*(changes.run(take_all) for _ in range(20)))

    taken = [number for numbers in asyncio.run(run()) for number in numbers]
    assert len(set(taken)) == 20 * IDS_OF_A_CHANGE
    assert next_id(database) - before == 1000


def test_a_change_that_is_refused_leaves_nothing_behind(database: Database) -> None:
    def refuse(connection: Any, _ids: Any) -> None:
        set_factor_demanded(connection, is_demanded=True)
        raise LoginRefused

    with pytest.raises(LoginRefused):
        asyncio.run(AccountChanges(database).run(refuse))
    with database.read() as connection:
        assert not is_factor_demanded(connection)
