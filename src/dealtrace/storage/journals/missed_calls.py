"""The SQL condition for missed calls that nobody has returned yet."""

from sqlalchemy import ColumnElement, and_, exists, or_, tuple_

from dealtrace.storage.schema.tables.leads import call


def is_to_ring_back() -> ColumnElement[bool]:
    """Return the SQL condition that a call was missed, and that its client has not called again since.

    `is_answered` and `is_over` in `leads/call.py` define missed calls. A call without a phone number cannot be
    returned. Ours: a later call of the same client replaces an earlier call. If the later call was answered, nobody
    needs to call back; if it was missed too, it is the call to return.
    """
    later = call.alias("later")
    missed = or_(
        call.c.is_successful.is_(False),
        and_(call.c.is_successful.is_(None), call.c.duration_seconds == 0, call.c.exchange.is_(None)),
    )
    is_followed = exists().where(
        later.c.site_id == call.c.site_id,
        later.c.client_id == call.c.client_id,
        tuple_(later.c.started_at, later.c.id) > tuple_(call.c.started_at, call.c.id),
        later.c.deleted_at.is_(None),
    )
    return and_(missed, call.c.phone != "", ~is_followed)
