"""Visits."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, insert, select

from dealtrace.attribution.traffic_source import SOURCE_PARTS, TrafficSource
from dealtrace.attribution.visit import Visit, VisitId
from dealtrace.storage.column_types import is_among
from dealtrace.storage.hot_statement import HotStatement
from dealtrace.storage.tables.visits import traffic_source, visit

_SAME_SOURCE = and_(traffic_source.c.site_id == visit.c.site_id, traffic_source.c.id == visit.c.traffic_source_id)
_VISIT = select(visit, *(traffic_source.c[part] for part in SOURCE_PARTS)).join(traffic_source, _SAME_SOURCE)
_LIST_BY_ID = HotStatement(_VISIT.where(visit.c.site_id == bindparam("site_id"), is_among(visit.c.id, "ids")))


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
    rows = _LIST_BY_ID.fetch_named(connection, {"site_id": site_id, "ids": wanted})
    return {row.id: _record(row) for row in rows}


def list_visits_of(
    connection: Connection, site_id: int, visitor_ids: Iterable[str], since: datetime, until: datetime
) -> list[Visit]:
    """List what these visitors did from `since` to `until`, both included."""
    wanted = sorted(set(visitor_ids))
    if not wanted:
        return []
    rows = connection.execute(
        _VISIT.where(
            visit.c.site_id == site_id, visit.c.visitor_id.in_(wanted), visit.c.started_at.between(since, until)
        )
    )
    return [_record(row) for row in rows.all()]


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
    }


def _record(row: Any) -> Visit:
    return Visit(
        id=VisitId(row.id),
        visitor_id=row.visitor_id,
        started_at=row.started_at,
        traffic_source=TrafficSource(*(getattr(row, part) for part in SOURCE_PARTS)),
        landing_url=row.landing_url,
        referrer=row.referrer,
        ip=row.ip,
        user_agent=row.user_agent,
        city=row.city,
        utm=TrafficSource(**row.utm),
        google_client_id=row.google_client_id,
        yandex_client_id=row.yandex_client_id,
        attrs=row.attrs,
    )
