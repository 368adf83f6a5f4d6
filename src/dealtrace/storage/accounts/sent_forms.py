"""Forms that users submitted, and the encrypted responses to them."""

from datetime import datetime

from sqlalchemy import Connection, delete, func, select, update

from dealtrace.record import record
from dealtrace.storage.database.upsert import insert_into
from dealtrace.storage.schema.tables.control import sent_form


@record
class SentForm:
    """A submitted form; `sealed_answer` is the encrypted response, or `None` until the response is stored."""

    sealed_answer: str | None


def insert_sent_form(connection: Connection, digest: str, now: datetime) -> bool:
    """Store that a form is being processed, and return `True`; return `False` if the form is stored already.

    Of several simultaneous transactions, only one gets `True`.
    """
    statement = insert_into(connection, sent_form).values(digest=digest, sent_at=now)
    taken = statement.on_conflict_do_nothing(index_elements=["digest"]).returning(sent_form.c.digest)
    return connection.execute(taken).first() is not None


def update_sealed_answer(connection: Connection, digest: str, sealed_answer: str) -> None:
    """Store the encrypted response to a form."""
    connection.execute(update(sent_form).where(sent_form.c.digest == digest).values(sealed_answer=sealed_answer))


def find_sent_form(connection: Connection, digest: str, earliest: datetime) -> SentForm | None:
    """Find a form that was submitted at or after `earliest`, or return `None` if there is none."""
    found = select(sent_form.c.sealed_answer).where(sent_form.c.digest == digest, sent_form.c.sent_at >= earliest)
    row = connection.execute(found).one_or_none()
    return SentForm(row.sealed_answer) if row is not None else None


def find_oldest_sent_at(connection: Connection) -> datetime | None:
    """Find when the oldest stored form was submitted, or return `None` if no form is stored."""
    oldest_at: datetime | None = connection.execute(select(func.min(sent_form.c.sent_at))).scalar_one()
    return oldest_at


def delete_sent_forms_before(connection: Connection, earliest: datetime) -> None:
    """Delete the forms that were submitted before `earliest`, and the responses to them."""
    connection.execute(delete(sent_form).where(sent_form.c.sent_at < earliest))
