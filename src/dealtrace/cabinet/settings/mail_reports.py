"""The page of scheduled reports: people paste the address of a report, which is then mailed at a chosen hour."""

from urllib.parse import urlsplit

from sqlalchemy import Connection
from starlette.datastructures import QueryParams
from starlette.responses import Response

from dealtrace import clock
from dealtrace.accounts.role import Role
from dealtrace.accounts.site import Site
from dealtrace.cabinet.forms import Form
from dealtrace.cabinet.reports.address import address_of
from dealtrace.cabinet.reports.page import USUAL
from dealtrace.cabinet.settings.page import Faults, fault_text, lead_back, number_of, show_settings
from dealtrace.cabinet.view import View
from dealtrace.errors import InvalidParameters, InvalidSetting
from dealtrace.mails.recipient import Recipient, checked_recipients, is_address, parse_recipients
from dealtrace.mails.scheduled_report import Rhythm, ScheduledReport
from dealtrace.operations.mails.scheduled_reports import (
    NewScheduledReport,
    leave_report,
    schedule_report,
    stop_report,
)
from dealtrace.record import record
from dealtrace.reports.time_keys import HOURS
from dealtrace.storage.accounts.users import list_rights
from dealtrace.storage.id_blocks import IdBlocks
from dealtrace.storage.mails.scheduled_reports import list_scheduled_reports

PLACE = "settings/mail-reports"
RHYTHMS = {
    Rhythm.DAILY: "Every day, for the day before",
    Rhythm.WEEKLY: "On Mondays, for the week before",
    Rhythm.MONTHLY: "On the first day of each month, for the month before",
}
assert set(RHYTHMS) == set(Rhythm)
_ADDRESS_LENGTH_MAX = 8000


@record
class ReportDraft:
    """The contents of the form for a new scheduled report."""

    title: str = ""
    address: str = ""
    rhythm: str = Rhythm.WEEKLY
    hour: int = 9
    members: tuple[int, ...] = ()
    recipients: str = ""


@record
class ReportLine:
    """A scheduled report in the list; `rhythm` says when it is sent, `is_mine` whether the person gets it."""

    report: ScheduledReport
    rhythm: str
    is_mine: bool


async def show(view: View) -> Response:
    """Show the scheduled reports, and a form for people who may add one."""
    return await _page(view, ReportDraft(address=view.request.query_params.get("report", "")))


async def add(view: View) -> Response:
    """Schedule the report in the form, or show the form again with its faults."""
    draft, members = _draft_of(view.form), await view.read(_read_members, view.here)
    try:
        await view.manage(_add, view.here, _new_report(view, draft, members))
    except InvalidSetting as refusal:
        return await _page(view, draft, faults={str(refusal.facts["key"]): fault_text(refusal, view.language)})
    except InvalidParameters as refusal:
        return await _page(view, draft, faults={"question": refusal.text(view.language)})
    return lead_back(view, PLACE, "added")


async def leave(view: View) -> Response:
    """Remove the person from the recipients of a report."""
    await view.manage(_leave, view.here, number_of(view.form.get("report")), view.who.user.id)
    return lead_back(view, PLACE, "saved")


async def remove(view: View) -> Response:
    """Stop a report for everybody."""
    await view.manage(_remove, view.here, number_of(view.form.get("report")))
    return lead_back(view, PLACE, "removed")


def _draft_of(form: Form) -> ReportDraft:
    return ReportDraft(
        form.get("title").strip(),
        form.get("question").strip(),
        form.get("rhythm"),
        number_of(form.get("hour")),
        tuple(number_of(text) for text in form.all("member")),
        form.get("recipients").strip(),
    )


def _new_report(view: View, draft: ReportDraft, members: dict[int, str]) -> NewScheduledReport:
    """Return the report in the form.

    Raises:
        InvalidSetting: a field is invalid.
    """
    if draft.rhythm not in list(Rhythm) or draft.hour >= HOURS:
        raise InvalidSetting(key="rhythm", ru="выберите, когда отправлять отчёт", en="choose when to send the report")
    users = [Recipient(members[user_id], view.language, user_id) for user_id in draft.members if user_id in members]
    recipients = checked_recipients([*parse_recipients(draft.recipients, view.language), *users])
    words = address_of("", QueryParams(_query_of(draft.address))).words(**USUAL)
    return NewScheduledReport(draft.title, words, Rhythm(draft.rhythm), draft.hour, recipients)


def _query_of(address: str) -> str:
    """Return the query string of a URL; a text that is only a query string is returned unchanged.

    Raises:
        InvalidSetting: the text is not a URL.
    """
    try:
        query = urlsplit(address[:_ADDRESS_LENGTH_MAX]).query
    except ValueError as fault:
        raise InvalidSetting(
            key="question", ru="скопируйте адрес отчёта из браузера", en="copy the address of a report from the browser"
        ) from fault
    return query or ("" if "/" in address else address)


async def _page(view: View, draft: ReportDraft, *, faults: Faults | None = None) -> Response:
    reports, members = await view.read(_read, view.here)
    user_id = view.who.user.id
    return show_settings(
        view,
        "settings/mail_reports.html",
        view.word("Reports by mail"),
        faults=faults,
        reports=[
            ReportLine(
                report,
                view.word(RHYTHMS[report.rhythm]),
                any(each.user_id == user_id for each in report.recipients),
            )
            for report in reports
        ],
        may_add=view.role is not None and view.role.includes(Role.ANALYST),
        draft=draft,
        rhythms=[(str(rhythm), view.word(words), rhythm == draft.rhythm) for rhythm, words in RHYTHMS.items()],
        hours=[(hour, hour == draft.hour) for hour in range(HOURS)],
        members=[(user_id, login, user_id in draft.members) for user_id, login in members.items()],
        sends_mail=view.means.sends_mail,
    )


def _read(connection: Connection, site: Site) -> tuple[list[ScheduledReport], dict[int, str]]:
    return list_scheduled_reports(connection, site.id), _read_members(connection, site)


def _read_members(connection: Connection, site: Site) -> dict[int, str]:
    people = [person.user for person in list_rights(connection) if person.role_at(site.id) is not None]
    return {user.id: user.login for user in people if is_address(user.login)}


def _add(connection: Connection, ids: IdBlocks, site: Site, new: NewScheduledReport) -> None:
    schedule_report(connection, ids, site, new, clock.now())


def _leave(connection: Connection, _ids: IdBlocks, site: Site, report_id: int, user_id: int) -> None:
    leave_report(connection, site, report_id, user_id)


def _remove(connection: Connection, _ids: IdBlocks, site: Site, report_id: int) -> None:
    stop_report(connection, site, report_id)
