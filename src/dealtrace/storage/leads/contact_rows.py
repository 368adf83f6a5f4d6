"""Contact rows, by which matching finds leads: one row per contact of a lead, with the lead's start and end."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import JSON, ColumnElement, Connection, Text, and_, bindparam, column, delete, func, insert, or_, select

from dealtrace.leads.lead import LeadKind, LeadRef, LeadSpan
from dealtrace.leads.limits import CALL_DURATION_MAX
from dealtrace.record import record
from dealtrace.storage.database.column_types import MICROSECOND, each_json, is_in, json_integer, microseconds
from dealtrace.storage.database.compiled_statement import CompiledStatement
from dealtrace.storage.schema.tables.leads import LEAD_STARTS, LEAD_TABLES, lead_contact

_LONGEST = CALL_DURATION_MAX // MICROSECOND
"""The maximum duration of a lead, from its start to its end, in microseconds; the duration of a lead request is 0."""
_INSERT_CONTACT_ROW = CompiledStatement(insert(lead_contact))

_QUERIES = each_json(bindparam("queries", type_=Text)).table_valued(column("value", JSON))
_IN_WINDOW = and_(
    lead_contact.c.site_id == bindparam("site_id"),
    lead_contact.c.contact == _QUERIES.c.value[0].as_string(),
    lead_contact.c.started_at <= json_integer(_QUERIES.c.value[1]),
    lead_contact.c.ended_at >= json_integer(_QUERIES.c.value[2]),
    lead_contact.c.started_at >= json_integer(_QUERIES.c.value[3]),  # limits how much of the index is read
)
_LIST_SPANS = CompiledStatement(
    # The outer join makes SQLite begin with the queries instead of the leads.
    select(
        lead_contact.c.contact,
        lead_contact.c.lead_kind,
        lead_contact.c.lead_id,
        lead_contact.c.started_at,
        lead_contact.c.ended_at,
        lead_contact.c.reference,
    ).select_from(_QUERIES.outerjoin(lead_contact, _IN_WINDOW))
)


@record
class SpanQuery:
    """A query for leads with `contact` that began no later than `until` and ended no earlier than `ended_since`."""

    contact: str
    until: datetime
    ended_since: datetime


def list_spans(connection: Connection, site_id: int, queries: Sequence[SpanQuery]) -> list[LeadSpan]:
    """List the contact rows of the leads that meet one of `queries`, in no particular order."""
    if not queries:
        return []
    keys = [
        (query.contact, microseconds(query.until), ended_since, ended_since - _LONGEST)
        for query in queries
        for ended_since in (microseconds(query.ended_since),)
    ]
    rows = _LIST_SPANS.fetch(connection, {"site_id": site_id, "queries": msgspec.json.encode(keys).decode()})
    spans = {(row[0], row[2]): row for row in rows if row[0] is not None}
    return [
        LeadSpan(LeadRef(LeadKind(kind), lead_id), contact, started_at, ended_at, reference)
        for contact, kind, lead_id, started_at, ended_at, reference in spans.values()
    ]


def find_latest_end(
    connection: Connection, site_id: int, kinds: Mapping[LeadKind, Collection[str]], until: datetime
) -> datetime | None:
    """Find the latest end of the leads that have one of the given contacts and began no later than `until`.

    `kinds` maps each kind of lead to the contacts to look for. The result is `None` if there is no such lead.
    """
    rows = lead_contact.c
    wanted = [
        and_(rows.lead_kind == kind, is_in(rows.contact, contacts)) for kind, contacts in kinds.items() if contacts
    ]
    if not wanted:
        return None
    mine = (rows.site_id == site_id, rows.started_at <= until, or_(*wanted))
    found: datetime | None = connection.execute(select(func.max(rows.ended_at)).where(*mine)).scalar()
    return found


def insert_spans(connection: Connection, site_id: int, spans: Iterable[LeadSpan]) -> None:
    """Store contact rows, so that matching finds their leads."""
    _INSERT_CONTACT_ROW.run_many(connection, [_span_columns(site_id, span) for span in spans])


def find_spans_of_leads(
    connection: Connection, site_id: int, kind: LeadKind, ids: Sequence[int]
) -> dict[int, tuple[LeadSpan, ...]]:
    """Find the contact rows of leads by lead id, ordered by contact; leads without rows are left out."""
    rows = lead_contact.c
    found: dict[int, tuple[LeadSpan, ...]] = {}
    for row in connection.execute(
        select(lead_contact)
        .where(rows.site_id == site_id, is_in(rows.lead_id, ids), rows.lead_kind == kind)
        .order_by(rows.contact)
    ):
        ref = LeadRef(LeadKind(row.lead_kind), row.lead_id)
        span = LeadSpan(ref, row.contact, row.started_at, row.ended_at, row.reference)
        found[row.lead_id] = (*found.get(row.lead_id, ()), span)
    return found


def delete_contact_rows(connection: Connection, site_id: int, kind: LeadKind, ids: Sequence[int]) -> None:
    """Delete the contact rows of leads, so that matching no longer finds these leads."""
    rows = lead_contact.c
    mine = (rows.site_id == site_id, is_in(rows.lead_id, ids), rows.lead_kind == kind)
    connection.execute(delete(lead_contact).where(*mine))


def count_unusable_leads(connection: Connection, site_id: int, kind: LeadKind, since: datetime) -> int:
    """Count the non-deleted leads of a kind that began at or after `since` and have an unusable phone or e-mail."""
    table = LEAD_TABLES[kind]
    mine = (table.c.site_id == site_id, table.c.deleted_at.is_(None), LEAD_STARTS[kind] >= since)
    counted = select(func.count()).select_from(table).where(*mine, lead_has_unusable_contact(kind))
    return int(connection.execute(counted).scalar_one())


def lead_has_unusable_contact(kind: LeadKind) -> ColumnElement[bool]:
    """Return the SQL condition that a lead has a phone or e-mail that matching cannot use, as it has no normal form."""
    table, rows = LEAD_TABLES[kind], lead_contact.c
    its_own = (rows.site_id == table.c.site_id, rows.lead_id == table.c.id, rows.lead_kind == kind)
    kinds_of_contact = {"phone": rows.contact.not_like("%@%"), "email": rows.contact.like("%@%")}
    return or_(
        *(
            and_(
                table.c[name].is_not(None), table.c[name] != "", ~select(rows.lead_id).where(*its_own, usable).exists()
            )
            for name, usable in kinds_of_contact.items()
            if name in table.c
        )
    )


def _span_columns(site_id: int, span: LeadSpan) -> Mapping[str, object]:
    return {
        "site_id": site_id,
        "contact": span.contact,
        "started_at": span.started_at,
        "lead_id": span.ref.id,
        "lead_kind": span.ref.kind,
        "ended_at": span.ended_at,
        "reference": span.reference,
    }
