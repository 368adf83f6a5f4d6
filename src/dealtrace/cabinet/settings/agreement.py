"""Compare a CRM's list of deals with the deals of the site; the page shows the differences and changes nothing."""

from itertools import islice
from pathlib import Path

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace.accounts.site import Site
from dealtrace.cabinet.form_pages import Faults, show_form_page, stored_site
from dealtrace.cabinet.formats import NOTHING, money
from dealtrace.cabinet.settings.file_cures import file_fault
from dealtrace.cabinet.settings.imports import (
    ENCODINGS,
    file_deleted,
    keep_sent_file,
    kept_file,
    missing_file_fault,
    unless_deleted,
)
from dealtrace.cabinet.settings.uploads import UPLOAD_BYTES_MAX, Upload
from dealtrace.cabinet.statuses import NOT_FOUND
from dealtrace.cabinet.view import View
from dealtrace.deals.deal import Deal
from dealtrace.deals.incoming_deal import IncomingDeal
from dealtrace.errors import FileUnreadable
from dealtrace.files.import_file import open_import_file
from dealtrace.files.import_formats import ImportNoun
from dealtrace.operations.reports.compare_lists import ROWS_AT_ONCE, compare_rows, missing_in_file
from dealtrace.record import record
from dealtrace.reports.agreement import Agreement, DealComparison, Disagreement, Field, ListedSums, SeenDeals
from dealtrace.storage.reports.rates import find_rates

PLACE = "settings/agreement"
SHOWN_MAX = 200
DISAGREEMENT_LABELS = {
    Disagreement.MISSING_HERE: "missing here",
    Disagreement.MISSING_IN_FILE: "missing in the file",
    Disagreement.OTHER_VALUES: "other values",
    Disagreement.REPEATED: "repeated in the file",
    Disagreement.UNREADABLE: "invalid row",
}
assert set(DISAGREEMENT_LABELS) == set(Disagreement)


@record
class Difference:
    """A deal that differs: its row and number, the kind of difference, and its values in the file and on the site.

    `url` leads to the stored deal; it is empty if the deal is not stored.
    """

    row: str
    number: str
    url: str
    kind: str
    theirs: str
    ours: str


@record
class Compared:
    """The result of a comparison: the totals, the first differences, and the number of all differences."""

    agreement: Agreement
    differences: list[DealComparison]
    total: int


async def show(view: View) -> Response:
    """Show the form for uploading a list of deals to compare with the stored deals."""
    return _page(view)


async def _gone(view: View) -> Response:
    return _page(view, faults=file_deleted(view), status=NOT_FOUND)


@unless_deleted(PLACE, _gone)
async def compare(view: View) -> Response:
    """Compare an uploaded list with the deals of the site, delete its file, and show the result."""
    site = await stored_site(view)
    encoding = view.form.get("encoding")
    kept = await keep_sent_file(view, PLACE, {})
    if encoding not in ENCODINGS:
        return _page(view, faults={"file": view.translate("Choose an encoding from the list.")}, kept=kept)
    if kept is None:
        return _page(view, faults={"file": missing_file_fault(view, _command(view))})
    try:
        compared = await view.read(compare_file, site, kept.path, encoding or None)
    except FileUnreadable as refusal:
        return _page(view, faults={"file": file_fault(view, refusal)}, kept=kept)
    kept.delete()
    return _page(view, compared=compared)


def compare_file(connection: Connection, site: Site, path: Path, encoding: str | None) -> Compared:
    """Compare the deals of a file with the deals of a site, and return the result.

    Raises:
        FileUnreadable: the file is not a table of deals.
    """
    file = open_import_file(path, ImportNoun.DEAL, encoding, site.custom_fields)
    has = file.layout.has
    listed = ListedSums(has(("amount",)), has(("currency",)), find_rates(connection, site.id))
    compared, seen = Compared(Agreement(), [], 0), SeenDeals()
    differences: list[DealComparison] = []
    total = 0

    def count(comparisons: list[DealComparison]) -> None:
        nonlocal total
        for each in comparisons:
            compared.agreement.add(each, listed)
            if each.disagreement is not None:
                total += 1
                if len(differences) < SHOWN_MAX:
                    differences.append(each)

    rows = (row for _, row in file.rows(site.time_zone, 0))
    while chunk := list(islice(rows, ROWS_AT_ONCE)):
        count(compare_rows(connection, site, chunk, seen, listed))
    first_at, last_at = compared.agreement.first_at, compared.agreement.last_at
    if first_at is not None and last_at is not None:
        for _, missing in missing_in_file(connection, site, first_at, last_at, seen):
            count(missing)
    return Compared(compared.agreement, differences, total)


def _page(
    view: View,
    *,
    compared: Compared | None = None,
    faults: Faults | None = None,
    status: int = 0,
    kept: Upload | None = None,
) -> Response:
    return show_form_page(
        view,
        "settings/agreement.html",
        view.translate("Comparison with the CRM"),
        faults=faults,
        status=status,
        compared=compared,
        differences=[_difference(view, each) for each in compared.differences] if compared is not None else [],
        command=_command(view),
        encodings=ENCODINGS[1:],
        encoding=view.form.get("encoding"),
        megabytes=UPLOAD_BYTES_MAX >> 20,
        kept=kept_file(kept),
    )


def _command(view: View) -> str:
    """Return the command that compares a file of any size, and lists all differences."""
    return f"dealtrace agree FILE --site {view.current_site.id}"


def _difference(view: View, compared: DealComparison) -> Difference:
    theirs, ours = compared.theirs, compared.ours
    fields = compared.fields or tuple(Field)
    return Difference(
        row=str(compared.row) if compared.row is not None else NOTHING,
        number=ours.number if ours is not None else _number(theirs),
        url=f"/cabinet/{view.current_site.id}/deals/{ours.id}" if ours is not None else "",
        kind=view.translate(DISAGREEMENT_LABELS[compared.disagreement]) if compared.disagreement is not None else "",
        theirs=compared.reason or _side(view, theirs, fields),
        ours=_side(view, ours, fields),
    )


def _number(theirs: IncomingDeal | None) -> str:
    if theirs is None:
        return NOTHING
    return theirs.number if theirs.number is not None else str(theirs.id)


def _side(view: View, deal: IncomingDeal | Deal | None, fields: tuple[Field, ...]) -> str:
    if deal is None:
        return NOTHING
    said = {
        Field.DATE: view.clock_time(deal.happened_at),
        Field.STATUS: deal.status or NOTHING,
        Field.SUM: money(view.language, deal.amount_rub, deal.currency),
    }
    return ", ".join(said[field] for field in said if field in fields)
