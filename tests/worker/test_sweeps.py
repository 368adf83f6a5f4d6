"""Old rows are deleted although their site sends no more, by one process, and whatever another session locks."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Column, Connection, insert, select

import stored
from account_work import account_work
from cast import MOSCOW, Player, Stage
from commands import CommandLine, Terminal
from dealtrace import clock
from dealtrace.accounts.api_request import ApiRequest
from dealtrace.accounts.site import Site, SiteId
from dealtrace.mails.mail import MailPurpose
from dealtrace.operations.accounts.count_unknown_parameters import UnknownParameters, count_unknown_parameters
from dealtrace.operations.accounts.create_site import create_site
from dealtrace.operations.accounts.store_busiest_second import store_busiest_seconds
from dealtrace.operations.requests import DELETED_MAX
from dealtrace.operations.sweeps.claim import can_be_claimed, claim_sweep
from dealtrace.operations.sweeps.clear_deleted_site import clear_deleted_site, list_sites_to_clear
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.quota.busiest_second import BusiestSecond
from dealtrace.runtime.account_changes import AccountChanges
from dealtrace.runtime.read_pool import ReadPool
from dealtrace.runtime.write_queue import WriteQueue
from dealtrace.storage.accounts.api_requests import RequestQuery, list_requests
from dealtrace.storage.accounts.deleted_sites import delete_site
from dealtrace.storage.accounts.sites import list_site_ids
from dealtrace.storage.database.engine import Database, open_database
from dealtrace.storage.schema.tables.alerts import mail
from dealtrace.storage.schema.tables.webhooks import webhook_outbox
from dealtrace.storage.site_rows import delete_site_rows, has_site_rows
from dealtrace.worker.sweeps import SWEEPS, Sweep, Sweeps, sweep_of_requests
from guests import member_of, text_of
from server import ServerProcess
from stored import side_by_side
from waiting import PATIENCE_SECONDS, until, wait_until
from write_commands import open_write_queue, run

NOW = datetime.now(UTC)
NO_SITE = 0
MANY = 2 * DELETED_MAX + 10


def journal(database: Database, site_id: int, *days_ago: float) -> None:
    """Journal a request of a site, or of none, for each of its ages."""
    requests = [
        ApiRequest(
            site_id, NOW - timedelta(days=days), f"r{number}", None, "GET", "/x", {}, 200, None, None, None, timedelta()
        )
        for number, days in enumerate(days_ago)
    ]  # fmt: skip
    stored.journal(database, requests)


def names(database: Database, site_id: int) -> list[str]:
    with database.read() as connection:
        return [request.request_id for request in list_requests(connection, site_id, RequestQuery(), 10 * MANY)]


def test_old_requests_of_sites_that_send_nothing_are_deleted(start_server: Callable[..., ServerProcess]) -> None:
    server = start_server(requests_kept_days=3)
    database = open_database(server.database_url)
    silent, other = Stage(database).open_site().site.id, Stage(database).open_site().site.id
    server.stop()
    for site_id in (silent, other, NO_SITE):
        journal(database, site_id, 4, 2)
    server.start()
    for site_id in (silent, other, NO_SITE):
        wait_until(lambda site_id=site_id: names(database, site_id) == ["r1"])
    database.close()


@asynccontextmanager
async def sweeping(database: Database, sweep: Sweep, **settings: Any) -> AsyncIterator[WriteQueue]:
    """Run a process that sweeps; when it stops, what it has begun to delete is deleted."""
    read_pool, account_changes = ReadPool(database, 1), AccountChanges(database, clock.now)
    try:
        async with open_write_queue(database, **settings) as write_queue:
            sweeps = Sweeps(read_pool, write_queue, account_changes)
            sweeps.start(sweep)
            try:
                yield write_queue
            finally:
                await sweeps.stop()
    finally:
        read_pool.stop()
        account_changes.stop()


def test_a_sweep_deletes_all_old_requests_in_parts(database: Database, stage: Stage, shop: Player) -> None:
    neighbour = stage.open_site()
    journal(database, shop.site.id, 2, *(4 + number / 1e6 for number in range(MANY)))
    journal(database, neighbour.site.id, *([4.0] * (DELETED_MAX + 10)), 2)

    async def story() -> None:
        async with sweeping(database, sweep_of_requests(3)):
            await until(lambda: names(database, shop.site.id) == ["r0"])
            await until(lambda: names(database, neighbour.site.id) == [f"r{DELETED_MAX + 10}"])

    run(story)


def test_one_sweep_empties_a_journal_that_is_off(database: Database, shop: Player) -> None:
    many = 11 * DELETED_MAX
    journal(database, shop.site.id, *(number / 1e6 for number in range(many)))

    async def story() -> None:
        async with sweeping(database, replace(sweep_of_requests(0), period_seconds=PATIENCE_SECONDS * 10)):
            await until(lambda: names(database, shop.site.id) == [])

    run(story)


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_a_locked_site_delays_no_sweep_of_others(database: Database, stage: Stage) -> None:
    players = held, *others = sorted((stage.open_site() for _ in range(3)), key=lambda player: player.site.id)
    for player in players:
        journal(database, player.site.id, 4, 2)

    async def story() -> None:
        with await asyncio.to_thread(psycopg.connect, database.url.render_as_string(hide_password=False)) as holder:
            holder.execute(f"SELECT 1 FROM api_request_batch WHERE site_id = {held.site.id} FOR UPDATE")
            async with sweeping(database, sweep_of_requests(3), patience_seconds=PATIENCE_SECONDS) as write_queue:
                for other in others:
                    await until(lambda other=other: names(database, other.site.id) == ["r1"])
                assert list(write_queue.postponed_seconds) == [held.site.id]
                holder.rollback()
                await until(lambda: names(database, held.site.id) == ["r1"])

    run(story)


def test_of_several_processes_one_sweeps(database: Database, stage: Stage) -> None:
    players = [stage.open_site() for _ in range(5)]
    writers = list[int]()

    @operation(ids_per_command=0)
    def delete(work: Work, commands: Sequence[WriteCommand[int]]) -> list[bool]:
        writers.append(work.site.id)
        return [False for _ in commands]

    sweep = Sweep("tried", 3600.0, lambda connection, _now: list_site_ids(connection), delete, lambda _now: 1)

    async def story() -> None:
        async with AsyncExitStack() as processes:
            for _ in range(3):
                await processes.enter_async_context(sweeping(database, sweep))
            await until(lambda: len(writers) >= len(players))

    run(story)
    assert writers == sorted(player.site.id for player in players)


def test_a_claim_ends_with_its_lease_or_when_the_clock_is_set_back(database: Database) -> None:
    lease = timedelta(minutes=10)

    def claims(after: timedelta) -> bool:
        with database.write() as connection:
            can_claim = can_be_claimed(connection, "tried", lease, NOW + after)
            assert claim_sweep(account_work(connection, NOW + after), "tried", lease) == can_claim
            return can_claim

    assert claims(timedelta())
    assert not claims(timedelta())
    assert not claims(lease - timedelta(microseconds=1))
    assert claims(lease)
    assert not claims(lease - timedelta(minutes=4)), "the clocks of two servers may be apart"
    assert claims(-timedelta(hours=1))
    with database.write() as connection:
        assert can_be_claimed(connection, "another", lease, NOW)


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
@pytest.mark.parametrize("is_first", [True, False])
def test_of_two_claims_at_the_same_moment_one_succeeds(database: Database, *, is_first: bool) -> None:
    lease = timedelta(minutes=1)
    if not is_first:
        with database.write() as connection:
            assert claim_sweep(account_work(connection, NOW - lease), "tried", lease)

    def claim(connection: Connection) -> bool:
        return claim_sweep(account_work(connection, NOW), "tried", lease)

    assert side_by_side(database, claim, claim) == (True, False)


def store_sent(stage: Stage, site_id: int, days_ago: int) -> None:
    """Store an e-mail and a delivery of a site."""
    at = clock.now() - timedelta(days=days_ago)
    with stage.database.write() as connection:
        connection.execute(
            insert(mail).values(
                id=site_id * 100 + days_ago, site_id=site_id, purpose=MailPurpose.REPORT.value, subject_id=1,
                address="anna@example.org", language="ru", caused_at=at, attempts=0,
            )
        )  # fmt: skip
        connection.execute(
            insert(webhook_outbox).values(
                site_id=site_id, webhook_id=1, position=days_ago, event="call.created", subject="call", subject_id=1,
                changed=[], recorded_at=at,
            )
        )  # fmt: skip


def test_old_mails_and_deliveries_are_deleted(database: Database, stage: Stage) -> None:
    shop, neighbour = stage.open_site(), stage.open_site()
    for player in (shop, neighbour):
        store_sent(stage, player.site.id, 29)
    store_sent(stage, shop.site.id, 31)
    hourly = {sweep.name: sweep for sweep in SWEEPS}

    def ages(time_column: "Column[datetime]") -> list[int]:
        with database.read() as connection:
            return sorted((clock.now() - at).days for at in connection.execute(select(time_column)).scalars())

    async def story() -> None:
        async with sweeping(database, hourly["mails"]), sweeping(database, hourly["webhooks"]):
            await until(lambda: ages(mail.c.caused_at) == ages(webhook_outbox.c.recorded_at) == [29, 29])

    run(story)


def test_a_sweep_that_finds_nothing_only_reads(database: Database, stage: Stage) -> None:
    shop = stage.open_site()
    journal(database, shop.site.id, 2)
    for sweep in (*SWEEPS, sweep_of_requests(3)):
        with database.read() as connection:
            assert sweep.list_site_ids(connection, clock.now()) == []


def store_late(stage: Stage, site_id: int) -> None:
    """Store what a process that does not know yet that a site was deleted still stores for it."""
    journal(stage.database, site_id, 0.01)
    late = Site(SiteId(site_id), "", MOSCOW)
    with stage.database.write() as connection:
        work = Work(connection, stage.ids, clock.now(), late)
        store_busiest_seconds(work, [WriteCommand(BusiestSecond(9, 5, clock.now()))])
        count_unknown_parameters(work, [WriteCommand(UnknownParameters({("/x", "orderNumbr"): 1}, {}))])


def test_what_is_stored_for_a_site_after_its_deletion_is_deleted(database: Database, stage: Stage) -> None:
    shop, neighbour = stage.open_site(), stage.open_site()
    with database.write() as connection:
        delete_site_rows(connection, shop.site.id, site_stays=False)
        delete_site(connection, shop.site.id, clock.now())
    for player in (shop, neighbour):
        store_late(stage, player.site.id)
    (sweep,) = (sweep for sweep in SWEEPS if sweep.name == "deleted_sites")

    def has_rows(player: Player) -> bool:
        with database.read() as connection:
            return has_site_rows(connection, player.site.id)

    async def story() -> None:
        async with sweeping(database, sweep):
            await until(lambda: not has_rows(shop))

    run(story)
    assert has_rows(neighbour)
    assert len(names(database, neighbour.site.id)) == 1


def test_a_deleted_site_is_forgotten_after_a_day_and_one_that_was_created_again_keeps_its_data(
    database: Database, stage: Stage
) -> None:
    gone, again = stage.open_site(), stage.open_site()
    deleted_at, day = clock.now() - timedelta(days=1), timedelta(days=1)
    with database.write() as connection:
        for player in (gone, again):
            delete_site_rows(connection, player.site.id, site_stays=False)
            delete_site(connection, player.site.id, deleted_at)
        create_site(account_work(connection, deleted_at), again.site)
    store_late(stage, again.site.id)

    def due(now: datetime) -> list[int]:
        with database.read() as connection:
            return list_sites_to_clear(connection, now)

    assert due(deleted_at) == [again.site.id]
    assert sorted(due(deleted_at + day)) == sorted((gone.site.id, again.site.id))
    for player in (gone, again):
        assert stage.perform(clear_deleted_site, player, None, now=deleted_at + day) == [False]
    assert due(deleted_at + day) == []
    assert len(names(database, again.site.id)) == 1


def test_a_journal_that_is_off_is_emptied_and_says_so(
    start_server: Callable[..., ServerProcess], command_line: CommandLine, tmp_path: Path
) -> None:
    server = start_server(requests_kept_days=0)
    database = open_database(server.database_url)
    stage = Stage(database)
    site_id = stage.open_site().site.id
    server.stop()
    journal(database, site_id, 0.1, 4)
    server.start()
    wait_until(lambda: names(database, site_id) == [])
    guest = member_of(server, stage, site_id)
    assert "The journal is off" in text_of(guest.get("requests").text)
    beside = Terminal(command_line, server.database_url, tmp_path)
    said = beside.run("requests", "tail", requests_kept_days="0")
    assert (said.status, said.out) == (0, "")
    assert "The journal of requests is off" in said.err
    assert beside.done("requests", "tail").err == ""
    database.close()
