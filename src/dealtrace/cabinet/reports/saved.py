"""The page of saved reports, the person's own and those of the site; each links to its report."""

from datetime import datetime

from sqlalchemy import Connection
from starlette.datastructures import QueryParams
from starlette.responses import Response

from dealtrace import clock
from dealtrace.accounts.site import Site
from dealtrace.cabinet.reports.address import Address, address_of
from dealtrace.cabinet.reports.keeping import (
    NO_DRAFT,
    Draft,
    change_kept,
    draft_of,
    forbidden,
    may_change,
    owner_of,
    whose_of,
)
from dealtrace.cabinet.reports.page import KEPT, USUAL, read_known_of
from dealtrace.cabinet.settings.page import BAD_REQUEST, Faults, fault_text, lead_back, show_settings, stored_site
from dealtrace.cabinet.view import View
from dealtrace.errors import InvalidParameters, InvalidSetting, NameTaken
from dealtrace.operations.reports.save_report import delete_report, rename_report, save_report
from dealtrace.record import record
from dealtrace.reports.kept.saved import SavedReport
from dealtrace.reports.question import Known, parse_question
from dealtrace.storage.accounts.users import find_logins
from dealtrace.storage.reports.saved import list_saved_reports

PLACE = "reports/saved"


@record
class SavedLine:
    """A saved report in the list: its owner (`whose`), its address, who saved it, and whether the person may change it.

    `fault` says why its question is no longer valid; it is empty if the question is valid.
    """

    report: SavedReport
    whose: str
    address: str
    saved_by: str
    fault: str
    may_change: bool


async def show(view: View) -> Response:
    """Show the saved reports of the site and of the person."""
    return await _page(view)


async def save(view: View) -> Response:
    """Save the question of a report with a name; if the name is taken, ask whether to replace that report."""
    address = question_of(view)
    draft = draft_of(view, address.query)
    if not may_change(view, draft.whose):
        return forbidden(view)
    user_id = owner_of(view, draft.whose)
    known = await view.read(read_known_of, await stored_site(view), clock.now(), user_id)
    try:
        parse_question(address.words(**USUAL), known)
        report = SavedReport(draft.name, address.written_out(KEPT).query, user_id, view.who.user.id, clock.now())
        await view.manage(_save, view.here.id, report, view.form.has("overwrite"))
    except InvalidParameters as refusal:
        return await _page(view, faults={"": refusal.text(view.language)})
    except NameTaken:
        words = view.word("A report with this name already exists. Replace it, or choose another name.")
        return await _page(view, faults={"name": words}, draft=draft)
    except InvalidSetting as refusal:
        faults = {str(refusal.facts["key"]): fault_text(refusal, view.language)}
        return await _page(view, faults=faults, draft=draft)
    return lead_back(view, PLACE, "saved")


async def change(view: View) -> Response:
    """Rename or delete a saved report."""
    site_id = view.here.id
    return await change_kept(
        view,
        PLACE,
        rename=lambda owner, name, new_name: view.manage(_rename, site_id, owner, name=name, new_name=new_name),
        delete=lambda owner, name: view.manage(_delete, site_id, owner, name),
        show_faults=lambda faults: _page(view, faults=faults),
        taken=view.word("A report with this name already exists."),
    )


def question_of(view: View) -> Address:
    """Return the address of the report whose question a form sent."""
    return address_at(view.here.id, view.form.get("query"))


def address_at(site_id: int, query: str) -> Address:
    """Return the address of a report of a site; `query` is its question as a query string."""
    return address_of(f"/cabinet/{site_id}/reports", QueryParams(query.replace("\x00", "")))


def fault_of(address: Address, known: Known, view: View) -> str:
    """Return a text that says why a stored question is no longer valid, or an empty text if it is valid."""
    try:
        parse_question(address.words(**USUAL), known)
    except InvalidParameters as refusal:
        return refusal.text(view.language)
    return ""


async def _page(view: View, *, faults: Faults | None = None, draft: Draft = NO_DRAFT) -> Response:
    site = await stored_site(view)
    reports, known, logins = await view.read(_read, site, view.who.user.id, clock.now())
    lines = []
    for report in reports:
        address, whose = address_at(view.here.id, report.query), whose_of(report.user_id)
        saved_by = logins.get(report.saved_by or 0, "")
        fault = fault_of(address, known, view)
        lines.append(SavedLine(report, whose, address.link(), saved_by, fault, may_change(view, whose)))
    return show_settings(
        view,
        "reports/saved.html",
        view.word("Saved reports"),
        faults=faults,
        status=BAD_REQUEST if faults else 0,
        lines=lines,
        draft=draft,
    )


def _read(
    connection: Connection, site: Site, user_id: int, now: datetime
) -> tuple[list[SavedReport], Known, dict[int, str]]:
    reports = list_saved_reports(connection, site.id, user_id)
    people = {report.saved_by for report in reports if report.saved_by is not None}
    return reports, read_known_of(connection, site, now, user_id), find_logins(connection, people)


def _save(connection: Connection, _ids: object, site_id: int, report: SavedReport, overwrites: object) -> None:
    save_report(connection, site_id, report, overwrites=bool(overwrites))


def _rename(
    connection: Connection, _ids: object, site_id: int, user_id: int | None, *, name: str, new_name: str
) -> bool:
    return rename_report(connection, site_id, user_id, name, new_name)


def _delete(connection: Connection, _ids: object, site_id: int, user_id: int | None, name: str) -> bool:
    return delete_report(connection, site_id, user_id, name)
