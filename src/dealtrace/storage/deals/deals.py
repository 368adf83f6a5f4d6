"""Find, insert and update deals."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import convert
from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.sql import Select

from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.deals.deal import Deal, DealId
from dealtrace.deals.deal_key import DealKey, choose_deal
from dealtrace.deals.matchers import Matcher
from dealtrace.deals.registration import Registered
from dealtrace.leads.reference_spelling import all_spellings
from dealtrace.storage.database.column_types import is_among, is_in
from dealtrace.storage.database.compiled_statement import CompiledStatement, NamedRow
from dealtrace.storage.deals.daily_counts import count_new_deals, recounting
from dealtrace.storage.deals.deal_rows import (
    CHANGING_COLUMNS,
    CLUE_COLUMNS,
    DEAL_ROWS,
    FURTHER_COLUMNS,
    NEW_COLUMNS,
    STAMP_COLUMNS,
    DealToInsert,
    changing_columns,
    clue_columns,
    contact_rows,
    deal_from_row,
    deletion_columns,
    further_columns,
    has_further_columns,
    key_rows,
    new_deal_columns,
    tag_rows,
)
from dealtrace.storage.schema.tables.deals import deal, deal_contact, deal_key, deal_tag, deal_version

_FIND_REGISTERED = CompiledStatement(
    select(deal.c.number, deal.c.id, deal.c.fingerprint).where(
        deal.c.site_id == bindparam("site_id"),
        is_among(deal.c.number, "numbers"),
        deal.c.deleted_at.is_(None),
    )
)
_INSERT_DEAL = CompiledStatement(insert(deal), columns=NEW_COLUMNS)
_INSERT_FULL_DEAL = CompiledStatement(insert(deal), columns=(*NEW_COLUMNS, *FURTHER_COLUMNS))
_INSERT_KEY = CompiledStatement(insert(deal_key))
_INSERT_TAG = CompiledStatement(insert(deal_tag))
_INSERT_CONTACT = CompiledStatement(insert(deal_contact))
_UPDATE_DEAL = CompiledStatement(
    update(deal)
    .where(deal.c.site_id == bindparam("of_site"), deal.c.id == bindparam("of_deal"))
    .values(
        {
            name: bindparam(name, type_=deal.c[name].type)
            for name in (*CHANGING_COLUMNS, *STAMP_COLUMNS, *FURTHER_COLUMNS)
        }
    )
)
_SET_DELETION_TIME = CompiledStatement(
    update(deal)
    .where(deal.c.site_id == bindparam("of_site"), deal.c.id == bindparam("of_deal"))
    .values({name: bindparam(name, type_=deal.c[name].type) for name in STAMP_COLUMNS})
)
_UPDATE_CLUE = CompiledStatement(
    update(deal)
    .where(deal.c.site_id == bindparam("of_site"), deal.c.id == bindparam("of_deal"))
    .values({name: bindparam(name, type_=deal.c[name].type) for name in CLUE_COLUMNS})
)
_LIST_BY_ID = CompiledStatement(DEAL_ROWS.where(deal.c.site_id == bindparam("site_id"), is_among(deal.c.id, "ids")))
_LIST_TAGS = CompiledStatement(
    select(deal_tag.c.deal_id, deal_tag.c.tag)
    .where(deal_tag.c.site_id == bindparam("site_id"), is_among(deal_tag.c.deal_id, "deal_ids"))
    .order_by(deal_tag.c.deal_id, deal_tag.c.position)
)


def find_registered(connection: Connection, site_id: int, numbers: Sequence[str]) -> dict[str, Registered]:
    """Find a site's non-deleted deals that have the given numbers, by number; unused numbers are left out."""
    if not numbers:
        return {}
    rows = _FIND_REGISTERED.fetch(connection, {"site_id": site_id, "numbers": list(numbers)})
    return {number: Registered(DealId(deal_id), fingerprint) for number, deal_id, fingerprint in rows}


def find_fingerprints(connection: Connection, site_id: int, ids: Iterable[int]) -> dict[int, str]:
    """Find the registration fingerprints of deals by id, including deleted deals; unknown ids are left out."""
    mine = (deal.c.site_id == site_id, is_in(deal.c.id, sorted(set(ids))))
    rows = connection.execute(select(deal.c.id, deal.c.fingerprint).where(*mine))
    return {deal_id: fingerprint for deal_id, fingerprint in rows}  # noqa: C416 - mypy does not know that a row is a pair


def find_deleted(connection: Connection, site_id: int, numbers: Sequence[str]) -> dict[str, DealId]:
    """Return the ids of deleted deals that had the given numbers; the keys are hashes of the deals' registrations."""
    if not numbers:
        return {}
    mine = (deal.c.site_id == site_id, is_in(deal.c.number, numbers), deal.c.deleted_at.is_not(None))
    rows = connection.execute(select(deal.c.fingerprint, deal.c.id).where(*mine))
    return {fingerprint: DealId(deal_id) for fingerprint, deal_id in rows}


def list_deleted_ids(connection: Connection, site_id: int, ids: Sequence[int]) -> list[int]:
    """List those of the given ids that are ids of deleted deals."""
    mine = (deal.c.site_id == site_id, is_in(deal.c.id, ids), deal.c.deleted_at.is_not(None))
    return list(connection.execute(select(deal.c.id).where(*mine)).scalars())


def delete_deals(connection: Connection, site_id: int, ids: Sequence[int]) -> None:
    """Erase deleted deals with all their data, so that their ids and numbers can be used again."""
    if not ids:
        return
    for table in (deal_version, deal_tag, deal_contact, deal_key):
        connection.execute(delete(table).where(table.c.site_id == site_id, is_in(table.c.deal_id, ids)))
    connection.execute(delete(deal).where(deal.c.site_id == site_id, is_in(deal.c.id, ids)))


def insert_deals(
    connection: Connection, site_id: int, deals: Sequence[DealToInsert], source_ids: Mapping[TrafficSource, int]
) -> None:
    """Store new deals, their contacts and tags, and the keys by which the deals are found for leads stored later.

    Storing a number that a non-deleted deal already has violates the unique index.
    """
    full = [new for new in deals if has_further_columns(new.deal)]
    plain = [new for new in deals if not has_further_columns(new.deal)] if full else deals
    rows = [new_deal_columns(site_id, new, source_ids) for new in plain]
    _INSERT_DEAL.run_many(connection, rows)
    if full:
        whole = [{**new_deal_columns(site_id, new, source_ids), **further_columns(new.deal)} for new in full]
        _INSERT_FULL_DEAL.run_many(connection, whole)
        _INSERT_KEY.run_many(connection, [row for new in full for row in key_rows(site_id, new.deal)])
        rows += whole
    _INSERT_CONTACT.run_many(connection, contact_rows(rows))
    _INSERT_TAG.run_many(connection, [row for new in deals for row in tag_rows(site_id, new.deal)])
    count_new_deals(connection, site_id, rows)


def update_clues(connection: Connection, site_id: int, deals: Sequence[Deal]) -> None:
    """Store the clues of deals (the ids and contacts that the CRM sent to identify the deals' leads).

    The further contacts in the clues replace all further contacts that are stored for the deals.
    """
    if not deals:
        return
    ids = [changed.id for changed in deals]
    connection.execute(
        delete(deal_contact).where(deal_contact.c.site_id == site_id, is_in(deal_contact.c.deal_id, ids))
    )
    rows = [{"site_id": site_id, "id": changed.id, **clue_columns(changed.clue)} for changed in deals]
    _UPDATE_CLUE.run_many(connection, [{**row, "of_site": site_id, "of_deal": row["id"]} for row in rows])
    _INSERT_CONTACT.run_many(connection, contact_rows(rows))


def list_named_deals(connection: Connection, site_id: int, keys: Sequence[DealKey], *, lock: bool) -> list[Deal | None]:
    """List the non-deleted deal that each key identifies, in the order of the keys, with `None` where there is no deal.

    With `lock`, the deals stay locked until the transaction ends.
    """
    known = list_deals_by_key(
        connection,
        site_id,
        ids=[key.id for key in keys if key.id is not None],
        numbers=all_spellings(key.number for key in keys if key.number is not None),
        lock=lock,
    )
    by_id = {deal.id: deal for deal in known}
    by_number = {deal.number: deal for deal in known}
    return [choose_deal(key, by_id, by_number) for key in keys]


def list_deals_by_key(
    connection: Connection,
    site_id: int,
    *,
    ids: Iterable[int],
    numbers: Iterable[str],
    with_deleted: bool = False,
    lock: bool = True,
) -> list[Deal]:
    """List the deals of a site that have one of the given ids or numbers, each deal once, ordered by id.

    With `lock`, the deals are locked first and then read by another query, because a query that waits for a lock joins
    outdated rows of other tables.

    So that SQLite does not scan all deals of the site, the ids are found by queries that are ordered by `id + 0`, not
    by `id`. The search by id includes deleted deals; they are left out at the end if they are not wanted. The numbers
    of deleted and of non-deleted deals are in separate indexes, so each index is searched by a query of its own.
    """
    ids, numbers = sorted(set(ids)), sorted(set(numbers))
    conditions: list[ColumnElement[bool]] = [is_in(deal.c.id, ids)] if ids else []
    if numbers:
        conditions.append(and_(is_in(deal.c.number, numbers), deal.c.deleted_at.is_(None)))
    if numbers and with_deleted:
        conditions.append(and_(is_in(deal.c.number, numbers), deal.c.deleted_at.is_not(None)))
    found: set[int] = set()
    for condition in conditions:
        query = select(deal.c.id).where(deal.c.site_id == site_id, condition).order_by(deal.c.id + 0)
        found.update(connection.execute(query.with_for_update() if lock else query).scalars())
    if not found:
        return []
    mine = DEAL_ROWS.where(deal.c.site_id == site_id, is_in(deal.c.id, sorted(found))).order_by(deal.c.id)
    listed = list_deals_of_query(connection, site_id, mine)
    return [each for each in listed if with_deleted or each.deleted_at is None]


def update_deals(
    connection: Connection,
    site_id: int,
    changes: Sequence[tuple[Deal, Deal]],
    source_ids: Mapping[TrafficSource, int],
) -> None:
    """Store changed deals with their tags, clues and search keys.

    The search keys find a deal again when a lead that it may belong to arrives later. Each item of `changes` is the
    stored deal and the deal after the change.
    """
    deals = [after for _, after in changes]
    ids = [changed.id for changed in deals]
    rows = [
        {
            "of_site": site_id,
            "of_deal": changed.id,
            **further_columns(changed),
            **changing_columns(changed, source_ids),
        }
        for changed in deals
    ]
    with recounting(connection, site_id, ids):
        _UPDATE_DEAL.run_many(connection, rows)
    connection.execute(delete(deal_tag).where(deal_tag.c.site_id == site_id, is_in(deal_tag.c.deal_id, ids)))
    _INSERT_TAG.run_many(connection, [row for changed in deals for row in tag_rows(site_id, changed)])
    update_clues(connection, site_id, [after for before, after in changes if after.clue != before.clue])
    _replace_keys(connection, site_id, [after for before, after in changes if after.matchers != before.matchers])


def _replace_keys(connection: Connection, site_id: int, deals: Sequence[Deal]) -> None:
    if not deals:
        return
    ids = [changed.id for changed in deals]
    connection.execute(delete(deal_key).where(deal_key.c.site_id == site_id, is_in(deal_key.c.deal_id, ids)))
    _INSERT_KEY.run_many(connection, [row for changed in deals for row in key_rows(site_id, changed)])


def set_deletion_times(connection: Connection, site_id: int, deals: Sequence[Deal]) -> None:
    """Store that deals were deleted or restored.

    If another deal of the site now has the number of a restored deal, the unique index is violated.
    """
    rows = [{"of_site": site_id, "of_deal": changed.id, **deletion_columns(changed)} for changed in deals]
    with recounting(connection, site_id, [changed.id for changed in deals]):
        _SET_DELETION_TIME.run_many(connection, rows)


def list_deals_after(connection: Connection, site_id: int, after_id: int, limit: int) -> list[Deal]:
    """Lock and list up to `limit` of a site's deals with ids above `after_id`, in order of id, deleted or not."""
    mine = DEAL_ROWS.where(deal.c.site_id == site_id, deal.c.id > after_id)
    return list_deals_of_query(connection, site_id, mine.order_by(deal.c.id).limit(limit).with_for_update(of=deal))


def count_deals(connection: Connection, site_id: int, after_id: int = 0, *, with_deleted: bool = True) -> int:
    """Count a site's deals whose ids are above `after_id`; `with_deleted` includes deleted deals."""
    mine = select(func.count()).select_from(deal).where(deal.c.site_id == site_id, deal.c.id > after_id)
    if not with_deleted:
        mine = mine.where(deal.c.deleted_at.is_(None))
    return int(connection.execute(mine).scalar_one())


def list_ids_after(connection: Connection, site_id: int, after_id: int, limit: int) -> list[int]:
    """List up to `limit` ids above `after_id` of a site's non-deleted deals, in ascending order."""
    mine = select(deal.c.id).where(deal.c.site_id == site_id, deal.c.id > after_id, deal.c.deleted_at.is_(None))
    return list(connection.execute(mine.order_by(deal.c.id).limit(limit)).scalars())


def has_unusable_contact() -> ColumnElement[bool]:
    """Return the SQL condition that a deal has a phone or e-mail without a normal form; such contacts match no lead."""
    return or_(
        and_(deal.c.clue_phone_as_sent.is_not(None), deal.c.clue_phone.is_(None)),
        and_(deal.c.clue_email_as_sent.is_not(None), deal.c.clue_email.is_(None)),
    )


def count_unusable_contacts(connection: Connection, site_id: int, since: datetime) -> int:
    """Count non-deleted deals that happened at or after `since` and have a phone or e-mail without a normal form."""
    mine = (deal.c.site_id == site_id, deal.c.deleted_at.is_(None), deal.c.happened_at >= since)
    counted = select(func.count()).select_from(deal).where(*mine, has_unusable_contact())
    return int(connection.execute(counted).scalar_one())


def list_latest_matchers(connection: Connection, site_id: int, limit: int) -> list[tuple[Matcher, ...]]:
    """List the matchers (conditions that find a lead) of the `limit` latest deals of the 2.0 API, latest first.

    The deals are ordered by when they were stored. Ids are not ordered by time, because each process has its own blocks
    of ids.
    """
    theirs = select(deal.c.matchers).where(deal.c.site_id == site_id, deal.c.matchers.is_not(None))
    latest = connection.execute(theirs.order_by(deal.c.recorded_at.desc(), deal.c.id.desc()).limit(limit)).scalars()
    return [convert(matchers, tuple[Matcher, ...]) for matchers in latest]


def list_deals_of_query(connection: Connection, site_id: int, query: Select[tuple[object, ...]]) -> list[Deal]:
    """List the deals of `query`, a select made from `DEAL_ROWS`, with their tags and in the order of the query."""
    return _with_tags(connection, site_id, connection.execute(query).all())


def list_deals_by_id(connection: Connection, site_id: int, ids: Sequence[int]) -> list[Deal]:
    """List deals in the order of `ids`, including deleted deals; unknown ids are left out."""
    if not ids:
        return []
    rows = _LIST_BY_ID.fetch_named(connection, {"site_id": site_id, "ids": list(ids)})
    found = {listed.id: listed for listed in _with_tags(connection, site_id, rows)}
    return [found[DealId(deal_id)] for deal_id in ids if deal_id in found]


def find_tags(connection: Connection, site_id: int, deal_ids: Sequence[int]) -> dict[int, list[str]]:
    """Find the tags of deals, in stored order, by deal id; deals without tags are left out."""
    tags: dict[int, list[str]] = {}
    if deal_ids:
        for deal_id, tag in _LIST_TAGS.fetch(connection, {"site_id": site_id, "deal_ids": list(deal_ids)}):
            tags.setdefault(deal_id, []).append(tag)
    return tags


def _with_tags(connection: Connection, site_id: int, rows: Sequence[NamedRow]) -> list[Deal]:
    tags = find_tags(connection, site_id, [row.id for row in rows])
    return [deal_from_row(row, tuple(tags.get(row.id, ()))) for row in rows]
