"""What a site defines for its reports: the meaning of deal statuses, columns, and segments."""

from sqlalchemy import BigInteger, Column, PrimaryKeyConstraint, String, Table, Text

from dealtrace.storage.database.column_types import Instant, JsonText
from dealtrace.storage.schema.tables.parts import TENANT, metadata, site_column

deal_status = Table(
    "deal_status",
    metadata,
    site_column(),
    Column("spelling", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("meaning", String(12), nullable=False),
    Column("first_seen_at", Instant, nullable=False),
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
"""`user_id` is 0 for segments of the site; no foreign key may refer from a tenant table to users."""
