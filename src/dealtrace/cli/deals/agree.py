"""`dealtrace agree`: compare a CRM's list of deals with the deals of a site; nothing is stored."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress
from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.cli.answers import AgreementAnswer, AgreementHeadAnswer, CountAnswer, DisagreementAnswer, ValuesAnswer
from dealtrace.cli.deals.lookup import format_amount
from dealtrace.cli.deals.setting_effects import rubles_or_none
from dealtrace.cli.import_files import EncodingOption
from dealtrace.cli.options import JsonOption, SiteIdOption
from dealtrace.cli.terminal import (
    console,
    counted,
    end_stopped,
    error_console,
    fail,
    open_prepared,
    print_json_with_rows,
)
from dealtrace.deals.amount import kopecks_of
from dealtrace.deals.deal import Deal
from dealtrace.deals.incoming_deal import IncomingDeal
from dealtrace.files.csv_reader import Encoding
from dealtrace.files.import_file import ImportFile, open_import_file
from dealtrace.files.import_formats import ImportNoun
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.operations.reports.compare_lists import ROWS_AT_ONCE, compare_rows, missing_in_file
from dealtrace.reports.agreement import (
    Agreement,
    CountAndWorth,
    DealComparison,
    Disagreement,
    Field,
    ListedSums,
    SeenDeals,
)
from dealtrace.reports.kopecks import rubles_of
from dealtrace.storage.reports.currency_rates import find_rates

LISTED = 20
"""How many differences are listed by default."""
DISAGREES = 1
COULD_NOT_COMPARE = 2

FileArgument = Annotated[Path, typer.Argument(help="CSV or XLSX with headings, or JSON Lines, as for `import deals`.")]
LimitOption = Annotated[int, typer.Option(min=0, help="How many differences to list; --json lists all of them.")]


def agree(
    file: FileArgument,
    site_id: SiteIdOption,
    encoding: EncodingOption = None,
    limit: LimitOption = LISTED,
    as_json: JsonOption = False,
) -> None:
    """Compare a CRM's list of deals with the deals of a site. Nothing is stored.

    The exit status is 0 if the lists agree, 1 if they differ, 2 if the file or one of its rows cannot be compared.
    """
    try:
        agreement = _agree(file, site_id, encoding, limit, as_json=as_json)
    except SystemExit as end:
        raise typer.Exit(COULD_NOT_COMPARE) from end
    except KeyboardInterrupt as stop:
        end_stopped(stop)
    if agreement.unreadable:
        raise typer.Exit(COULD_NOT_COMPARE)
    if not agreement.is_whole:
        raise typer.Exit(DISAGREES)


def _agree(path: Path, site_id: int, encoding: Encoding | None, limit: int, *, as_json: bool) -> Agreement:
    with open_prepared() as database, database.read() as connection:
        site = require_site(connection, site_id)
        file = open_import_file(path, ImportNoun.DEAL, encoding, site.custom_fields)
        if not file.rows_total:
            fail(f"{path} has headings but no deals.")
        run = _Run(connection, site, file, is_hidden=as_json and console.is_terminal)
        if as_json:
            head: AgreementHeadAnswer = {"siteId": site.id, "file": str(path)}
            rows = map(_serialize_disagreement, run.disagreements())
            print_json_with_rows(head, "differences", rows, lambda: _serialize_agreement(run.agreement))
            return run.agreement
        shown: list[DealComparison] = []
        found = 0
        for compared in run.disagreements():
            found += 1
            if found <= limit:
                shown.append(compared)
    for line in _lines(site, run.agreement, shown, found):
        console.print(line)
    return run.agreement


class _Run:
    """A comparison of a file with the deals of a site; a thousand rows or deals are read at a time."""

    def __init__(self, connection: Connection, site: Site, file: ImportFile, *, is_hidden: bool) -> None:
        self.agreement = Agreement()
        self._connection = connection
        self._site = site
        self._file = file
        has = file.layout.has
        self._listed = ListedSums(has(("amount",)), has(("currency",)), find_rates(connection, site.id))
        self._seen = SeenDeals()
        self._is_hidden = is_hidden or not error_console.is_terminal

    def disagreements(self) -> Iterator[DealComparison]:
        """Yield the rows of the file that differ, then the deals that are missing from the file.

        All deals are counted in `agreement`, including those that do not differ.
        """
        # Rows are printed while the progress bar is shown, and must not go to its console.
        shown = Progress(console=error_console, transient=True, disable=self._is_hidden, redirect_stdout=False)
        with shown as progress:
            yield from self._of_file(progress)
            yield from self._of_ours(progress)

    def _of_file(self, progress: Progress) -> Iterator[DealComparison]:
        bar = progress.add_task("Rows of the file", total=self._file.rows_total)
        rows = (row for _, row in self._file.rows(self._site.time_zone, 0))
        while chunk := list(islice(rows, ROWS_AT_ONCE)):
            compared = compare_rows(self._connection, self._site, chunk, self._seen, self._listed)
            yield from self._counted(compared)
            progress.update(bar, advance=len(chunk))

    def _of_ours(self, progress: Progress) -> Iterator[DealComparison]:
        first_at, last_at = self.agreement.first_at, self.agreement.last_at
        if first_at is None or last_at is None:
            return
        bar = progress.add_task("Deals here", total=None)
        for total, missing in missing_in_file(self._connection, self._site, first_at, last_at, self._seen):
            yield from self._counted(missing)
            progress.update(bar, total=total, advance=ROWS_AT_ONCE)

    def _counted(self, compared: list[DealComparison]) -> Iterator[DealComparison]:
        for each in compared:
            self.agreement.add(each, self._listed)
            if each.disagreement is not None:
                yield each


def _lines(site: Site, agreement: Agreement, shown: list[DealComparison], found: int) -> Iterator[str]:
    theirs, ours = agreement.theirs, agreement.ours
    yield f"In the file: {_format_count(theirs)}"
    yield f"Here, site {site.id}: {_format_count(ours)}"
    further = theirs.deals - ours.deals
    sign = "+" if further > 0 else ""
    more = agreement.kopecks_further
    rubles = f"{_format_signed(more)} rubles" if more is not None else "amount unknown"
    yield f"Difference: {sign}{counted(further, 'deal')}, {rubles}"
    if agreement.is_whole:
        yield "The lists agree."
        return
    for name, count in (
        ("Missing here", agreement.missing_here),
        ("Missing in the file", agreement.missing_in_file),
        ("Repeated in the file", agreement.repeated),
    ):
        if count.deals:
            yield f"{name}: {_format_count(count)}"
    if agreement.other_sum.deals:
        other = agreement.other_sum
        without = f", {other.without_rate} without a rate" if other.without_rate else ""
        by = other.known_kopecks
        rubles = f"{_format_signed(by)} rubles in the file" if by is not None else "difference unknown"
        yield f"Different amount: {counted(other.deals, 'deal')}, {rubles}{without}"
    for name, deals in (("Different status", agreement.other_status), ("Different date", agreement.other_date)):
        if deals:
            yield f"{name}: {counted(deals, 'deal')}"
    if agreement.unreadable:
        yield f"Not compared: {counted(agreement.unreadable, 'row')} that cannot be read"
    more_hint = f" ({len(shown)} of {found}, more with --limit)" if len(shown) < found else ""
    yield f"Differences{more_hint}:"
    for compared in shown:
        yield from _difference_lines(site, compared)


def _difference_lines(site: Site, compared: DealComparison) -> Iterator[str]:
    theirs, ours = compared.theirs, compared.ours
    row = f"row {compared.row}, " if compared.row is not None else ""
    yield f"  {row}{_format_name(theirs, ours)}: {compared.disagreement}"
    if compared.reason:
        yield f"    {compared.reason}"
    elif compared.disagreement is Disagreement.OTHER_VALUES:
        for field in compared.fields:
            stated, own = _format_value(site, field, theirs), _format_value(site, field, ours)
            yield f"    {field}: {stated} in the file, {own} here"
    else:
        side = theirs if theirs is not None else ours
        yield f"    {', '.join(_format_value(site, field, side) for field in (Field.DATE, Field.STATUS, Field.SUM))}"


def _format_name(theirs: IncomingDeal | None, ours: Deal | None) -> str:
    if ours is not None:
        return f"deal {ours.id} ({ours.number})"
    if theirs is None:
        return "deal"
    return f"deal {theirs.number if theirs.number is not None else theirs.id}"


def _format_value(site: Site, field: Field, deal: IncomingDeal | Deal | None) -> str:
    assert deal is not None
    match field:
        case Field.SUM:
            return format_amount(deal)
        case Field.STATUS:
            return deal.status or "no status"
        case Field.DATE:
            return f"{deal.happened_at.astimezone(site.time_zone):%Y-%m-%d %H:%M}"


def _format_count(count: CountAndWorth) -> str:
    without = f", {count.without_rate} without a rate" if count.without_rate else ""
    rubles = f"{rubles_of(count.kopecks)} rubles" if count.known_kopecks is not None else "amount unknown"
    return f"{counted(count.deals, 'deal')}, {rubles}{without}"


def _format_signed(kopecks: int) -> str:
    return f"{'+' if kopecks > 0 else ''}{rubles_of(kopecks)}"


def _serialize_disagreement(compared: DealComparison) -> DisagreementAnswer:
    theirs, ours = compared.theirs, compared.ours
    return {
        "kind": str(compared.disagreement),
        "row": compared.row,
        "orderId": ours.id if ours is not None else theirs.id if theirs is not None else None,
        "orderNumber": ours.number if ours is not None else theirs.number if theirs is not None else None,
        "fields": [str(field) for field in compared.fields],
        "file": _serialize_values(theirs),
        "here": _serialize_values(ours),
        "reason": compared.reason or None,
    }


def _serialize_values(deal: IncomingDeal | Deal | None) -> ValuesAnswer | None:
    if deal is None:
        return None
    amount = rubles_of(kopecks_of(deal.amount_rub)) if deal.amount_rub is not None else None
    return {"sum": amount, "currency": deal.currency, "status": deal.status, "happenedAt": deal.happened_at}


def _serialize_agreement(agreement: Agreement) -> AgreementAnswer:
    theirs, ours = agreement.theirs, agreement.ours
    return {
        "agrees": agreement.is_whole,
        "inFile": _serialize_count(theirs),
        "here": _serialize_count(ours),
        "difference": {
            "deals": theirs.deals - ours.deals,
            "rubles": rubles_or_none(agreement.kopecks_further),
            "withoutRate": theirs.without_rate - ours.without_rate,
        },
        "missingHere": _serialize_count(agreement.missing_here),
        "missingInFile": _serialize_count(agreement.missing_in_file),
        "repeated": _serialize_count(agreement.repeated),
        "otherSum": _serialize_count(agreement.other_sum),
        "otherStatus": agreement.other_status,
        "otherDate": agreement.other_date,
        "unreadable": agreement.unreadable,
    }


def _serialize_count(count: CountAndWorth) -> CountAnswer:
    return {"deals": count.deals, "rubles": rubles_or_none(count.known_kopecks), "withoutRate": count.without_rate}
