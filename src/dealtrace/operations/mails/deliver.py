"""Take mails in hand that are to be sent, and store what became of them."""

from collections.abc import Sequence
from datetime import timedelta

from dealtrace.mails.mail import Mail, MailFault, next_attempt
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.record import record
from dealtrace.storage.mails import outbox

LEASE = timedelta(minutes=5)
"""How long a process that died keeps mails from the others; longer than writing and sending those in hand takes."""
MAILS_AT_ONCE = 5
KEPT_FOR = timedelta(days=30)
"""How long mails are kept, sent or given up, for people to see what became of them."""
FAULT_LENGTH_MAX = 300


@record
class MailReport:
    """What became of a mail in hand: why it could not be sent, `None` if it was."""

    mail: Mail
    fault: MailFault | None


@operation(ids_per_command=0)
def claim_mails(work: Work, commands: Sequence[WriteCommand[None]]) -> list[list[Mail]]:
    """Return to each command mails of the site that are due; until the lease ends no other process has them."""
    return [
        outbox.claim_mails(work.connection, work.site.id, work.now + LEASE, work.now, MAILS_AT_ONCE) for _ in commands
    ]


@operation(ids_per_command=0)
def settle_mails(work: Work, commands: Sequence[WriteCommand[MailReport]]) -> list[bool]:
    """Store what became of mails; each outcome is whether the mail was given up."""
    return [_settle(work, command.payload) for command in commands]


def _settle(work: Work, report: MailReport) -> bool:
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
    """Delete mails older than each command says; each outcome is how many."""
    return [outbox.delete_old_mails(work.connection, work.site.id, work.now - command.payload) for command in commands]
