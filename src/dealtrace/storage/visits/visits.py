"""Visits."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import Connection, Text, and_, bindparam, insert, select, type_coerce, update

from dealtrace.attribution.traffic_source import SOURCE_PARTS, TrafficSource
from dealtrace.attribution.visit import Visit, VisitId
from dealtrace.storage.database.column_types import is_among
from dealtrace.storage.database.compiled_statement import CompiledStatement
from dealtrace.storage.schema.tables.visits import traffic_source, visit
from dealtrace.storage.visits.traffic_sources import SOURCES_REMEMBERED_MAX, known_source

_SAME_SOURCE = and_(traffic_source.c.site_id == visit.c.site_id, traffic_source.c.id == visit.c.traffic_source_id)
_TOLD = ("id", "visitor_id", "started_at", "landing_url", "referrer", "ip", "user_agent", "city")
_TOLD_BY_SOME = ("google_client_id", "yandex_client_id", "attrs", "device", "os", "browser", "click_ids", "seen_at")
VISIT_COLUMNS = (
    *(visit.c[name] for name in _TOLD),
    type_coerce(visit.c.utm, Text).label("utm_as_kept"),
    *(visit.c[name] for name in _TOLD_BY_SOME),
)
"""What is read of a visit; with its source, `visit_of` makes a record of it."""
VISIT_ROWS = (
    select(*(traffic_source.c[part] for part in SOURCE_PARTS), *VISIT_COLUMNS)
    .select_from(visit)
    .join(traffic_source, _SAME_SOURCE)
)
"""Visits and the parts of their sources; `visit_record` turns such a row into a record."""
_LIST_BY_ID = CompiledStatement(VISIT_ROWS.where(visit.c.site_id == bindparam("site_id"), is_among(visit.c.id, "ids")))


def insert_visits(
    connection: Connection, site_id: int, visits: Sequence[Visit], source_ids: Mapping[TrafficSource, int]
) -> None:
    """Keep new visits; their sources have ids already."""
    connection.execute(insert(visit), [_row(site_id, one, source_ids[one.traffic_source]) for one in visits])


def list_visits_by_id(connection: Connection, site_id: int, ids: Iterable[int]) -> dict[int, Visit]:
    """Find visits by their ids; the unknown ones are missing."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    visits = map(visit_record, _LIST_BY_ID.fetch(connection, {"site_id": site_id, "ids": wanted}))
    return {one.id: one for one in visits}


def list_visits_of(
    connection: Connection, site_id: int, visitor_ids: Iterable[str], since: datetime, until: datetime
) -> list[Visit]:
    """List what these visitors did from `since` to `until`, both included."""
    wanted = sorted(set(visitor_ids))
    if not wanted:
        return []
    rows = connection.execute(
        VISIT_ROWS.where(
            visit.c.site_id == site_id, visit.c.visitor_id.in_(wanted), visit.c.started_at.between(since, until)
        )
    )
    return [visit_record(row) for row in rows.all()]


def list_latest_visits(
    connection: Connection, site_id: int, visitor_ids: Iterable[str], since: datetime
) -> dict[str, Visit]:
    """Find the latest visit of each of these visitors that began at `since` or later; others are missing."""
    wanted = sorted(set(visitor_ids))
    if not wanted:
        return {}
    mine = (visit.c.site_id == site_id, visit.c.visitor_id.in_(wanted), visit.c.started_at >= since)
    rows = connection.execute(VISIT_ROWS.where(*mine).order_by(visit.c.started_at, visit.c.id))
    return {one.visitor_id: one for one in map(visit_record, rows)}


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


def update_seen(connection: Connection, site_id: int, visits: Sequence[Visit]) -> None:
    """Keep that visitors came to another page, and what that page told of them."""
    rows = [
        {"of_site": site_id, "of_start": one.started_at, "of_visit": one.id}
        | {f"new_{name}": getattr(one, name) for name in _SEEN}
        for one in visits
    ]
    if rows:
        connection.execute(_UPDATE_SEEN, rows)


def _row(site_id: int, one: Visit, source_id: int) -> dict[str, Any]:
    return {
        "site_id": site_id,
        "id": one.id,
        "started_at": one.started_at,
        "visitor_id": one.visitor_id,
        "traffic_source_id": source_id,
        "landing_url": one.landing_url,
        "referrer": one.referrer,
        "ip": one.ip,
        "user_agent": one.user_agent,
        "city": one.city,
        "utm": {part: getattr(one.utm, part) for part in SOURCE_PARTS},
        "google_client_id": one.google_client_id,
        "yandex_client_id": one.yandex_client_id,
        "attrs": one.attrs,
        "device": one.device,
        "os": one.os,
        "browser": one.browser,
        "click_ids": dict(one.click_ids) or None,
        "seen_at": one.seen_at,
    }


@lru_cache(maxsize=SOURCES_REMEMBERED_MAX)
def _utm(kept: str) -> TrafficSource:
    return TrafficSource(**msgspec.json.decode(kept))


def visit_record(row: Sequence[Any]) -> Visit:
    """Make a visit of one of `VISIT_ROWS`."""
    source, medium, campaign, content, term, *told = row
    return visit_of(known_source(source, medium, campaign, content, term), told)


def visit_of(source: TrafficSource, told: Sequence[Any]) -> Visit:
    """Make a visit from this source of the values of `VISIT_COLUMNS`."""
    (
        visit_id, visitor_id, started_at, landing_url, referrer, ip, user_agent, city, utm,
        google_client_id, yandex_client_id, attrs, device, os, browser, click_ids, seen_at,
    ) = told  # fmt: skip
    return Visit(
        VisitId(visit_id), visitor_id, started_at, source, landing_url, referrer, ip, user_agent, city, _utm(utm),
        google_client_id, yandex_client_id, attrs, device or "", os or "", browser or "", click_ids or {}, seen_at,
    )  # fmt: skip
