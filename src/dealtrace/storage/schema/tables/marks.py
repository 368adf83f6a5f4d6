"""Marks of changes that the column mirror beside a SQLite database must still apply; on PostgreSQL the table is empty.

SQLite assigns the key, which is the row number.
"""

from sqlalchemy import BigInteger, Column, Integer, PrimaryKeyConstraint, String, Table

from dealtrace.storage.schema.tables.parts import CONTROL, metadata

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
