"""Whether the database has the schema of this release, and how to upgrade it."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from dealtrace.storage.database.engine import Database
from dealtrace.storage.schema.tables.whole import metadata

MIGRATIONS = Path(__file__).parent / "migrations"
VERSION_TABLE = "schema_version"


class SchemaOutdated(Exception):  # noqa: N818 - it names the state, as its message does
    """The database has the schema of another release; the message names the command that upgrades it."""


def prepare_schema(database: Database) -> None:
    """Create the schema if the database is empty.

    Raises:
        SchemaOutdated: the database is not empty, and its schema is not of this release.
    """
    with database.read() as connection:  # one transaction: another command may create the schema between two
        found, is_empty = _revision(connection), not inspect(connection).get_table_names()
    if found is None and is_empty:
        upgrade_schema(database)
    elif found != newest_revision():
        message = (
            f"The database has schema {found}, this release needs {newest_revision()}: run `dealtrace db upgrade`."
        )
        raise SchemaOutdated(message)


def upgrade_schema(database: Database) -> None:
    """Upgrade the schema to this release, step by step, in one transaction where the engine can."""
    config = _config()
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


@cache
def newest_revision() -> str | None:
    """Return the schema revision that this release needs."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def is_current(database: Database) -> bool:
    """Whether the database has the schema this release needs."""
    with database.read() as connection:
        return _revision(connection) == newest_revision()


def schema_differences(database: Database) -> list[str]:
    """List the differences between the database and the tables this release declares."""
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE, "compare_type": True})
        return [repr(difference) for difference in compare_metadata(context, metadata)]


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config
