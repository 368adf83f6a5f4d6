"""A mail that is to be sent, and when one that failed is sent again."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from dealtrace.mails.recipient import Recipient
from dealtrace.record import record

MailId = NewType("MailId", int)
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
ATTEMPTS_MAX = 30
"""Ours: with their pauses a day; an alert that is older helps nobody."""
_DOUBLINGS_MAX = 10


class MailPurpose(StrEnum):
    """What a mail is about: an alert that is raised or has ended, a test of an alert's recipients, a mail report."""

    ALERT_RAISED = "alert.raised"
    ALERT_ENDED = "alert.ended"
    ALERT_TEST = "alert.test"
    REPORT = "report"


@record
class NewMail:
    """A mail that is caused: its purpose, and the id of what it is about."""

    purpose: MailPurpose
    subject_id: int
    recipient: Recipient


@record
class Mail:
    """A mail that is stored.

    It holds no text: it is written when it is sent. `caused_at` is when what it is about happened; `due_at` is when it
    is to be sent, `None` once it was sent or given up; `attempts` have failed, the last one for the reason `fault`.
    """

    id: MailId
    site_id: int
    purpose: MailPurpose
    subject_id: int
    recipient: Recipient
    caused_at: datetime
    due_at: datetime | None
    attempts: int = 0
    fault: str | None = None

    @property
    def message_id(self) -> str:
        """The unique id of the mail, the same at each attempt: a mailbox may recognise a repetition by it."""
        return f"mail.{self.site_id}.{self.id}"


@record
class MailFault:
    """Why a mail could not be sent; `is_final` if the recipient's server will never take it."""

    reason: str
    is_final: bool = False


def next_attempt(fault: MailFault, attempts: int, now: datetime) -> datetime | None:
    """Return when a mail is sent again after the last of `attempts` failures, `None` if it is given up."""
    if fault.is_final or attempts >= ATTEMPTS_MAX:
        return None
    pause: timedelta = FIRST_PAUSE * 2 ** min(attempts - 1, _DOUBLINGS_MAX)
    return now + min(pause, LONGEST_PAUSE)
