"""Take a form of the cabinet once, however often it is sent, and remember the answer for a short time."""

from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.sent_form import ANSWER_AGE_MAX
from dealtrace.operations.work import AccountWork
from dealtrace.storage.accounts.sent_forms import (
    SentForm,
    delete_sent_forms_before,
    find_oldest_sent_at,
    find_sent_form,
    insert_sent_form,
    update_sealed_answer,
)


class FormTaken(Exception):  # noqa: N818 - the name says what happened
    """Raised if a form was taken before, perhaps by another process a moment ago; nothing is stored a second time."""


def take_form(work: AccountWork, digest: str) -> None:
    """Store that a form has been taken, in the transaction of the change that it asks for; first delete old forms.

    If that change is refused, the form is not taken, and may be sent again.

    Raises:
        FormTaken: the form was taken before.
    """
    forget_old_forms(work)
    if not insert_sent_form(work.connection, digest, work.now):
        raise FormTaken


def has_old_forms(connection: Connection, now: datetime) -> bool:
    """Return whether a form is stored that was taken more than `ANSWER_AGE_MAX` ago."""
    oldest_at = find_oldest_sent_at(connection)
    return oldest_at is not None and oldest_at < now - ANSWER_AGE_MAX


def forget_old_forms(work: AccountWork) -> None:
    """Delete the forms that were taken more than `ANSWER_AGE_MAX` ago, with their sealed answers."""
    delete_sent_forms_before(work.connection, work.now - ANSWER_AGE_MAX)


def find_taken_form(connection: Connection, digest: str, now: datetime) -> SentForm | None:
    """Find a form that was taken at most `ANSWER_AGE_MAX` ago, or return `None` if there is none."""
    return find_sent_form(connection, digest, now - ANSWER_AGE_MAX)


def keep_answer(work: AccountWork, digest: str, sealed_answer: str) -> None:
    """Store the answer to a form that was taken; if the form is sent again, it gets the same answer."""
    update_sealed_answer(work.connection, digest, sealed_answer)
