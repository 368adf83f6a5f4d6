"""`dealtrace import`: import calls, lead requests, deals and visits from files."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

from dealtrace import clock
from dealtrace.accounts.site import Site
from dealtrace.cli.answers import ImportAnswer
from dealtrace.cli.options import JsonOption, SiteIdOption
from dealtrace.cli.terminal import console, counted, end_stopped, error_console, fail, open_prepared, print_json
from dealtrace.files.csv_reader import UTF_8, Encoding
from dealtrace.files.import_columns import Layout
from dealtrace.files.import_file import ImportFile, open_import_file
from dealtrace.files.import_formats import ImportNoun
from dealtrace.files.refused_rows import RefusedRows
from dealtrace.files.row import FileRow
from dealtrace.leads.file_import import FileImport
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.operations.run_import import ImportJob, ImportOutcome, run_import

FileArgument = Annotated[Path, typer.Argument(help="CSV or XLSX with headings, or JSON Lines.")]
EncodingOption = Annotated[Encoding | None, typer.Option(help="The encoding of a CSV file; detected if omitted.")]
RefusedOption = Annotated[Path | None, typer.Option(help="The file for refused rows; FILE.refused.csv by default.")]
PublishOption = Annotated[bool, typer.Option("--tell-webhooks", help="Notify webhooks of new and changed records.")]


def _command(noun: ImportNoun, records: str) -> Callable[..., None]:
    """Return a command that imports one kind of record; `records` names this kind in the help."""

    def import_records(
        file: FileArgument,
        site_id: SiteIdOption,
        encoding: EncodingOption = None,
        refused: RefusedOption = None,
        publish_events: PublishOption = False,
        as_json: JsonOption = False,
    ) -> None:
        _import(noun, file, site_id, encoding, refused, publish_events=publish_events, as_json=as_json)

    import_records.__doc__ = f"Import {records}. If an import is stopped, run it again to continue."
    return import_records


calls = _command(ImportNoun.CALL, "calls")
requests = _command(ImportNoun.LEAD_REQUEST, "lead requests")
deals = _command(ImportNoun.DEAL, "deals")
visits = _command(ImportNoun.VISIT, "visits")


def _import(
    noun: ImportNoun,
    path: Path,
    site_id: int,
    encoding: Encoding | None,
    refused_path: Path | None,
    *,
    publish_events: bool,
    as_json: bool,
) -> None:
    with open_prepared() as database:
        with database.read() as connection:
            site = require_site(connection, site_id)
        file = open_import_file(path, noun, encoding, site.custom_fields)
        refused_path = refused_path or path.with_name(f"{path.name}.refused.csv")
        if refused_path.exists() and refused_path.samefile(path):
            fail("--refused cannot be the imported file itself.")
        refused = RefusedRows(refused_path, file.headings.cells, file.layout.language)
        rows = partial(file.rows, site.time_zone)
        job = ImportJob(
            database, site, file.format.noun, file.digest, rows, refused, publishes=publish_events, name=path.name
        )
        outcome = _run(job, file.rows_total)
    report_stale_statistics(outcome.statistics_fault)
    if as_json:
        print_json(_serialize_result(site, file, outcome, refused_path))
    else:
        for line in _summarize(file, outcome):
            console.print(line, markup=False)
    if count := outcome.state.refused:
        fail(f"{counted(count, 'row')} refused. Correct them in {refused_path}, then import that file.")


def _run(job: ImportJob[FileRow], rows_total: int) -> ImportOutcome:
    """Import a file and show the progress; if the import is stopped, end as `end_stopped` does."""
    shown: list[FileImport] = []
    columns = (*Progress.get_default_columns()[:-1], MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=error_console, transient=True, disable=not error_console.is_terminal) as progress:

        def show(state: FileImport) -> None:
            done = state.taken_in + state.refused
            if shown:
                progress.update(progress.task_ids[0], completed=done)
            else:
                progress.add_task("Rows", total=rows_total, completed=done)
            shown[:] = [state]

        try:
            return run_import(job, clock.now, show)
        except KeyboardInterrupt as stop:
            progress.stop()
            stopped = f"after row {shown[0].last_row}" if shown else "before the first row"
            end_stopped(stop, f"Stopped {stopped}. Run the same command to continue.")


def report_stale_statistics(fault: str | None) -> None:
    """Print why the query planner's statistics could not be refreshed; print nothing if `fault` is `None`."""
    if fault is not None:
        error_console.print(f"Imported, but the query planner statistics were not refreshed: {fault}", markup=False)


def _serialize_result(site: Site, file: ImportFile, outcome: ImportOutcome, refused_path: Path) -> ImportAnswer:
    state = outcome.state
    return {
        "siteId": site.id,
        "rows": state.taken_in + state.refused,
        "takenIn": state.taken_in,
        "refused": state.refused,
        "refusedFile": str(refused_path) if state.refused else None,
        "encoding": file.encoding,
        "columnsPassedOver": file.layout.ignored_headings,
        "finishedBefore": outcome.finished_before,
    }


def _summarize(file: ImportFile, outcome: ImportOutcome) -> Iterator[str]:
    state = outcome.state
    if outcome.finished_before:
        yield f"This file was already imported on {state.finished_at:%Y-%m-%d %H:%M} UTC. Nothing was changed."
    yield f"{counted(state.taken_in + state.refused, 'row')}: {state.taken_in} imported, {state.refused} refused."
    yield from describe_reading(file.encoding, file.layout)


def describe_reading(encoding: str | None, layout: Layout) -> Iterator[str]:
    """Yield notes on how a file was read: an encoding other than UTF-8, and ignored columns."""
    if encoding not in (None, UTF_8):
        yield f"The file was read as {encoding}. If names look wrong, set --encoding."
    if layout.ignored_headings:
        yield f"Ignored columns: {', '.join(layout.ignored_headings)}."
