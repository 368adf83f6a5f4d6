"""The imports of files: the rows that each has added, and rows of its file that another import had added before."""

from sqlalchemy import BigInteger, Boolean, Column, Index, PrimaryKeyConstraint, String, Table, Text

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
    Column("number", BigInteger),
    Column("noun", String(12)),
    Column("file_name", Text),
    Column("user_id", BigInteger),
    Column("publishes", Boolean),
    Column("undo_begun_at", Instant),
    Column("undo_reported_at", Instant),
    Column("undone_at", Instant),
    Column("taken_back", BigInteger),
    Column("stayed", BigInteger),
    PrimaryKeyConstraint("site_id", "digest"),
    info=TENANT,
)

imported_row = Table(
    "imported_row",
    metadata,
    site_column(),
    Column("import_number", BigInteger, nullable=False),
    Column("row_id", BigInteger, nullable=False),
    PrimaryKeyConstraint("site_id", "import_number", "row_id"),
    Index("ix_imported_row_row", "site_id", "row_id"),
    info=TENANT,
    sqlite_with_rowid=False,
)

taken_back_row = Table(
    "taken_back_row",
    metadata,
    site_column(),
    Column("noun", String(12), nullable=False),
    Column("row_id", BigInteger, nullable=False),
    PrimaryKeyConstraint("site_id", "noun", "row_id"),
    info=TENANT,
)
