"""A real mail server on loopback, and every way in which one may refuse."""

import asyncio
import ssl
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any, cast

from aiosmtpd import smtp

ACCEPTED = "250 OK"
USER, PASSWORD = "reports@example.org", "s3cret:with@signs"


@dataclass(frozen=True)
class ReceivedMail:
    """A mail as it came."""

    sender: str
    recipients: tuple[str, ...]
    is_encrypted: bool
    mail: EmailMessage

    @property
    def text(self) -> str:
        """What its plain part says."""
        body = self.mail.get_body(("plain",))
        assert body is not None
        return str(body.get_content()).replace("\r\n", "\n")


class MailServer:
    """Listens on loopback; `answer` says to each recipient what becomes of their mail, and may be changed any time.

    `farewell` answers QUIT; if it is empty, the connection is closed without an answer.

    Any: the library has no types.
    """

    def __init__(self, *, tls: Path | None = None, starttls: Path | None = None, asks_password: bool = False) -> None:
        self.received: list[ReceivedMail] = []
        self.answer: Callable[[str], str] = lambda _address: ACCEPTED
        self.attempts = 0
        self.farewell = "221 Bye"
        self._is_tls = tls is not None
        options: dict[str, Any] = {}
        if starttls is not None:
            options |= {"tls_context": _context(starttls), "require_starttls": True}
        if asks_password:
            options |= {"authenticator": _authenticate, "auth_required": tls is None, "auth_require_tls": tls is None}
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(
            self._loop.create_server(
                lambda: smtp.SMTP(self, loop=self._loop, hostname="mail.example", **options),
                "127.0.0.1",
                ssl=_context(tls) if tls is not None else None,
            )
        )
        self.port: int = self._server.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        await self._server.wait_closed()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def handle_RCPT(self, *asked: Any) -> str:  # noqa: N802 - the library's name
        """Take a recipient, or not."""
        _server, _session, envelope, address, _options = asked
        self.attempts += 1
        answer = self.answer(address)
        if answer == ACCEPTED:
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, *asked: Any) -> str:  # noqa: N802 - the library's name
        """Take a mail."""
        _server, session, envelope = asked
        mail = cast("EmailMessage", message_from_bytes(envelope.content, policy=cast("Any", SMTP)))
        is_encrypted = self._is_tls or session.ssl is not None
        self.received.append(ReceivedMail(envelope.mail_from, tuple(envelope.rcpt_tos), is_encrypted, mail))
        return ACCEPTED

    async def handle_QUIT(self, *asked: Any) -> str:  # noqa: N802 - the library's name
        """Let the client go."""
        server, *_ = asked
        if not self.farewell:
            server.transport.close()
        return self.farewell


def _authenticate(*asked: Any) -> smtp.AuthResult:
    _server, _session, _envelope, _mechanism, given = asked
    assert isinstance(given, smtp.LoginPassword)
    is_known = (given.login, given.password) == (USER.encode(), PASSWORD.encode())
    return smtp.AuthResult(success=is_known, handled=False)


def _context(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


def make_certificate(folder: Path) -> Path:
    """Make a certificate of localhost, with its key in the same file, that only those trust who are given it."""
    key, file = folder / "key.pem", folder / "localhost.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    create = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subprocess.run([*create, "-days", "2", *subject, "-keyout", key, "-out", file], check=True, capture_output=True)
    file.write_text(key.read_text() + file.read_text())
    return file
