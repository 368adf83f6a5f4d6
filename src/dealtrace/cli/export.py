"""`dealtrace export`: deals, calls and lead requests into a file, without a bound."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress
from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.attribution.credit import AttributionModel
from dealtrace.cli.terminal import ID_MAX, complaints, console, fail, open_prepared, print_json
from dealtrace.errors import SiteNotFound
from dealtrace.files.export_columns import (
    ExportColumn,
    ExportedDeal,
    ExportedLead,
    call_columns,
    deal_columns,
    lead_request_columns,
    on_the_clock,
)
from dealtrace.files.row_writers import RowWriter, open_writer
from dealtrace.leads.lead import LeadKind
from dealtrace.storage.accounts.accounts import find_site
from dealtrace.storage.deals.deals import list_deals_by_id
from dealtrace.storage.journals.deal_journal import JournalQuery, query_deals
from dealtrace.storage.journals.keyset_pages import Cursor, PageQuery, find_page
from dealtrace.storage.journals.lead_entries import list_lead_entries
from dealtrace.storage.journals.lead_journal import LeadQuery, query_leads
from dealtrace.storage.leads.leads import list_lead_stories

ROWS_AT_ONCE = 1000
Day = datetime

export_commands = typer.Typer(help="Take deals, calls and lead requests away in a file.", no_args_is_help=True)

FileArgument = Annotated[Path, typer.Argument(help="Where to: a name that ends in .csv, .xlsx or .jsonl.")]
SiteOption = Annotated[int, typer.Option("--site", min=1, max=ID_MAX, help="The siteId.")]
FromOption = Annotated[
    Day | None, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day, by the site's clock.")
]
ToOption = Annotated[Day | None, typer.Option("--to", formats=["%Y-%m-%d"], help="The last day, included.")]
ExcelOption = Annotated[
    bool, typer.Option("--excel", help="CSV as a Russian Excel opens it: semicolons, headings, dates.")
]
ForceOption = Annotated[bool, typer.Option("--force", help="Write over a file that is there.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Gather = Callable[[Connection, Sequence[int]], Sequence[Any]]


@export_commands.command("deals")
def export_deals(
    file: FileArgument,
    site_id: SiteOption,
    first: FromOption = None,
    last: ToOption = None,
    excel: ExcelOption = False,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Take deals away, by when they were made, with their leads and sources; deleted ones are left out."""

    def listed(site: Site) -> tuple[PageQuery, Gather, list[ExportColumn[Any]]]:
        since, until = _interval(site, first, last)
        listing = query_deals(site.id, JournalQuery(since=since, until=until))
        return listing, partial(_gather_deals, site), deal_columns(sorted(site.custom_fields))

    _export(file, site_id, listed, excel=excel, force=force, as_json=as_json)


@export_commands.command("calls")
def export_calls(
    file: FileArgument,
    site_id: SiteOption,
    first: FromOption = None,
    last: ToOption = None,
    excel: ExcelOption = False,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Take calls away, by when they began, with their clients and sources; hidden ones are left out."""
    listed = partial(_listed_leads, LeadKind.CALL, first, last)
    _export(file, site_id, listed, excel=excel, force=force, as_json=as_json)


@export_commands.command("requests")
def export_requests(
    file: FileArgument,
    site_id: SiteOption,
    first: FromOption = None,
    last: ToOption = None,
    excel: ExcelOption = False,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Take lead requests away, by when they were made, with their clients and sources; hidden ones are left out."""
    listed = partial(_listed_leads, LeadKind.LEAD_REQUEST, first, last)
    _export(file, site_id, listed, excel=excel, force=force, as_json=as_json)


def _listed_leads(
    kind: LeadKind, first: Day | None, last: Day | None, site: Site
) -> tuple[PageQuery, Gather, list[ExportColumn[Any]]]:
    since, until = _interval(site, first, last)
    listing = query_leads(site, LeadQuery(kind, AttributionModel(site.attribution), since, until))
    fields = sorted(site.custom_fields)
    columns = call_columns(fields) if kind is LeadKind.CALL else lead_request_columns(fields)
    return listing, partial(_gather_leads, site, kind), [*columns]


def _interval(site: Site, first: Day | None, last: Day | None) -> tuple[datetime | None, datetime | None]:
    """Turn days of the site into instants; the last day belongs to them."""
    if first is not None and last is not None and first > last:
        fail("--from is after --to.")
    since = first.replace(tzinfo=site.time_zone).astimezone(UTC) if first is not None else None
    until = (last + timedelta(days=1)).replace(tzinfo=site.time_zone).astimezone(UTC) if last is not None else None
    return since, until


def _gather_deals(site: Site, connection: Connection, ids: Sequence[int]) -> list[ExportedDeal]:
    deals = list_deals_by_id(connection, site.id, ids)
    refs = [deal.lead for deal in deals if deal.lead is not None]
    stories = list_lead_stories(connection, site.id, refs, AttributionModel(site.attribution))
    return [ExportedDeal(deal, stories.get(deal.lead) if deal.lead is not None else None) for deal in deals]


def _gather_leads(site: Site, kind: LeadKind, connection: Connection, ids: Sequence[int]) -> list[ExportedLead]:
    return [
        ExportedLead(
            one.lead, one.client, one.standing, one.annotations, one.visit, one.phone, one.email, one.circumstances,
            one.page_url,
        )
        for one in list_lead_entries(connection, site, kind, ids, AttributionModel(site.attribution))
    ]  # fmt: skip


def _export(
    path: Path,
    site_id: int,
    listed: Callable[[Site], tuple[PageQuery, Gather, list[ExportColumn[Any]]]],
    *,
    excel: bool,
    force: bool,
    as_json: bool,
) -> None:
    if path.exists() and not force:
        fail(f"{path} is there already; --force writes over it.")
    if excel and path.suffix.lower() != ".csv":
        fail("--excel is for a file that ends in .csv; an .xlsx needs none.")
    with open_prepared() as database, database.read() as connection:
        site = find_site(connection, site_id)
        if site is None:
            raise SiteNotFound(site_id=site_id)
        listing, gather, columns = listed(site)
        try:
            file, until_closed = open_writer(
                path, [one.name for one in columns], [one.heading for one in columns], for_excel=excel
            )
        except (OSError, ValueError) as fault:
            fail(f"{path} cannot be written: {fault}")
        with until_closed:
            rows = _write(connection, site, file, (listing, gather, columns))
    if as_json:
        print_json({"siteId": site_id, "file": str(path), "rows": rows, "cut": file.cut})
    else:
        console.print(f"{rows} rows are in {path}.", markup=False)
        if file.cut:
            console.print(f"{file.cut} texts were longer than a spreadsheet's cell and are cut.", markup=False)


def _write(
    connection: Connection, site: Site, file: RowWriter, what: tuple[PageQuery, Gather, list[ExportColumn[Any]]]
) -> int:
    """Write all rows as they stood when the reading began, a thousand in memory at a time."""
    listing, gather, columns = what
    rows = 0
    with Progress(console=complaints, transient=True, disable=not complaints.is_terminal) as progress:
        bar = progress.add_task("Rows", total=None)
        for total, ids in _chunks(connection, listing):
            for one in gather(connection, ids):
                file.add([on_the_clock(column.value(one), site.time_zone) for column in columns])
                rows += 1
            progress.update(bar, total=total, completed=rows)
    return rows


def _chunks(connection: Connection, listing: PageQuery) -> Iterator[tuple[int, list[int]]]:
    cursor = Cursor()
    while True:
        page = find_page(connection, listing, cursor, ROWS_AT_ONCE)
        if not page.ids:
            return
        yield page.total, page.ids
        cursor = Cursor(cursor.offset + len(page.ids), page.end, 0, page.total)
