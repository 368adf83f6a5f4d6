"""Compare the tables of a database with those that this release declares, for the CLI's `db check` and `doctor`."""

from importlib import import_module

from dealtrace.storage.database.engine import Database
from dealtrace.storage.schema.tables.all_tables import metadata
from dealtrace.storage.schema.upgrade import VERSION_TABLE


def schema_differences(database: Database) -> list[str]:
    """List the differences between the database and the tables that this release declares, as Alembic writes them."""
    autogenerate, migration = import_module("alembic.autogenerate"), import_module("alembic.migration")
    with database.read() as connection:
        context = migration.MigrationContext.configure(
            connection, opts={"version_table": VERSION_TABLE, "compare_type": True}
        )
        return [repr(difference) for difference in autogenerate.compare_metadata(context, metadata)]
