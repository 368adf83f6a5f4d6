"""An e-mail in the queue, and when a failed e-mail is sent again."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from dealtrace.mails.recipient import Recipient
from dealtrace.record import record

MailId = NewType("MailId", int)
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
ATTEMPTS_MAX = 30
"""Ours: the maximum number of attempts to send an e-mail. They take about a day; after that, an alert is of no use."""
_DOUBLINGS_MAX = 10


class MailPurpose(StrEnum):
    """The purpose of an e-mail: an alert that was raised or has ended, a test of an alert, or a scheduled report."""

    ALERT_RAISED = "alert.raised"
    ALERT_ENDED = "alert.ended"
    ALERT_TEST = "alert.test"
    REPORT = "report"


OF_INCIDENTS = (MailPurpose.ALERT_RAISED, MailPurpose.ALERT_ENDED)
"""The purposes of e-mails about an incident; the `subject_id` of such an e-mail is the id of the incident."""


@record
class NewMail:
    """An e-mail to store; `subject_id` is the id of the incident, rule or scheduled report that the e-mail is about."""

    purpose: MailPurpose
    subject_id: int
    recipient: Recipient


@record
class Mail:
    """A stored e-mail, without its text, which is written when the e-mail is sent.

    `caused_at` is the time of the event that the e-mail is about. `due_at` is the time of the next attempt, or `None`
    after the e-mail was sent or abandoned. `attempts` is the number of failed attempts, and `fault` is the reason for
    the last failure.
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
        """The unique id of the e-mail, the same for all attempts, so that mail programs can recognise duplicates."""
        return f"mail.{self.site_id}.{self.id}"


@record
class MailFault:
    """Why an e-mail could not be sent; `is_final` is true if the mail server refused the recipient permanently."""

    reason: str
    is_final: bool = False


def next_attempt(fault: MailFault, attempts: int, now: datetime) -> datetime | None:
    """Return the time of the next attempt after `attempts` failed ones, the last with `fault`; `None` to give up."""
    if fault.is_final or attempts >= ATTEMPTS_MAX:
        return None
    pause: timedelta = FIRST_PAUSE * 2 ** min(attempts - 1, _DOUBLINGS_MAX)
    return now + min(pause, LONGEST_PAUSE)
