"""The SQL conditions for missed calls: those that nobody has returned yet, and those that a person dealt with."""

from sqlalchemy import ColumnElement, and_, exists, literal_column, tuple_

from dealtrace.storage.leads.call_outcomes import is_missed
from dealtrace.storage.schema.tables.leads import call

_EMPTY: ColumnElement[str] = literal_column("''")
"""A constant in the text of the statement: with a parameter, no database would use the index `ix_call_missed`."""


def is_to_ring_back() -> ColumnElement[bool]:
    """Return the SQL condition for a missed call whose client has not called again and that nobody has dealt with.

    Calls without a phone number do not count, since nobody can call back. Ours: a later call of the same client
    replaces an earlier call. If the later call was answered, nobody needs to call back; if it was missed too, only the
    later call counts.
    """
    later = call.alias("later")
    is_followed = exists().where(
        later.c.site_id == call.c.site_id,
        later.c.client_id == call.c.client_id,
        tuple_(later.c.started_at, later.c.id) > tuple_(call.c.started_at, call.c.id),
        later.c.deleted_at.is_(None),
    )
    return and_(*_is_missed_with_phone(), call.c.ring_back.is_(None), ~is_followed)


def is_dealt_with() -> ColumnElement[bool]:
    """Return the SQL condition that a person returned a missed call, or decided that it need not be returned."""
    return and_(*_is_missed_with_phone(), call.c.ring_back.is_not(None))


def _is_missed_with_phone() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Return the two SQL conditions that a call was missed and that it has a phone number."""
    return is_missed(), call.c.phone != _EMPTY
