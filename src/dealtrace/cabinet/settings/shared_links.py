"""The page of a site's shared links: create a link, which is shown only once, list links, and revoke them."""

from datetime import datetime

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace import clock
from dealtrace.accounts.shared_link import DAYS_OFFERED, SharedLink
from dealtrace.accounts.site import Site
from dealtrace.cabinet.form_pages import (
    Faults,
    fault_text,
    number_of,
    redirect_with_message,
    show_form_page,
    stored_site,
)
from dealtrace.cabinet.gate import not_found_page
from dealtrace.cabinet.labels import labelled_text
from dealtrace.cabinet.notes.axis import author_label
from dealtrace.cabinet.reports.page import read_context_of
from dealtrace.cabinet.reports.report_url import DEFAULTS_WRITTEN_OUT, USUAL, ReportUrl
from dealtrace.cabinet.reports.saved_items.page import fault_of, report_in_form, site_report_url
from dealtrace.cabinet.reports.shared_period import shared_period
from dealtrace.cabinet.view import View
from dealtrace.errors import InvalidParameters, InvalidSetting
from dealtrace.operations.accounts.share_report import NewLink, revoke_link, share_report
from dealtrace.operations.work import at_site
from dealtrace.record import record
from dealtrace.reports.question import QuestionContext
from dealtrace.reports.question_parser import parse_question
from dealtrace.storage.accounts.shared_links import list_shared_links
from dealtrace.storage.accounts.users import find_logins

PLACE = "settings/shared"
FIELDS = ("name", "days")
"""The fields of the form that creates a link."""


@record
class LinkLine:
    """A shared link in the list: the URL of the report, who made the link, and whether the link still works.

    `url` refers to the site's segment, as the link does, even if the user has a segment with the same name.
    `period` says which days the link shows. `fault` says why the report can no longer be shown; it is empty if the
    report can be shown.
    """

    link: SharedLink
    url: str
    made_by: str
    period: str
    fault: str
    is_valid: bool


async def show(view: View) -> Response:
    """Show the links, newest first."""
    return await _page(view)


async def make(view: View) -> Response:
    """Create a link to a report and show the link, which cannot be shown again."""
    context = await view.read(read_context_of, await stored_site(view), clock.now(), view.rights.user.id)
    try:
        url = _bound(report_in_form(view), context)
        new = NewLink(view.form.get("name"), url.query, number_of(view.form.get("days")))
        key = await view.manage(at_site(view.current_site, share_report), new)
    except InvalidParameters as refusal:
        return await _page(view, faults={"": labelled_text(refusal, view.language)})
    except InvalidSetting as refusal:
        field = str(refusal.facts["key"])
        return await _page(view, faults={field if field in FIELDS else "": fault_text(refusal, view.language)})
    return await _page(view, made=f"{view.origin}/cabinet/shared/{key}")


async def revoke(view: View) -> Response:
    """Revoke a link; it stops working immediately."""
    if not await view.manage(at_site(view.current_site, revoke_link), view.form.get("link")):
        return not_found_page(view)
    return redirect_with_message(view, PLACE, "link")


def _bound(url: ReportUrl, context: QuestionContext) -> ReportUrl:
    """Return a report's URL with defaults written out, and with the filters of a personal segment instead of its name.

    A link to the returned URL shows the same report even if the defaults are changed later, and follows a segment of
    the site: it shows what the segment selects when the link is opened. Only its owner sees a personal segment.

    Raises:
        InvalidParameters: the parameters of the report are invalid.
    """
    parse_question(url.raw_question(**USUAL), context)
    if url.get("segment") in context.own_segments and not url.get("segment_of"):
        filters = tuple(dict.fromkeys([*url.filters, *url.filters_of_segment(context)]))
        url = ReportUrl(url.page, url.with_parameters(segment="").parameters, filters)
    bound = url.written_out(DEFAULTS_WRITTEN_OUT)
    parse_question(bound.raw_question(), context)
    return bound


async def _page(view: View, *, faults: Faults | None = None, made: str = "") -> Response:
    now = clock.now()
    links, context, logins = await view.read(_read, await stored_site(view), now)
    lines = []
    for link in links:
        url = site_report_url(view.current_site.id, link.query).with_sites_segment()
        made_by = author_label(logins, link.made_by, view.translate)
        period = shared_period(url, view.language, view.translate)
        fault = _fault_of(link, url, context, view)
        lines.append(LinkLine(link, url.link(), made_by, period, fault, link.is_valid(now)))
    title = view.translate("Shared links")
    return show_form_page(
        view,
        "settings/shared_links.html",
        title,
        faults=faults,
        lines=lines,
        made=made,
        sent=_sent(view) if faults else None,
        days=DAYS_OFFERED,
    )


def _sent(view: View) -> dict[str, str]:
    """Return the contents of the form that was sent, and the period that its link would show."""
    url = site_report_url(view.current_site.id, view.form.get("query"))
    sent = {name: view.form.get(name) for name in (*FIELDS, "query")}
    return {**sent, "period": shared_period(url, view.language, view.translate)}


def _fault_of(link: SharedLink, url: ReportUrl, context: QuestionContext, view: View) -> str:
    """Return the reason why a link shows nothing, or an empty string if it works."""
    fault = fault_of(url, context, view)
    if link.segment_deleted_at is None or fault:
        return fault
    return view.translate(
        "The link shows nothing: the segment of its report was deleted, and another segment now has that name."
    )


def _read(
    connection: Connection, site: Site, now: datetime
) -> tuple[list[SharedLink], QuestionContext, dict[int, str]]:
    links = list_shared_links(connection, site.id)
    people = {link.made_by for link in links if link.made_by is not None}
    return links, read_context_of(connection, site, now), find_logins(connection, people)
