"""Marks of what the column mirror beside a SQLite database has yet to take over; PostgreSQL keeps the table empty.

SQLite numbers the rows by itself: the key is its row number.
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
