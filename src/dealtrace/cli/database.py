"""`dealtrace db`: upgrade and check the database, and distribute it over a Citus cluster."""

from collections.abc import Callable, Collection
from typing import Annotated

import typer
from rich.progress import Progress, TaskID
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from dealtrace.accounts.site import Site
from dealtrace.cli.terminal import (
    console,
    counted,
    ended_by_ctrl_c,
    error_console,
    explained,
    fail,
    open_prepared,
    work_in,
)
from dealtrace.operations.leads.renormalise_contacts import renormalise_next_contacts
from dealtrace.settings import read_settings
from dealtrace.storage.accounts.sites import list_sites
from dealtrace.storage.database.database_errors import message_of
from dealtrace.storage.database.engine import Database, open_database
from dealtrace.storage.deals.daily_counts import list_miscounted_days, recount_deals
from dealtrace.storage.leads.normalisation_progress import count_left_to_normalise, find_progress
from dealtrace.storage.reports.mirror.copy_facts import MIRRORED_TABLES
from dealtrace.storage.reports.mirror.mirror import current_mirror, file_of, without_mirror
from dealtrace.storage.schema.differences import schema_differences
from dealtrace.storage.schema.distribution import (
    distribution_problems,
    distribution_statements,
    has_citus,
    list_distributed_tables,
)
from dealtrace.storage.schema.upgrade import (
    newest_revision,
    require_database,
    require_schema,
    upgrade_schema,
)

database_commands = typer.Typer(
    help="Upgrade and check the database, or spread it over a Citus cluster.", no_args_is_help=True
)


READ_AGAIN = "Some stored phones and e-mails are still normalised by the rules of an earlier release."


@database_commands.command("upgrade")
def upgrade() -> None:
    """Upgrade the database schema to this release. Does nothing if it is up to date; never creates a database."""
    with explained():
        database = open_database(read_settings().database_url)
        require_database(database)
        upgrade_schema(database)
        unread = _count_left_to_normalise(database)
    console.print(f"The database schema is at revision {newest_revision()}.")
    if unread:
        console.print(f"{READ_AGAIN} To normalise them again while the server runs: dealtrace db renormalise")


@database_commands.command("check")
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


@database_commands.command("recount")
def recount() -> None:
    """Recount the deals of each day; journals get their totals from these counts. Servers cannot write meanwhile."""
    with open_prepared() as database:
        with database.read() as connection:
            sites = list_sites(connection)
        for site in sites:
            with database.write() as connection:
                recount_deals(connection, site.id)
    console.print(f"Recounted the deals of {counted(len(sites), 'site')}.")


@database_commands.command("renormalise")
def renormalise() -> None:
    """Normalise all stored phones and e-mails by the rules of this release. If stopped, run it again to continue."""
    hidden = not error_console.is_terminal
    with open_prepared() as database, Progress(console=error_console, transient=True, disable=hidden) as progress:
        with database.read() as connection:
            sites = list_sites(connection)
        bar = progress.add_task("Contacts", total=_count_left_to_normalise(database))
        try:
            for site in sites:
                _renormalise_site(database, site, progress, bar)
        except KeyboardInterrupt:
            progress.stop()
            error_console.print("Stopped. To continue: dealtrace db renormalise")
            raise typer.Exit(130) from None


def _renormalise_site(database: Database, site: Site, progress: Progress, bar: TaskID) -> None:
    contacts = rematched = 0
    is_done = False
    while not is_done:
        with database.write() as connection:
            chunk = renormalise_next_contacts(work_in(database, connection, site))
        is_done = chunk is None
        if chunk is not None:
            contacts, rematched = contacts + chunk.contacts_changed, rematched + chunk.deals_changed
            progress.advance(bar, chunk.read)
    changed = f"{counted(contacts, 'set')} of contacts changed"
    console.print(f"Site {site.id}: {changed}, {counted(rematched, 'deal')} matched to a different lead.", markup=False)


def _count_left_to_normalise(database: Database) -> int:
    with database.read() as connection:
        return sum(
            count_left_to_normalise(connection, site.id, reading)
            for site in list_sites(connection)
            if (reading := find_progress(connection, site.id)) is not None
        )


@database_commands.command("mirror")
def mirror(
    anew: Annotated[bool, typer.Option("--anew", help="Remove the mirror first, and build it from scratch.")] = False,
) -> None:
    """Update the column mirror (a copy of a SQLite database for fast reports) now instead of at the next report."""
    hidden = not error_console.is_terminal
    with open_prepared() as database:
        if not database.has_mirror:
            fail("There is no column mirror: it needs a SQLite database and DEALTRACE_MIRROR_MEMORY above 0.")
        if anew:
            with without_mirror(database):
                console.print("Removed the mirror.")
        with Progress(console=error_console, transient=True, disable=hidden) as progress:
            bar = progress.add_task("Mirror", total=MIRRORED_TABLES)

            def advance(table: str) -> None:
                progress.update(bar, advance=1, description=table)

            with ended_by_ctrl_c(database) as call:
                call(_update_mirror, database, advance)
        size = file_of(database).stat().st_size
    console.print(f"The mirror is up to date: {size / 2**20:,.0f} MiB.")


def _update_mirror(database: Database, advance: Callable[[str], None]) -> None:
    with current_mirror(database, advance):
        pass


@database_commands.command("distribute")
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


def _distribution_problems(database: Database) -> list[str]:
    if database.is_sqlite:
        return []
    with database.read() as connection:
        return distribution_problems(list_distributed_tables(connection)) if has_citus(connection) else []


def _miscounts(database: Database) -> list[str]:
    with database.read() as connection:
        days_of = {site.id: list_miscounted_days(connection, site.id) for site in list_sites(connection)}
    return [
        f"Site {site_id}: deal counts are wrong on {counted(len(days), 'day')}, first {days[0]}. "
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
