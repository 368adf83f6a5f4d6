"""Check whether the database has the schema of this release, and upgrade it.

Alembic is imported only to upgrade: the import takes half a second of CPU.
"""

import re
from functools import cache
from importlib import import_module
from pathlib import Path

from sqlalchemy import Column, Connection, MetaData, Table, Text, inspect, select, text

from dealtrace.storage.database.compiled_statement import CompiledStatement
from dealtrace.storage.database.engine import Database
from dealtrace.storage.database.sqlite_file import create_private_file
from dealtrace.storage.schema.planner_statistics import write_statistics

MIGRATIONS = Path(__file__).parent / "migrations"
VERSION_TABLE = "schema_version"
_REVISION = re.compile("[0-9]{4}")


class SchemaOutdated(Exception):  # noqa: N818 - the name is the state
    """Raised if the database has the schema of another release; the message says what to do."""


class DatabaseForeign(Exception):  # noqa: N818 - the name is the state
    """Raised if the database has tables, but not those of Dealtrace; the message says what to do."""


class DatabaseMissing(Exception):  # noqa: N818 - the name is the state
    """Raised if the database is missing or empty, or its folder is missing; the message says what to do."""


def prepare_schema(database: Database) -> None:
    """Create the database file and the schema if they do not exist.

    Raises:
        DatabaseMissing: The folder of the database file does not exist.
        SchemaOutdated: The database has the schema of another release.
        DatabaseForeign: The database has tables of another program.
    """
    if database.is_sqlite and not database.file.exists():
        _require_folder(database.file.absolute().parent)
        create_private_file(database.file)
    if not _has_schema(database):
        upgrade_schema(database)


def _require_folder(folder: Path) -> None:
    if not folder.is_dir():
        message = f"There is no folder {folder} for the database. Create it, or correct DEALTRACE_DATABASE_URL."
        raise DatabaseMissing(message)


def require_schema(database: Database) -> None:
    """Check that the database has the schema of this release, and create nothing.

    Raises:
        DatabaseMissing: The database does not exist or is empty.
        SchemaOutdated: The database has the schema of another release.
        DatabaseForeign: The database has tables of another program.
    """
    if (database.is_sqlite and not database.file.exists()) or not _has_schema(database):
        raise _missing(database)


def require_database(database: Database) -> None:
    """Check that the database exists and is not empty, and create nothing.

    Raises:
        DatabaseMissing: The database does not exist or is empty.
        DatabaseForeign: The database has tables of another program.
    """
    if (database.is_sqlite and not database.file.exists()) or _state(database) == (None, True):
        raise _missing(database)


def _missing(database: Database) -> DatabaseMissing:
    return DatabaseMissing(
        f"There is no Dealtrace database at {database.name}. Run the command in the folder with the server's "
        "settings, set DEALTRACE_DATABASE_URL, or create a database: dealtrace serve"
    )


def _state(database: Database) -> tuple[str | None, bool]:
    """Return the revision of the schema, `None` if there is none, and whether the database has no tables.

    Raises:
        DatabaseForeign: The database has tables of another program, even if its table of versions is named like ours.
    """
    with database.read() as connection:  # one transaction, because another command may create the schema in between
        inspector = inspect(connection)
        tables = inspector.get_table_names()
        columns = inspector.get_columns(VERSION_TABLE) if VERSION_TABLE in tables else []
        is_stated = any(column["name"] == _version.c.version_num.name for column in columns)
        found = _revision(connection) if is_stated else None
    if tables and (found is None or not _REVISION.fullmatch(found)):
        raise DatabaseForeign(
            f"The database {database.name} has tables of another program, and nothing was changed in it. "
            "Set DEALTRACE_DATABASE_URL to Dealtrace's database, or to an empty one."
        )
    return found, not tables


def _has_schema(database: Database) -> bool:
    """Return whether the database has the schema of this release; an empty database does not.

    Raises:
        SchemaOutdated: The database has the schema of another release.
        DatabaseForeign: The database has tables of another program.
    """
    found, is_empty = _state(database)
    if found is None and is_empty:
        return False
    if found != newest_revision():
        raise _outdated(database, found)
    return True


def _outdated(database: Database, found: str | None) -> SchemaOutdated:
    cure = "a newer release created it; install that release" if _is_newer(found) else "run `dealtrace db upgrade`"
    return SchemaOutdated(
        f"The database {database.name} has schema {found}; this release needs {newest_revision()}: {cure}."
    )


def _is_newer(found: str | None) -> bool:
    return found is not None and found > newest_revision()


def upgrade_schema(database: Database) -> None:
    """Apply all missing migrations to the database in one transaction.

    Raises:
        SchemaOutdated: The database has the schema of a newer release.
        DatabaseForeign: The database has tables of another program.
    """
    found, _ = _state(database)
    if _is_newer(found):
        raise _outdated(database, found)
    config = import_module("alembic.config").Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.write() as connection:
        if database.is_sqlite:
            _drop_triggers(connection)
        config.attributes["connection"] = connection
        import_module("alembic.command").upgrade(config, "head")
        if database.is_sqlite:
            write_statistics(connection)


def _drop_triggers(connection: Connection) -> None:
    """Drop the triggers that mark changes for the column mirror; SQLite cannot alter a column that a trigger uses.

    The mirror notices that the triggers are missing, and is rebuilt.
    """
    if _revision(connection) == newest_revision():
        return
    for name in connection.execute(text("SELECT name FROM sqlite_schema WHERE type = 'trigger'")).scalars().all():
        connection.execute(text(f"DROP TRIGGER {name}"))


@cache
def newest_revision() -> str:
    """Return the schema revision that this release needs; file names of migrations begin with their revisions."""
    return max(file.name.partition("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def is_current(database: Database) -> bool:
    """Return whether the database has the schema that this release needs; a running server checks this every second."""
    try:
        with database.read() as connection:
            found = _FIND_REVISION.fetch(connection, {})
    except Exception:  # noqa: BLE001 - the table may be missing; any other failure is met again
        with database.read() as connection:
            return _revision(connection) == newest_revision()
    return bool(found) and found[0][0] == newest_revision()


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(select(_version.c.version_num)).scalar()


_version = Table(VERSION_TABLE, MetaData(), Column("version_num", Text))
"""The table in which Alembic stores the revision of the schema."""
_FIND_REVISION = CompiledStatement(select(_version.c.version_num))
