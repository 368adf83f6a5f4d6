"""Reports that are sent regularly by e-mail."""

from dataclasses import asdict, fields
from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, or_, select, update

from dealtrace.mails.scheduled_report import NEXT_DUE_MAX, Rhythm, ScheduledReport, ScheduledReportId
from dealtrace.reports.question import RawQuestion
from dealtrace.storage.database.compiled_statement import NamedRow, ValuesByName
from dealtrace.storage.database.due import is_due
from dealtrace.storage.mails.recipients import recipients_from, stored_recipients
from dealtrace.storage.schema.tables.alerts import mail_report

_FILTERS = "filters"


def insert_scheduled_report(connection: Connection, new: ScheduledReport) -> None:
    """Store a new scheduled report."""
    connection.execute(
        insert(mail_report).values(
            id=new.id, site_id=new.site_id, created_at=new.created_at, due_at=new.due_at, **_changing(new)
        )
    )


def list_scheduled_reports(connection: Connection, site_id: int, *, lock: bool = False) -> list[ScheduledReport]:
    """List the scheduled reports of a site, oldest first.

    With `lock`, the reports are locked until the transaction ends, so that the caller can safely change them.
    """
    mine = select(mail_report).where(mail_report.c.site_id == site_id)
    in_order = mine.order_by(mail_report.c.created_at, mail_report.c.id)
    return [_report_from_row(row) for row in connection.execute(in_order.with_for_update() if lock else in_order)]


def find_scheduled_report(connection: Connection, site_id: int, report_id: int) -> ScheduledReport | None:
    """Find a scheduled report of a site by its id, or return `None` if there is none."""
    mine = (mail_report.c.site_id == site_id, mail_report.c.id == report_id)
    row = connection.execute(select(mail_report).where(*mine)).one_or_none()
    return _report_from_row(row) if row is not None else None


def count_scheduled_reports(connection: Connection, site_id: int) -> int:
    """Count the scheduled reports of a site."""
    return int(connection.execute(select(func.count()).where(mail_report.c.site_id == site_id)).scalar_one())


def update_scheduled_report(connection: Connection, report: ScheduledReport, *, due_at: datetime | None = None) -> bool:
    """Store a changed report, and its next due time if `due_at` is given; return `False` if there is no such report."""
    mine = (mail_report.c.site_id == report.site_id, mail_report.c.id == report.id)
    values = {**_changing(report), **({"due_at": due_at} if due_at is not None else {})}
    return connection.execute(update(mail_report).where(*mine).values(**values)).rowcount > 0


def delete_scheduled_report(connection: Connection, site_id: int, report_id: int) -> bool:
    """Delete a scheduled report, and return whether the site had it."""
    mine = (mail_report.c.site_id == site_id, mail_report.c.id == report_id)
    return connection.execute(delete(mail_report).where(*mine)).rowcount > 0


def list_sites_with_due_reports(connection: Connection, now: datetime) -> list[int]:
    """List the ids of the sites that have a scheduled report due at `now`."""
    due = select(mail_report.c.site_id).where(_is_due(now))
    return list(connection.execute(due.distinct()).scalars())


def _is_due(now: datetime) -> ColumnElement[bool]:
    """Return the SQL condition that a report is due, by the rule of `is_due` for the report's rhythm."""
    by_rhythm = (
        and_(mail_report.c.rhythm == rhythm.value, is_due(mail_report.c.due_at, now, farthest))
        for rhythm, farthest in NEXT_DUE_MAX.items()
    )
    return or_(*by_rhythm)


def list_due_reports(connection: Connection, site_id: int, now: datetime) -> list[ScheduledReport]:
    """List the scheduled reports of a site that are due at `now`."""
    due = select(mail_report).where(mail_report.c.site_id == site_id, _is_due(now))
    return [_report_from_row(row) for row in connection.execute(due.order_by(mail_report.c.id))]


def update_due(connection: Connection, report: ScheduledReport, due_at: datetime) -> bool:
    """Change a report's due time from `report.due_at` to `due_at`; return `False` if a different time is stored."""
    mine = (mail_report.c.id == report.id, mail_report.c.due_at == report.due_at)
    return connection.execute(update(mail_report).where(*mine).values(due_at=due_at)).rowcount > 0


def encode_question(raw: RawQuestion) -> str:
    """Return the stored form of a report's question: a URL query string with the names of `RawQuestion`'s fields."""
    said = [(name, text) for name, text in asdict(raw).items() if name != _FILTERS and text]
    return urlencode([*said, *((_FILTERS, text) for text in raw.filters)])


def _changing(report: ScheduledReport) -> ValuesByName:
    """Return the values of the columns that store what users can change in a report."""
    return {
        "title": report.title,
        "question": encode_question(report.raw_question),
        "rhythm": report.rhythm,
        "hour": report.hour,
        "recipients": stored_recipients(report.recipients),
    }


def decode_question(text: str) -> RawQuestion:
    """Return the question that `encode_question` stored as `text`."""
    pairs = parse_qsl(text)
    known = {field.name for field in fields(RawQuestion)} - {_FILTERS}
    return RawQuestion(
        **{name: value for name, value in pairs if name in known},
        filters=tuple(value for name, value in pairs if name == _FILTERS),
    )


def _report_from_row(row: NamedRow) -> ScheduledReport:
    return ScheduledReport(
        id=ScheduledReportId(row.id),
        site_id=row.site_id,
        title=row.title,
        raw_question=decode_question(row.question),
        rhythm=Rhythm(row.rhythm),
        hour=row.hour,
        recipients=recipients_from(row.recipients),
        created_at=row.created_at,
        due_at=row.due_at,
    )
