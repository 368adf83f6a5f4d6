"""The table of webhooks and the tables of their deliveries.

`common_columns.py` explains control tables and tenant tables.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, PrimaryKeyConstraint, String, Table, Text, text

from dealtrace.storage.database.column_types import Instant, JsonText
from dealtrace.storage.schema.tables.common_columns import CONTROL, TENANT, metadata, rows_where, site_column

webhook = Table(
    "webhook",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("site_id", BigInteger, nullable=False),
    Column("url", Text, nullable=False),
    Column("events", JsonText, nullable=False),
    Column("fields", JsonText, nullable=False),
    Column("style", String(8), nullable=False),
    Column("secret", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("paused_at", Instant),
    Column("pause_reason", Text),
    Column("failing_since", Instant),
    Column("failures", Integer, nullable=False),
    Column("last_fault", Text),
    Column("next_attempt_at", Instant),
    Column("delivered_at", Instant),
    Column("test_asked_at", Instant),
    Column("test_outcome", Text),
    Column("lease_holder", Text),
    Column("leased_until", Instant),
    Index("ix_webhook_site_id", "site_id"),
    info=CONTROL,
)

_WAITING = text("settled_at IS NULL")

webhook_outbox = Table(
    "webhook_outbox",
    metadata,
    site_column(),
    Column("webhook_id", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("event", String(32), nullable=False),
    Column("subject", String(12), nullable=False),
    Column("subject_id", BigInteger, nullable=False),
    Column("version", Integer),
    Column("changed", JsonText, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("settled_at", Instant),
    Column("attempts", Integer),
    Column("last_fault", Text),
    Column("unsent_reason", String(8)),
    PrimaryKeyConstraint("site_id", "webhook_id", "position"),
    Index(
        "ix_webhook_outbox_waiting",
        "site_id",
        "webhook_id",
        "position",
        info=rows_where(_WAITING),
    ),
    Index("ix_webhook_outbox_recorded_at", "site_id", "recorded_at"),
    info=TENANT,
)

webhook_position = Table(
    "webhook_position",
    metadata,
    Column("site_id", BigInteger, primary_key=True, autoincrement=False),
    Column("last", BigInteger, nullable=False),
    info=TENANT,
)
