"""`dealtrace db distribute`: distribute the tables over a Citus cluster."""

from collections.abc import Collection
from typing import Annotated

import typer
from sqlalchemy import text

from dealtrace.cli.terminal import console, counted, explained, fail
from dealtrace.settings import read_settings
from dealtrace.storage.database.engine import Database, open_database
from dealtrace.storage.schema.distribution import distribution_statements, has_citus, list_distributed_tables
from dealtrace.storage.schema.upgrade import require_schema


def distribute(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the statements without running them.")] = False,
) -> None:
    """Distribute the tables over a Citus cluster by site. Run it on the coordinator; distributed tables are skipped."""
    with explained():
        database = open_database(read_settings().database_url)
        if dry_run:
            for statement in distribution_statements(_distributed(database)):
                console.print(f"{statement};", soft_wrap=True)
            return
        if database.is_sqlite:
            fail("SQLite is a single file and cannot be distributed. Use PostgreSQL with Citus.")
        require_schema(database)
        with database.write() as connection:
            if not has_citus(connection):
                fail("Citus is not installed in this database. Run CREATE EXTENSION citus first.")
            before = list_distributed_tables(connection)
            statements = distribution_statements(before)
            for statement in statements:
                connection.execute(text(statement))
    console.print(summarize_distribution(len(statements), before))


def summarize_distribution(added: int, before: Collection[str]) -> str:
    """Return a message: how many tables were distributed over the cluster now (`added`) and earlier (`before`)."""
    if not added:
        return "All tables are already distributed by site_id."
    others = f" {counted(len(before), 'table')} had been distributed before." if before else ""
    return f"Distributed {counted(added, 'table')} by site_id.{others}"


def _distributed(database: Database) -> list[str]:
    """List the tables that are already distributed; the list is empty without Citus."""
    if database.is_sqlite:
        return []
    with database.read() as connection:
        return list_distributed_tables(connection) if has_citus(connection) else []
