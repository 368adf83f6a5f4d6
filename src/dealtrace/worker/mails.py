"""Send waiting e-mails, each from one process at a time; a failed e-mail is retried until it is sent or abandoned."""

from collections.abc import Awaitable, Callable

import structlog

from dealtrace import clock, metrics
from dealtrace.accounts.site import Site
from dealtrace.log import Outage, cause_of
from dealtrace.mails.letter import Letter, MailHeaders, write_mail
from dealtrace.mails.mail import Mail, MailFault
from dealtrace.operations.mails.deliver import (
    MailReport,
    acknowledge_mails,
    claim_mail,
    has_time_to_send,
)
from dealtrace.operations.mails.scheduled_reports import send_due_reports
from dealtrace.operations.write_command import WriteCommand
from dealtrace.runtime.read_pool import ReadPool
from dealtrace.runtime.write_queue import WriteQueue
from dealtrace.storage.mails.outbox import count_waiting_mails, list_sites_with_due_mails
from dealtrace.storage.mails.scheduled_reports import list_sites_with_due_reports
from dealtrace.worker.due_sites import SitesInTurn, list_due_sites
from dealtrace.worker.repeating import BackgroundLoops
from dealtrace.worker.smtp_client import SmtpClient

POLL_SECONDS = 2.0
"""How many seconds pass between two queries for e-mails to send."""
MAILS_IN_A_ROW = 5
"""How many e-mails of a site are sent before the e-mails of the next site."""

LetterWriter = Callable[[Site, Mail], Awaitable[Letter | None]]
"""A function that returns the letter of an e-mail, or `None` if the e-mail should no longer be sent."""

_log = structlog.get_logger()


class Mails:
    """Sends e-mails in one process; `read_pool` must read from the primary database, not from a replica."""

    def __init__(
        self,
        read_pool: ReadPool,
        write_queue: WriteQueue,
        client: SmtpClient,
        *,
        write_letter: LetterWriter,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self._read_pool = read_pool
        self._client = client
        self._write_letter = write_letter
        self._is_stopping = False
        self._sites = SitesInTurn(write_queue)
        self._loops = BackgroundLoops()
        self._loops.start(self._poll, poll_seconds, Outage("mails_not_looked_at", "mails_seen_again"))

    async def stop(self) -> None:
        """Stop after the e-mail that is being sent, and store its outcome, so that the e-mail is not sent again."""
        self._is_stopping = True
        await self._loops.stop()
        await self._sites.stop()
        self._client.stop()

    async def _poll(self) -> None:
        """Create the e-mails of due reports, then send all due e-mails, site by site."""

        async def send_reports(site: Site) -> None:
            await self._sites.write(send_due_reports, site, WriteCommand(None))

        with_reports = await self._read_pool.read(list_due_sites, list_sites_with_due_reports, clock.now())
        await self._sites.serve_each(with_reports, send_reports)
        metrics.MAILS_WAITING.set(await self._read_pool.read(count_waiting_mails))
        with_mails = await self._read_pool.read(list_due_sites, list_sites_with_due_mails, clock.now())
        await self._sites.serve_each(with_mails, self._send_some)
        self._sites.raise_first()

    async def _send_some(self, site: Site) -> None:
        """Send up to `MAILS_IN_A_ROW` due e-mails of a site, so that other sites do not wait for all of its e-mails."""
        for _ in range(MAILS_IN_A_ROW):
            if self._is_stopping:
                return
            mail = await self._sites.write(claim_mail, site, WriteCommand(None))
            if mail is None or not has_time_to_send(mail, clock.now()):
                return
            await self._send(site, mail)

    async def _send(self, site: Site, mail: Mail) -> None:
        """Send an e-mail and store the outcome; an e-mail that should no longer be sent counts as sent."""
        fault = await self._attempt(site, mail)
        is_given_up = await self._sites.write(acknowledge_mails, site, WriteCommand(MailReport(mail, fault)))
        facts = {"mail_id": mail.id, "purpose": mail.purpose.value}
        outcome = "sent" if fault is None else "given_up" if is_given_up else "failed"
        metrics.MAIL_ATTEMPTS.labels(outcome).inc()
        if fault is None:
            _log.info("mail_sent", **facts)
        elif is_given_up:
            _log.error("mail_given_up", **facts, reason=fault.reason, cure="dealtrace doctor")
        else:
            _log.warning("mail_failed", **facts, reason=fault.reason)

    async def _attempt(self, site: Site, mail: Mail) -> MailFault | None:
        try:
            letter = await self._write_letter(site, mail)
            if letter is None:
                return None
            written = write_mail(
                letter, MailHeaders(self._client.sender, mail.recipient, mail.message_id, mail.caused_at)
            )
        except Exception as broken:  # noqa: BLE001 - the e-mail is retried as after any other fault
            _log.warning("mail_not_written", mail_id=mail.id, cause=cause_of(broken))
            return MailFault(f"the e-mail cannot be composed because of an error in Dealtrace: {type(broken).__name__}")
        return await self._client.send(written, mail.recipient.address)
