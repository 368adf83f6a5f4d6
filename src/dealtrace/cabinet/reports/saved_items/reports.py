"""The page of saved reports, the person's own and those of the site; each links to its report."""

from datetime import datetime

from sqlalchemy import Connection

from dealtrace import clock
from dealtrace.accounts.site import Site
from dealtrace.cabinet.form_pages import stored_site
from dealtrace.cabinet.formats import clock_time
from dealtrace.cabinet.reports.form_fields import searches_masked
from dealtrace.cabinet.reports.page import read_context_of
from dealtrace.cabinet.reports.report_url import DEFAULTS_WRITTEN_OUT, USUAL, ReportUrl, saved_report_url
from dealtrace.cabinet.reports.saved_items.page import SavedItemLine, SavedItemsPage, fault_of
from dealtrace.cabinet.reports.without_contacts import (
    context_for_person,
    saved_url,
    url_for_person,
    with_stored_names,
)
from dealtrace.cabinet.view import View
from dealtrace.operations.reports.read_question import check_segment_is_shared
from dealtrace.operations.reports.save_report import delete_report, rename_report, save_report
from dealtrace.operations.work import Work
from dealtrace.reports.question import QuestionContext
from dealtrace.reports.question_parser import parse_question
from dealtrace.reports.reading.masking import masked_names
from dealtrace.reports.saved_items.names import SavedName
from dealtrace.reports.saved_items.saved_reports import SavedReport
from dealtrace.storage.accounts.users import find_logins
from dealtrace.storage.reports.saved_items.saved_reports import list_saved_reports


async def _list(view: View) -> list[SavedItemLine]:
    """List the saved reports, each with the time when it was saved and the person who saved it."""
    site = await stored_site(view)
    reports, known, logins = await view.read(_read, site, view.rights.user.id, clock.now())
    as_seen = context_for_person(view, known)
    lines = []
    for report in reports:
        url = saved_report_url(f"/cabinet/{site.id}/reports", report)
        shown = saved_url(view, known, url)
        saved = f"{clock_time(view.language, report.saved_at, site.time_zone)} {logins.get(report.saved_by or 0, '')}"
        saved_name = SavedName(report.name, report.user_id)
        lines.append(
            SavedItemLine(
                saved_name,
                shown.link() if shown is not None else "",
                (saved,),
                fault_of(url, known, view),
                has_contacts=shown is None,
                searches_masked=searches_masked(url_for_person(view, known, url), as_seen),
                query=shown.query if shown is not None else "",
            )
        )
    return lines


def _read(
    connection: Connection, site: Site, user_id: int, now: datetime
) -> tuple[list[SavedReport], QuestionContext, dict[int, str]]:
    reports = list_saved_reports(connection, site.id, user_id)
    people = {report.saved_by for report in reports if report.saved_by is not None}
    return reports, read_context_of(connection, site, now, user_id), find_logins(connection, people)


def _save(work: Work, url: ReportUrl, saved_name: SavedName, *, overwrites: bool) -> None:
    """Save a question with its defaults written out.

    A report for all users cannot use the segments of one user; its URL marks its segment as the site's.
    """
    known = read_context_of(work.connection, work.site, work.now, saved_name.user_id)
    stored = with_stored_names(url, masked_names(known))
    if saved_name.user_id is None:
        check_segment_is_shared(work.connection, work.site, stored.raw_question(), work.user_id)
        stored = stored.with_sites_segment()
    parse_question(stored.raw_question(**USUAL), known)
    query = stored.written_out(DEFAULTS_WRITTEN_OUT).query
    save_report(work, saved_name, query, overwrites=overwrites)


SAVED_REPORTS = SavedItemsPage("reports/saved", "Saved reports", _list, _save, rename_report, delete_report)
