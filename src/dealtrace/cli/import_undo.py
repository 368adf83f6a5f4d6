"""`dealtrace import list` and `undo`: list the imports of files, and take back what one of them has added."""

import time
from collections.abc import Iterator
from functools import partial
from typing import Annotated, NoReturn

import typer
from rich.progress import Progress
from rich.table import Table

from dealtrace import clock
from dealtrace.attribution.credit import WHOLE
from dealtrace.cli.answers import LoggedImportAnswer
from dealtrace.cli.options import JsonOption, SiteIdOption
from dealtrace.cli.output import confirm
from dealtrace.cli.terminal import (
    changing,
    console,
    counted,
    end_stopped,
    error_console,
    fail,
    open_prepared,
    print_json,
)
from dealtrace.leads.file_import import LoggedImport, TakeBackOutcome
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.operations.pause_between_steps import PAUSE_SECONDS
from dealtrace.operations.take_back_import import (
    TakeBackPreview,
    TakeBackRun,
    begin_take_back,
    preview_take_back,
    take_back,
)
from dealtrace.reports.formats import format_kopecks
from dealtrace.storage.database.engine import Database
from dealtrace.storage.leads.file_imports import find_import, list_imports
from dealtrace.whole_number import ID_MAX

NOUNS = {"call": "call", "lead_request": "lead request", "deal": "deal"}
_REASONS = {
    TakeBackOutcome.CHANGED: "changed since",
    TakeBackOutcome.PINNED: "pinned",
    TakeBackOutcome.SHARED: "also in another import",
    TakeBackOutcome.ALREADY_DELETED: "already deleted",
}


def show_imports(site_id: SiteIdOption, as_json: JsonOption = False) -> None:
    """List the imports of the last 30 days that can be or have been taken back, latest first."""
    with open_prepared() as database, database.read() as connection:
        require_site(connection, site_id)
        imports = list_imports(connection, site_id)
    if as_json:
        print_json([_serialize(site_id, logged) for logged in imports])
        return
    table = Table("importId", "file", "kind", "begun (UTC)", "added", "taken back", "stayed")
    for logged in imports:
        begun = f"{logged.at.begun_at:%Y-%m-%d %H:%M}"
        counts = (logged.added, logged.taken_back, logged.stayed)
        table.add_row(str(logged.number), logged.file.name, NOUNS[logged.file.noun], begun, *map(str, counts))
    console.print(table)


def undo(
    number: Annotated[int, typer.Argument(metavar="IMPORT_ID", min=1, max=ID_MAX, help="The importId.")],
    site_id: SiteIdOption,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be taken back.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Take back what an import has added, except rows that were changed since. If stopped, run it again to continue."""
    with open_prepared() as database:
        if dry_run or not yes:
            with database.read() as connection:
                site, logged = require_site(connection, site_id), find_import(connection, site_id, number)
                if logged is None or not logged.can_be_taken_back:
                    _fail(site_id, number)
                preview = preview_take_back(connection, site, logged)
            for line in _describe(preview):
                console.print(line, markup=False)
            if dry_run:
                return
            confirm(f"Take back import {number} of site {site_id}?")
        with changing(database) as work:
            begun = begin_take_back(work, site_id, number)
        if begun is None:
            _fail(site_id, number)
        done = _run(database, site_id, begun)
    if as_json:
        print_json(_serialize(site_id, done))
    else:
        noun = NOUNS[done.file.noun]
        console.print(f"Import {number} taken back: {counted(done.taken_back, noun)} deleted, {done.stayed} kept.")


def _run(database: Database, site_id: int, begun: LoggedImport) -> LoggedImport:
    """Take an import back and show the progress; if the command is stopped, end as `end_stopped` does.

    On SQLite, there is a pause before each step, so that other programs can write: unlike PostgreSQL, SQLite does not
    let waiting programs write in turn.
    """
    run = TakeBackRun(database, site_id, begun.number, clock.now)
    next_step = partial(time.sleep, PAUSE_SECONDS if database.is_sqlite else 0)
    hidden = not error_console.is_terminal
    with Progress(console=error_console, transient=True, disable=hidden) as progress:
        bar, logged = progress.add_task("Rows", total=begun.added), begun
        try:
            for logged in take_back(run, next_step):
                progress.update(bar, completed=logged.done)
        except KeyboardInterrupt as stop:
            progress.stop()
            end_stopped(stop, f"Stopped. To continue: dealtrace import undo {begun.number} --site {site_id} --yes")
    return logged


def _fail(site_id: int, number: int) -> NoReturn:
    fail(f"Site {site_id} has no import {number} to take back. List them: dealtrace import list --site {site_id}")


def _describe(preview: TakeBackPreview) -> Iterator[str]:
    """Yield lines that describe what taking an import back would do."""
    logged, staying = preview.logged, {name: preview.counts.get(outcome, 0) for outcome, name in _REASONS.items()}
    noun = NOUNS[logged.file.noun]
    begun = f"{logged.at.begun_at:%Y-%m-%d %H:%M} UTC"
    yield f"Import {logged.number}, {logged.file.name}, {begun}: {counted(logged.added, noun)} added."
    if preview.counted < logged.left:
        yield f"Of the first {counted(preview.counted, noun)}:"
    yield f"{counted(preview.going, noun)} would be deleted."
    for name, count in staying.items():
        if count:
            yield f"{counted(count, noun)} {name}: not touched."
    if not preview.deals:
        return
    most = "At least " if preview.is_cut else ""
    fate = "would be deleted" if logged.file.noun == "deal" else "would be matched again"
    yield f"{most}{counted(preview.deals, 'deal')} {fate}, by source:"
    for (source, medium), moved in preview.sources:
        name = " / ".join(part for part in (source, medium) if part is not None) or "(no source)"
        kopecks = moved.known_kopecks
        amount = f"{format_kopecks(kopecks)} rubles" if kopecks is not None else "amount unknown"
        yield f"  {name}: {moved.deals / WHOLE:g} deals, {amount}"


def _serialize(site_id: int, logged: LoggedImport) -> LoggedImportAnswer:
    return {
        "importId": logged.number,
        "siteId": site_id,
        "kind": logged.file.noun,
        "file": logged.file.name,
        "begunAt": logged.at.begun_at,
        "added": logged.added,
        "left": logged.left,
        "takenBack": logged.taken_back,
        "stayed": logged.stayed,
        "undoneAt": logged.undone_at,
    }
