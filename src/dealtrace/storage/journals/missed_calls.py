"""The SQL conditions for missed calls: those that nobody has returned yet, and those that a person dealt with."""

from sqlalchemy import ColumnElement, and_, exists, literal_column, or_, tuple_

from dealtrace.storage.schema.tables.leads import call

_FALSE: ColumnElement[bool] = literal_column("FALSE")
_ZERO: ColumnElement[int] = literal_column("0")
_EMPTY: ColumnElement[str] = literal_column("''")
"""Constants in the text of the statement: with parameters, no database would use the index `ix_call_missed`."""


def is_to_ring_back() -> ColumnElement[bool]:
    """Return the SQL condition for a missed call whose client has not called again and that nobody has dealt with.

    `is_missed` in `leads/ring_back.py` defines missed calls. Calls without a phone number do not count, since
    nobody can call back. Ours: a later call of the same client replaces an earlier call. If the later call was
    answered, nobody needs to call back; if it was missed too, only the later call counts.
    """
    later = call.alias("later")
    is_followed = exists().where(
        later.c.site_id == call.c.site_id,
        later.c.client_id == call.c.client_id,
        tuple_(later.c.started_at, later.c.id) > tuple_(call.c.started_at, call.c.id),
        later.c.deleted_at.is_(None),
    )
    return and_(_is_missed(), call.c.ring_back.is_(None), ~is_followed)


def is_dealt_with() -> ColumnElement[bool]:
    """Return the SQL condition that a person returned a missed call, or decided that it need not be returned."""
    return and_(_is_missed(), call.c.ring_back.is_not(None))


def _is_missed() -> ColumnElement[bool]:
    """Return the SQL condition that a call was missed and has a phone number."""
    is_unanswered = or_(
        call.c.is_successful.is_(_FALSE),
        and_(call.c.is_successful.is_(None), call.c.duration_seconds == _ZERO, call.c.exchange.is_(None)),
    )
    return and_(is_unanswered, call.c.phone != _EMPTY)
