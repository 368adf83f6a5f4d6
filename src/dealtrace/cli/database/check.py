"""`dealtrace db check`: check the schema, the counts and the file of the database."""

from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from dealtrace.cli.terminal import console, counted, explained, fail
from dealtrace.settings import read_settings
from dealtrace.storage.accounts.sites import list_sites
from dealtrace.storage.database.database_errors import message_of
from dealtrace.storage.database.engine import Database, open_database
from dealtrace.storage.deals.daily_counts import list_miscounted_days
from dealtrace.storage.schema.differences import schema_differences
from dealtrace.storage.schema.distribution import distribution_problems, has_citus, list_distributed_tables
from dealtrace.storage.schema.upgrade import require_schema


def check() -> None:
    """Check the schema, Citus tables, daily deal counts and SQLite file. The exit status is 1 if anything is wrong."""
    with explained():
        database = open_database(read_settings().database_url)
        problems = _damage(database)
        if not problems:
            require_schema(database)
        problems = problems or schema_differences(database) or _distribution_problems(database) or _miscounts(database)
    if problems:
        fail(*problems)
    console.print("The database is intact and up to date.")


def _distribution_problems(database: Database) -> list[str]:
    if database.is_sqlite:
        return []
    with database.read() as connection:
        return distribution_problems(list_distributed_tables(connection)) if has_citus(connection) else []


def _miscounts(database: Database) -> list[str]:
    with database.read() as connection:
        days_of = {site.id: list_miscounted_days(connection, site.id) for site in list_sites(connection)}
    return [
        f"Site {site_id}: deal counts are wrong on {counted(len(days), 'day')}, first on {days[0]}. "
        "Run: dealtrace db recount"
        for site_id, days in days_of.items()
        if days
    ]


def _damage(database: Database) -> list[str]:
    if not database.is_sqlite or not database.file.exists():
        return []
    try:
        with database.read() as connection:
            found = connection.execute(text("PRAGMA integrity_check")).scalars().all()
            orphans = connection.execute(text("PRAGMA foreign_key_check")).all()
    except DatabaseError as fault:
        return [f"{database.file} is damaged or not a SQLite database: {message_of(fault)}"]
    damage = [f"{database.file} is damaged: {line}" for line in found if line != "ok"]
    return damage + [f"A row refers to a missing row: {tuple(row)}" for row in orphans]
