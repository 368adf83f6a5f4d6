"""A site's own definitions for reports: meanings of statuses, columns, segments, saved reports and notes."""

from sqlalchemy import BigInteger, Column, Index, PrimaryKeyConstraint, String, Table, Text

from dealtrace.storage.database.column_types import Day, Instant, JsonText
from dealtrace.storage.schema.tables.common_columns import TENANT, metadata, site_column

deal_status = Table(
    "deal_status",
    metadata,
    site_column(),
    Column("spelling", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("meaning", String(12), nullable=False),
    Column("first_seen_at", Instant, nullable=False),
    Column("classified_at", Instant),
    PrimaryKeyConstraint("site_id", "spelling"),
    info=TENANT,
)

report_column = Table(
    "report_column",
    metadata,
    site_column(),
    Column("name", Text, nullable=False),
    Column("kind", String(12), nullable=False),
    Column("statuses", JsonText, nullable=False),
    Column("formula", Text, nullable=False),
    Column("added_at", Instant, nullable=False),
    PrimaryKeyConstraint("site_id", "name"),
    info=TENANT,
)

segment = Table(
    "segment",
    metadata,
    site_column(),
    Column("user_id", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("filters", JsonText, nullable=False),
    Column("added_at", Instant, nullable=False),
    PrimaryKeyConstraint("site_id", "user_id", "name"),
    info=TENANT,
)
"""Segments; `user_id` is 0 for segments of the site. `user_id` is not a foreign key; `common_columns.py` says why."""

saved_report = Table(
    "saved_report",
    metadata,
    site_column(),
    Column("user_id", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("query", Text, nullable=False),
    Column("saved_by", BigInteger),
    Column("saved_at", Instant, nullable=False),
    PrimaryKeyConstraint("site_id", "user_id", "name"),
    info=TENANT,
)
"""Saved reports; `user_id` is 0 for reports of the site."""

note = Table(
    "note",
    metadata,
    site_column(),
    Column("key", String(16), nullable=False),
    Column("day_on", Day, nullable=False),
    Column("text", Text, nullable=False),
    Column("user_id", BigInteger),
    Column("added_at", Instant, nullable=False),
    PrimaryKeyConstraint("site_id", "key"),
    Index("ix_note_day", "site_id", "day_on"),
    info=TENANT,
)
