"""A site whose rows another session has locked keeps the e-mails of no other site from being sent."""

import asyncio
from collections.abc import Iterator

import psycopg
import pytest

from cast import Player, Stage
from dealtrace import clock
from dealtrace.accounts.site import Site
from dealtrace.alerts.rule import AlertKind, Rule
from dealtrace.alerts.windows import WINDOWS
from dealtrace.errors import DatabaseUnavailable, Overloaded
from dealtrace.mails.letter import Letter
from dealtrace.mails.mail import Mail
from dealtrace.mails.recipient import Recipient
from dealtrace.operations.alerts import manage
from dealtrace.runtime.read_pool import ReadPool
from dealtrace.settings import Settings
from dealtrace.storage.schema.tables.alerts import mail
from dealtrace.worker.due_sites import serve_each
from dealtrace.worker.mails import Mails
from dealtrace.worker.smtp_client import SmtpClient
from mail_server import MailServer
from waiting import until
from write_commands import open_write_queue, run


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    yield server
    server.close()


def plan_mail(stage: Stage, player: Player, address: str) -> None:
    stage.ids.ensure(10)
    rule = Rule(AlertKind.SILENCE, "calls", WINDOWS["day"], None, (), (Recipient(address, "en"),))
    with stage.database.write() as connection:
        added = manage.add_alert(connection, stage.ids, player.site, rule, clock.now())
        manage.schedule_test_mails(connection, stage.ids, added, clock.now())


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


def test_every_site_is_served_and_the_first_refusal_is_told(stage: Stage) -> None:
    players = [stage.open_site() for _ in range(4)]
    refusals = {
        players[1].site.id: DatabaseUnavailable(retry_after_seconds=1),
        players[2].site.id: Overloaded(retry_after_seconds=1),
    }
    served: list[int] = []

    async def serve(site: Site) -> None:
        if site.id in refusals:
            raise refusals[site.id]
        served.append(site.id)

    first = asyncio.run(serve_each([player.site for player in players], serve))
    assert first is refusals[players[1].site.id]
    assert served == [players[0].site.id, players[3].site.id]
    assert asyncio.run(serve_each([], serve)) is None
