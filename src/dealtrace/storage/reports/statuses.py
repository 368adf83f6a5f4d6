"""The statuses of a site's deals; each spelling is stored once, with its meaning."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, Insert, bindparam, func, select, update

from dealtrace.reports.statuses import STATUSES_MAX, Meaning, Status, status_key
from dealtrace.storage.database.column_types import is_among
from dealtrace.storage.database.compiled_statement import CompiledStatement, EngineInsert
from dealtrace.storage.database.upsert import insert_into
from dealtrace.storage.reports.known_statuses import KnownStatuses
from dealtrace.storage.schema.tables.deals import deal
from dealtrace.storage.schema.tables.reports import deal_status


def _insert(engine_insert: EngineInsert) -> Insert:
    """Return the INSERT statement for new statuses."""
    statement: Insert = (
        engine_insert(deal_status)
        .values({column.name: bindparam(column.name, type_=column.type) for column in deal_status.c})
        .on_conflict_do_nothing(index_elements=["site_id", "spelling"])
    )
    return statement


_INSERT = CompiledStatement(_insert)
_FIND = CompiledStatement(
    select(deal_status.c.spelling, deal_status.c.first_seen_at).where(
        deal_status.c.site_id == bindparam("site_id"), is_among(deal_status.c.spelling, "spellings")
    )
)
_FIND_MEANINGS = CompiledStatement(
    select(deal_status.c.key, deal_status.c.meaning).where(
        deal_status.c.site_id == bindparam("site_id"), is_among(deal_status.c.key, "keys")
    )
)


def insert_statuses(
    connection: Connection, site_id: int, spellings: Collection[str], now: datetime, known: KnownStatuses
) -> None:
    """Store the status spellings that are new to the site; blank ones are skipped.

    A new spelling of a known status gets the meaning of that status, and is stored even if the site has `STATUSES_MAX`
    spellings; other new statuses are then left out, which means that they are treated as open. The caller must have
    locked the site's registrations, so that no other transaction sets a meaning at the same time. `now` is the
    transaction's time.
    """
    stored = {row[0]: row[1] for row in _FIND.fetch(connection, {"site_id": site_id, "spellings": list(spellings)})}
    blank = [spelling for spelling in spellings if not status_key(spelling)]
    known.remember(site_id, [*blank, *(spelling for spelling, seen_at in stored.items() if seen_at != now)])
    missing = sorted(set(spellings) - stored.keys() - set(blank))
    if not missing:
        return
    earlier, room = (STATUSES_MAX, 0) if known.is_full(site_id) else _count_stored(connection, site_id, now)
    keys = sorted({status_key(spelling) for spelling in missing})
    meanings = find_meanings(connection, site_id, keys)
    new_keys = [key for key in keys if key not in meanings]
    meanings |= dict.fromkeys(new_keys[:room], Meaning.OPEN)
    rows = [
        _row(site_id, spelling, meanings[status_key(spelling)], now)
        for spelling in missing
        if status_key(spelling) in meanings
    ]
    if rows:
        _INSERT.run_many(connection, rows)
    if earlier >= STATUSES_MAX:
        known.remember_full(site_id, [spelling for spelling in missing if status_key(spelling) not in meanings])


def update_meaning(
    connection: Connection, site_id: int, spellings: Sequence[str], meaning: Meaning, now: datetime
) -> bool:
    """Store the meaning that a person gave to all spellings of a status; return whether the status existed.

    `spellings` are spellings of this status; those that are new to the site are added.
    """
    mine = (deal_status.c.site_id == site_id, deal_status.c.key == status_key(spellings[0]))
    classified = {"meaning": meaning.value, "classified_at": now}
    is_seen = connection.execute(update(deal_status).where(*mine).values(**classified)).rowcount > 0
    add_spellings(connection, site_id, spellings, meaning, now, classified_at=now)
    return is_seen


def add_spellings(
    connection: Connection,
    site_id: int,
    spellings: Iterable[str],
    meaning: Meaning,
    now: datetime,
    *,
    classified_at: datetime | None = None,
) -> None:
    """Store the spellings that are new to a site; `classified_at` is when a person gave them their meaning."""
    given = {"classified_at": classified_at}
    rows = [_row(site_id, spelling, meaning, now) | given for spelling in sorted(set(spellings))]
    added = insert_into(connection, deal_status).values(rows)
    connection.execute(added.on_conflict_do_nothing(index_elements=["site_id", "spelling"]))


def list_left_out(connection: Connection, site_id: int, name: str) -> list[str]:
    """List the spellings of a status that are not stored although deals have them.

    Only a site that has reached its limit of statuses has such spellings. This reads all deals of the site.
    """
    stored = select(deal_status.c.spelling).where(
        deal_status.c.site_id == deal.c.site_id, deal_status.c.spelling == deal.c.status
    )
    left_out = select(deal.c.status).where(deal.c.site_id == site_id, ~stored.exists()).distinct()
    return [spelling for spelling in connection.scalars(left_out) if status_key(spelling) == status_key(name)]


def find_meanings(connection: Connection, site_id: int, keys: Collection[str]) -> dict[str, Meaning]:
    """Find the meanings of a site's statuses by `status_key`; keys of statuses that are not stored are left out."""
    rows = _FIND_MEANINGS.fetch(connection, {"site_id": site_id, "keys": list(keys)})
    return {row[0]: Meaning(row[1]) for row in rows}


def list_statuses(connection: Connection, site_id: int) -> list[Status]:
    """List all stored spellings of a site's statuses with their meanings, in no particular order."""
    columns = (deal_status.c.spelling, deal_status.c.meaning, deal_status.c.classified_at)
    query = select(*columns).where(deal_status.c.site_id == site_id)
    return [
        Status(spelling, Meaning(meaning), classified_at is not None or meaning != Meaning.OPEN)
        for spelling, meaning, classified_at in connection.execute(query)
    ]


def is_full(stored: int) -> bool:
    """Return whether a site with this number of stored statuses may have deals whose statuses are not stored.

    If not, every status of the site's deals is stored, except blank ones.
    """
    return stored >= STATUSES_MAX


def find_deals_by_status(connection: Connection, site_id: int) -> dict[str, int]:
    """Count a site's non-deleted deals for each spelling of each status; this reads all deals of the site."""
    mine = select(deal.c.status, func.count()).where(deal.c.site_id == site_id, deal.c.deleted_at.is_(None))
    return {row[0]: row[1] for row in connection.execute(mine.group_by(deal.c.status))}


def find_latest_deals_by_status(connection: Connection, site_id: int, most: int) -> dict[str, int]:
    """Count a site's latest non-deleted deals by the spelling of their status, up to `most` deals in all."""
    mine = select(deal.c.status).where(deal.c.site_id == site_id, deal.c.deleted_at.is_(None))
    latest = mine.order_by(deal.c.happened_at.desc()).limit(most).subquery()
    counted = select(latest.c.status, func.count()).group_by(latest.c.status)
    return {row[0]: row[1] for row in connection.execute(counted)}


def is_site_full(connection: Connection, site_id: int) -> bool:
    """Return whether a site has no room for further statuses."""
    mine = select(func.count()).where(deal_status.c.site_id == site_id)
    return is_full(int(connection.execute(mine).scalar_one()))


def has_won_status(connection: Connection, site_id: int) -> bool:
    """Return whether any status of a site means won."""
    won = select(deal_status.c.key).where(deal_status.c.site_id == site_id, deal_status.c.meaning == Meaning.WON.value)
    return connection.execute(won.limit(1)).first() is not None


def _count_stored(connection: Connection, site_id: int, now: datetime) -> tuple[int, int]:
    """Return the number of statuses stored before `now`, and how many more statuses the site may have."""
    mine = select(
        func.count().filter(deal_status.c.first_seen_at != now),
        func.count(),
    ).where(deal_status.c.site_id == site_id)
    earlier, stored = connection.execute(mine).one()
    return earlier, max(STATUSES_MAX - stored, 0)


def _row(site_id: int, spelling: str, meaning: str, now: datetime) -> dict[str, object]:
    return {
        "site_id": site_id,
        "spelling": spelling,
        "key": status_key(spelling),
        "meaning": meaning,
        "first_seen_at": now,
        "classified_at": None,
    }
