"""Visits and their traffic sources."""

from sqlalchemy import BigInteger, Boolean, Column, Index, PrimaryKeyConstraint, String, Table, Text, UniqueConstraint

from dealtrace.attribution.traffic_source import SOURCE_PARTS
from dealtrace.storage.database.column_types import Instant, JsonText
from dealtrace.storage.schema.tables.common_columns import TENANT, metadata, site_column, text_columns

traffic_source = Table(
    "traffic_source",
    metadata,
    site_column(),
    Column("id", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("source", Text, nullable=False),
    Column("medium", Text, nullable=False),
    Column("campaign", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("term", Text, nullable=False),
    *text_columns(*(f"{part}_key" for part in SOURCE_PARTS)),
    PrimaryKeyConstraint("site_id", "id"),
    UniqueConstraint("site_id", "digest"),
    info=TENANT,
)

visit = Table(
    "visit",
    metadata,
    site_column(),
    Column("started_at", Instant, nullable=False),
    Column("id", BigInteger, nullable=False),
    Column("visitor_id", Text, nullable=False),
    Column("traffic_source_id", BigInteger, nullable=False),
    Column("landing_url", Text, nullable=False),
    Column("referrer", Text, nullable=False),
    Column("ip", Text, nullable=False),
    Column("user_agent", Text, nullable=False),
    Column("city", Text, nullable=False),
    Column("utm", JsonText, nullable=False),
    Column("google_client_id", Text),
    Column("yandex_client_id", Text),
    Column("attrs", JsonText),
    *text_columns("device", "os", "browser"),
    Column("click_ids", JsonText),
    Column("seen_at", Instant),
    Column("has_stated_source", Boolean),
    PrimaryKeyConstraint("site_id", "started_at", "id"),
    Index("ix_visit_id", "site_id", "id", "started_at"),
    Index("ix_visit_visitor", "site_id", "visitor_id", "started_at"),
    info=TENANT,
)
