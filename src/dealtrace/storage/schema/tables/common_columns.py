"""The common parts of tables: the two kinds of table, names of keys and indexes, and common columns.

A row of a tenant table belongs to a site, and the keys of the table begin with `site_id`. The rows of a control table
are searched without knowing the site. No foreign key connects the two kinds of tables, so the data of a site can be
moved or erased by its id alone.
"""

from typing import Any, TypeAlias

from sqlalchemy import BigInteger, Column, Index, MetaData, Text, TextClause, text

from dealtrace.storage.database.column_types import JsonText

CONTROL = {"kind": "control"}
TENANT = {"kind": "tenant"}
WHERE = "where"
"""The key in an index's `info` for the SQL condition of the rows that the index contains."""

AnyColumn: TypeAlias = "Column[Any]"
"""A column whose values are typed Any: an index may have columns of every type."""
UNDELETED = text("deleted_at IS NULL")
DELETED = text("deleted_at IS NOT NULL")

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
    }
)


def site_column() -> "Column[int]":
    """Return the column `site_id`, with which every key of a tenant table begins."""
    return Column("site_id", BigInteger, nullable=False)


def annotation_columns() -> "tuple[Column[object], ...]":
    """Return the columns of a lead's annotations: manager, comment, tags, custom values and stated source.

    `stated_source_id` has no foreign key, because SQLite cannot add a foreign key to an existing table.
    """
    structured = (Column("tags", JsonText), Column("custom_values", JsonText))
    return (*text_columns("manager", "comment"), *structured, Column("stated_source_id", BigInteger))


def text_columns(*names: str) -> "list[Column[str]]":
    """Return nullable text columns with the given names."""
    return [Column(name, Text) for name in names]


def index_where_present(name: str, column: AnyColumn, *then: AnyColumn, unique: bool = False) -> None:
    """Create an index on a column that is null in most rows; the index contains only rows where it is not null."""
    is_present = text(f"{column.name} IS NOT NULL")
    columns = (column.table.c.site_id, column, *then)
    Index(name, *columns, unique=unique, info=rows_where(is_present))


def index_undeleted(name: str, *columns: AnyColumn) -> None:
    """Create an index on `site_id` and the given columns; the index contains only non-deleted rows."""
    Index(name, columns[0].table.c.site_id, *columns, info=rows_where(UNDELETED))


def rows_where(condition: TextClause) -> "dict[Any, Any]":
    """Return the `info` of a partial index: the index contains only the rows that meet a condition.

    SQLAlchemy's own argument for this, `postgresql_where`, imports the dialect of PostgreSQL. Only code that creates or
    compares tables needs the argument; such code imports `tables.all_tables`, which sets it from `info`, and other
    commands need not import the dialect. The result is typed Any: SQLAlchemy declares `info` like this.
    """
    return {WHERE: condition}
