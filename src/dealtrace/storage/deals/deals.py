"""Deals: the rows, and the records they stand for."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.sql import Select

from dealtrace.attribution.traffic_source import SOURCE_PARTS, TrafficSource
from dealtrace.deals.deal import Deal, DealId
from dealtrace.deals.lead_clue import NO_CLUE, CallIdentity, ContactClue, LeadClue, LeadRequestIdentity
from dealtrace.deals.registration import Registered
from dealtrace.leads.contact import StatedContact
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.record import record
from dealtrace.storage.database.column_types import is_among
from dealtrace.storage.database.compiled_statement import CompiledStatement
from dealtrace.storage.deals.daily_counts import count_new, recounted
from dealtrace.storage.schema.tables.deals import deal, deal_tag
from dealtrace.storage.schema.tables.visits import traffic_source

_FIND_REGISTERED = CompiledStatement(
    select(deal.c.number, deal.c.id, deal.c.fingerprint).where(
        deal.c.site_id == bindparam("site_id"),
        is_among(deal.c.number, "numbers"),
        deal.c.deleted_at.is_(None),
    )
)
_INSERT_DEAL = CompiledStatement(insert(deal))
_INSERT_TAG = CompiledStatement(insert(deal_tag))

_CHANGING = ("status", "amount_rub", "service", "manager", "comment", "custom_values", "stated_source_id")
_STAMPS = ("touched_at", "changed_at", "deleted_at", "version")
_UPDATE_DEAL = CompiledStatement(
    update(deal)
    .where(deal.c.site_id == bindparam("of_site"), deal.c.id == bindparam("of_deal"))
    .values({name: bindparam(name, type_=deal.c[name].type) for name in _CHANGING + _STAMPS})
)
_STAMP_DEAL = CompiledStatement(
    update(deal)
    .where(deal.c.site_id == bindparam("of_site"), deal.c.id == bindparam("of_deal"))
    .values({name: bindparam(name, type_=deal.c[name].type) for name in _STAMPS})
)

_STATED = and_(traffic_source.c.site_id == deal.c.site_id, traffic_source.c.id == deal.c.stated_source_id)
_NOT_IN_A_DEAL = ("site_id", "visited_at", "fingerprint")
DEAL_ROWS = select(
    *(column for column in deal.c if column.name not in _NOT_IN_A_DEAL),
    *(traffic_source.c[part] for part in SOURCE_PARTS),
).outerjoin(traffic_source, _STATED)
"""Deals with the parts of their stated source; `deal_records` turns such rows into records."""
_LIST_BY_ID = CompiledStatement(DEAL_ROWS.where(deal.c.site_id == bindparam("site_id"), is_among(deal.c.id, "ids")))
_LIST_TAGS = CompiledStatement(
    select(deal_tag.c.deal_id, deal_tag.c.tag)
    .where(deal_tag.c.site_id == bindparam("site_id"), is_among(deal_tag.c.deal_id, "deal_ids"))
    .order_by(deal_tag.c.deal_id, deal_tag.c.position)
)


@record
class NewDeal:
    """A deal to insert, with what only its row needs."""

    deal: Deal
    fingerprint: str
    visited_at: datetime | None


def find_registered(connection: Connection, site_id: int, numbers: Sequence[str]) -> dict[str, Registered]:
    """Find who has these numbers among the site's undeleted deals; free numbers are missing."""
    if not numbers:
        return {}
    rows = _FIND_REGISTERED.fetch(connection, {"site_id": site_id, "numbers": list(numbers)})
    return {number: Registered(DealId(deal_id), fingerprint) for number, deal_id, fingerprint in rows}


def insert_deals(
    connection: Connection, site_id: int, deals: Sequence[NewDeal], source_ids: Mapping[TrafficSource, int]
) -> None:
    """Keep new deals and their tags; a number that is taken breaks the unique index."""
    rows = [_row(site_id, new, source_ids) for new in deals]
    _INSERT_DEAL.run_many(connection, rows)
    _INSERT_TAG.run_many(connection, [row for new in deals for row in _tag_rows(site_id, new.deal)])
    count_new(connection, site_id, rows)


def list_deals_by_key(
    connection: Connection,
    site_id: int,
    *,
    ids: Iterable[int],
    numbers: Iterable[str],
    with_deleted: bool = False,
    lock: bool = True,
) -> list[Deal]:
    """List the site's deals that have one of these ids or numbers, locked against other writers; without repetition.

    They are locked first and read then: a row that was waited for must not come with what it was joined to before.
    Who only reads needs no `lock`.
    """
    found: set[int] = set()
    for column, wanted in ((deal.c.id, sorted(set(ids))), (deal.c.number, sorted(set(numbers)))):
        if wanted:
            query = select(deal.c.id).where(deal.c.site_id == site_id, column.in_(wanted)).order_by(deal.c.id)
            if not with_deleted:
                query = query.where(deal.c.deleted_at.is_(None))
            found.update(connection.execute(query.with_for_update() if lock else query).scalars())
    if not found:
        return []
    mine = DEAL_ROWS.where(deal.c.site_id == site_id, deal.c.id.in_(sorted(found)))
    return deal_records(connection, site_id, mine.order_by(deal.c.id))


def update_deals(
    connection: Connection, site_id: int, deals: Sequence[Deal], source_ids: Mapping[TrafficSource, int]
) -> None:
    """Write what a change may have made different, tags included."""
    ids = [one.id for one in deals]
    with recounted(connection, site_id, ids):
        _UPDATE_DEAL.run_many(connection, [_changed_row(site_id, one, source_ids) for one in deals])
    connection.execute(delete(deal_tag).where(deal_tag.c.site_id == site_id, deal_tag.c.deal_id.in_(ids)))
    _INSERT_TAG.run_many(connection, [row for one in deals for row in _tag_rows(site_id, one)])


def stamp_deals(connection: Connection, site_id: int, deals: Sequence[Deal]) -> None:
    """Write that deals were deleted or restored; a number taken meanwhile breaks the unique index."""
    with recounted(connection, site_id, [one.id for one in deals]):
        _STAMP_DEAL.run_many(connection, [{"of_site": site_id, "of_deal": one.id, **_stamps(one)} for one in deals])


def list_deals_after(connection: Connection, site_id: int, after_id: int, limit: int) -> list[Deal]:
    """List the site's deals with greater ids, in their order, deleted ones included, locked against other writers."""
    mine = DEAL_ROWS.where(deal.c.site_id == site_id, deal.c.id > after_id)
    return deal_records(connection, site_id, mine.order_by(deal.c.id).limit(limit).with_for_update(of=deal))


def count_deals(connection: Connection, site_id: int, after_id: int = 0) -> int:
    """Count the site's deals with greater ids, deleted ones included."""
    mine = select(func.count()).select_from(deal).where(deal.c.site_id == site_id, deal.c.id > after_id)
    return int(connection.execute(mine).scalar_one())


def count_unusable_contacts(connection: Connection, site_id: int) -> int:
    """Count the deals whose phone or e-mail has no form it could be compared in."""
    unusable = or_(
        and_(deal.c.clue_phone_as_sent.is_not(None), deal.c.clue_phone.is_(None)),
        and_(deal.c.clue_email_as_sent.is_not(None), deal.c.clue_email.is_(None)),
    )
    mine = (
        select(func.count()).select_from(deal).where(deal.c.site_id == site_id, unusable, deal.c.deleted_at.is_(None))
    )
    return int(connection.execute(mine).scalar_one())


def deal_records(connection: Connection, site_id: int, query: Select[Any]) -> list[Deal]:
    """Run a query over `DEAL_ROWS` and return the deals with their tags, in its order."""
    return _records(connection, site_id, connection.execute(query).all())


def list_deals_by_id(connection: Connection, site_id: int, ids: Sequence[int]) -> list[Deal]:
    """Tell of each of these deals, deleted or not, in their order; unknown ones are missing."""
    if not ids:
        return []
    rows = _LIST_BY_ID.fetch_named(connection, {"site_id": site_id, "ids": list(ids)})
    found = {one.id: one for one in _records(connection, site_id, rows)}
    return [found[DealId(one)] for one in ids if one in found]


def _records(connection: Connection, site_id: int, rows: Sequence[Any]) -> list[Deal]:
    tags = list_tags(connection, site_id, [row.id for row in rows])
    return [_record(row, tuple(tags.get(row.id, ()))) for row in rows]


def list_tags(connection: Connection, site_id: int, deal_ids: Sequence[int]) -> dict[int, list[str]]:
    """List the tags of these deals in their order; deals without any are missing."""
    tags: dict[int, list[str]] = {}
    if deal_ids:
        for deal_id, tag in _LIST_TAGS.fetch(connection, {"site_id": site_id, "deal_ids": list(deal_ids)}):
            tags.setdefault(deal_id, []).append(tag)
    return tags


def _tag_rows(site_id: int, one: Deal) -> list[dict[str, Any]]:
    return [
        {"site_id": site_id, "deal_id": one.id, "position": position, "tag": tag}
        for position, tag in enumerate(one.tags)
    ]


def _row(site_id: int, new: NewDeal, source_ids: Mapping[TrafficSource, int]) -> dict[str, Any]:
    one = new.deal
    return {
        "site_id": site_id,
        "id": one.id,
        "number": one.number,
        "happened_at": one.happened_at,
        "recorded_at": one.recorded_at,
        **lead_columns(one, new.visited_at),
        "fingerprint": new.fingerprint,
        **_changing(one, source_ids),
        **_clue_columns(one.clue),
    }


def lead_columns(one: Deal, visited_at: datetime | None) -> dict[str, Any]:
    """Write which lead a deal belongs to, and when the visit of that lead began."""
    return {
        "lead_kind": one.lead.kind if one.lead is not None else None,
        "lead_id": one.lead.id if one.lead is not None else None,
        "visited_at": visited_at,
        "pinned_at": one.pinned_at,
    }


def _changed_row(site_id: int, one: Deal, source_ids: Mapping[TrafficSource, int]) -> dict[str, Any]:
    return {"of_site": site_id, "of_deal": one.id, **_changing(one, source_ids)}


def _changing(one: Deal, source_ids: Mapping[TrafficSource, int]) -> dict[str, Any]:
    return {
        "status": one.status,
        "amount_rub": one.amount_rub,
        "service": one.service,
        "manager": one.manager,
        "comment": one.comment,
        "custom_values": one.custom_values or None,
        "stated_source_id": source_ids[one.stated_source] if one.stated_source is not None else None,
        **_stamps(one),
    }


def _stamps(one: Deal) -> dict[str, Any]:
    return {name: getattr(one, name) for name in _STAMPS}


_NO_CLUE_COLUMNS: dict[str, Any] = {
    "clue_call_id": None,
    "clue_call_reference": None,
    "clue_lead_request_id": None,
    "clue_lead_request_number": None,
    "clue_phone_as_sent": None,
    "clue_phone": None,
    "clue_email_as_sent": None,
    "clue_email": None,
    "clue_link_threshold_seconds": None,
    "clue_only_kind": None,
}


def _clue_columns(clue: LeadClue) -> dict[str, Any]:
    columns = dict(_NO_CLUE_COLUMNS)
    match clue.identity:
        case CallIdentity(call_id, reference):
            columns |= {"clue_call_id": call_id, "clue_call_reference": reference}
        case LeadRequestIdentity(lead_request_id, number):
            columns |= {"clue_lead_request_id": lead_request_id, "clue_lead_request_number": number}
    if clue.contact is not None:
        phone, email = clue.contact.phone, clue.contact.email
        columns |= {
            "clue_phone_as_sent": phone.as_sent if phone else None,
            "clue_phone": phone.normal if phone else None,
            "clue_email_as_sent": email.as_sent if email else None,
            "clue_email": email.normal if email else None,
            "clue_link_threshold_seconds": clue.contact.link_threshold // timedelta(seconds=1),
            "clue_only_kind": clue.contact.only_kind,
        }
    return columns


def _record(row: Any, tags: tuple[str, ...]) -> Deal:
    return Deal(
        id=DealId(row.id),
        number=row.number,
        status=row.status,
        amount_rub=row.amount_rub,
        happened_at=row.happened_at,
        recorded_at=row.recorded_at,
        touched_at=row.touched_at,
        changed_at=row.changed_at,
        deleted_at=row.deleted_at,
        pinned_at=row.pinned_at,
        version=row.version,
        service=row.service,
        manager=row.manager,
        comment=row.comment,
        tags=tags,
        custom_values=row.custom_values or {},
        stated_source=_stated_source(row),
        clue=_clue(row),
        lead=LeadRef(_LEAD_KINDS[row.lead_kind], row.lead_id) if row.lead_id is not None else None,
    )


_LEAD_KINDS = {kind.value: kind for kind in LeadKind}


def _stated_source(row: Any) -> TrafficSource | None:
    if row.stated_source_id is None:
        return None
    return TrafficSource(*(getattr(row, part) for part in SOURCE_PARTS))


def _clue(row: Any) -> LeadClue:
    identity: CallIdentity | LeadRequestIdentity | None = None
    if row.clue_call_id is not None or row.clue_call_reference is not None:
        identity = CallIdentity(row.clue_call_id, row.clue_call_reference)
    elif row.clue_lead_request_id is not None or row.clue_lead_request_number is not None:
        identity = LeadRequestIdentity(row.clue_lead_request_id, row.clue_lead_request_number)
    contact = _contact_clue(row)
    return NO_CLUE if identity is None and contact is None else LeadClue(identity, contact)


def _contact_clue(row: Any) -> ContactClue | None:
    if row.clue_phone_as_sent is None and row.clue_email_as_sent is None:
        return None
    return ContactClue(
        phone=_stated(row.clue_phone_as_sent, row.clue_phone),
        email=_stated(row.clue_email_as_sent, row.clue_email),
        link_threshold=timedelta(seconds=row.clue_link_threshold_seconds),
        only_kind=LeadKind(row.clue_only_kind) if row.clue_only_kind is not None else None,
    )


def _stated(as_sent: str | None, normal: str | None) -> StatedContact | None:
    return StatedContact(as_sent, normal) if as_sent is not None else None
