"""The progress of normalising a site's contacts again, after a release changed the normal form of contacts."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from sqlalchemy import Column, Connection, delete, func, select, update

from dealtrace.leads.lead import LeadKind
from dealtrace.record import record
from dealtrace.storage.database.upsert import insert_into
from dealtrace.storage.leads.deletion import DeletableLead, deletable_from_row
from dealtrace.storage.schema.tables.deals import deal
from dealtrace.storage.schema.tables.leads import LEAD_TABLES, client, contact_reading


class Stage(StrEnum):
    """A stage of normalising contacts again; leads come first, because clients and deals depend on them."""

    CALLS = "calls"
    LEAD_REQUESTS = "requests"
    CLIENTS = "clients"
    DEALS = "deals"


KINDS: Mapping[Stage, LeadKind] = {Stage.CALLS: LeadKind.CALL, Stage.LEAD_REQUESTS: LeadKind.LEAD_REQUEST}
_IDS: "Mapping[Stage, Column[int]]" = {
    **{stage: LEAD_TABLES[kind].c.id for stage, kind in KINDS.items()},
    Stage.CLIENTS: client.c.id,
    Stage.DEALS: deal.c.id,
}


@record
class NormalisationProgress:
    """The progress of normalising a site's contacts: in `stage`, records with ids up to `last_id` are finished."""

    stage: Stage
    last_id: int


def find_progress(connection: Connection, site_id: int) -> NormalisationProgress | None:
    """Find a site's progress, or return `None` if all its contacts have the normal form of this release."""
    row = connection.execute(select(contact_reading).where(contact_reading.c.site_id == site_id)).one_or_none()
    return NormalisationProgress(Stage(row.stage), row.last_id) if row is not None else None


def begin_progress(connection: Connection, site_id: int) -> None:
    """Store that all contacts of a site must be normalised; if a stopped run can be continued, store nothing."""
    first = {"site_id": site_id, "stage": next(iter(Stage)), "last_id": 0}
    statement = insert_into(connection, contact_reading).values(first)
    connection.execute(statement.on_conflict_do_nothing(index_elements=["site_id"]))


def store_progress(connection: Connection, site_id: int, progress: NormalisationProgress | None) -> None:
    """Update a site's stored progress, or delete it if `progress` is `None`, because all contacts are normalised."""
    mine = contact_reading.c.site_id == site_id
    if progress is None:
        connection.execute(delete(contact_reading).where(mine))
    else:
        values = {"stage": progress.stage, "last_id": progress.last_id}
        connection.execute(update(contact_reading).where(mine).values(**values))


def count_left_to_normalise(connection: Connection, site_id: int, progress: NormalisationProgress) -> int:
    """Count the leads, clients and deals left to normalise after `progress`."""
    stages = list(Stage)
    left = 0
    for stage in stages[stages.index(progress.stage) :]:
        after = progress.last_id if stage is progress.stage else 0
        left += _count_after(connection, site_id, stage, after)
    return left


def _count_after(connection: Connection, site_id: int, stage: Stage, after: int) -> int:
    ids = _IDS[stage]
    mine = select(func.count()).select_from(ids.table).where(ids.table.c.site_id == site_id, ids > after)
    return int(connection.execute(mine).scalar_one())


def list_ids_after(connection: Connection, site_id: int, progress: NormalisationProgress, limit: int) -> list[int]:
    """List the lowest `limit` ids above `progress.last_id` among records of `progress.stage`, in ascending order."""
    ids = _IDS[progress.stage]
    mine = select(ids).where(ids.table.c.site_id == site_id, ids > progress.last_id)
    return list(connection.execute(mine.order_by(ids).limit(limit)).scalars())


def list_leads(connection: Connection, site_id: int, kind: LeadKind, ids: Sequence[int]) -> list[DeletableLead]:
    """List the non-deleted leads of a kind with the given ids; their contacts are as they were sent."""
    table = LEAD_TABLES[kind]
    mine = (table.c.site_id == site_id, table.c.id.in_(ids), table.c.deleted_at.is_(None))
    return [deletable_from_row(kind, row) for row in connection.execute(select(table).where(*mine))]
