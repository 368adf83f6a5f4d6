"""`dealtrace db`: the schema."""

from typing import Annotated

import typer
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from dealtrace.cli.terminal import console, explained, fail, open_prepared
from dealtrace.settings import read_settings
from dealtrace.storage.accounts.sites import list_sites
from dealtrace.storage.database.database_errors import message_of
from dealtrace.storage.database.engine import Database, open_database
from dealtrace.storage.deals.daily_counts import list_miscounted_days, recount_deals
from dealtrace.storage.schema.distribution import distribution_statements
from dealtrace.storage.schema.upgrade import is_current, newest_revision, schema_differences, upgrade_schema

database_commands = typer.Typer(help="Upgrade, check and distribute the database.", no_args_is_help=True)


@database_commands.command("upgrade")
def upgrade() -> None:
    """Bring the schema to this release; nothing happens if it is there."""
    with explained():
        upgrade_schema(open_database(read_settings().database_url))
    console.print(f"The schema is {newest_revision()}.", markup=False)


@database_commands.command("check")
def check() -> None:
    """Check the schema, the counts of days and a SQLite file for damage; exit status 1 if anything is wrong."""
    with explained():
        database = open_database(read_settings().database_url)
        if database.is_sqlite and not database.file.exists():
            fail(f"There is no {database.file}.")
        faults = _damage(database)
        if not faults and not is_current(database):
            faults = [f"The schema is not {newest_revision()}: run `dealtrace db upgrade`."]
        faults = faults or schema_differences(database) or _miscounts(database)
    if faults:
        fail("\n".join(faults))
    console.print("The database is whole and of this release.")


@database_commands.command("recount")
def recount() -> None:
    """Count all deals anew by their days, which journals are counted and paged by; a running server waits meanwhile."""
    with open_prepared() as database:
        with database.read() as connection:
            sites = list_sites(connection)
        for site in sites:
            with database.write() as connection:
                recount_deals(connection, site.id)
    console.print(f"The deals of {len(sites)} sites are counted anew.", markup=False)


@database_commands.command("distribute")
def distribute(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the statements and run nothing.")] = False,
) -> None:
    """Spread the tables over a Citus cluster by site; run it once, on the coordinator, before there is much data."""
    with explained():
        database = open_database(read_settings().database_url)
    statements = distribution_statements()
    if dry_run:
        for statement in statements:
            console.print(f"{statement};", markup=False)
        return
    if database.is_sqlite:
        fail("SQLite is one file and cannot be distributed: use PostgreSQL with Citus.")
    with database.write() as connection:
        if connection.execute(text("SELECT 1 FROM pg_extension WHERE extname = 'citus'")).first() is None:
            fail("This PostgreSQL has no Citus: run CREATE EXTENSION citus in it first.")
        for statement in statements:
            connection.execute(text(statement))
    console.print(f"{len(statements)} tables are distributed by site_id.")


def _miscounts(database: Database) -> list[str]:
    with database.read() as connection:
        days_of = {site.id: list_miscounted_days(connection, site.id) for site in list_sites(connection)}
    return [
        f"Site {site_id}: miscounted days of deals: {len(days)}, the first {days[0]}: run `dealtrace db recount`."
        for site_id, days in days_of.items()
        if days
    ]


def _damage(database: Database) -> list[str]:
    if not database.is_sqlite:
        return []
    try:
        with database.read() as connection:
            found = connection.execute(text("PRAGMA integrity_check")).scalars().all()
            orphans = connection.execute(text("PRAGMA foreign_key_check")).all()
    except DatabaseError as fault:
        return [f"{database.file} is damaged or no SQLite database: {message_of(fault)}"]
    damage = [f"{database.file} is damaged: {line}" for line in found if line != "ok"]
    return damage + [f"A row refers to one that is gone: {tuple(row)}" for row in orphans]
