"""List the problems that both `doctor` and the overview of a site show, each with the command that fixes it."""

from sqlalchemy import Connection

from dealtrace import clock
from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import site_day
from dealtrace.alerts.silent_services import LOOKED_BACK
from dealtrace.attribution.known_costs import ENDED_AFTER
from dealtrace.cli.answers import Finding
from dealtrace.cli.output import counted
from dealtrace.operations.overview.backups import find_old_backup
from dealtrace.operations.overview.problems import RECENT_DAYS, Problem, ProblemKind, list_problems
from dealtrace.operations.overview.unclassified import find_unclassified_deals
from dealtrace.operations.reports.ask import stored_facts
from dealtrace.reports.periods import DAY, Period
from dealtrace.reports.statuses import unclassified_keys
from dealtrace.storage.reports.statuses import list_statuses


def problem_findings(connection: Connection, site: Site) -> list[Finding]:
    """List the problems of a site that its overview shows too.

    Kinds of problems that other checks of `doctor` report in more detail are left out: unknown fields and parameters,
    deals without a rate, and sites where no status means won.
    """
    now = clock.now()
    findings = [_finding(problem, site) for problem in list_problems(connection, site, now)]
    today = site_day(now, site.time_zone)
    period = Period(today - LOOKED_BACK + DAY, today)
    keys = unclassified_keys(list_statuses(connection, site.id))
    unclassified = find_unclassified_deals(stored_facts(connection, site), site, keys, period, now)
    if unclassified is not None:
        findings.append(_unclassified(unclassified, site))
    return [finding for finding in findings if finding is not None]


def backup_findings(connection: Connection, days_max: int) -> list[Finding]:
    """List one problem if the last backup is missing or more than `days_max` days old; otherwise, list none."""
    problem = find_old_backup(connection, clock.now(), days_max)
    if problem is None:
        return []
    is_missing = problem.kind is ProblemKind.NO_BACKUP
    old = f"The last backup is {counted(problem.count, 'day')} old ({problem.since:%Y-%m-%d %H:%M} UTC)."
    cure = "dealtrace backup FILE (run it every day), or DEALTRACE_BACKUP_DAYS_MAX=0 if backups are made by other means"
    return [{"kind": "backup", "text": "No backup has been recorded." if is_missing else old, "cure": cure}]


def _finding(problem: Problem, site: Site) -> Finding | None:
    """Return a problem as a finding, or `None` if another check of `doctor` reports this kind in more detail."""
    match problem.kind:
        case ProblemKind.SERVICE_SILENT | ProblemKind.COUNTER_SILENT | ProblemKind.COSTS_STOPPED:
            return _silence(problem, site)
        case ProblemKind.POINTS_SPENT | ProblemKind.POINTS_NEARLY_SPENT:
            text = f"Site {site.id}: {problem.count} of {site.points_per_day} API points have been used today."
            cure = f"dealtrace site set {site.id} points_per_day=…"
            return {"kind": "points", "text": text, "cure": cure, "site_id": site.id, "spent": problem.count}
        case ProblemKind.WEBHOOK_PAUSED | ProblemKind.WEBHOOK_FAILED:
            return _webhook(problem, site)
        case ProblemKind.DEALS_UNUSABLE | ProblemKind.CALLS_UNUSABLE | ProblemKind.REQUESTS_UNUSABLE:
            return _unusable(problem, site)
        case ProblemKind.MAIL_REPORT_INVALID:
            return _invalid_report(problem, site)
        case _:
            return None


def _silence(problem: Problem, site: Site) -> Finding:
    if problem.kind is ProblemKind.SERVICE_SILENT:
        text = f"Site {site.id}: {problem.what} has not sent any deals since {problem.since:%Y-%m-%d %H:%M} UTC."
        cure = "Check the connection of the CRM; dealtrace requests tail shows what it sends."
        return {"kind": "silent_service", "text": text, "cure": cure, "site_id": site.id, "name": problem.what}
    if problem.kind is ProblemKind.COSTS_STOPPED:
        return _stopped_costs(problem, site)
    text = f"Site {site.id}: no visits have been counted since {problem.since:%Y-%m-%d %H:%M} UTC."
    cure = "Check that the counter is installed on every page."
    return {"kind": "silent_counter", "text": text, "cure": cure, "site_id": site.id}


def _stopped_costs(problem: Problem, site: Site) -> Finding:
    more = f" and {problem.more} more" if problem.more else ""
    return {
        "kind": "stopped_costs",
        "text": f"Site {site.id}: costs came regularly, but are known only up to {problem.known_until} for "
        f"{problem.what}{more}.",
        "cure": f"dealtrace import costs FILE --site {site.id} --system SYSTEM --account ACCOUNT, for the days since "
        f"then; if this advertising has ended, this problem disappears {ENDED_AFTER.days} days after its last costs.",
        "site_id": site.id,
        "seen": problem.count,
    }


def _webhook(problem: Problem, site: Site) -> Finding:
    assert problem.object_id is not None
    state = "is paused" if problem.kind is ProblemKind.WEBHOOK_PAUSED else "is failing"
    return {
        "kind": "webhook",
        "text": f"Site {site.id}: webhook {problem.object_id} {state}: {problem.reason}",
        "cure": f"dealtrace webhook test {problem.object_id}, then dealtrace webhook resume {problem.object_id}",
        "site_id": site.id,
        "webhook_id": problem.object_id,
    }


def _invalid_report(problem: Problem, site: Site) -> Finding:
    assert problem.refusal is not None
    return {
        "kind": "invalid_mail_report",
        "text": f"Site {site.id}: the report by e-mail “{problem.what}” can no longer be generated, so it is not sent. "
        f"{problem.refusal.text('en')}",
        "cure": "Replace the URL of its report in the cabinet, or restore what was removed.",
        "site_id": site.id,
        "name": problem.what,
    }


def _unusable(problem: Problem, site: Site) -> Finding:
    noun = {ProblemKind.DEALS_UNUSABLE: "deal", ProblemKind.CALLS_UNUSABLE: "call"}.get(problem.kind, "lead request")
    is_deal = problem.kind is ProblemKind.DEALS_UNUSABLE
    contact = "phone" if problem.kind is ProblemKind.CALLS_UNUSABLE else "phone or e-mail"
    return {
        "kind": "unusable_contact" if is_deal else "unusable_lead",
        "text": f"Site {site.id}: {counted(problem.count, noun)} of the last {RECENT_DAYS} days with an invalid "
        f"{contact}, which matches nothing.",
        "cure": "To see why: dealtrace explain DEAL"
        if is_deal
        else "Check what the forms and the PBX of this site send.",
        "site_id": site.id,
        "seen": problem.count,
    }


def _unclassified(problem: Problem, site: Site) -> Finding:
    worth = f"{float(problem.amount):,.2f} rubles" if problem.amount is not None else "amount unknown"
    more = f" and {problem.more} more" if problem.more else ""
    return {
        "kind": "unclassified_statuses",
        "text": f"Site {site.id}: the meaning of these statuses is not set, so their deals count as open: "
        f"{problem.what}{more} ({counted(problem.count, 'deal')} of the last {LOOKED_BACK.days} days, "
        f"{worth}).",
        "cure": f"dealtrace status set {site.id} NAME won, lost or open",
        "site_id": site.id,
        "seen": problem.count,
        "hint": True,
    }
