"""`dealtrace import`: import calls, lead requests, deals and visits from files."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

from dealtrace import clock
from dealtrace.accounts.site import Site
from dealtrace.cli.answers import ImportAnswer
from dealtrace.cli.options import JsonOption, SiteIdOption
from dealtrace.cli.terminal import complaints, console, counted, fail, open_prepared, print_json, work_in
from dealtrace.files.csv_reader import UTF_8, Encoding
from dealtrace.files.import_file import ImportFile, open_import_file
from dealtrace.files.import_format import ImportNoun
from dealtrace.files.refused_rows import RefusedRows, RowsOfChunk
from dealtrace.files.row import Row
from dealtrace.leads.file_import import FileImport, ImportRow
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.operations.import_file import ROWS_AT_ONCE, begin_import, finish_import
from dealtrace.operations.run_import import IMPORT_KINDS, ImportPlace, import_chunk
from dealtrace.record import record
from dealtrace.storage.database.database_errors import message_of
from dealtrace.storage.database.engine import Database
from dealtrace.storage.id_blocks import IdBlocks

import_commands = typer.Typer(help="Import calls, lead requests, deals, visits and costs.", no_args_is_help=True)


FileArgument = Annotated[Path, typer.Argument(help="CSV or XLSX with headings, or JSON Lines.")]
EncodingOption = Annotated[Encoding | None, typer.Option(help="The encoding of a CSV file; detected if omitted.")]
RefusedOption = Annotated[Path | None, typer.Option(help="The file for refused rows; FILE.refused.csv by default.")]
PublishOption = Annotated[bool, typer.Option("--tell-webhooks", help="Send the imported records to webhooks.")]


def _add_command(name: str, noun: ImportNoun, records: str) -> None:
    """Add the command that imports one kind of record."""

    @import_commands.command(name, help=f"Import {records}. If an import is stopped, run it again to continue.")
    def import_records(
        file: FileArgument,
        site_id: SiteIdOption,
        encoding: EncodingOption = None,
        refused: RefusedOption = None,
        publish_events: PublishOption = False,
        as_json: JsonOption = False,
    ) -> None:
        _import(noun, file, site_id, encoding, refused, publish_events=publish_events, as_json=as_json)


_add_command("calls", ImportNoun.CALL, "calls")
_add_command("requests", ImportNoun.LEAD_REQUEST, "lead requests")
_add_command("deals", ImportNoun.DEAL, "deals")
_add_command("visits", ImportNoun.VISIT, "visits")


@record
class _ImportJob:
    """A file, the site to import it into, and the file for refused rows."""

    database: Database
    site: Site
    file: ImportFile
    refused: RefusedRows

    def chunks(self, progress: FileImport) -> Iterator[list[tuple[Row, ImportRow[object]]]]:
        """Yield the rows that are not yet imported, in chunks of `ROWS_AT_ONCE`."""
        rows = self.file.rows(self.site.time_zone, progress.last_row)
        while chunk := list(islice(rows, ROWS_AT_ONCE)):
            yield chunk


def _import(
    noun: ImportNoun,
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
            site = require_site(connection, site_id)
        if not publish_events:
            site = replace(site, listeners=())
        file = open_import_file(path, noun, encoding, site.custom_fields)
        refused_path = refused or path.with_name(f"{path.name}.refused.csv")
        if refused_path.exists() and refused_path.samefile(path):
            fail("--refused cannot be the imported file itself.")
        job = _ImportJob(database, site, file, RefusedRows(refused_path, file.headings.cells, file.layout.language))
        with database.write() as connection:
            state = begin_import(work_in(database, connection, site), file.digest)
        finished_before = state.finished_at is not None
        if not finished_before:
            state = _continue_import(job, state)
    _report(job, state, finished_before=finished_before, as_json=as_json)


def _continue_import(job: _ImportJob, state: FileImport) -> FileImport:
    job.refused.begin(state.last_row)
    ids = IdBlocks(job.database.writer)
    columns = (*Progress.get_default_columns()[:-1], MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=complaints, transient=True, disable=not complaints.is_terminal) as progress:
        bar = progress.add_task("Rows", total=job.file.rows_total, completed=state.taken_in + state.refused)
        try:
            for chunk in job.chunks(state):
                state = _import_chunk(job, ids, state, chunk)
                progress.update(bar, completed=state.taken_in + state.refused)
        except KeyboardInterrupt:
            progress.stop()
            complaints.print(f"Stopped after row {state.last_row}. Run the same command to continue.", markup=False)
            raise typer.Exit(130) from None
    with job.database.write() as connection:
        finished = finish_import(work_in(job.database, connection, job.site), state, job.file.format.noun)
    refresh_statistics(job.database)
    return finished


def refresh_statistics(database: Database) -> None:
    """Refresh the planner's statistics; if this fails, the import is still complete."""
    try:
        database.gather_statistics()
    except Exception as error:
        message = message_of(error)
        if message is None:
            raise
        complaints.print(f"Imported. The statistics will be refreshed later: {message}")


def _import_chunk(
    job: _ImportJob, ids: IdBlocks, state: FileImport, chunk: list[tuple[Row, ImportRow[object]]]
) -> FileImport:
    """Import a chunk of rows and return the new state; refused rows are on disk before the transaction commits."""
    place = ImportPlace(job.database, ids, job.site, IMPORT_KINDS[job.file.format.noun])
    kept = RowsOfChunk(job.refused, [row for row, _ in chunk])
    return import_chunk(place, state, [row for _, row in chunk], kept, clock.now())


def _report(job: _ImportJob, state: FileImport, *, finished_before: bool, as_json: bool) -> None:
    if as_json:
        print_json(_serialize_result(job, state, finished_before=finished_before))
    else:
        for line in _summarize(job.file, state, finished_before=finished_before):
            console.print(line, markup=False)
    if state.refused:
        fail(f"{counted(state.refused, 'row')} refused. Correct them in {job.refused.path}, then import that file.")


def _serialize_result(job: _ImportJob, state: FileImport, *, finished_before: bool) -> ImportAnswer:
    return {
        "siteId": job.site.id,
        "rows": state.taken_in + state.refused,
        "takenIn": state.taken_in,
        "refused": state.refused,
        "refusedFile": str(job.refused.path) if state.refused else None,
        "encoding": job.file.encoding,
        "columnsPassedOver": job.file.layout.passed_over,
        "finishedBefore": finished_before,
    }


def _summarize(file: ImportFile, state: FileImport, *, finished_before: bool) -> Iterator[str]:
    if finished_before:
        yield f"This file was already imported on {state.finished_at:%Y-%m-%d %H:%M} UTC. Nothing was changed."
    yield f"{counted(state.taken_in + state.refused, 'row')}: {state.taken_in} imported, {state.refused} refused."
    if file.encoding not in (None, UTF_8):
        yield f"The file was read as {file.encoding}. If names look wrong, set --encoding."
    if file.layout.passed_over:
        yield f"Ignored columns: {', '.join(file.layout.passed_over)}."
