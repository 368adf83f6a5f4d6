"""The points that a site spent, its custom fields, and unknown fields and parameters."""

from sqlalchemy import BigInteger, Column, PrimaryKeyConstraint, Table, Text

from dealtrace.storage.database.column_types import Day, Instant
from dealtrace.storage.schema.tables.parts import TENANT, metadata, site_column

points_day = Table(
    "points_day",
    metadata,
    site_column(),
    Column("day_on", Day, nullable=False),
    Column("spent", BigInteger, nullable=False),
    PrimaryKeyConstraint("site_id", "day_on"),
    info=TENANT,
)

custom_field = Table(
    "custom_field",
    metadata,
    site_column(),
    Column("name", Text, nullable=False),
    Column("added_at", Instant, nullable=False),
    PrimaryKeyConstraint("site_id", "name"),
    info=TENANT,
)

unknown_field = Table(
    "unknown_field",
    metadata,
    site_column(),
    Column("name", Text, nullable=False),
    Column("seen", BigInteger, nullable=False),
    Column("last_seen_at", Instant, nullable=False),
    PrimaryKeyConstraint("site_id", "name"),
    info=TENANT,
)

unknown_parameter = Table(
    "unknown_parameter",
    metadata,
    site_column(),
    Column("path", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("nearest", Text),
    Column("seen", BigInteger, nullable=False),
    Column("last_seen_at", Instant, nullable=False),
    PrimaryKeyConstraint("site_id", "path", "name"),
    info=TENANT,
)
