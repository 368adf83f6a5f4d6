"""Missed calls that have to be returned, and how people dealt with missed calls; both are stored with the calls."""

from datetime import timedelta

from sqlalchemy import ColumnElement, Connection, and_, exists, literal_column, select, tuple_, update

from dealtrace.leads.call_outcome import is_missed
from dealtrace.leads.missed_calls import RingBack
from dealtrace.record import record
from dealtrace.storage.leads import call_outcomes
from dealtrace.storage.leads.calls import circumstances_from_row, ring_back_from_row
from dealtrace.storage.schema.tables.leads import call

_EMPTY: ColumnElement[str] = literal_column("''")
"""A constant in the text of the statement: with a parameter, no database would use the index `ix_call_missed`."""


@record
class StoredRingBack:
    """How a person dealt with a call (`None` if nobody has), and whether the call was missed at all."""

    ring_back: RingBack | None
    is_missed: bool


def find_ring_back(connection: Connection, site_id: int, call_id: int) -> StoredRingBack | None:
    """Find how a person dealt with a call, and lock the call; return `None` if the call is unknown or deleted."""
    mine = select(call).where(call.c.site_id == site_id, call.c.id == call_id, call.c.deleted_at.is_(None))
    row = connection.execute(mine.with_for_update()).one_or_none()
    if row is None:
        return None
    duration = timedelta(seconds=row.duration_seconds)
    return StoredRingBack(ring_back_from_row(row), is_missed(circumstances_from_row(row), duration))


def update_ring_back(connection: Connection, site_id: int, call_id: int, ring_back: RingBack | None) -> None:
    """Store how a person dealt with a call; `None` means that the call must still be returned."""
    mine = update(call).where(call.c.site_id == site_id, call.c.id == call_id)
    connection.execute(mine.values(ring_back=ring_back))


def is_to_ring_back() -> ColumnElement[bool]:
    """Return the SQL condition for a missed call whose client has not called again and that nobody has dealt with.

    Calls without a phone number do not meet the condition, since nobody can call back. Ours: a later call of the same
    client replaces an earlier call. If the later call was answered, nobody needs to call back; if it was missed too,
    only the later call meets the condition.
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
    return call_outcomes.is_missed(), call.c.phone != _EMPTY
