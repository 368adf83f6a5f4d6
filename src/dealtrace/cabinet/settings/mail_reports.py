"""The page of scheduled reports: people paste the URL of a report and choose when the report is e-mailed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

from sqlalchemy import Connection
from starlette.datastructures import QueryParams
from starlette.responses import Response

from dealtrace import clock
from dealtrace.accounts.rights import Role
from dealtrace.accounts.site import Site
from dealtrace.accounts.site_change import ChangeKind, SiteChange
from dealtrace.cabinet.form_pages import Faults, fault_text, number_of, redirect_with_message, show_form_page
from dealtrace.cabinet.forms import Form
from dealtrace.cabinet.gate import not_found_page
from dealtrace.cabinet.labels import labelled_text
from dealtrace.cabinet.links import URL_LENGTH_MAX
from dealtrace.cabinet.reports.report_url import FILTER, ONCE, USUAL, report_url_of, report_url_of_question
from dealtrace.cabinet.users import outside_mailings
from dealtrace.cabinet.view import View
from dealtrace.errors import InvalidParameters, InvalidSetting
from dealtrace.mails.recipient import Recipient, chosen_recipients, format_recipients, is_address
from dealtrace.mails.scheduled_report import Rhythm, ScheduledReport
from dealtrace.mails.subscription import MailList
from dealtrace.operations.alerts.outside_addresses import stop_outside_addresses
from dealtrace.operations.mails.scheduled_reports import (
    InvalidReport,
    NewScheduledReport,
    change_report,
    former_report,
    leave_report,
    list_invalid_reports,
    schedule_report,
    stop_report,
)
from dealtrace.operations.work import at_site
from dealtrace.record import record
from dealtrace.reports.time_keys import HOURS
from dealtrace.storage.accounts.change_history import find_site_change
from dealtrace.storage.accounts.users import list_rights
from dealtrace.storage.mails.scheduled_reports import find_scheduled_report, list_scheduled_reports
from dealtrace.storage.mails.unsubscriptions import find_unsubscriptions_of_site

PLACE = "settings/mail-reports"
RHYTHMS = {
    Rhythm.DAILY: "Every day, for the day before",
    Rhythm.WEEKLY: "On Mondays, for the week before",
    Rhythm.MONTHLY: "On the first day of each month, for the month before",
}
assert set(RHYTHMS) == set(Rhythm)


@record
class ReportDraft:
    """The contents of the form for a new or a stored scheduled report."""

    title: str = ""
    report_url: str = ""
    rhythm: str = Rhythm.WEEKLY
    hour: int = 9
    members: tuple[int, ...] = ()
    recipients: str = ""


@record
class ScheduledReportLine:
    """A scheduled report in the list; `rhythm` says when it is sent; `is_mine` is true if the person gets it.

    `recipients` pairs each address with the time when it unsubscribed, or with `None` if it gets the report. `fault`
    says why the report can no longer be made, and is empty if the report can still be made.
    """

    report: ScheduledReport
    rhythm: str
    is_mine: bool
    recipients: Sequence[tuple[str, datetime | None]]
    fault: str

    @property
    def recipients_count(self) -> int:
        """Return the number of recipients, for people who may not see their addresses."""
        return len(self.report.recipients)


@record
class _Facts:
    """The scheduled reports, and the data that the page shows with them.

    `members` has logins by user id. `leaves` has the unsubscribed addresses, and `invalid` the reports that can no
    longer be made, both by report id.
    """

    reports: Sequence[ScheduledReport]
    members: dict[int, str]
    leaves: Mapping[int, Mapping[str, datetime]]
    invalid: Mapping[int, InvalidReport]


async def show(view: View) -> Response:
    """Show the scheduled reports, and a form for people who may add one."""
    return await _page(view, ReportDraft(report_url=view.request.query_params.get("report", "")))


async def show_report(view: View) -> Response:
    """Show a report with the form that changes it."""
    found = await view.read(_read_report, view.current_site, number_of(view.request.path_params["report"]))
    if found is None:
        return not_found_page(view)
    report, members = found
    return _report_page(view, report, _draft_of_report(view, report, members), members)


async def change(view: View) -> Response:
    """Save the report as it is in the form or, if the form undoes a change, as it was before that change.

    If the form comes from the page of users, only remove recipients who are not users.
    """
    found = await view.read(_read_report, view.current_site, number_of(view.request.path_params["report"]))
    if found is None:
        return not_found_page(view)
    report, members = found
    if view.form.get("act") == outside_mailings.STOP_ADDRESSES:
        await view.manage(at_site(view.current_site, stop_outside_addresses), report)
        return redirect_with_message(view, outside_mailings.PLACE, "saved")
    draft, before = _draft_of(view.form), report.recipients
    if view.form.get("act") == "undo":
        stored = NewScheduledReport(report.title, report.raw_question, report.rhythm, report.hour, report.recipients)
        change = await _read_change(view)
        is_its_own = change is not None and (change.former or {}).get("id") == report.id
        former = former_report(change, stored) if change is not None and is_its_own else None
        if former is None:
            return not_found_page(view)
        draft, before = _draft_of_report(view, former, members), former.recipients
    try:
        new = _new_report(view, draft, members, before)
        is_there = await view.manage(at_site(view.current_site, change_report), report.id, new)
    except (InvalidParameters, InvalidSetting) as refusal:
        return _report_page(view, report, draft, members, faults=_faults_of(view, refusal))
    return redirect_with_message(view, PLACE, "saved") if is_there else not_found_page(view)


async def add(view: View) -> Response:
    """Add the scheduled report in the form or, if the form undoes a removal, restore the removed report.

    If the report is invalid, show the form with errors.
    """
    draft, members = _draft_of(view.form), await view.read(_read_members, view.current_site)
    before: Sequence[Recipient] = ()
    restored_id: int | None = None
    if view.form.get("act") == "undo":
        change = await _read_change(view)
        former = former_report(change, None) if change is not None else None
        if change is None or change.former is None or former is None:
            return not_found_page(view)
        draft, before = _draft_of_report(view, former, members), former.recipients
        restored_id = change.former["id"]
    try:
        new = _new_report(view, draft, members, before)
        await view.manage(at_site(view.current_site, schedule_report), new, restored_id=restored_id)
    except (InvalidParameters, InvalidSetting) as refusal:
        return await _page(view, draft, faults=_faults_of(view, refusal))
    return redirect_with_message(view, PLACE, "added")


async def leave(view: View) -> Response:
    """Remove the person from the recipients of a report."""
    report_id, user_id = number_of(view.form.get("report")), view.rights.user.id
    is_done = await view.manage(at_site(view.current_site, leave_report), report_id, user_id)
    return redirect_with_message(view, PLACE, "saved") if is_done else not_found_page(view)


async def remove(view: View) -> Response:
    """Remove a scheduled report, so that no recipient gets it any more."""
    is_done = await view.manage(at_site(view.current_site, stop_report), number_of(view.form.get("report")))
    return redirect_with_message(view, PLACE, "removed") if is_done else not_found_page(view)


def _draft_of(form: Form) -> ReportDraft:
    return ReportDraft(
        form.get("title").strip(),
        form.get("question").strip(),
        form.get("rhythm"),
        number_of(form.get("hour")),
        tuple(number_of(text) for text in form.all("member")),
        form.get("recipients").strip(),
    )


async def _read_change(view: View) -> SiteChange | None:
    """Return the change to a scheduled report that the form undoes, or `None` if there is none."""
    change = await view.read(find_site_change, view.current_site.id, view.form.get("change"))
    return change if change is not None and change.kind is ChangeKind.MAIL_REPORT else None


def _draft_of_report(view: View, report: ScheduledReport | NewScheduledReport, members: dict[int, str]) -> ReportDraft:
    """Return the contents of the form for a report, without users who no longer have a role on the site."""
    users = (each.user_id for each in report.recipients if each.user_id is not None)
    return ReportDraft(
        report.title,
        report_url_of_question(f"/cabinet/{view.current_site.id}/reports", report.raw_question)
        .with_sites_segment()
        .link(),
        report.rhythm,
        report.hour,
        tuple(user_id for user_id in users if user_id in members),
        format_recipients(each for each in report.recipients if each.user_id is None),
    )


def _faults_of(view: View, refusal: InvalidParameters | InvalidSetting) -> Faults:
    if isinstance(refusal, InvalidParameters):
        return {"question": labelled_text(refusal, view.language)}
    return {str(refusal.facts["key"]): fault_text(refusal, view.language)}


def _new_report(
    view: View, draft: ReportDraft, members: dict[int, str], before: Sequence[Recipient] = ()
) -> NewScheduledReport:
    """Return the report that a form describes; users who are former recipients keep the language of their e-mails.

    Raises:
        InvalidSetting: a field is invalid.
    """
    if draft.rhythm not in list(Rhythm) or draft.hour >= HOURS:
        raise InvalidSetting(key="rhythm", ru="выберите, когда отправлять отчёт", en="choose when to send the report")
    chosen = {user_id: members[user_id] for user_id in draft.members if user_id in members}
    recipients = chosen_recipients(draft.recipients, chosen, view.language, before)
    question = report_url_of("", QueryParams(_query_of(draft.report_url, view.current_site.id))).raw_question(**USUAL)
    return NewScheduledReport(draft.title, question, Rhythm(draft.rhythm), draft.hour, recipients)


def _query_of(url: str, site_id: int) -> str:
    """Return the query string of the URL of a report of the site; a string that is only a query is returned unchanged.

    The host is not checked, since a server may have several host names.

    Raises:
        InvalidSetting: the string is not such a URL, or is too long.
    """
    if len(url) > URL_LENGTH_MAX:
        raise InvalidSetting(
            key="question",
            ru=f"ссылка на отчёт длиннее {URL_LENGTH_MAX} символов; сохраните его фильтры как сегмент",
            en=f"the link to the report is longer than {URL_LENGTH_MAX} characters; save its filters as a segment",
        )
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.path == f"/cabinet/{site_id}/reports" and parts.scheme in ("", "http", "https"):
        return parts.query
    names = {name for name, _ in parse_qsl(url, keep_blank_values=True)}
    if names and "/" not in url.partition("=")[0] and names <= {*ONCE, FILTER}:
        return url
    raise InvalidSetting(
        key="question",
        ru="это не URL отчёта этого сайта; откройте нужный отчёт в разделе «Отчёты» и скопируйте его URL "
        f"из браузера: он начинается с /cabinet/{site_id}/reports",
        en="this is not the URL of a report of this site; open the report under “Reports” and copy its URL "
        f"from the browser: its path is /cabinet/{site_id}/reports",
    )


async def _page(view: View, draft: ReportDraft, *, faults: Faults | None = None) -> Response:
    facts = await view.read(_read, view.current_site)
    return show_form_page(
        view,
        "settings/mail_reports.html",
        view.translate("Reports by e-mail"),
        faults=faults,
        reports=[_line(view, report, facts) for report in facts.reports],
        may_add=view.role is not None and view.role.includes(Role.ANALYST),
        form=_form(view, draft, facts.members),
    )


def _line(view: View, report: ScheduledReport, facts: _Facts) -> ScheduledReportLine:
    left, invalid = facts.leaves.get(report.id, {}), facts.invalid.get(report.id)
    is_whole = view.may_see_contacts
    fault = labelled_text(invalid.refusal, view.language, is_whole=is_whole) if invalid is not None else ""
    is_mine = any(each.user_id == view.rights.user.id for each in report.recipients)
    recipients = [
        (each.address, left.get(each.address.casefold()) if each.user_id is None else None)
        for each in report.recipients
    ]
    shown = replace(report, title=view.shown_name(report.title))
    return ScheduledReportLine(shown, view.translate(RHYTHMS[report.rhythm]), is_mine, recipients, fault)


def _report_page(
    view: View, report: ScheduledReport, draft: ReportDraft, members: dict[int, str], *, faults: Faults | None = None
) -> Response:
    title = view.translate("Report by e-mail")
    return show_form_page(
        view, "settings/mail_report.html", title, faults=faults, report=report, form=_form(view, draft, members)
    )


def _form(view: View, draft: ReportDraft, members: dict[int, str]) -> dict[str, object]:
    """Return the context of the form's template."""
    return {
        "draft": draft,
        "rhythms": [(str(rhythm), view.translate(label), rhythm == draft.rhythm) for rhythm, label in RHYTHMS.items()],
        "hours": [(hour, hour == draft.hour) for hour in range(HOURS)],
        "members": [(user_id, login, user_id in draft.members) for user_id, login in members.items()],
        "sends_mail": view.services.sends_mail,
    }


def _read(connection: Connection, site: Site) -> _Facts:
    leaves = find_unsubscriptions_of_site(connection, site.id, MailList.REPORT)
    invalid: dict[int, InvalidReport] = {
        each.report.id: each for each in list_invalid_reports(connection, site, clock.now())
    }
    return _Facts(list_scheduled_reports(connection, site.id), _read_members(connection, site), leaves, invalid)


def _read_members(connection: Connection, site: Site) -> dict[int, str]:
    people = [person.user for person in list_rights(connection) if person.role_at(site.id) is not None]
    return {user.id: user.login for user in people if is_address(user.login)}


def _read_report(connection: Connection, site: Site, report_id: int) -> tuple[ScheduledReport, dict[int, str]] | None:
    report = find_scheduled_report(connection, site.id, report_id)
    return (report, _read_members(connection, site)) if report is not None else None
