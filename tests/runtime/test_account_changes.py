"""Changes of accounts: one after another, each in a transaction of its own."""

import asyncio
import sqlite3
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from account_work import account_work
from cast import Stage
from dealtrace.accounts.site import Site
from dealtrace.alerts.rule import AlertKind, Rule
from dealtrace.alerts.windows import WINDOWS
from dealtrace.errors import LoginRefused
from dealtrace.mails.recipient import RECIPIENTS_MAX, Recipient
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.operations.alerts import manage
from dealtrace.operations.work import AccountWork, at_site, takes_ids
from dealtrace.runtime.account_changes import AccountChanges
from dealtrace.storage.accounts.installation import is_factor_demanded, set_factor_demanded
from dealtrace.storage.database.engine import Database, open_database
from dealtrace.storage.id_blocks import BLOCK_SIZE
from dealtrace.storage.schema.tables.control import id_block
from stored import wait_until_locked
from write_commands import NOON, utc_now

IDS = 10
FIRST, SECOND = "SELECT pg_advisory_xact_lock(1)", "SELECT pg_advisory_xact_lock(2)"


def next_id(database: Database) -> int:
    with database.read() as connection:
        return int(connection.execute(select(id_block.c.next_id)).scalar_one())


@takes_ids(IDS)
def take_all(work: AccountWork) -> list[int]:
    return [work.ids.take() for _ in range(IDS)]


def test_ids_that_a_change_leaves_unused_are_there_for_the_next(database: Database) -> None:
    changes, before = AccountChanges(database, utc_now), next_id(database)

    async def run() -> list[list[int]]:
        for _ in range(200):
            await changes.run(lambda _work: None)
        return await asyncio.gather(*(changes.run(take_all) for _ in range(20)))

    taken = [number for numbers in asyncio.run(run()) for number in numbers]
    assert len(set(taken)) == 20 * IDS
    assert next_id(database) - before == 1000


def test_a_change_has_the_ids_that_it_declares_when_few_are_left(stage: Stage) -> None:
    shop = stage.open_site()
    recipients = tuple(Recipient(f"anna{number}@example.com", "en") for number in range(RECIPIENTS_MAX))
    rule = Rule(AlertKind.ABOVE, "deals", WINDOWS["day"], Decimal(3), recipients=recipients)
    with stage.database.write() as connection:
        alert = manage.add_alert(account_work(connection, NOON, stage.ids).at(shop.site), rule)
    changes = AccountChanges(stage.database, utc_now)

    @takes_ids(BLOCK_SIZE - 10)
    def leave_ten(work: AccountWork) -> None:
        for _ in range(BLOCK_SIZE - 10):
            work.ids.take()

    async def run() -> int:
        await changes.run(leave_ten)
        return len(await changes.run(manage.schedule_test_mails, alert))

    assert asyncio.run(run()) == RECIPIENTS_MAX
    changes.stop()


def test_a_change_is_made_at_the_time_of_the_clock_and_by_nobody(stage: Stage) -> None:
    shop, changes = stage.open_site(), AccountChanges(stage.database, lambda: NOON)

    def describe(work: AccountWork) -> tuple[datetime, int | None]:
        return work.now, work.user_id

    async def run() -> tuple[tuple[datetime, int | None], Site]:
        site = await changes.run(at_site(partial(require_site, site_id=shop.site.id), lambda work: work.site))
        return await changes.run(describe), site

    assert asyncio.run(run()) == ((NOON, None), shop.site)
    changes.stop()


def test_a_change_that_is_refused_leaves_nothing_behind(database: Database) -> None:
    def refuse(work: AccountWork) -> None:
        set_factor_demanded(work.connection, is_demanded=True)
        raise LoginRefused

    with pytest.raises(LoginRefused):
        asyncio.run(AccountChanges(database, utc_now).run(refuse))
    with database.read() as connection:
        assert not is_factor_demanded(connection)


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_a_change_that_a_deadlock_rolled_back_is_run_again(database: Database) -> None:
    other = open_database(database.url.render_as_string(hide_password=False))
    retries: Counter[str] = Counter()
    following: list[Future[Any]] = []
    tries = 0

    @takes_ids(1)
    def demand(work: AccountWork) -> int:
        """Run into a deadlock, at the first call, in which this transaction is the one that notices."""
        nonlocal tries
        tries += 1
        set_factor_demanded(work.connection, is_demanded=True)
        if tries == 1:
            work.connection.exec_driver_sql("SET LOCAL deadlock_timeout = '10ms'")
            work.connection.exec_driver_sql(FIRST)
            following.append(threads.submit(lambda: rival.exec_driver_sql(FIRST)))
            wait_until_locked(database, following[0])
            work.connection.exec_driver_sql(SECOND)
        return work.ids.take()

    changes = AccountChanges(database, utc_now, observe_retry=lambda reason: retries.update([reason]))
    try:
        with ThreadPoolExecutor(1) as threads, other.write() as rival:
            rival.exec_driver_sql("SET LOCAL deadlock_timeout = '1h'")
            rival.exec_driver_sql(SECOND)
            taken = asyncio.run(changes.run(demand))
    finally:
        changes.stop()
        other.close()
    assert (tries, retries) == (2, {"deadlock": 1})
    assert taken < next_id(database)
    with database.read() as connection:
        assert is_factor_demanded(connection)


def demand_factor(work: AccountWork) -> None:
    set_factor_demanded(work.connection, is_demanded=True)


def hold_file(database: Database) -> sqlite3.Connection:
    """Keep the lock of a SQLite file, for which others wait a moment only, until the connection is closed."""
    with database.write() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=10")
    holder = sqlite3.connect(database.file, isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")
    return holder


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_a_change_waits_until_another_process_releases_the_file(database: Database) -> None:
    holder, retries = hold_file(database), list[str]()

    def release(reason: str) -> None:
        retries.append(reason)
        holder.close()

    changes = AccountChanges(database, utc_now, observe_retry=release)
    asyncio.run(changes.run(demand_factor))
    changes.stop()
    assert retries == ["locked"]
    with database.read() as connection:
        assert is_factor_demanded(connection)


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_a_change_is_not_run_again_once_it_has_waited_long_enough(database: Database) -> None:
    holder, retries = hold_file(database), list[str]()
    changes = AccountChanges(database, utc_now, patience_seconds=0, observe_retry=retries.append)
    with pytest.raises(sqlite3.OperationalError):
        asyncio.run(changes.run(demand_factor))
    changes.stop()
    holder.close()
    assert retries == []


def test_a_change_with_a_mistake_of_ours_is_called_once(database: Database) -> None:
    tries = 0

    def ask_nonsense(work: AccountWork) -> None:
        nonlocal tries
        tries += 1
        work.connection.exec_driver_sql("SELECT nonsense FROM nowhere")

    with pytest.raises(DBAPIError):
        asyncio.run(AccountChanges(database, utc_now).run(ask_nonsense))
    assert tries == 1
