"""Alerts: their rules, the times of their checks, and the incidents in progress."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from dealtrace.alerts.rule import Alert, AlertId, AlertKind, Rule
from dealtrace.alerts.windows import NEXT_CHECK_MAX, WINDOWS
from dealtrace.storage.database.compiled_statement import NamedRow, ValuesByName
from dealtrace.storage.database.due import is_due
from dealtrace.storage.mails.recipients import recipients_from, stored_recipients
from dealtrace.storage.schema.tables.alerts import alert


def insert_alert(connection: Connection, new: Alert) -> None:
    """Store a new alert."""
    connection.execute(
        insert(alert).values(
            id=new.id, site_id=new.site_id, created_at=new.created_at, due_at=new.due_at, **_columns(new.rule)
        )
    )


def update_rule(connection: Connection, site_id: int, alert_id: int, rule: Rule, due_at: datetime) -> None:
    """Replace the rule of an alert, set its next check to `due_at`, and clear its stored error."""
    mine = (alert.c.site_id == site_id, alert.c.id == alert_id)
    connection.execute(update(alert).where(*mine).values(due_at=due_at, fault=None, **_columns(rule)))


def rename_metric(connection: Connection, site_id: int, name: str, new_name: str) -> None:
    """Replace the name of a metric in the alert rules of a site; the state of the alerts does not change."""
    mine = (alert.c.site_id == site_id, alert.c.metric == name)
    connection.execute(update(alert).where(*mine).values(metric=new_name))


def clear_incident(connection: Connection, site_id: int, alert_id: int) -> None:
    """Store that an alert has no incident in progress."""
    mine = (alert.c.site_id == site_id, alert.c.id == alert_id)
    connection.execute(update(alert).where(*mine).values(incident_id=None))


def list_alerts(connection: Connection, site_id: int) -> list[Alert]:
    """List the alerts of a site, oldest first."""
    rows = connection.execute(select(alert).where(alert.c.site_id == site_id).order_by(alert.c.created_at, alert.c.id))
    return [_alert_from_row(row) for row in rows]


def find_alert(connection: Connection, site_id: int, alert_id: int) -> Alert | None:
    """Find an alert of a site by its id, or return `None` if there is none."""
    mine = (alert.c.site_id == site_id, alert.c.id == alert_id)
    row = connection.execute(select(alert).where(*mine)).one_or_none()
    return _alert_from_row(row) if row is not None else None


def count_alerts(connection: Connection, site_id: int) -> int:
    """Count the alerts of a site."""
    return int(connection.execute(select(func.count()).where(alert.c.site_id == site_id)).scalar_one())


def delete_alert(connection: Connection, site_id: int, alert_id: int) -> bool:
    """Delete an alert, and return whether the site had it."""
    mine = (alert.c.site_id == site_id, alert.c.id == alert_id)
    return connection.execute(delete(alert).where(*mine)).rowcount > 0


def list_sites_with_due_alerts(connection: Connection, now: datetime) -> list[int]:
    """List the ids of the sites that have an alert due for a check."""
    return list(connection.execute(select(alert.c.site_id).where(_is_due(now)).distinct()).scalars())


def _is_due(now: datetime) -> ColumnElement[bool]:
    return is_due(alert.c.due_at, now, NEXT_CHECK_MAX)


def count_due_alerts(connection: Connection, now: datetime) -> int:
    """Count the alerts of all sites that are due for a check."""
    return int(connection.execute(select(func.count()).select_from(alert).where(_is_due(now))).scalar_one())


def claim_alert(connection: Connection, site_id: int, until: datetime, now: datetime) -> Alert | None:
    """Find the site's due alert that has waited longest, reserve it for this process until `until`, and return it.

    `None` means that no alert is due, or that another process has just claimed that alert.
    """
    due = select(alert.c.id).where(alert.c.site_id == site_id, _is_due(now))
    found = connection.execute(due.order_by(alert.c.due_at, alert.c.id).limit(1)).scalar_one_or_none()
    if found is None:
        return None
    claimed = update(alert).where(alert.c.id == found, _is_due(now)).values(due_at=until).returning(*alert.c)
    row = connection.execute(claimed).one_or_none()
    return _alert_from_row(row) if row is not None else None


def update_claimed_alert(connection: Connection, claimed: Alert, values: ValuesByName) -> bool:
    """Write `values`, by column name, to an alert, and return whether they were written.

    They are not written if the alert was deleted, or if its stored `due_at` differs from that of `claimed`, so that the
    claim no longer holds.
    """
    mine = (alert.c.id == claimed.id, alert.c.due_at == claimed.due_at)
    return connection.execute(update(alert).where(*mine).values(**values)).rowcount > 0


def _columns(rule: Rule) -> ValuesByName:
    return {
        "kind": rule.kind,
        "metric": rule.metric,
        "time_window": rule.window.name,
        "amount": f"{rule.amount:f}" if rule.amount is not None else None,
        "filters": list(rule.filters),
        "recipients": stored_recipients(rule.recipients),
    }


def _alert_from_row(row: NamedRow) -> Alert:
    rule = Rule(
        kind=AlertKind(row.kind),
        metric=row.metric,
        window=WINDOWS[row.time_window],
        amount=Decimal(row.amount) if row.amount is not None else None,
        filters=tuple(row.filters),
        recipients=recipients_from(row.recipients),
    )
    return Alert(AlertId(row.id), row.site_id, rule, row.created_at, row.due_at, row.incident_id, row.fault)
