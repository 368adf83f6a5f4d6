"""What limits a report and its comparison: an unfinished day, and costs that are not known yet."""

from datetime import datetime

from dealtrace.accounts.rights import Role
from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import site_day
from dealtrace.cabinet.formats import clock_time, day
from dealtrace.cabinet.view import View
from dealtrace.errors import Language
from dealtrace.operations.overview.problems import NAMES_SHOWN
from dealtrace.operations.reports.import_costs import account_name
from dealtrace.record import record
from dealtrace.reports.answer import Report
from dealtrace.reports.periods import INSTANT, compared_span
from dealtrace.reports.question import Question
from dealtrace.reports.reading.known_costs import known_costs_text


@record
class CostsNote:
    """Through which day costs are known, and the URL of the page of costs, empty if the person may not open it."""

    text: str
    url: str


def costs_note(report: Report, view: View) -> CostsNote | None:
    """Return the note that a report lacks costs of its last days, or `None` if all costs of its period are known.

    The accounts that are behind are named, but not to visitors of a shared link.
    """
    behind = report.known_costs.behind if report.known_costs is not None and view.role is not None else ()
    accounts = ", ".join(view.shown_name(account_name(account)) for account in list(behind)[:NAMES_SHOWN])
    text = known_costs_text(report, view.language, lambda day_on: day(view.language, day_on), accounts)
    if not text:
        return None
    may_open = view.role is not None and view.role.includes(Role.ANALYST)
    return CostsNote(text, f"/cabinet/{view.current_site.id}/costs" if may_open else "")


def compared_until(question: Question, site: Site, now: datetime, language: Language) -> str:
    """Return the local time up to which the compared period is counted; empty if there is no such limit."""
    if question.comparison is None or question.period.last_on < site_day(now, site.time_zone):
        return ""
    span = compared_span(question.period, question.comparison, site.time_zone, now)
    return clock_time(language, span.until - INSTANT, site.time_zone) if span.days is not None else ""
