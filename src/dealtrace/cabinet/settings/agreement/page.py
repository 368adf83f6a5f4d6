"""Compare a CRM's list of deals with the deals of the site; pages show all differences and change nothing."""

from http import HTTPStatus
from itertools import islice

from starlette.responses import Response

from dealtrace.cabinet.form_pages import Faults, number_of, show_form_page, stored_site, unknown_faults
from dealtrace.cabinet.formats import NOTHING, money
from dealtrace.cabinet.settings.agreement.comparison import FileComparison, compare_upload, comparison_of
from dealtrace.cabinet.settings.file_cures import file_fault
from dealtrace.cabinet.settings.imports import (
    ENCODINGS,
    file_deleted,
    find_sent_file,
    keep_sent_file,
    kept_file,
    missing_file_fault,
    unless_deleted,
)
from dealtrace.cabinet.settings.uploads import UPLOAD_BYTES_MAX, Upload
from dealtrace.cabinet.view import View
from dealtrace.errors import FileUnreadable
from dealtrace.files.agreement.differences import KEPT_MAX, ComparedValues, Difference, read_differences
from dealtrace.record import record
from dealtrace.reports.agreement import Disagreement, Field
from dealtrace.reports.refusals import ReportNotKept

PLACE = "settings/agreement"
SHOWN_MAX = 200
"""The number of differences on a page."""
PAGE = "page"
"""The parameter with the number of a page of differences."""
KIND_LABELS = {
    Disagreement.MISSING_HERE: "missing here",
    Disagreement.MISSING_IN_FILE: "missing in the file",
    Disagreement.OTHER_VALUES: "other values",
    Disagreement.REPEATED: "repeated in the file",
    Disagreement.UNREADABLE: "invalid row",
}
assert set(KIND_LABELS) == set(Disagreement)


@record
class DifferenceLine:
    """A difference as strings; `url` leads to the stored deal, and is empty if the deal is not stored."""

    row: str
    number: str
    url: str
    kind: str
    theirs: str
    ours: str


@record
class DifferencesPage:
    """A page of differences: its lines, the numbers of its first and last line, and links to the neighbouring pages.

    `omitted` is the number of differences that were not stored.
    """

    lines: tuple[DifferenceLine, ...]
    first: int
    last: int
    earlier: str
    later: str
    omitted: int


async def show(view: View) -> Response:
    """Show the form for uploading a list of deals to compare with the stored deals."""
    return _page(view)


async def gone(view: View) -> Response:
    """Return the form with a message that the file, or its result, is no longer stored."""
    return _page(view, faults=file_deleted(view), status=HTTPStatus.NOT_FOUND)


@unless_deleted(PLACE, gone)
async def compare(view: View) -> Response:
    """Compare an uploaded list with the deals of the site, delete its file, and redirect to the result."""
    site = await stored_site(view)
    encoding = view.form.get("encoding")
    kept = await keep_sent_file(view, PLACE, {})
    if encoding not in ENCODINGS:
        return _page(view, faults={"file": view.translate("Choose an encoding from the list.")}, kept=kept)
    if kept is None:
        return _page(view, faults={"file": missing_file_fault(view, _command(view))})
    try:
        await view.read(compare_upload, site, kept, encoding or None)
    except FileUnreadable as refusal:
        return _page(view, faults={"file": file_fault(view, refusal)}, kept=kept)
    except ReportNotKept:
        kept.delete()
        raise
    return view.redirect_to(f"/{site.id}/{PLACE}/{kept.key}")


@unless_deleted(PLACE, gone)
async def show_result(view: View) -> Response:
    """Show the totals of a comparison, and a page of its differences."""
    await stored_site(view)
    kept = find_sent_file(view, PLACE)
    compared = comparison_of(kept) if kept is not None else None
    if kept is None or compared is None:
        return await gone(view)
    asked = view.request.query_params.get(PAGE, "1")
    pages = max(-(-min(compared.total, KEPT_MAX) // SHOWN_MAX), 1)
    is_known = 1 <= number_of(asked) <= pages
    page = number_of(asked) if is_known else 1
    lines = await view.services.file_threads.run(_lines, view, kept, compared, page, pages)
    faults = unknown_faults(view, **({} if is_known else {PAGE: (asked, "Page")}))
    return _page(view, faults=faults, compared=compared, lines=lines, key=kept.key)


def _lines(view: View, kept: Upload, compared: FileComparison, page: int, pages: int) -> DifferencesPage:
    start = (page - 1) * SHOWN_MAX
    shown = tuple(_line(view, each) for each in islice(read_differences(kept.differences_path, start), SHOWN_MAX))
    place = f"/cabinet/{view.current_site.id}/{PLACE}/{kept.key}?{PAGE}="
    return DifferencesPage(
        shown,
        start + 1,
        start + len(shown),
        earlier=f"{place}{page - 1}" if page > 1 else "",
        later=f"{place}{page + 1}" if page < pages else "",
        omitted=max(compared.total - KEPT_MAX, 0),
    )


def _page(
    view: View,
    *,
    compared: FileComparison | None = None,
    lines: DifferencesPage | None = None,
    key: str = "",
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
        shown=lines,
        key=key,
        encodings=ENCODINGS[1:],
        encoding=view.form.get("encoding"),
        megabytes=UPLOAD_BYTES_MAX >> 20,
        kept=kept_file(kept),
    )


def _command(view: View) -> str:
    """Return the command that compares a file of any size with the site; pages limit the size."""
    return f"dealtrace agree FILE --site {view.current_site.id}"


def _line(view: View, each: Difference) -> DifferenceLine:
    fields = each.fields or tuple(Field)
    return DifferenceLine(
        row=str(each.row) if each.row is not None else NOTHING,
        number=each.number if each.number is not None else NOTHING,
        url=f"/cabinet/{view.current_site.id}/deals/{each.deal_id}" if each.deal_id is not None else "",
        kind=view.translate(KIND_LABELS[each.kind]),
        theirs=each.reason or _side(view, each.theirs, fields),
        ours=_side(view, each.ours, fields),
    )


def _side(view: View, values: ComparedValues | None, fields: tuple[Field, ...]) -> str:
    if values is None:
        return NOTHING
    said = {
        Field.DATE: view.clock_time(values.happened_at),
        Field.STATUS: values.status or NOTHING,
        Field.SUM: money(view.language, values.amount_rub, values.currency),
    }
    return ", ".join(said[field] for field in said if field in fields)
