"""Find which tables, columns, indexes and rights a database lacks, without Alembic: a running server asks for them."""

from sqlalchemy import PrimaryKeyConstraint, Table, UniqueConstraint, text

from dealtrace.storage.database.engine import Database
from dealtrace.storage.schema.tables.all_tables import metadata

RIGHT = "right to "
"""What the names of missing rights begin with."""
_RIGHTS = ("select", "insert", "update", "delete")
_SQLITE = text("""
    SELECT type || ' ' || name FROM sqlite_schema WHERE type IN ('table', 'index')
    UNION ALL
    SELECT 'column ' || parts.name || '.' || columns.name
    FROM sqlite_schema AS parts, pragma_table_xinfo(parts.name) AS columns WHERE parts.type = 'table'
""")
_POSTGRESQL = text("""
    SELECT CASE WHEN relkind IN ('i', 'I') THEN 'index ' ELSE 'table ' END || relname
    FROM pg_class WHERE relkind IN ('r', 'p', 'i', 'I') AND pg_table_is_visible(oid)
    UNION ALL
    SELECT 'column ' || relname || '.' || attname
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    WHERE relkind IN ('r', 'p') AND attnum > 0 AND NOT attisdropped AND pg_table_is_visible(pg_class.oid)
    UNION ALL
    SELECT 'right to ' || asked || ' in ' || relname
    FROM pg_class CROSS JOIN unnest(ARRAY['select', 'insert', 'update', 'delete']) AS asked
    WHERE relkind IN ('r', 'p') AND pg_table_is_visible(oid) AND has_table_privilege(oid, asked)
""")


def list_missing_parts(database: Database) -> list[str]:
    """List the tables, columns and indexes of this release that the database lacks, such as `column deal.comment`.

    On PostgreSQL, keys and the rights to use the tables are listed too. Parts of missing tables are left out.
    """
    with database.read() as connection:
        found = set(connection.execute(_SQLITE if database.is_sqlite else _POSTGRESQL).scalars())
    missing: list[str] = []
    for table in metadata.sorted_tables:
        name = f"table {table.name}"
        if name not in found:
            missing.append(name)
            continue
        parts = [
            *(f"column {table.name}.{column.name}" for column in table.columns),
            *(f"index {index.name}" for index in table.indexes),
            *([] if database.is_sqlite else _keys_and_rights(table)),
        ]
        missing += [part for part in parts if part not in found]
    return missing


def _keys_and_rights(table: Table) -> list[str]:
    """List what only PostgreSQL can lack: SQLite cannot drop the keys of a table, and knows no rights."""
    keys = [each for each in table.constraints if isinstance(each, PrimaryKeyConstraint | UniqueConstraint)]
    return [
        *sorted(f"index {key.name}" for key in keys if key.columns),
        *(f"{RIGHT}{right} in {table.name}" for right in _RIGHTS),
    ]
