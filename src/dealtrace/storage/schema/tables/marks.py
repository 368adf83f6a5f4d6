"""Marks of changes that the column mirror of a SQLite database must still apply.

PostgreSQL has no mirror and no marks. SQLite assigns the key `number`, which is its rowid.
"""

from sqlalchemy import BigInteger, Column, Integer, PrimaryKeyConstraint, String, Table

from dealtrace.storage.schema.tables.common_columns import CONTROL, metadata

mirror_mark = Table(
    "mirror_mark",
    metadata,
    Column("number", Integer, nullable=False, autoincrement=False),
    Column("site_id", BigInteger, nullable=False),
    Column("kind", String(12), nullable=False),
    Column("id", BigInteger, nullable=False),
    PrimaryKeyConstraint("number"),
    info=CONTROL,
)
