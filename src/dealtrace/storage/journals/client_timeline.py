"""Find the records of a client: calls, lead requests, deals, and the visits of the client's browsers."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import BigInteger, ColumnElement, Connection, and_, func, select, type_coerce, union

from dealtrace.attribution.visit import Visit
from dealtrace.leads.lead import LeadKind
from dealtrace.storage.database.column_types import is_in
from dealtrace.storage.schema.tables.deals import deal, deal_contact
from dealtrace.storage.schema.tables.leads import LEAD_STARTS, LEAD_TABLES, client
from dealtrace.storage.schema.tables.visits import visit
from dealtrace.storage.visits.visits import VISIT_ROWS, visit_from_row

SHOWN_MAX = 500
"""Ours: the timeline of a client has at most this many records of each kind, newest first; only robots have more."""
FOUND_MAX = SHOWN_MAX + 1
"""The maximum number of records found of each kind: one more than is shown, to see whether there are more."""

_DEALS = select(deal.c.id, deal.c.happened_at).where(deal.c.deleted_at.is_(None))


def find_joined_ids(connection: Connection, site_id: int, client_id: int) -> set[int]:
    """Find the ids of all clients merged with a client, including `client_id`; none if the client is unknown."""
    mine = select(func.coalesce(client.c.leading_id, client.c.id)).where(client.c.site_id == site_id)
    leading_id = connection.execute(mine.where(client.c.id == client_id)).scalar()
    if leading_id is None:
        return set()
    joined = select(client.c.id).where(client.c.site_id == site_id, client.c.leading_id == leading_id)
    return {leading_id, *connection.execute(joined).scalars()}


def list_lead_ids(connection: Connection, site_id: int, kind: LeadKind, client_ids: Collection[int]) -> list[int]:
    """List the ids of up to `FOUND_MAX` non-deleted leads of a kind that belong to the given clients, newest first."""
    table, started_at = LEAD_TABLES[kind], LEAD_STARTS[kind]
    theirs = (table.c.site_id == site_id, is_in(table.c.client_id, sorted(client_ids)), table.c.deleted_at.is_(None))
    newest = select(table.c.id).where(*theirs).order_by(*_newest(started_at, table.c.id)).limit(FOUND_MAX)
    return list(connection.execute(newest).scalars())


def list_deal_ids_by_contact(connection: Connection, site_id: int, contacts: Sequence[str]) -> list[int]:
    """List the ids of up to `FOUND_MAX` non-deleted deals that were sent with one of the contacts, newest first."""
    of_deal = and_(deal_contact.c.site_id == deal.c.site_id, deal_contact.c.deal_id == deal.c.id)
    found = union(
        _DEALS.where(deal.c.site_id == site_id, is_in(deal.c.clue_phone, contacts)),
        _DEALS.where(deal.c.site_id == site_id, is_in(deal.c.clue_email, contacts)),
        _DEALS.join(deal_contact, of_deal).where(
            deal_contact.c.site_id == site_id, is_in(deal_contact.c.contact, contacts)
        ),
    ).subquery()
    newest = select(found.c.id).order_by(found.c.happened_at.desc(), found.c.id.desc()).limit(FOUND_MAX)
    return list(connection.execute(newest).scalars())


def list_newest_visits(connection: Connection, site_id: int, visitors: Collection[str]) -> list[Visit]:
    """List up to `FOUND_MAX` visits of visitors, newest first."""
    theirs = (visit.c.site_id == site_id, is_in(visit.c.visitor_id, set(visitors) - {""}))
    newest = VISIT_ROWS.where(*theirs).order_by(*_newest(visit.c.started_at, visit.c.id)).limit(FOUND_MAX)
    return [visit_from_row(row) for row in connection.execute(newest)]


def _newest(at: ColumnElement[datetime], id_: ColumnElement[int]) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """Return expressions that sort the newest rows first and that no index contains.

    With an index in this order, SQLite would read all rows of the site to find the few rows of a client.
    """
    return (type_coerce(at, BigInteger) + 0).desc(), id_.desc()
