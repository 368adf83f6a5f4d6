"""Mails over SMTP, to a real server on loopback."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from absent import leave_out
from cast import moscow
from dealtrace.mails.letter import Letter, MailHeaders, write_mail
from dealtrace.mails.mail import MailFault
from dealtrace.mails.recipient import Recipient
from dealtrace.settings import Settings
from dealtrace.worker.smtp_client import SmtpClient
from mail_server import PASSWORD, USER, MailServer, make_certificate
from server import free_port
from write_commands import run

ANNA = Recipient("anna@example.com", "ru")
LOGIN = f"{quote(USER, safe='')}:{quote(PASSWORD, safe='')}@"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("openssl") is None:
        leave_out("openssl", "openssl")
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have the certificate trusted as a system's own."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    return certificate


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    yield server
    server.close()


def send(url: str, **settings: Any) -> MailFault | None:
    """Send a letter to Anna by the mail server of a URL."""
    chosen = Settings(smtp_url=url, **{"mail_from": "reports@example.org", **settings})
    server = chosen.mail_server
    assert server is not None
    client = SmtpClient(server, chosen.mail_sender)
    mail = write_mail(
        Letter("Отчёт", ("Первое.",)), MailHeaders(client.sender, ANNA, "mail.1.2", moscow("2026-11-10", "12:00:00"))
    )

    async def story() -> MailFault | None:
        return await client.send(mail, ANNA.address)

    try:
        return run(story)
    finally:
        client.stop()


def test_a_mail_arrives_with_its_sender_and_recipient(mail_server: MailServer) -> None:
    assert send(f"smtp://127.0.0.1:{mail_server.port}") is None
    (received,) = mail_server.received
    assert (received.sender, received.recipients) == ("reports@example.org", ("anna@example.com",))
    assert (received.mail["Subject"], received.text) == ("Отчёт", "Первое.\n")


@pytest.mark.parametrize("farewell", ["421 closing", "500 what?", ""])
def test_a_mail_that_was_accepted_counts_as_sent_however_the_server_leaves(
    mail_server: MailServer, farewell: str
) -> None:
    mail_server.farewell = farewell
    assert send(f"smtp://127.0.0.1:{mail_server.port}") is None
    assert len(mail_server.received) == 1


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
def test_a_password_goes_over_tls_alone(trusted: Path, scheme: str) -> None:
    server = MailServer(**{"tls" if scheme == "smtps" else "starttls": trusted}, asks_password=True)
    try:
        assert send(f"{scheme}://{LOGIN}localhost:{server.port}") is None
        assert server.received[0].is_encrypted
    finally:
        server.close()


def test_a_certificate_that_nobody_trusts_gets_neither_mail_nor_password(certificate: Path) -> None:
    server = MailServer(starttls=certificate, asks_password=True)
    try:
        fault = send(f"smtp+starttls://{LOGIN}localhost:{server.port}")
        assert fault is not None
        assert "certificate" in fault.reason
        assert not server.attempts
    finally:
        server.close()


def test_a_wrong_password_is_worth_another_attempt(trusted: Path) -> None:
    server = MailServer(starttls=trusted, asks_password=True)
    try:
        fault = send(f"smtp+starttls://anna:wrong@localhost:{server.port}")
        assert fault is not None
        assert fault.reason.startswith("the mail server answered 535")
        assert not fault.is_final
        assert "wrong" not in fault.reason
    finally:
        server.close()


@pytest.mark.parametrize(
    ("answer", "is_final"),
    [("550 no such mailbox", True), ("450 the mailbox is full", False), ("421 not now", False)],
)
def test_what_the_server_says_of_a_mailbox_is_passed_on(mail_server: MailServer, answer: str, is_final: bool) -> None:
    mail_server.answer = lambda _address: answer
    fault = send(f"smtp://127.0.0.1:{mail_server.port}")
    assert fault == MailFault(f"the mail server answered {answer.replace(' ', ': ', 1)}", is_final)


def test_a_server_that_is_away_is_a_fault(mail_server: MailServer) -> None:
    fault = send(f"smtp://127.0.0.1:{free_port()}")
    assert fault is not None
    assert "refused" in fault.reason
    assert not fault.is_final


def test_a_password_in_other_letters_is_a_fault_and_no_crash(trusted: Path) -> None:
    server = MailServer(starttls=trusted, asks_password=True)
    try:
        fault = send(f"smtp+starttls://anna:{quote('пароль')}@localhost:{server.port}")
        assert fault is not None
        assert not fault.is_final
    finally:
        server.close()
