"""`dealtrace import`: calls and lead requests from files, beside a running server."""

from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

from dealtrace import clock
from dealtrace.accounts.site import Site
from dealtrace.cli.terminal import ID_MAX, complaints, console, fail, open_prepared, print_json
from dealtrace.errors import SiteNotFound
from dealtrace.files.csv_reader import UTF_8
from dealtrace.files.lead_file import LeadFile, open_lead_file
from dealtrace.files.refused_rows import RefusedRows
from dealtrace.files.row import Row
from dealtrace.leads.file_import import FileImport, LeadRow
from dealtrace.leads.lead import LeadKind
from dealtrace.operations.leads.import_file import (
    IDS_PER_ROW_MAX,
    ROWS_AT_ONCE,
    begin_import,
    finish_import,
    import_rows,
)
from dealtrace.record import record
from dealtrace.storage.accounts.accounts import find_site
from dealtrace.storage.database.database_errors import is_lost_race
from dealtrace.storage.database.engine import Database
from dealtrace.storage.id_blocks import IdBlocks

TRIES_MAX = 3
"""How often a stretch is decided on when a running server takes in leads of the same names meanwhile."""

import_commands = typer.Typer(help="Bring in calls and lead requests from files.", no_args_is_help=True)


class Encoding(StrEnum):
    """What a text may be encoded in."""

    UTF_8 = "utf-8"
    WINDOWS_1251 = "cp1251"
    UTF_16 = "utf-16"
    KOI8_R = "koi8-r"
    DOS_866 = "cp866"


FileArgument = Annotated[Path, typer.Argument(help="A table: CSV or XLSX, with headings.")]
SiteOption = Annotated[int, typer.Option("--site", min=1, max=ID_MAX, help="The siteId.")]
EncodingOption = Annotated[Encoding | None, typer.Option(help="Of a CSV file; found out without it.")]
RefusedOption = Annotated[Path | None, typer.Option(help="Where refused rows go; FILE.refused.csv by default.")]
TellOption = Annotated[bool, typer.Option("--tell-webhooks", help="It is news, not history: tell webhooks.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@import_commands.command("calls")
def import_calls(
    file: FileArgument,
    site_id: SiteOption,
    encoding: EncodingOption = None,
    refused: RefusedOption = None,
    publish_events: TellOption = False,
    as_json: JsonOption = False,
) -> None:
    """Bring in calls; an import that was stopped goes on where it stopped."""
    _import(LeadKind.CALL, file, site_id, encoding, refused, publish_events=publish_events, as_json=as_json)


@import_commands.command("requests")
def import_requests(
    file: FileArgument,
    site_id: SiteOption,
    encoding: EncodingOption = None,
    refused: RefusedOption = None,
    publish_events: TellOption = False,
    as_json: JsonOption = False,
) -> None:
    """Bring in lead requests; an import that was stopped goes on where it stopped."""
    _import(LeadKind.LEAD_REQUEST, file, site_id, encoding, refused, publish_events=publish_events, as_json=as_json)


@record
class _Work:
    """One file, the site it goes to, and where its refused rows go."""

    database: Database
    site: Site
    file: LeadFile
    refused: RefusedRows

    def chunks(self, at: FileImport) -> Iterator[list[tuple[Row, LeadRow]]]:
        """Read what is left, a stretch at a time."""
        rows = self.file.rows(self.site.time_zone, at.last_row)
        while chunk := list(islice(rows, ROWS_AT_ONCE)):
            yield chunk


def _import(
    kind: LeadKind,
    path: Path,
    site_id: int,
    encoding: Encoding | None,
    refused: Path | None,
    *,
    publish_events: bool,
    as_json: bool,
) -> None:
    with open_prepared() as database:
        with database.read() as connection:
            site = find_site(connection, site_id)
        if site is None:
            raise SiteNotFound(site_id=site_id)
        if not publish_events:
            site = replace(site, listeners=())
        file = open_lead_file(path, kind, encoding)
        beside = refused or path.with_name(f"{path.name}.refused.csv")
        if beside.exists() and beside.samefile(path):
            fail("Refused rows cannot go into the file they come from.")
        work = _Work(database, site, file, RefusedRows(beside, file.headings.cells, file.layout.language))
        with database.write() as connection:
            at = begin_import(connection, site, file.digest, clock.now())
        finished_before = at.finished_at is not None
        if not finished_before:
            at = _go_on(work, at)
    _tell(work, at, finished_before=finished_before, as_json=as_json)


def _go_on(work: _Work, at: FileImport) -> FileImport:
    work.refused.begin(at.last_row)
    ids = IdBlocks(work.database.writer)
    columns = (*Progress.get_default_columns()[:-1], MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=complaints, transient=True, disable=not complaints.is_terminal) as progress:
        bar = progress.add_task("Rows", total=work.file.rows_total, completed=at.taken_in + at.refused)
        try:
            for chunk in work.chunks(at):
                at = _import_chunk(work, ids, at, chunk)
                progress.update(bar, completed=at.taken_in + at.refused)
        except KeyboardInterrupt:
            progress.stop()
            complaints.print(f"Stopped behind row {at.last_row}. The same command goes on there.", markup=False)
            raise typer.Exit(130) from None
    with work.database.write() as connection:
        finished = finish_import(connection, work.site, at, clock.now())
    work.database.gather_statistics()
    return finished


def _import_chunk(work: _Work, ids: IdBlocks, at: FileImport, chunk: list[tuple[Row, LeadRow]]) -> FileImport:
    """Take in a stretch of rows; those that are refused are on disk before it is committed."""
    for tries_left in reversed(range(TRIES_MAX)):
        ids.ensure(len(chunk) * IDS_PER_ROW_MAX)
        leads = [lead for _, lead in chunk]
        try:
            with work.database.write() as connection:
                done = import_rows(connection, ids, work.site, work.file.kind, at, leads, clock.now())
                work.refused.add((row, done.refused[row.number]) for row, _ in chunk if row.number in done.refused)
        except Exception as fault:
            if not (tries_left and is_lost_race(fault)):
                raise
            work.refused.begin(at.last_row)
        else:
            return done.at
    raise AssertionError


def _tell(work: _Work, at: FileImport, *, finished_before: bool, as_json: bool) -> None:
    file = work.file
    if as_json:
        print_json(
            {
                "siteId": work.site.id,
                "rows": at.taken_in + at.refused,
                "takenIn": at.taken_in,
                "refused": at.refused,
                "refusedFile": str(work.refused.path) if at.refused else None,
                "encoding": file.encoding,
                "columnsPassedOver": file.layout.passed_over,
                "finishedBefore": finished_before,
            }
        )
    else:
        for line in _summary(file, at, finished_before=finished_before):
            console.print(line, markup=False)
    if at.refused:
        fail(f"{at.refused} rows were refused. Mend them in {work.refused.path} and import that file.")


def _summary(file: LeadFile, at: FileImport, *, finished_before: bool) -> Iterator[str]:
    if finished_before:
        yield f"This file was imported on {at.finished_at:%Y-%m-%d %H:%M} UTC. Nothing was done now."
    yield f"{at.taken_in + at.refused} rows: {at.taken_in} taken in, {at.refused} refused."
    if file.encoding not in (None, UTF_8):
        yield f"It was read as {file.encoding}; if names look wrong, name another by --encoding."
    if file.layout.passed_over:
        yield f"Columns passed over: {', '.join(file.layout.passed_over)}."
