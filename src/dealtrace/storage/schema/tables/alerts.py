"""Alert rules, incidents, e-mails and scheduled reports.

Alerts, e-mails and scheduled reports are control tables (see `common_columns.py`), because the server searches the rows
of all sites together for those that are due.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, PrimaryKeyConstraint, String, Table, Text, text

from dealtrace.storage.database.column_types import Instant, JsonText
from dealtrace.storage.schema.tables.common_columns import CONTROL, TENANT, metadata, rows_where, site_column

alert = Table(
    "alert",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("site_id", BigInteger, nullable=False),
    Column("kind", String(12), nullable=False),
    Column("metric", Text, nullable=False),
    Column("time_window", String(12), nullable=False),
    Column("amount", Text),
    Column("filters", JsonText, nullable=False),
    Column("recipients", JsonText, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("incident_id", BigInteger),
    Column("fault", Text),
    Index("ix_alert_site_id", "site_id"),
    Index("ix_alert_due_at", "due_at"),
    info=CONTROL,
)

alert_incident = Table(
    "alert_incident",
    metadata,
    site_column(),
    Column("id", BigInteger, nullable=False),
    Column("alert_id", BigInteger, nullable=False),
    Column("since_at", Instant, nullable=False),
    Column("until_at", Instant, nullable=False),
    Column("unit", String(12), nullable=False),
    Column("value", Text),
    Column("usual", Text),
    Column("raised_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("ended_value", Text),
    PrimaryKeyConstraint("site_id", "id"),
    Index("ix_alert_incident_alert_id", "site_id", "alert_id"),
    info=TENANT,
)

_DUE = text("due_at IS NOT NULL")

mail = Table(
    "mail",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("site_id", BigInteger, nullable=False),
    Column("purpose", String(16), nullable=False),
    Column("subject_id", BigInteger, nullable=False),
    Column("address", Text, nullable=False),
    Column("language", String(2), nullable=False),
    Column("user_id", BigInteger),
    Column("caused_at", Instant, nullable=False),
    Column("due_at", Instant),
    Column("attempts", Integer, nullable=False),
    Column("fault", Text),
    Index("ix_mail_due_at", "due_at", info=rows_where(_DUE)),
    Index("ix_mail_site_id", "site_id", "caused_at"),
    info=CONTROL,
)
"""E-mails have no foreign key to users; an e-mail is not sent to a user who no longer has a role on the site."""

mail_leave = Table(
    "mail_leave",
    metadata,
    Column("site_id", BigInteger, nullable=False),
    Column("list", String(8), nullable=False),
    Column("list_id", BigInteger, nullable=False),
    Column("address", Text, nullable=False),
    Column("left_at", Instant, nullable=False),
    PrimaryKeyConstraint("site_id", "list", "list_id", "address"),
    info=CONTROL,
)

mail_report = Table(
    "mail_report",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("site_id", BigInteger, nullable=False),
    Column("title", Text, nullable=False),
    Column("question", Text, nullable=False),
    Column("rhythm", String(12), nullable=False),
    Column("hour", Integer, nullable=False),
    Column("recipients", JsonText, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Index("ix_mail_report_site_id", "site_id"),
    Index("ix_mail_report_due_at", "due_at"),
    info=CONTROL,
)
