"""Accept each form of the cabinet once, however often it is sent, and keep the answer for a short time."""

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
    """Raised if a form was accepted before, perhaps by another process a moment ago; nothing is stored twice."""


def take_form(work: AccountWork, digest: str) -> None:
    """Record that a form is accepted, in the transaction of the change that the form requests; delete old forms.

    If that change is refused, the form is not recorded, and may be sent again.

    Raises:
        FormTaken: the form was accepted before.
    """
    forget_old_forms(work)
    if not insert_sent_form(work.connection, digest, work.now):
        raise FormTaken


def has_old_forms(connection: Connection, now: datetime) -> bool:
    """Return whether a form is stored that was accepted more than `ANSWER_AGE_MAX` ago."""
    oldest_at = find_oldest_sent_at(connection)
    return oldest_at is not None and oldest_at < now - ANSWER_AGE_MAX


def forget_old_forms(work: AccountWork) -> None:
    """Delete the forms that were accepted more than `ANSWER_AGE_MAX` ago, with their stored answers."""
    delete_sent_forms_before(work.connection, work.now - ANSWER_AGE_MAX)


def find_taken_form(connection: Connection, digest: str, now: datetime) -> SentForm | None:
    """Find a form that was accepted at most `ANSWER_AGE_MAX` ago, or return `None` if there is none."""
    return find_sent_form(connection, digest, now - ANSWER_AGE_MAX)


def keep_answer(work: AccountWork, digest: str, sealed_answer: str) -> None:
    """Store the answer to an accepted form; a person who sends the form again gets the same answer."""
    update_sealed_answer(work.connection, digest, sealed_answer)
