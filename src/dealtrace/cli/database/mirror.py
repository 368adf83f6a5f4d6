"""`dealtrace db mirror`: update the column mirror of a SQLite database."""

from collections.abc import Callable
from typing import Annotated

import typer
from rich.progress import Progress

from dealtrace.cli.terminal import console, ended_by_ctrl_c, error_console, fail, open_prepared
from dealtrace.storage.database.engine import Database
from dealtrace.storage.reports.mirror.copy_facts import MIRRORED_TABLES
from dealtrace.storage.reports.mirror.mirror import current_mirror, file_of, without_mirror


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
