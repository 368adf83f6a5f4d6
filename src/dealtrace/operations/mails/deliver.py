"""Claim e-mails that are due, and store the results of sending them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from dealtrace.mails.mail import Mail, MailFault, next_attempt
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.record import record
from dealtrace.storage.mails import outbox

LEASE = timedelta(minutes=10)
"""How long a process reserves the e-mail that it claims; after that time, another process can claim the e-mail.

Writing and sending an e-mail takes less time: a dozen steps of SMTP take four minutes at most, and each statement of a
report half a minute at most.
"""
SENT_WITHIN = LEASE / 2
"""How much of the lease must be left when we start on an e-mail; writing and sending it takes less."""
KEPT_FOR = timedelta(days=30)
"""How long e-mails are kept after the event that caused them, so that people can see whether they were sent."""
FAULT_LENGTH_MAX = 300


@record
class MailReport:
    """The result of sending a claimed e-mail; `fault` is why it was not sent, or `None` if it was sent."""

    mail: Mail
    fault: MailFault | None


@operation(ids_per_command=0)
def claim_mail(work: Work, commands: Sequence[WriteCommand[None]]) -> list[Mail | None]:
    """For each command, claim and return the site's e-mail that has been due longest, or `None` if no e-mail is due.

    Until the lease ends, no other process can claim this e-mail. E-mails are claimed one by one, so that the lease of
    an e-mail does not run while other e-mails are sent.
    """
    return [outbox.claim_mail(work.connection, work.site.id, work.now + LEASE, work.now) for _ in commands]


def has_time_to_send(mail: Mail, now: datetime) -> bool:
    """Return whether a claimed e-mail can be sent before its lease ends, after which another process may send it."""
    return mail.due_at is not None and mail.due_at - now >= SENT_WITHIN


@operation(ids_per_command=0)
def acknowledge_mails(work: Work, commands: Sequence[WriteCommand[MailReport]]) -> list[bool]:
    """Store the results of sending claimed e-mails; each outcome is whether the e-mail has been abandoned."""
    return [_acknowledge(work, command.payload) for command in commands]


def _acknowledge(work: Work, report: MailReport) -> bool:
    mail, fault = report.mail, report.fault
    if fault is None:
        outbox.update_claimed_mail(work.connection, mail, {"due_at": None, "fault": None})
        return False
    attempts = mail.attempts + 1
    due_at = next_attempt(fault, attempts, work.now)
    values = {"due_at": due_at, "attempts": attempts, "fault": fault.reason[:FAULT_LENGTH_MAX]}
    return outbox.update_claimed_mail(work.connection, mail, values) and due_at is None


@operation(ids_per_command=0)
def sweep_mails(work: Work, commands: Sequence[WriteCommand[timedelta]]) -> list[int]:
    """Delete old e-mails, sent or not; the outcome of each command is the number of e-mails that it deleted.

    An e-mail is old if the event that caused it happened longer ago than the duration in the command's payload.
    """
    return [outbox.delete_old_mails(work.connection, work.site.id, work.now - command.payload) for command in commands]
