"""The distribution over a Citus cluster: tables with data of sites are distributed by site, other tables are not."""

from collections.abc import Collection

from sqlalchemy import Connection, text

from dealtrace.storage.schema.tables.all_tables import metadata
from dealtrace.storage.schema.tables.common_columns import TENANT


def distribution_statements(distributed: Collection[str] = ()) -> list[str]:
    """List the SQL statements that distribute tables over the cluster by `site_id`, referenced tables first.

    All tables with data of sites must be distributed and co-located. Tables in `distributed` are distributed already
    and need no statement.
    """
    tenants = tenant_tables()
    first = next((name for name in tenants if name in distributed), tenants[0])
    return [
        f"SELECT create_distributed_table('{name}', 'site_id')"
        if name == first
        else f"SELECT create_distributed_table('{name}', 'site_id', colocate_with => '{first}')"
        for name in tenants
        if name not in distributed
    ]


def tenant_tables() -> list[str]:
    """List the names of the tables to distribute over the cluster, referenced tables first."""
    return [table.name for table in metadata.sorted_tables if table.info == TENANT]


def distribution_problems(distributed: Collection[str]) -> list[str]:
    """List a message for each table that is not distributed but should be, or is distributed but should not be."""
    tenants = tenant_tables()
    if not set(tenants) & set(distributed):
        return ["Citus is installed, but no table is distributed. Run: dealtrace db distribute"]
    missing = [
        f"The table {name} is not distributed, but other tables are. Run: dealtrace db distribute"
        for name in tenants
        if name not in distributed
    ]
    return missing + [
        f"The table {name} is distributed, but its rows belong to no site. Run: SELECT undistribute_table('{name}')"
        for name in sorted(set(distributed) & (set(metadata.tables) - set(tenants)))
    ]


def has_citus(connection: Connection) -> bool:
    """Return whether Citus is installed in the database; SQLite never has it."""
    if connection.dialect.name == "sqlite":
        return False
    return connection.execute(text("SELECT 1 FROM pg_extension WHERE extname = 'citus'")).first() is not None


def list_distributed_tables(connection: Connection) -> list[str]:
    """List the names of the current schema's tables that Citus distributes by a column, in alphabetical order.

    The database must have Citus.
    """
    rows = connection.execute(
        text(
            "SELECT c.relname FROM pg_dist_partition d JOIN pg_class c ON c.oid = d.logicalrelid "
            "WHERE d.partmethod = 'h' AND pg_table_is_visible(c.oid) ORDER BY c.relname"
        )
    )
    return list(rows.scalars())


def is_distributed(connection: Connection) -> bool:
    """Return whether Citus distributes any tables; if so, a transaction should only use data of one site."""
    return has_citus(connection) and bool(list_distributed_tables(connection))
