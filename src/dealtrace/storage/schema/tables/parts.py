"""What every table is made of: the kinds, the names of keys, and the columns that several tables share.

`tenant` tables belong to one site and begin their keys with `site_id`; `control` tables are found before or beside
a site. There are no keys between the two, so a site can be moved or erased by its id alone.
"""

from typing import Any

from sqlalchemy import BigInteger, Column, Index, MetaData, Text, text

from dealtrace.storage.database.column_types import JsonText

CONTROL = {"kind": "control"}
TENANT = {"kind": "tenant"}

UNDELETED = text("deleted_at IS NULL")

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
    }
)


def site_column() -> "Column[int]":
    """Make the column that every key of a tenant table begins with."""
    return Column("site_id", BigInteger, nullable=False)


def annotation_columns() -> "tuple[Column[Any], ...]":
    """Make the columns of what is said about a lead; the source bears no key: SQLite adds none to a standing table."""
    structured = (Column("tags", JsonText), Column("custom_values", JsonText))
    return (*text_columns("manager", "comment"), *structured, Column("stated_source_id", BigInteger))


def text_columns(*names: str) -> "list[Column[Any]]":
    """Make columns of texts that need not be told."""
    return [Column(name, Text) for name in names]


def index_where_said(name: str, said: "Column[Any]", *then: "Column[Any]", unique: bool = False) -> None:
    """Index a column that most rows leave empty, over those that do not."""
    said_at_all = text(f"{said.name} IS NOT NULL")
    whole = (said.table.c.site_id, said, *then)
    Index(name, *whole, unique=unique, sqlite_where=said_at_all, postgresql_where=said_at_all)


def index_shown(name: str, *columns: "Column[Any]") -> None:
    """Index what is not deleted."""
    Index(name, columns[0].table.c.site_id, *columns, sqlite_where=UNDELETED, postgresql_where=UNDELETED)
