"""The ends of pages of journals, stored so that any server process finds the next page quickly."""

from sqlalchemy import BigInteger, Column, PrimaryKeyConstraint, String, Table

from dealtrace.storage.database.column_types import Instant
from dealtrace.storage.schema.tables.common_columns import TENANT, metadata, site_column

page_end = Table(
    "page_end",
    metadata,
    site_column(),
    Column("reader", String(64), nullable=False),
    Column("offset_after", BigInteger, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("last_id", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("read_at", Instant, nullable=False),
    PrimaryKeyConstraint("site_id", "reader", "offset_after"),
    info=TENANT,
)
