"""Find and store visits with their traffic sources."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache

import msgspec
from sqlalchemy import Connection, Text, and_, bindparam, func, insert, or_, select, type_coerce, update

from dealtrace.accounts.assigned_ids import OWN_VISIT_IDS
from dealtrace.attribution.traffic_source import SOURCE_PARTS, TrafficSource
from dealtrace.attribution.visit import Visit, VisitId
from dealtrace.record import record
from dealtrace.storage.database.column_types import is_among, is_in
from dealtrace.storage.database.compiled_statement import CompiledStatement, PlainRow, ValuesByName
from dealtrace.storage.database.many_rows import execute_many
from dealtrace.storage.schema.tables.visits import traffic_source, visit
from dealtrace.storage.visits.traffic_sources import SOURCES_REMEMBERED_MAX, known_source

_SAME_SOURCE = and_(traffic_source.c.site_id == visit.c.site_id, traffic_source.c.id == visit.c.traffic_source_id)
_COLUMNS = ("id", "visitor_id", "started_at", "landing_url", "referrer", "ip", "user_agent", "city")
_OPTIONAL_COLUMNS = (
    "google_client_id", "yandex_client_id", "attrs", "device", "os", "browser", "click_ids", "seen_at",
    "has_stated_source",
)  # fmt: skip
VISIT_COLUMNS = (
    *(visit.c[name] for name in _COLUMNS),
    type_coerce(visit.c.utm, Text).label("stored_utm"),
    *(visit.c[name] for name in _OPTIONAL_COLUMNS),
)
"""The columns to select for a visit; `visit_from_columns` makes a visit from their values and a traffic source."""
VISIT_ROWS = (
    select(*(traffic_source.c[part] for part in SOURCE_PARTS), *VISIT_COLUMNS)
    .select_from(visit)
    .join(traffic_source, _SAME_SOURCE)
)
"""The select of visits with the parts of their traffic sources; `visit_from_row` converts its rows."""
_LIST_BY_ID = CompiledStatement(VISIT_ROWS.where(visit.c.site_id == bindparam("site_id"), is_among(visit.c.id, "ids")))


def insert_visits(
    connection: Connection, site_id: int, visits: Sequence[Visit], source_ids: Mapping[TrafficSource, int]
) -> None:
    """Store new visits; `source_ids` has the stored id of each traffic source."""
    rows = [_row(site_id, new, source_ids[new.traffic_source]) for new in visits]
    execute_many(connection, insert(visit), rows)


def find_visits(connection: Connection, site_id: int, ids: Iterable[int]) -> dict[int, Visit]:
    """Find visits by id; unknown ids are left out."""
    keys = sorted(set(ids))
    if not keys:
        return {}
    visits = map(visit_from_row, _LIST_BY_ID.fetch(connection, {"site_id": site_id, "ids": keys}))
    return {found.id: found for found in visits}


def list_visits_of_visitors(
    connection: Connection,
    site_id: int,
    visitor_ids: Iterable[str],
    since: datetime | None = None,
    until: datetime | None = None,
    *,
    most: int | None = None,
) -> list[Visit]:
    """List up to `most` visits of these visitors, in no particular order.

    Only visits that began between `since` and `until`, both included, are listed. If there are more than `most`, it is
    not defined which are listed. If `since`, `until` or `most` is `None`, it sets no limit.
    """
    visitors = sorted(set(visitor_ids))
    if not visitors:
        return []
    query = VISIT_ROWS.where(visit.c.site_id == site_id, is_in(visit.c.visitor_id, visitors))
    if since is not None:
        query = query.where(visit.c.started_at >= since)
    if until is not None:
        query = query.where(visit.c.started_at <= until)
    rows = connection.execute(query.limit(most))
    return [visit_from_row(row) for row in rows.all()]


def list_first_and_latest(
    connection: Connection, site_id: int, own: Visit, since: datetime, until: datetime, *, most: int
) -> list[Visit]:
    """List earlier visits of the visitor who made the visit `own`: the first visit, and up to `most` of the latest.

    Only visits that began between `since` and `until`, both included, are considered. The order is not defined.
    """
    begun = visit.c.started_at
    earlier = VISIT_ROWS.where(
        visit.c.site_id == site_id, visit.c.visitor_id == own.visitor_id, begun >= since, begun <= until,
        or_(begun < own.started_at, visit.c.id < own.id),
    )  # fmt: skip
    first = connection.execute(earlier.order_by(begun, visit.c.id).limit(1)).all()
    latest = connection.execute(earlier.order_by(begun.desc(), visit.c.id.desc()).limit(most)).all()
    return list({found.id: found for found in map(visit_from_row, [*first, *latest])}.values())


def count_visits_of_visitors(connection: Connection, site_id: int, visitor_ids: Iterable[str]) -> int:
    """Count the visits of the given visitors."""
    mine = (visit.c.site_id == site_id, is_in(visit.c.visitor_id, sorted(set(visitor_ids))))
    return int(connection.execute(select(func.count()).select_from(visit).where(*mine)).scalar_one())


@record
class RecentVisits:
    """The latest visit of a visitor, and the number of the visitor's visits in the searched period."""

    latest: Visit
    count: int


def find_recent_visits(
    connection: Connection, site_id: int, visitor_ids: Iterable[str], since: datetime
) -> dict[str, RecentVisits]:
    """Find each visitor's latest visit and number of visits at or after `since`; visitors without any are left out."""
    visitors = sorted(set(visitor_ids))
    if not visitors:
        return {}
    theirs = (visit.c.site_id == site_id, is_in(visit.c.visitor_id, visitors), visit.c.started_at >= since)
    recent = (
        select(
            visit.c.site_id,
            visit.c.visitor_id,
            func.max(visit.c.started_at).label("latest"),
            func.count().label("count"),
        )
        .where(*theirs)
        .group_by(visit.c.site_id, visit.c.visitor_id)
        .subquery("recent")
    )
    is_latest = and_(
        visit.c.site_id == recent.c.site_id, visit.c.visitor_id == recent.c.visitor_id,
        visit.c.started_at == recent.c.latest,
    )  # fmt: skip
    query = VISIT_ROWS.join(recent, is_latest).add_columns(recent.c.count).where(*theirs)
    found = [RecentVisits(visit_from_row(row), count) for *row, count in connection.execute(query)]
    return {each.latest.visitor_id: each for each in sorted(found, key=lambda each: each.latest.id)}


def find_last_visit(connection: Connection, site_id: int) -> Visit | None:
    """Find the site's visit that began last, or return `None` if there is none."""
    mine = VISIT_ROWS.where(visit.c.site_id == site_id)
    row = connection.execute(mine.order_by(visit.c.started_at.desc(), visit.c.id.desc()).limit(1)).first()
    return visit_from_row(row) if row is not None else None


_SEEN = ("seen_at", "google_client_id", "yandex_client_id", "attrs")
_UPDATE_SEEN = (
    update(visit)
    .where(
        visit.c.site_id == bindparam("of_site"),
        visit.c.started_at == bindparam("of_start", type_=visit.c.started_at.type),
        visit.c.id == bindparam("of_visit"),
    )
    .values({name: bindparam(f"new_{name}", type_=visit.c[name].type) for name in _SEEN})
)


def update_seen_visits(connection: Connection, site_id: int, visits: Sequence[Visit]) -> None:
    """Store `seen_at`, the Google and Yandex client ids and the attributes of visits."""
    rows = [
        {"of_site": site_id, "of_start": seen.started_at, "of_visit": seen.id}
        | {f"new_{name}": getattr(seen, name) for name in _SEEN}
        for seen in visits
    ]
    execute_many(connection, _UPDATE_SEEN, rows)


_CLASSIFIED = ("traffic_source_id", "utm", "click_ids")
_UPDATE_CLASSIFICATION = (
    update(visit)
    .where(
        visit.c.site_id == bindparam("of_site"),
        visit.c.started_at == bindparam("of_start", type_=visit.c.started_at.type),
        visit.c.id == bindparam("of_visit"),
    )
    .values({name: bindparam(f"new_{name}", type_=visit.c[name].type) for name in _CLASSIFIED})
)


def update_classification(
    connection: Connection, site_id: int, visits: Sequence[Visit], source_ids: Mapping[TrafficSource, int]
) -> None:
    """Store the source, UTM tags and click ids of visits; `source_ids` has the stored id of each source."""
    rows = [
        {"of_site": site_id, "of_start": again.started_at, "of_visit": again.id}
        | {f"new_{name}": row[name] for name in _CLASSIFIED}
        for again in visits
        for row in (_row(site_id, again, source_ids[again.traffic_source]),)
    ]
    execute_many(connection, _UPDATE_CLASSIFICATION, rows)


def _row(site_id: int, new: Visit, source_id: int) -> ValuesByName:
    return {
        "site_id": site_id,
        "id": new.id,
        "started_at": new.started_at,
        "visitor_id": new.visitor_id,
        "traffic_source_id": source_id,
        "landing_url": new.landing_url,
        "referrer": new.referrer,
        "ip": new.ip,
        "user_agent": new.user_agent,
        "city": new.city,
        "utm": {part: getattr(new.utm, part) for part in SOURCE_PARTS},
        "google_client_id": new.google_client_id,
        "yandex_client_id": new.yandex_client_id,
        "attrs": new.attrs,
        "device": new.device,
        "os": new.os,
        "browser": new.browser,
        "click_ids": dict(new.click_ids) or None,
        "seen_at": new.seen_at,
        "has_stated_source": new.has_stated_source,
    }


@lru_cache(maxsize=SOURCES_REMEMBERED_MAX)
def _utm(stored: str) -> TrafficSource:
    return TrafficSource(**msgspec.json.decode(stored))


def visit_from_row(row: PlainRow) -> Visit:
    """Return the visit in a row of `VISIT_ROWS`."""
    source, medium, campaign, content, term, *values = row
    return visit_from_columns(known_source(source, medium, campaign, content, term), values)


def visit_from_columns(source: TrafficSource, values: PlainRow) -> Visit:
    """Return the visit with `source` and the values of `VISIT_COLUMNS`, in this order.

    `has_stated_source` is false for every visit that this server counted, even if the database lacks the value: no
    file stated the sources of these visits.
    """
    (
        visit_id, visitor_id, started_at, landing_url, referrer, ip, user_agent, city, utm,
        google_client_id, yandex_client_id, attrs, device, os, browser, click_ids, seen_at, is_stated,
    ) = values  # fmt: skip
    return Visit(
        VisitId(visit_id), visitor_id, started_at, source, landing_url, referrer, ip, user_agent, city, _utm(utm),
        google_client_id, yandex_client_id, attrs, device or "", os or "", browser or "", click_ids or {}, seen_at,
        has_stated_source=False if visit_id in OWN_VISIT_IDS else is_stated,
    )  # fmt: skip
