"""Texts about the current problems of a site, each with what to do about the problem."""

from collections.abc import Mapping, Sequence

from dealtrace.accounts.request_masking import masked_text
from dealtrace.accounts.rights import Role
from dealtrace.cabinet.formats import clock_time, day, money, number
from dealtrace.cabinet.labels import labelled_text
from dealtrace.cabinet.view import View
from dealtrace.operations.overview.problems import RECENT_DAYS, WATCHED_DAYS, Problem, ProblemKind
from dealtrace.record import record


@record
class ProblemText:
    """The text of a problem, what to do about it (`cure`), and the URL of the page on which to solve the problem.

    `url` is empty if there is no such page, or the person may not open it; `who` then says who can solve it. `days` are
    the days of the report at `url`, empty for other pages.
    """

    message: str
    cure: str
    url: str
    who: str = ""
    days: str = ""


@record
class _Template:
    """The texts of a kind of problem.

    `place` is the path of the page on which to solve the problem, and `role` is the lowest role that may open the page.
    """

    message: str
    cure: str
    place: str = ""
    role: Role = Role.READER


_UNUSABLE = "deals?period=%(days)sd&contact=unusable"
_UNUSABLE_LEADS = "leads?period=%(days)sd&contact=unusable&tab="
_TEMPLATES: Mapping[ProblemKind, _Template] = {
    ProblemKind.SERVICE_SILENT: _Template(
        "%(what)s has not sent any deals since %(since)s.",
        "Check the CRM’s connection and the journal of requests.",
        "requests",
        Role.OWNER,
    ),
    ProblemKind.COUNTER_SILENT: _Template(
        "No visits have been counted since %(since)s.",
        "Check that the counter is installed on every page.",
        "settings/counter",
        Role.OWNER,
    ),
    ProblemKind.COSTS_STOPPED: _Template(
        "Costs came regularly, but are known only up to %(until)s for %(what)s, "
        "so advertising looks cheaper than it is.",
        "Import the costs since then. If this advertising has ended, this message will disappear by itself.",
        "costs#import",
        Role.ANALYST,
    ),
    ProblemKind.BACKUP_OLD: _Template(
        "The last backup of the database is %(count)s days old: it was made on %(since)s.",
        "Make a new backup now, and one every day: dealtrace backup FILE",
    ),
    ProblemKind.NO_BACKUP: _Template(
        "No backup of the database is known.",
        "Make a backup every day: dealtrace backup FILE",
    ),
    ProblemKind.POINTS_SPENT: _Template(
        "All %(count)s points for today have been spent, so requests are refused.",
        "Increase the daily limit of points.",
        "settings/site",
        Role.OWNER,
    ),
    ProblemKind.POINTS_NEARLY_SPENT: _Template(
        "%(count)s of the %(limit)s points for today have been spent; after the last one, requests are refused.",
        "Increase the daily limit of points.",
        "settings/site",
        Role.OWNER,
    ),
    ProblemKind.WEBHOOK_PAUSED: _Template(
        "The webhook %(what)s is paused, so nothing is sent to it.",
        "See why the webhook is paused, and resume it.",
        "settings/webhooks/%(id)s",
        Role.OWNER,
    ),
    ProblemKind.WEBHOOK_FAILED: _Template(
        "The webhook %(what)s is failing.",
        "Check the log of the webhook and resend the messages.",
        "settings/webhooks/%(id)s",
        Role.OWNER,
    ),
    ProblemKind.DEALS_UNUSABLE: _Template(
        "Deals of the last %(days)s days with an invalid phone or e-mail: %(count)s. Such a contact matches no lead.",
        "See these deals, and correct the contacts in the CRM.",
        _UNUSABLE,
        Role.ANALYST,
    ),
    ProblemKind.CALLS_UNUSABLE: _Template(
        "Calls of the last %(days)s days with an invalid phone: %(count)s. Such a phone matches no deal.",
        "See these calls, and check what the PBX sends.",
        _UNUSABLE_LEADS + "calls",
        Role.ANALYST,
    ),
    ProblemKind.REQUESTS_UNUSABLE: _Template(
        "Lead requests of the last %(days)s days with an invalid phone or e-mail: %(count)s. "
        "Such a contact matches no deal.",
        "See these lead requests, and check the fields of the forms.",
        _UNUSABLE_LEADS + "requests",
        Role.ANALYST,
    ),
    ProblemKind.MAIL_REPORT_INVALID: _Template(
        "The report by e-mail “%(what)s” can no longer be generated, so it is not sent. %(fault)s",
        "Open the settings of this report and replace the URL of the report, or restore what was removed.",
        "settings/mail-reports/%(id)s",
        Role.ANALYST,
    ),
    ProblemKind.NO_WON_STATUS: _Template(
        "No status is marked as won, so reports show no won amount.",
        "Choose the statuses of won deals.",
        "settings/statuses",
        Role.ANALYST,
    ),
    ProblemKind.STATUSES_UNCLASSIFIED: _Template(
        "The meaning of these statuses is not set, so their deals count as open: %(what)s. "
        "Such deals in the last %(watched)s days: %(count)s, worth %(amount)s.",
        "Mark each status as won, lost or open.",
        "settings/statuses",
        Role.ANALYST,
    ),
    ProblemKind.FIELDS_UNKNOWN: _Template(
        "API requests contain custom fields that the site does not store: %(what)s.",
        "Add the fields that you need.",
        "settings/fields",
        Role.OWNER,
    ),
    ProblemKind.PARAMETERS_UNKNOWN: _Template(
        "Requests of the last %(days)s days contain unknown parameters, which have no effect: %(what)s.",
        "Find these requests in the journal, and correct the parameter names in the CRM.",
        "requests",
        Role.OWNER,
    ),
    ProblemKind.NO_RATE: _Template(
        "Amounts exclude deals in currencies without an exchange rate: %(count)s in the last %(watched)s days, "
        "worth %(what)s in total.",
        "Set the rates of these currencies.",
        "settings/rates",
        Role.ANALYST,
    ),
}
assert set(_TEMPLATES) == set(ProblemKind)
_OF_CALLERS = {
    ProblemKind.SERVICE_SILENT,
    ProblemKind.STATUSES_UNCLASSIFIED,
    ProblemKind.FIELDS_UNKNOWN,
    ProblemKind.PARAMETERS_UNKNOWN,
}
"""The kinds of problem whose texts quote API requests, and may therefore contain contacts."""
_WHO: Mapping[Role, str] = {
    Role.READER: "The person who runs the server can do this.",
    Role.ANALYST: "An analyst or an owner of the site can do this.",
    Role.OWNER: "An owner of the site can do this.",
}


def problem_texts(problems: Sequence[Problem], view: View) -> list[ProblemText]:
    """Return the texts of the problems, with advice on what to do about each, in input order."""
    return [_problem_text(problem, view) for problem in problems]


def omitted_text(count: int, view: View) -> ProblemText:
    """Return the warning that `count` deals without a rate are missing from the amounts of a period, and what to do."""
    message = view.translate("Amounts exclude deals in currencies without an exchange rate: %(count)s.")
    return _with_cure(message, _TEMPLATES[ProblemKind.NO_RATE], {"count": count}, view)


def _what(problem: Problem, view: View) -> str:
    """Return the subject of a problem, with contacts masked if needed; amounts are never masked."""
    return problem.what if problem.kind is ProblemKind.NO_RATE else view.shown_name(problem.what)


def _problem_text(problem: Problem, view: View) -> ProblemText:
    template, site = _TEMPLATES[problem.kind], view.current_site
    may_see = view.may_see_contacts
    is_masked = problem.kind in _OF_CALLERS and not may_see
    refusal = problem.refusal
    fault = labelled_text(refusal, view.language, is_whole=may_see) if refusal is not None else ""
    what = masked_text(problem.what) if is_masked else _what(problem, view)
    more = {"count": number(view.language, problem.more)}
    facts = {
        "what": f"{what} {view.translate('and %(count)s more') % more}" if problem.more else what,
        "fault": fault,
        "count": problem.count,
        "amount": money(view.language, problem.amount),
        "since": clock_time(view.language, problem.since, site.time_zone) if problem.since is not None else "",
        "until": day(view.language, problem.known_until) if problem.known_until is not None else "",
        "id": problem.object_id,
        "days": RECENT_DAYS,
        "watched": WATCHED_DAYS,
        "limit": site.points_per_day,
    }
    return _with_cure(view.translate(template.message), template, facts, view)


def _with_cure(message: str, template: _Template, facts: Mapping[str, object], view: View) -> ProblemText:
    may_open = bool(template.place) and view.role is not None and view.role.includes(template.role)
    return ProblemText(
        message % facts,
        view.translate(template.cure) % facts,
        f"/cabinet/{view.current_site.id}/{template.place % facts}" if may_open else "",
        "" if may_open else view.translate(_WHO[template.role]),
    )
