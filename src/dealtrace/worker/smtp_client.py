"""Send e-mails over SMTP, one at a time on a thread, and return the reason if an e-mail fails."""

import asyncio
import smtplib
import ssl
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from email.message import EmailMessage

from dealtrace.mails.letter import domain_of
from dealtrace.mails.mail import MailFault
from dealtrace.mails.mail_server import MailSecurity, MailServer
from dealtrace.printable import one_line

SMTP_SECONDS = 20.0
"""Ours: the time limit for each response of the mail server."""
PERMANENT = 500
EXCERPT_MAX = 200
"""How many characters of a mail server's error are shown."""


class SmtpClient:
    """Sends e-mails from one sender through one mail server."""

    def __init__(self, server: MailServer, sender: str) -> None:
        self.sender = sender
        self._server = server
        self._trust = ssl.create_default_context()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="smtp")

    async def send(self, mail: EmailMessage, address: str) -> MailFault | None:
        """Send an e-mail to an address; return `None` if the mail server accepted the e-mail, or else the error."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._send, mail, address)

    def stop(self) -> None:
        """End the thread once the e-mail that is being sent is finished."""
        self._thread.shutdown()

    def _send(self, mail: EmailMessage, address: str) -> MailFault | None:
        try:
            smtp = self._connect()
            try:
                if self._server.security is MailSecurity.STARTTLS:
                    smtp.starttls(context=self._trust)
                if self._server.user:
                    smtp.login(self._server.user, self._server.password)
                smtp.send_message(mail, self.sender, [address])
            finally:
                _leave(smtp)
        except smtplib.SMTPRecipientsRefused as refused:
            code, said = refused.recipients[address]
            return MailFault(_answer(code, said), is_final=code >= PERMANENT)
        except smtplib.SMTPResponseException as refused:
            return MailFault(_answer(refused.smtp_code, refused.smtp_error))
        except TimeoutError:
            return MailFault(f"the mail server did not answer within {SMTP_SECONDS:g} s")
        except (OSError, smtplib.SMTPException) as broken:
            return MailFault(f"cannot be sent: {_excerpt(str(broken)) or type(broken).__name__}")
        except Exception as broken:  # noqa: BLE001 - a password that is not ASCII makes the library raise other exceptions
            return MailFault(f"cannot be sent: {type(broken).__name__}")
        return None

    def _connect(self) -> smtplib.SMTP:
        server, name = self._server, domain_of(self.sender)
        if server.security is MailSecurity.TLS:
            return smtplib.SMTP_SSL(server.host, server.port, name, timeout=SMTP_SECONDS, context=self._trust)
        return smtplib.SMTP(server.host, server.port, name, timeout=SMTP_SECONDS)


def _leave(smtp: smtplib.SMTP) -> None:
    """Send QUIT and close the connection; errors are ignored, since the e-mail is already accepted or refused."""
    with suppress(OSError, smtplib.SMTPException):
        smtp.quit()
    smtp.close()


def _answer(code: int, said: bytes | str) -> str:
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    return f"the mail server answered {code}: {_excerpt(text)}"


def _excerpt(text: str) -> str:
    return one_line(text)[:EXCERPT_MAX]
