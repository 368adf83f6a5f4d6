"""A site whose rows another session has locked keeps no other site from being served beside requests."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import update

from account_work import account_work
from cast import Player, Stage
from dealtrace import clock
from dealtrace.accounts.site import Site
from dealtrace.alerts.rule import AlertKind, Rule
from dealtrace.alerts.windows import WINDOWS
from dealtrace.errors import DatabaseUnavailable
from dealtrace.mails.letter import Letter
from dealtrace.mails.mail import Mail
from dealtrace.mails.recipient import Recipient
from dealtrace.operations.alerts import manage
from dealtrace.operations.alerts.watch import LEASE
from dealtrace.operations.spend_points import lock_registrations
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.runtime.database_watch import DatabaseWatch
from dealtrace.runtime.read_pool import ReadPool
from dealtrace.runtime.report_pool import ReportPool
from dealtrace.settings import Settings
from dealtrace.storage.alerts.alerts import list_alerts
from dealtrace.storage.schema.tables.alerts import alert as alert_table
from dealtrace.storage.schema.tables.alerts import mail
from dealtrace.worker.alerts import Alerts
from dealtrace.worker.due_sites import SitesInTurn
from dealtrace.worker.mails import Mails
from dealtrace.worker.smtp_client import SmtpClient
from mail_server import MailServer
from waiting import PATIENCE_SECONDS, until
from write_commands import open_write_queue, run

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    yield server
    server.close()


def plan_mail(stage: Stage, player: Player, address: str) -> None:
    stage.ids.ensure(10)
    rule = Rule(AlertKind.SILENCE, "calls", WINDOWS["day"], None, (), (Recipient(address, "en"),))
    with stage.database.write() as connection:
        added = manage.add_alert(account_work(connection, clock.now(), stage.ids).at(player.site), rule)
        manage.schedule_test_mails(account_work(connection, clock.now(), stage.ids), added)


async def write_letter(_site: Site, _mail: Mail) -> Letter:
    return Letter("Subject", ("Text",))


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_mails_of_other_sites_are_sent_while_one_is_locked(stage: Stage, mail_server: MailServer) -> None:
    held, free = sorted((stage.open_site() for _ in range(2)), key=lambda player: player.site.id)
    plan_mail(stage, held, "held@example.com")
    plan_mail(stage, free, "free@example.com")
    server = Settings(smtp_url=f"smtp://127.0.0.1:{mail_server.port}", mail_from="reports@example.org").mail_server
    assert server is not None

    def sent() -> list[str]:
        return [address for received in mail_server.received for address in received.recipients]

    async def story() -> None:
        holder = await asyncio.to_thread(psycopg.connect, stage.database.url.render_as_string(hide_password=False))
        holder.execute(f"SELECT 1 FROM {mail.name} WHERE site_id = {held.site.id} FOR UPDATE")
        read_pool = ReadPool(stage.database, 1)
        async with open_write_queue(stage.database, patience_seconds=0.3) as queue:
            client = SmtpClient(server, "reports@example.org")
            mails = Mails(read_pool, queue, client, write_letter=write_letter, poll_seconds=0.02)
            await until(lambda: sent() == ["free@example.com"])
            holder.close()
            await until(lambda: len(sent()) > 1)
            await mails.stop()
        read_pool.stop()

    run(story)
    assert sent() == ["free@example.com", "held@example.com"]


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_a_locked_site_delays_no_e_mails_of_others_while_it_is_waited_for(
    stage: Stage, mail_server: MailServer
) -> None:
    held, free = sorted((stage.open_site() for _ in range(2)), key=lambda player: player.site.id)
    plan_mail(stage, held, "held@example.com")
    server = Settings(smtp_url=f"smtp://127.0.0.1:{mail_server.port}", mail_from="reports@example.org").mail_server
    assert server is not None
    addresses = [f"free{number}@example.com" for number in range(3)]

    def sent() -> list[str]:
        return [address for received in mail_server.received for address in received.recipients]

    async def story() -> None:
        with await asyncio.to_thread(
            psycopg.connect, stage.database.url.render_as_string(hide_password=False)
        ) as holder:
            holder.execute(f"SELECT 1 FROM {mail.name} WHERE site_id = {held.site.id} FOR UPDATE")
            read_pool = ReadPool(stage.database, 1)
            async with open_write_queue(stage.database, patience_seconds=PATIENCE_SECONDS) as queue:
                client = SmtpClient(server, "reports@example.org")
                mails = Mails(read_pool, queue, client, write_letter=write_letter, poll_seconds=0.02)
                await until(lambda: queue.postponed_seconds)
                for count, address in enumerate(addresses, 1):
                    await asyncio.to_thread(plan_mail, stage, free, address)
                    await until(lambda count=count: sent() == addresses[:count])
                assert list(queue.postponed_seconds) == [held.site.id]
                holder.rollback()
                await until(lambda: len(sent()) > len(addresses))
                await mails.stop()
            read_pool.stop()

    run(story)
    assert sent() == [*addresses, "held@example.com"]


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_a_locked_site_delays_no_alerts_of_others(stage: Stage) -> None:
    players = held, free = sorted((stage.open_site() for _ in range(2)), key=lambda player: player.site.id)
    for player in players:
        plan_mail(stage, player, "boss@example.com")

    def is_looked_at(player: Player) -> bool:
        with stage.database.read() as connection:
            (alert,) = list_alerts(connection, player.site.id)
        return alert.due_at > clock.now() + LEASE + timedelta(minutes=1)

    def make_due() -> None:
        with stage.database.write() as connection:
            connection.execute(update(alert_table).where(alert_table.c.site_id == free.site.id).values(due_at=NOW))
            lock_registrations(stage.work(connection, held))

    async def story() -> None:
        make_due()
        with await asyncio.to_thread(
            psycopg.connect, stage.database.url.render_as_string(hide_password=False)
        ) as holder:
            holder.execute(f"SELECT 1 FROM points_day WHERE site_id = {held.site.id} FOR UPDATE")
            read_pool, reports = ReadPool(stage.database, 1), ReportPool(stage.database, DatabaseWatch(stage.database))
            async with open_write_queue(stage.database, patience_seconds=PATIENCE_SECONDS) as queue:
                alerts = Alerts(read_pool, queue, reports, sends_mail=False, poll_seconds=0.02)
                await until(lambda: queue.postponed_seconds and is_looked_at(free))
                with stage.database.write() as connection:
                    connection.execute(
                        update(alert_table).where(alert_table.c.site_id == free.site.id).values(due_at=NOW)
                    )
                await until(lambda: is_looked_at(free))
                assert not is_looked_at(held)
                holder.rollback()
                await until(lambda: is_looked_at(held))
                await alerts.stop()
            read_pool.stop()
            reports.stop()

    run(story)


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_an_alert_whose_turn_came_too_late_is_claimed_again_before_it_is_evaluated(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, ahead = clock.now, [timedelta()]
    monkeypatch.setattr("dealtrace.clock.now", lambda: now() + sum(ahead, timedelta()))
    monkeypatch.setattr("write_commands.utc_now", clock.now)
    held = stage.open_site()
    plan_mail(stage, held, "boss@example.com")
    left = list[timedelta]()

    def lease_left() -> timedelta:
        with stage.database.read() as connection:
            (alert,) = list_alerts(connection, held.site.id)
        return alert.due_at - clock.now()

    class WatchedReports(ReportPool):
        async def ask(self, *args: Any, **kwargs: Any) -> Any:
            left.append(lease_left())
            return await super().ask(*args, **kwargs)

    async def story() -> None:
        with stage.database.write() as connection:
            lock_registrations(stage.work(connection, held))
        with await asyncio.to_thread(
            psycopg.connect, stage.database.url.render_as_string(hide_password=False)
        ) as holder:
            holder.execute(f"SELECT 1 FROM points_day WHERE site_id = {held.site.id} FOR UPDATE")
            read_pool = ReadPool(stage.database, 1)
            reports = WatchedReports(stage.database, DatabaseWatch(stage.database))
            async with open_write_queue(stage.database, patience_seconds=PATIENCE_SECONDS) as queue:
                alerts = Alerts(read_pool, queue, reports, sends_mail=False, poll_seconds=0.02)
                await until(lambda: queue.postponed_seconds)
                async with alerts._sites._turn:
                    holder.rollback()
                    await until(lambda: timedelta() < lease_left())
                    ahead.append(LEASE * 3 / 4)
                await until(lambda: left)
                await alerts.stop()
            read_pool.stop()
            reports.stop()

    run(story)
    assert len(left) == 1
    assert left[0] > LEASE / 4


@operation(ids_per_command=0)
def lock_site(work: Work, commands: Sequence[WriteCommand[None]]) -> list[None]:
    lock_registrations(work)
    return [None for _ in commands]


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_of_many_locked_sites_few_wait_at_once_and_only_one_is_worked_for(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dealtrace.worker.due_sites.SITES_AT_ONCE_MAX", 3)
    players = [stage.open_site() for _ in range(5)]
    with stage.database.write() as connection:
        for player in players:
            lock_registrations(stage.work(connection, player))
    begun, served = list[int](), list[int]()
    working = 0

    async def story() -> None:
        with await asyncio.to_thread(
            psycopg.connect, stage.database.url.render_as_string(hide_password=False)
        ) as holder:
            holder.execute("SELECT 1 FROM points_day FOR UPDATE")
            async with open_write_queue(stage.database, patience_seconds=PATIENCE_SECONDS) as queue:
                sites = SitesInTurn(queue)

                async def serve(site: Site) -> None:
                    nonlocal working
                    begun.append(site.id)
                    await sites.write(lock_site, site, WriteCommand(None))
                    working += 1
                    for _ in range(10):
                        await asyncio.sleep(0)
                        assert working == 1
                    working -= 1
                    served.append(site.id)

                serving = asyncio.create_task(sites.serve_each([player.site for player in players], serve))
                await until(lambda: len(queue.postponed_seconds) == 3)
                assert len(begun) == 3
                holder.rollback()
                await serving
                await sites.stop()
                sites.raise_first()

    run(story)
    assert begun == [player.site.id for player in players]
    assert sorted(served) == sorted(begun)


def test_every_site_is_served_and_a_bug_is_stated_before_a_refusal(stage: Stage) -> None:
    players = [stage.open_site() for _ in range(4)]
    first, bug = DatabaseUnavailable(retry_after_seconds=1), ValueError()
    faults: dict[int, Exception] = {players[1].site.id: first, players[2].site.id: bug}
    served: list[int] = []

    async def serve(site: Site) -> None:
        if site.id in faults:
            raise faults[site.id]
        served.append(site.id)

    async def story() -> list[Exception | None]:
        raised: list[Exception | None] = []
        async with open_write_queue(stage.database) as queue:
            sites = SitesInTurn(queue)
            for _ in range(3):
                await sites.serve_each([player.site for player in players], serve)
                try:
                    sites.raise_first()
                except (DatabaseUnavailable, ValueError) as fault:
                    raised.append(fault)
                else:
                    raised.append(None)
                faults.popitem() if faults else None
            await sites.serve_each([], serve)
            await sites.stop()
        return raised

    assert run(story) == [bug, first, None]
    assert served[:2] == [players[0].site.id, players[3].site.id]
    assert served[-4:] == [player.site.id for player in players]
