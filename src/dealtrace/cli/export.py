"""`dealtrace export`: write deals, calls and lead requests to a file of any size."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Generic, TypeVar

import typer
from rich.progress import Progress
from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import day_start
from dealtrace.attribution.credit import AttributionModel
from dealtrace.cli.day_options import day_option
from dealtrace.cli.deals.period import check_order
from dealtrace.cli.options import ForceOption, JsonOption, SiteIdOption
from dealtrace.cli.terminal import console, counted, end_stopped, error_console, fail, open_prepared, print_json
from dealtrace.deals.exported_deal import ExportedDeal
from dealtrace.files.export_columns import (
    ExportColumn,
    call_columns,
    deal_columns,
    lead_request_columns,
    on_the_clock,
)
from dealtrace.files.row_writers import RowWriter, UnknownExtensionError, open_writer
from dealtrace.leads.exported_lead import ExportedLead
from dealtrace.leads.lead import LeadKind
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.record import record
from dealtrace.storage.journals.deal_journal import JournalQuery, query_deals
from dealtrace.storage.journals.exported_rows import list_exported_deals, list_exported_leads
from dealtrace.storage.journals.keyset_pages import PageQuery, pages_of
from dealtrace.storage.journals.lead_journal import LeadQuery, query_leads

ROWS_AT_ONCE = 1000
Day = date
Item = TypeVar("Item")

export_commands = typer.Typer(help="Export deals, calls and lead requests to a file.", no_args_is_help=True)

FileArgument = Annotated[Path, typer.Argument(help="The file to write: .csv, .xlsx or .jsonl.")]
FromOption = Annotated[Day | None, day_option("The first day, in the site's time zone.", name="--from")]
ToOption = Annotated[Day | None, day_option("The last day, inclusive.", name="--to")]
ExcelOption = Annotated[
    bool, typer.Option("--excel", help="CSV for Russian Excel: semicolons, Russian headings, dates and numbers.")
]


@record
class _Selection(Generic[Item]):
    """The records to export: a query for ids, a function that reads records by id, and the columns of the file."""

    query: PageQuery
    read_items: Callable[[Connection, Sequence[int]], Sequence[Item]]
    columns: Sequence[ExportColumn[Item]]


_Select = Callable[[Site, datetime | None, datetime | None], _Selection[Item]]
"""A function that returns the selection of a site's records between two UTC instants; `None` means no limit."""


def _add_command(name: str, select: _Select[Item], meaning: str) -> None:
    """Add a command that exports one kind of record; `meaning` is its help text."""

    @export_commands.command(name, help=meaning)
    def export_records(
        file: FileArgument,
        site_id: SiteIdOption,
        first: FromOption = None,
        last: ToOption = None,
        excel: ExcelOption = False,
        force: ForceOption = False,
        as_json: JsonOption = False,
    ) -> None:
        def selected(site: Site) -> _Selection[Item]:
            return select(site, *_interval(site, first, last))

        _export(file, site_id, selected, excel=excel, force=force, as_json=as_json)


def _select_deals(site: Site, since: datetime | None, until: datetime | None) -> _Selection[ExportedDeal]:
    query = query_deals(site.id, JournalQuery(since=since, until=until))
    return _Selection(
        query,
        lambda connection, ids: list_exported_deals(connection, site, ids),
        deal_columns(sorted(site.custom_fields)),
    )


def _select_leads(
    kind: LeadKind, site: Site, since: datetime | None, until: datetime | None
) -> _Selection[ExportedLead]:
    query = query_leads(site, LeadQuery(kind, AttributionModel(site.attribution), since, until))
    fields = sorted(site.custom_fields)
    columns = call_columns(fields) if kind is LeadKind.CALL else lead_request_columns(fields)
    return _Selection(query, lambda connection, ids: list_exported_leads(connection, site, kind, ids), columns)


def _interval(site: Site, first: Day | None, last: Day | None) -> tuple[datetime | None, datetime | None]:
    """Return the start of the first day and the end of the last day in UTC; `None` for a day that is not given."""
    check_order(first, last)
    since = day_start(first, site.time_zone) if first is not None else None
    until = day_start(last + timedelta(days=1), site.time_zone) if last is not None else None
    return since, until


def _export(
    path: Path,
    site_id: int,
    select: Callable[[Site], _Selection[Item]],
    *,
    excel: bool,
    force: bool,
    as_json: bool,
) -> None:
    if path.exists() and not force:
        fail(f"{path} already exists. Use --force to overwrite it.")
    if excel and path.suffix.lower() != ".csv":
        fail("--excel applies to .csv files only; .xlsx files do not need it.")
    written = _WrittenRows()
    with open_prepared() as database, database.read() as connection:
        site = require_site(connection, site_id)
        selection = select(site)
        names = [column.name for column in selection.columns]
        headings = [column.heading("ru") for column in selection.columns]
        with (
            _accounted_for(path, written),
            open_writer(path, names, headings, for_excel=excel, overwrite=force) as file,
        ):
            _write(connection, site, file, selection, written)
            written.cut = file.cut
    if as_json:
        print_json({"siteId": site_id, "file": str(path), "rows": written.rows, "cut": written.cut})
    else:
        console.print(f"{counted(written.rows, 'row')} written to {path}.", markup=False)
        if written.cut:
            console.print(f"{counted(written.cut, 'value')} truncated to the size of a spreadsheet cell.", markup=False)


@dataclass(slots=True)
class _WrittenRows:
    """How many rows were written, and how many values were truncated to the size of a spreadsheet cell (`cut`)."""

    rows: int = 0
    cut: int = 0


@contextmanager
def _accounted_for(path: Path, written: _WrittenRows) -> Iterator[None]:
    """Run the export; if anything stops it, print how many rows were written, and end the command with an error."""
    try:
        yield
    except (OSError, UnknownExtensionError) as error:
        reason = f"Cannot write {path}: {getattr(error, 'strerror', None) or error}"
        fail(f"{reason}. {_stopped(path, written)}" if written.rows else reason)
    except KeyboardInterrupt as stop:
        end_stopped(stop, _stopped(path, written))
    except BaseException:
        error_console.print(_stopped(path, written), markup=False)
        raise


def _stopped(path: Path, written: _WrittenRows) -> str:
    return f"Stopped after {counted(written.rows, 'row')}; {path} was not written."


def _write(
    connection: Connection, site: Site, file: RowWriter, selection: _Selection[Item], written: _WrittenRows
) -> None:
    """Write and count all rows, a thousand at a time; all are read from one snapshot of the database."""
    with Progress(console=error_console, transient=True, disable=not error_console.is_terminal) as progress:
        bar = progress.add_task("Rows", total=None)
        for total, ids in pages_of(connection, selection.query, ROWS_AT_ONCE):
            for item in selection.read_items(connection, ids):
                file.add([on_the_clock(column.value(item), site.time_zone) for column in selection.columns])
                written.rows += 1
            progress.update(bar, total=total, completed=written.rows)


_add_command(
    "deals",
    _select_deals,
    "Export deals with their leads and sources, ordered by creation date, without deleted deals.",
)
_add_command(
    "calls",
    partial(_select_leads, LeadKind.CALL),
    "Export calls with their clients and sources, ordered by start, without deleted calls.",
)
_add_command(
    "requests",
    partial(_select_leads, LeadKind.LEAD_REQUEST),
    "Export lead requests with their clients and sources, ordered by date, without deleted lead requests.",
)
