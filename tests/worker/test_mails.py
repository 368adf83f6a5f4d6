"""Mails that a server sends: once each, again after a fault, and never about what is gone."""

import asyncio
import io
import os
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import pytest
from sqlalchemy import update

from account_work import account_work
from cast import Player, Stage
from contact_signs import EMAIL, PHONE, contacts_in
from dealtrace import clock
from dealtrace.accounts.rights import Role
from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import day_start, site_day
from dealtrace.alerts.rule import Alert, AlertKind, Rule
from dealtrace.alerts.windows import WINDOWS
from dealtrace.deals.incoming_deal import IncomingDeal
from dealtrace.files.temporary_file import open_written
from dealtrace.mails.letter import Letter
from dealtrace.mails.mail import Mail
from dealtrace.mails.recipient import Recipient
from dealtrace.mails.scheduled_report import Rhythm, ScheduledReport
from dealtrace.mails.subscription import MailList, Subscription, parse_link_key
from dealtrace.operations.accounts.create_user import create_user, hash_password
from dealtrace.operations.accounts.manage_user import delete_user, take_role
from dealtrace.operations.alerts import manage
from dealtrace.operations.deals.import_deals import import_deals
from dealtrace.operations.mails.scheduled_reports import NewScheduledReport, schedule_report
from dealtrace.operations.reports.manage_columns import add_column
from dealtrace.reports.column_definitions import ColumnKind, ReportColumn
from dealtrace.reports.column_formulas import parse_formula
from dealtrace.reports.question import RawQuestion
from dealtrace.runtime.database_watch import DatabaseWatch
from dealtrace.runtime.read_pool import ReadPool
from dealtrace.runtime.report_pool import ReportPool
from dealtrace.settings import Settings
from dealtrace.storage.mails.outbox import list_mails
from dealtrace.storage.mails.unsubscriptions import find_signing_key
from dealtrace.storage.schema.tables.alerts import mail as mail_table
from dealtrace.worker import letters
from dealtrace.worker.letters import Letters
from dealtrace.worker.mails import Mails
from dealtrace.worker.smtp_client import SmtpClient
from engines import on_one_engine
from mail_server import ACCEPTED, MailServer, ReceivedMail
from metric_values import metric_value
from waiting import until
from write_commands import open_write_queue, run

pytestmark = on_one_engine
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
RECIPIENTS = (Recipient("anna@example.com", "ru"), Recipient("bob@example.com", "en"))


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    yield server
    server.close()


@pytest.fixture
def alert(stage: Stage, shop: Player) -> Alert:
    """Give a rule with test mails to Anna and Bob that wait."""
    stage.ids.ensure(10)
    rule = Rule(AlertKind.SILENCE, "calls", WINDOWS["day"], None, (), RECIPIENTS)
    with stage.database.write() as connection:
        added = manage.add_alert(account_work(connection, clock.now(), stage.ids).at(shop.site), rule)
        manage.schedule_test_mails(account_work(connection, clock.now(), stage.ids), added)
    return added


def mails_of(stage: Stage, shop: Player) -> dict[str, Mail]:
    with stage.database.read() as connection:
        found = list_mails(connection, shop.site.id, clock.now() - HOUR)
    return {mail.recipient.address: mail for mail in found}


@asynccontextmanager
async def sending(stage: Stage, mail_server: MailServer, write_letter: Any = None) -> Any:
    """Run a process that sends mails."""
    server = Settings(smtp_url=f"smtp://127.0.0.1:{mail_server.port}", mail_from="reports@example.org").mail_server
    assert server is not None
    async with open_write_queue(stage.database) as queue:
        read_pool, reports = ReadPool(stage.database, 1), ReportPool(stage.database, DatabaseWatch(stage.database))
        client = SmtpClient(server, "reports@example.org")
        letters = Letters(read_pool, reports, "https://deals.example.org/cabinet")
        mails = Mails(read_pool, queue, client, write_letter=write_letter or letters.write, poll_seconds=0.02)
        try:
            yield mails
        finally:
            await mails.stop()
            read_pool.stop()
            reports.stop()


def send_until(
    stage: Stage, mail_server: MailServer, condition: Callable[[], object], write_letter: Any = None
) -> None:
    async def story() -> None:
        async with sending(stage, mail_server, write_letter):
            await until(condition)

    run(story)


def test_each_mail_is_sent_once_in_the_language_of_its_recipient(
    stage: Stage, shop: Player, alert: Alert, mail_server: MailServer
) -> None:
    def is_settled() -> bool:
        return all(mail.due_at is None for mail in mails_of(stage, shop).values())

    for _ in range(2):
        send_until(stage, mail_server, is_settled)
    assert {received.recipients: str(received.mail["Subject"]) for received in mail_server.received} == {
        ("anna@example.com",): "Проверка: Звонки: тишина за день – Shop",
        ("bob@example.com",): "Test: Calls: silence within a day – Shop",
    }
    assert len(mail_server.received) == 2


def unsubscribed_by(stage: Stage, received: ReceivedMail) -> Subscription | None:
    """Return the subscription that the link of a mail ends; its headers and both its parts have the same."""
    page = "https://deals.example.org/cabinet/unsubscribe/"
    link = str(received.mail["List-Unsubscribe"]).replace(" ", "").removeprefix("<").removesuffix(">")
    assert link.startswith(page)
    assert str(received.mail["List-Unsubscribe-Post"]) == "List-Unsubscribe=One-Click"
    html = received.mail.get_body(("html",))
    assert html is not None
    assert link in received.text
    assert f'href="{link}"' in html.get_content()
    with stage.database.read() as connection:
        return parse_link_key(link.removeprefix(page), find_signing_key(connection))


def test_a_typed_address_gets_a_link_to_leave_and_a_user_gets_none(
    stage: Stage, shop: Player, mail_server: MailServer
) -> None:
    stage.ids.ensure(10)
    with stage.database.write() as connection:
        roles = {shop.site.id: Role.READER}
        user = create_user(
            account_work(connection, clock.now(), stage.ids),
            "bob@example.com",
            hash_password("correct horse battery"),
            roles=roles,
        )
        recipients = (RECIPIENTS[0], Recipient(user.login, "en", user.id))
        rule = Rule(AlertKind.SILENCE, "calls", WINDOWS["day"], None, (), recipients)
        alert = manage.add_alert(account_work(connection, clock.now(), stage.ids).at(shop.site), rule)
        manage.schedule_test_mails(account_work(connection, clock.now(), stage.ids), alert)
    send_until(stage, mail_server, lambda: len(mail_server.received) == 2)
    mails = {received.recipients[0]: received for received in mail_server.received}
    link = unsubscribed_by(stage, mails["anna@example.com"])
    assert link == Subscription(shop.site.id, MailList.ALERT, alert.id, "anna@example.com")
    assert mails["bob@example.com"].mail["List-Unsubscribe"] is None
    assert "unsubscribe" not in mails["bob@example.com"].text


def test_a_fault_is_stored_and_the_mail_tried_again_with_the_same_id(
    stage: Stage, shop: Player, alert: Alert, mail_server: MailServer
) -> None:
    refused = {"anna@example.com": "450 later", "bob@example.com": "550 nobody"}
    mail_server.answer = lambda address: refused.get(address, ACCEPTED)
    send_until(stage, mail_server, lambda: all(mail.attempts for mail in mails_of(stage, shop).values()))
    mails = mails_of(stage, shop)
    assert mails["bob@example.com"].due_at is None
    assert mails["bob@example.com"].fault == "the mail server answered 550: nobody"
    assert mails["anna@example.com"].due_at is not None
    refused.clear()
    with stage.database.write() as connection:
        connection.execute(update(mail_table).where(mail_table.c.due_at.is_not(None)).values(due_at=clock.now()))
    send_until(stage, mail_server, lambda: mails_of(stage, shop)["anna@example.com"].due_at is None)
    (received,) = mail_server.received
    assert str(received.mail["Message-ID"]) == f"<{mails['anna@example.com'].message_id}@example.org>"
    assert mails_of(stage, shop)["anna@example.com"].fault is None


def test_a_letter_that_cannot_be_written_backs_off_and_stops_no_other(
    stage: Stage, shop: Player, alert: Alert, mail_server: MailServer
) -> None:
    async def write(_site: Site, mail: Mail) -> Letter:
        if mail.recipient.language == "ru":
            raise KeyError("no such word")
        return Letter("a", ("b",))

    send_until(
        stage,
        mail_server,
        lambda: all(mail.attempts or mail.due_at is None for mail in mails_of(stage, shop).values()),
        write,
    )
    assert (
        mails_of(stage, shop)["anna@example.com"].fault
        == "the e-mail cannot be composed because of an error in Dealtrace: KeyError"
    )
    assert [received.recipients for received in mail_server.received] == [("bob@example.com",)]


def test_a_mail_about_nothing_is_settled_unsent(
    stage: Stage, shop: Player, alert: Alert, mail_server: MailServer
) -> None:
    async def write(_site: Site, _mail: Mail) -> Letter | None:
        return None

    send_until(stage, mail_server, lambda: all(mail.due_at is None for mail in mails_of(stage, shop).values()), write)
    assert mail_server.received == []


@pytest.mark.parametrize("is_deleted", [True, False])
def test_a_mail_that_waits_for_a_user_who_lost_their_role_is_not_sent(
    stage: Stage, shop: Player, mail_server: MailServer, *, is_deleted: bool
) -> None:
    stage.ids.ensure(20)
    elsewhere = stage.open_site()
    with stage.database.write() as connection:
        roles = {shop.site.id: Role.OWNER, elsewhere.site.id: Role.OWNER}
        user = create_user(
            account_work(connection, clock.now(), stage.ids),
            "eve@example.com",
            hash_password("correct horse battery"),
            roles=roles,
        )
        recipients = (RECIPIENTS[0], Recipient(user.login, "en", user.id))
        rule = Rule(AlertKind.SILENCE, "calls", WINDOWS["day"], None, (), recipients)
        alert = manage.add_alert(account_work(connection, clock.now(), stage.ids).at(shop.site), rule)
        manage.schedule_test_mails(account_work(connection, clock.now(), stage.ids), alert)
        if is_deleted:
            delete_user(account_work(connection, clock.now()), user.login)
        else:
            take_role(account_work(connection, clock.now()), user.id, shop.site.id)
    send_until(stage, mail_server, lambda: all(mail.due_at is None for mail in mails_of(stage, shop).values()))
    assert [received.recipients for received in mail_server.received] == [("anna@example.com",)]


def test_a_mail_is_reserved_only_while_it_is_sent(
    stage: Stage, shop: Player, alert: Alert, mail_server: MailServer
) -> None:
    reserved: list[list[str]] = []

    async def write(_site: Site, _mail: Mail) -> Letter:
        mails = mails_of(stage, shop)
        now = clock.now()
        reserved.append([mail.recipient.address for mail in mails.values() if mail.due_at and mail.due_at > now])
        return Letter("a", ("b",))

    send_until(stage, mail_server, lambda: len(mail_server.received) == 2, write)
    assert reserved == [["anna@example.com"], ["bob@example.com"]]


def test_a_process_that_stops_stores_what_became_of_the_mail_in_hand(
    stage: Stage, shop: Player, alert: Alert, mail_server: MailServer
) -> None:
    async def story() -> None:
        written = asyncio.Event()

        async def write(_site: Site, _mail: Mail) -> Letter:
            written.set()
            return Letter("a", ("b",))

        async with sending(stage, mail_server, write):
            await written.wait()

    run(story)
    settled = [mail for mail in mails_of(stage, shop).values() if mail.due_at is None]
    assert len(settled) == len(mail_server.received)
    assert settled


def start_of_yesterday(shop: Player) -> datetime:
    return day_start(site_day(clock.now(), shop.site.time_zone) - DAY, shop.site.time_zone)


def add_deals(stage: Stage, shop: Player, *made: tuple[datetime, str]) -> None:
    """Register deals of 10.50 rubles of these times and services."""
    amount = Decimal("10.50")
    stage.ids.ensure(2000)
    with stage.database.write() as connection:
        deals = [
            IncomingDeal(id=None, number=str(number), happened_at=at, status="", amount_rub=amount, service=service)
            for number, (at, service) in enumerate(made)
        ]
        import_deals(stage.work(connection, shop), deals)


def schedule_since_yesterday(
    stage: Stage, shop: Player, question: RawQuestion, recipients: tuple[Recipient, ...] = RECIPIENTS[:1]
) -> ScheduledReport:
    """Schedule a report that became due at the start of today."""
    stage.ids.ensure(2000)
    with stage.database.write() as connection:
        new = NewScheduledReport("Сервисы", question, Rhythm.DAILY, 0, recipients)
        return schedule_report(account_work(connection, start_of_yesterday(shop), stage.ids).at(shop.site), new)


def test_a_pivot_arrives_as_a_pivot_in_the_mail_and_in_its_file(
    stage: Stage, shop: Player, mail_server: MailServer
) -> None:
    yesterday = start_of_yesterday(shop)
    schedule_since_yesterday(stage, shop, RawQuestion(by="day", pivot="service", metrics="amount,deals"))
    services = [f"s{number:02}" for number in range(13)]
    add_deals(stage, shop, *[(yesterday, service) for service in (*services, "s00")], (yesterday - DAY, "before"))
    send_until(stage, mail_server, lambda: mail_server.received)
    (received,) = mail_server.received
    lines = [" ".join(line.split()) for line in received.text.splitlines()]
    day_on = yesterday.astimezone(shop.site.time_zone).date()
    assert f"С {day_on:%d.%m.%Y} по {day_on:%d.%m.%Y}." in lines
    assert "Показатель: Сумма сделок. Столбцы: Сервис." in lines
    assert "Показано столбцов: 12 из 13. Остальные — в приложенном файле." in lines
    assert f"День {' '.join(services[:12])} Итого" in lines
    assert f"{day_on} 21 ₽ {'10,5 ₽ ' * 11}147 ₽" in lines
    assert f"Итого 21 ₽ {'10,5 ₽ ' * 11}147 ₽" in lines
    (attached,) = received.mail.iter_attachments()
    rows = bytes(attached.get_payload(decode=True) or b"").decode("utf-8-sig").splitlines()  # type: ignore[arg-type]
    assert f"День;{';'.join(services)};Итого" in rows
    assert f"Итого;21,00;{'10,50;' * 12}147,00" in rows, rows


def test_a_report_arrives_as_a_table_with_a_file_beside_the_period_before(
    stage: Stage, shop: Player, mail_server: MailServer
) -> None:
    yesterday = start_of_yesterday(shop)
    report = schedule_since_yesterday(stage, shop, RawQuestion(by="service", metrics="deals,amount"))
    add_deals(stage, shop, *[(yesterday, service) for service in ("1C", "1C", "<b>")], (yesterday - DAY, "1C"))
    send_until(stage, mail_server, lambda: mail_server.received)
    (received,) = mail_server.received
    assert str(received.mail["Subject"]) == "Сервисы – Shop"
    lines = [" ".join(line.split()) for line in received.text.splitlines()]
    assert "Сервис Сделки Сделки, до этого Сумма сделок Сумма сделок, до этого" in lines
    assert "1C 2 1 21 ₽ 10,5 ₽" in lines
    assert "Итого 3 1 31,5 ₽ 10,5 ₽" in lines
    assert not any("settings/mail-reports" in line for line in lines)
    assert unsubscribed_by(stage, received) == Subscription(
        shop.site.id, MailList.REPORT, report.id, "anna@example.com"
    )
    (attached,) = received.mail.iter_attachments()
    assert attached.get_content_type() == "text/csv"
    assert "1C;2;1;" in bytes(attached.get_payload(decode=True) or b"").decode("utf-8-sig")  # type: ignore[arg-type]


class NotedFile(io.FileIO):
    """A file that notes how many bytes each read of it returns."""

    read_sizes: ClassVar[list[int]] = []

    def read(self, size: int | None = -1, /) -> Any:
        content = super().read(size)
        self.read_sizes.append(len(content or b""))
        return content


def open_noted(extension: str, write: Callable[[Path], None]) -> NotedFile:
    with open_written(extension, write) as file:
        return NotedFile(os.dup(file.fileno()))


@pytest.mark.parametrize("pivot", ["", "day"])
def test_a_file_too_large_for_a_mail_has_its_first_rows_and_the_letter_says_so(
    stage: Stage, shop: Player, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch, pivot: str
) -> None:
    monkeypatch.setattr(letters, "ATTACHMENT_BYTES_MAX", 3_000)
    monkeypatch.setattr(letters, "open_written", open_noted)
    NotedFile.read_sizes.clear()
    yesterday = start_of_yesterday(shop)
    schedule_since_yesterday(stage, shop, RawQuestion(by="service", metrics="deals", pivot=pivot))
    add_deals(stage, shop, *[(yesterday, f"service {number:03}") for number in range(200)])
    send_until(stage, mail_server, lambda: mail_server.received)
    (received,) = mail_server.received
    (attached,) = received.mail.iter_attachments()
    content = bytes(attached.get_payload(decode=True) or b"")  # type: ignore[arg-type]
    assert 2_000 < len(content) <= 3_000
    assert NotedFile.read_sizes == [len(content)], "a file that is too large is not read into memory"
    rows = [row for row in content.decode("utf-8-sig").splitlines() if row.startswith("service ")]
    assert rows[0].startswith("service 000;")
    text = " ".join(received.text.split())
    assert f"Показано строк: 50 из 200. В приложенном файле их {len(rows)}: больше в письмо не помещается" in text
    assert "200" in content.decode("utf-8-sig").splitlines()[-1], "the total is that of all rows"


def test_a_report_by_a_time_arrives_with_rows_for_times_without_facts(
    stage: Stage, shop: Player, mail_server: MailServer
) -> None:
    schedule_since_yesterday(stage, shop, RawQuestion(by="hour", metrics="visits"))
    send_until(stage, mail_server, lambda: mail_server.received)
    (received,) = mail_server.received
    (attached,) = received.mail.iter_attachments()
    rows = bytes(attached.get_payload(decode=True) or b"").decode("utf-8-sig").splitlines()  # type: ignore[arg-type]
    assert len([row for row in rows if row.split(";")[1:3] == ["0", "0"]]) == 24 + len(["Итого"]), rows


def attempts(outcome: str) -> float:
    return metric_value(f'dealtrace_mail_attempts_total{{outcome="{outcome}"}}')


def test_mails_are_counted_by_what_became_of_them(
    stage: Stage, shop: Player, alert: Alert, mail_server: MailServer
) -> None:
    before = {outcome: attempts(outcome) for outcome in ("sent", "failed", "given_up")}
    answers = {"anna@example.com": "450 later", "bob@example.com": "550 nobody"}
    mail_server.answer = lambda address: answers.get(address, ACCEPTED)
    send_until(
        stage,
        mail_server,
        lambda: (
            all(mail.attempts for mail in mails_of(stage, shop).values())
            and metric_value("dealtrace_mails_waiting") == 1
        ),
    )
    answers.clear()
    with stage.database.write() as connection:
        connection.execute(update(mail_table).where(mail_table.c.due_at.is_not(None)).values(due_at=clock.now()))
    send_until(stage, mail_server, lambda: mail_server.received and metric_value("dealtrace_mails_waiting") == 0)
    assert {outcome: attempts(outcome) - count for outcome, count in before.items()} == dict.fromkeys(before, 1.0)


def recipients_of_each_role(stage: Stage, shop: Player) -> tuple[Recipient, ...]:
    """Return a typed address and a user of each role, whose login is the name of the role."""
    stage.ids.ensure(20)
    found = [RECIPIENTS[0]]
    with stage.database.write() as connection:
        for role in Role:
            login = f"{role}@example.com"
            roles = {shop.site.id: role}
            user = create_user(
                account_work(connection, clock.now(), stage.ids),
                login,
                hash_password("correct horse battery"),
                roles=roles,
            )
            found.append(Recipient(login, "en", user.id))
    return tuple(found)


def letters_by_recipient(mail_server: MailServer) -> dict[str, str]:
    """Return the text and the attached files of each mail, by the name in the address."""
    found = {}
    for received in mail_server.received:
        files = [bytes(each.get_payload(decode=True) or b"") for each in received.mail.iter_attachments()]  # type: ignore[arg-type]
        found[received.recipients[0].partition("@")[0]] = received.text + b"".join(files).decode("utf-8-sig")
    return found


SEE_CONTACTS = {"anna": False, "reader": False, "analyst": True, "owner": True}


@pytest.mark.parametrize("pivot", ["", "status"])
def test_only_analysts_and_owners_are_sent_contacts_in_reports(
    stage: Stage, shop: Player, mail_server: MailServer, pivot: str
) -> None:
    recipients = recipients_of_each_role(stage, shop)
    words = RawQuestion(by="service", metrics="deals", pivot=pivot, filters=("service:among:89161234567|1C",))
    schedule_since_yesterday(stage, shop, words, recipients)
    add_deals(stage, shop, (start_of_yesterday(shop), "89161234567"))
    send_until(stage, mail_server, lambda: len(mail_server.received) == len(recipients))
    letters = letters_by_recipient(mail_server)
    assert {name: "89161234567" in text for name, text in letters.items()} == SEE_CONTACTS
    assert all("891" in text for text in letters.values()), "who may not see the contact sees how it begins"


def test_only_analysts_and_owners_are_sent_contacts_in_alerts(
    stage: Stage, shop: Player, mail_server: MailServer
) -> None:
    recipients = recipients_of_each_role(stage, shop)
    rule = Rule(
        AlertKind.SILENCE, "calls", WINDOWS["day"], None, ("tag:is:89161234567", "campaign:is:12345678"), recipients
    )
    with stage.database.write() as connection:
        alert = manage.add_alert(account_work(connection, clock.now(), stage.ids).at(shop.site), rule)
        manage.schedule_test_mails(account_work(connection, clock.now(), stage.ids), alert)
    send_until(stage, mail_server, lambda: len(mail_server.received) == len(recipients))
    letters = letters_by_recipient(mail_server)
    assert {name: "89161234567" in text for name, text in letters.items()} == SEE_CONTACTS
    said = {text for text in letters.values() if "Campaign is 12345678" in text or "Кампания = 12345678" in text}
    assert said == set(letters.values()), "the id of a campaign is no phone, and filters are in words"
    assert all("Tag is " in text or "Тег = " in text for text in letters.values()), "all see what is watched"


@pytest.mark.parametrize("pivot", ["", "service"])
def test_a_mail_to_an_address_has_no_contact_in_its_subject_names_and_file(
    stage: Stage, mail_server: MailServer, pivot: str
) -> None:
    named = f"note {PHONE} {EMAIL}"
    shop = stage.open_site(fields=[named])
    stage.ids.ensure(2000)
    with stage.database.write() as connection:
        column = ReportColumn(named, ColumnKind.FORMULA, formula=parse_formula("2 * deals"))
        add_column(stage.work(connection, shop), column)
        question = RawQuestion(
            by=f"service,field:{named}" if not pivot else f"field:{named}",
            pivot=pivot,
            metrics=f"column:{named},deals",
            filters=(f"field:{named}:not:{PHONE}", f"source:not:{PHONE}"),
            sort=f"column:{named}",
        )
        new = NewScheduledReport(named, question, Rhythm.DAILY, 0, (Recipient("bob@example.com", "en"),))
        schedule_report(account_work(connection, start_of_yesterday(shop), stage.ids).at(shop.site), new)
        rule = Rule(AlertKind.ABOVE, f"column:{named}", WINDOWS["day"], Decimal(1), question.filters, RECIPIENTS[1:])
        alert = manage.add_alert(account_work(connection, clock.now(), stage.ids).at(shop.site), rule)
        manage.schedule_test_mails(account_work(connection, clock.now(), stage.ids), alert)
    add_deals(stage, shop, (start_of_yesterday(shop), f"service {PHONE}"))
    send_until(stage, mail_server, lambda: len(mail_server.received) == 2)
    for received in mail_server.received:
        subject = str(received.mail["Subject"])
        assert "7912•••" in subject
        parts = [bytes(each.get_payload(decode=True) or b"").decode("utf-8-sig") for each in received.mail.walk()]  # type: ignore[union-attr,arg-type]
        for text in (subject, received.text, *parts):
            assert contacts_in(text) == []


def test_rows_of_a_mailed_report_are_sorted_by_what_the_recipient_sees(stage: Stage, mail_server: MailServer) -> None:
    shop = stage.open_site()
    stage.ids.ensure(100)
    with stage.database.write() as connection:
        new = NewScheduledReport(
            "a",
            RawQuestion(by="service", metrics="deals", sort="service"),
            Rhythm.DAILY,
            0,
            (Recipient("bob@example.com", "en"),),
        )
        schedule_report(account_work(connection, start_of_yesterday(shop), stage.ids).at(shop.site), new)
    add_deals(stage, shop, *((start_of_yesterday(shop), name) for name in ("aa@z.ru", "ab@b.ru")))
    send_until(stage, mail_server, lambda: len(mail_server.received) == 1)
    (received,) = mail_server.received
    parts = [bytes(each.get_payload(decode=True) or b"").decode("utf-8-sig") for each in received.mail.walk()]  # type: ignore[union-attr,arg-type]
    for text in (received.text, parts[-1]):
        assert 0 <= text.find("a•••@b.ru") < text.find("a•••@z.ru")
