"""Incidents of alerts."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from dealtrace.alerts.incident import Incident, IncidentId
from dealtrace.reports.metrics import Unit
from dealtrace.storage.database.compiled_statement import NamedRow
from dealtrace.storage.schema.tables.alerts import alert_incident


def insert_incident(connection: Connection, site_id: int, new: Incident) -> None:
    """Store a new incident."""
    connection.execute(
        insert(alert_incident).values(
            site_id=site_id,
            id=new.id,
            alert_id=new.alert_id,
            since_at=new.since,
            until_at=new.until,
            unit=new.unit,
            value=new.value,
            usual=new.usual,
            raised_at=new.raised_at,
        )
    )


def end_incident(connection: Connection, site_id: int, incident_id: int, ended_at: datetime, value: str | None) -> None:
    """Store when an incident ended, and the value of its metric at that time."""
    mine = (alert_incident.c.site_id == site_id, alert_incident.c.id == incident_id)
    connection.execute(update(alert_incident).where(*mine).values(ended_at=ended_at, ended_value=value))


def end_incidents(connection: Connection, site_id: int, alert_id: int, ended_at: datetime) -> None:
    """End an alert's open incidents at `ended_at`, without storing a value of the metric."""
    mine = (alert_incident.c.site_id == site_id, alert_incident.c.alert_id == alert_id)
    open_ones = (*mine, alert_incident.c.ended_at.is_(None))
    connection.execute(update(alert_incident).where(*open_ones).values(ended_at=ended_at))


def find_incidents(connection: Connection, site_id: int, incident_ids: Collection[int]) -> dict[int, Incident]:
    """Find a site's incidents that have the given ids, by id; unknown ids are left out."""
    wanted = (alert_incident.c.site_id == site_id, alert_incident.c.id.in_(sorted(incident_ids)))
    rows = connection.execute(select(alert_incident).where(*wanted)) if incident_ids else ()
    return {row.id: _incident_from_row(row) for row in rows}


def list_incidents(connection: Connection, site_id: int, limit: int, alert_id: int | None = None) -> list[Incident]:
    """List up to `limit` incidents of a site, newest first; with `alert_id`, only the incidents of that alert."""
    wanted = [alert_incident.c.site_id == site_id]
    if alert_id is not None:
        wanted.append(alert_incident.c.alert_id == alert_id)
    newest_first = (alert_incident.c.raised_at.desc(), alert_incident.c.id.desc())
    latest = select(alert_incident).where(*wanted).order_by(*newest_first).limit(limit)
    return [_incident_from_row(row) for row in connection.execute(latest)]


def count_incidents(connection: Connection, site_id: int, alert_id: int) -> int:
    """Count the incidents of an alert."""
    mine = (alert_incident.c.site_id == site_id, alert_incident.c.alert_id == alert_id)
    return int(connection.execute(select(func.count()).select_from(alert_incident).where(*mine)).scalar_one())


def list_incident_ids(connection: Connection, site_id: int, alert_id: int) -> list[int]:
    """List the ids of an alert's incidents."""
    mine = (alert_incident.c.site_id == site_id, alert_incident.c.alert_id == alert_id)
    return list(connection.execute(select(alert_incident.c.id).where(*mine)).scalars())


def delete_incidents(connection: Connection, site_id: int, alert_id: int) -> list[int]:
    """Delete an alert's incidents, and return their ids."""
    mine = (alert_incident.c.site_id == site_id, alert_incident.c.alert_id == alert_id)
    return list(connection.execute(delete(alert_incident).where(*mine).returning(alert_incident.c.id)).scalars())


def _incident_from_row(row: NamedRow) -> Incident:
    return Incident(
        id=IncidentId(row.id),
        alert_id=row.alert_id,
        since=row.since_at,
        until=row.until_at,
        unit=Unit(row.unit),
        value=row.value,
        usual=row.usual,
        raised_at=row.raised_at,
        ended_at=row.ended_at,
        ended_value=row.ended_value,
    )
