"""The progress of importing files."""

from sqlalchemy import BigInteger, Column, PrimaryKeyConstraint, String, Table

from dealtrace.storage.database.column_types import Instant
from dealtrace.storage.schema.tables.common_columns import TENANT, metadata, site_column

file_import = Table(
    "file_import",
    metadata,
    site_column(),
    Column("digest", String(64), nullable=False),
    Column("last_row", BigInteger, nullable=False),
    Column("taken_in", BigInteger, nullable=False),
    Column("refused", BigInteger, nullable=False),
    Column("begun_at", Instant, nullable=False),
    Column("finished_at", Instant),
    PrimaryKeyConstraint("site_id", "digest"),
    info=TENANT,
)
