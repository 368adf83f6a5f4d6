"""What people did about missed calls, stored with the calls."""

from datetime import timedelta

from sqlalchemy import Connection, select, update

from dealtrace.leads.call import is_missed
from dealtrace.leads.ring_back import RingBack
from dealtrace.record import record
from dealtrace.storage.leads.calls import circumstances_from_row, ring_back_from_row
from dealtrace.storage.schema.tables.leads import call


@record
class StoredRingBack:
    """What a person did about a call, or `None`, and whether the call was missed at all."""

    ring_back: RingBack | None
    is_missed: bool


def find_ring_back(connection: Connection, site_id: int, call_id: int) -> StoredRingBack | None:
    """Find what a person did about a call, and lock the call; return `None` if the call is unknown or deleted."""
    mine = select(call).where(call.c.site_id == site_id, call.c.id == call_id, call.c.deleted_at.is_(None))
    row = connection.execute(mine.with_for_update()).one_or_none()
    if row is None:
        return None
    duration = timedelta(seconds=row.duration_seconds)
    return StoredRingBack(ring_back_from_row(row), is_missed(circumstances_from_row(row), duration))


def update_ring_back(connection: Connection, site_id: int, call_id: int, ring_back: RingBack | None) -> None:
    """Store what a person did about a call; `None` means that the call must still be returned."""
    mine = update(call).where(call.c.site_id == site_id, call.c.id == call_id)
    connection.execute(mine.values(ring_back=ring_back))
