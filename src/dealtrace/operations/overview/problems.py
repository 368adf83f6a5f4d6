"""Find the current problems of a site, most important first, for its first page and for `dealtrace doctor`."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from enum import StrEnum
from fractions import Fraction

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import day_start, site_day
from dealtrace.alerts.silent_services import LOOKED_BACK, is_silent
from dealtrace.errors import Refusal
from dealtrace.leads.lead import LeadKind
from dealtrace.operations.mails.scheduled_reports import list_invalid_reports
from dealtrace.operations.reports.ask import stored_facts
from dealtrace.operations.reports.find_known_costs import find_known_costs
from dealtrace.operations.reports.import_costs import account_name
from dealtrace.record import record
from dealtrace.reports.periods import DAY, Period
from dealtrace.reports.statuses import Meaning
from dealtrace.storage.accounts.custom_fields import list_unknown_fields
from dealtrace.storage.accounts.points import find_points_spent
from dealtrace.storage.accounts.unknown_names import list_unknown_parameters
from dealtrace.storage.deals.deals import count_unusable_contacts
from dealtrace.storage.leads.contact_rows import count_unusable_leads
from dealtrace.storage.reports.arrivals import find_arrivals, list_service_deals
from dealtrace.storage.reports.statuses import list_statuses
from dealtrace.storage.webhooks.webhooks import list_webhooks

COUNTER_SILENT_AFTER = timedelta(days=1)
"""Ours: a visit counter without a visit for this long is a problem, because even a small site has a visit a day."""
POINTS_NEARLY_SPENT = 0.9
"""Ours: once this share of a day's points is spent, the overview warns that the rest may not last."""
RECENT_DAYS = 7
"""Ours: the contacts and request parameters of this many days, up to today, are checked.

Earlier faults have probably been corrected.
"""
WATCHED_DAYS = 28
"""Ours: missing data, unclassified statuses and missing rates of this many days, up to today, are current problems.

The period that a person chooses for the figures makes no difference: what is wrong now is wrong whatever is shown.
"""
NAMES_SHOWN = 5
"""The maximum number of names of unknown fields, parameters or statuses that are shown."""


class ProblemKind(StrEnum):
    """The kinds of problems; for each, the cabinet has a description and advice on what to do."""

    SERVICE_SILENT = "service_silent"
    COUNTER_SILENT = "counter_silent"
    COSTS_STOPPED = "costs_stopped"
    BACKUP_OLD = "backup_old"
    NO_BACKUP = "no_backup"
    POINTS_SPENT = "points_spent"
    POINTS_NEARLY_SPENT = "points_nearly_spent"
    WEBHOOK_PAUSED = "webhook_paused"
    WEBHOOK_FAILED = "webhook_failed"
    DEALS_UNUSABLE = "deals_unusable"
    CALLS_UNUSABLE = "calls_unusable"
    REQUESTS_UNUSABLE = "requests_unusable"
    NO_WON_STATUS = "no_won_status"
    STATUSES_UNCLASSIFIED = "statuses_unclassified"
    FIELDS_UNKNOWN = "fields_unknown"
    PARAMETERS_UNKNOWN = "parameters_unknown"
    NO_RATE = "no_rate"
    MAIL_REPORT_INVALID = "mail_report_invalid"


_UNUSABLE_LEADS = (
    (LeadKind.CALL, ProblemKind.CALLS_UNUSABLE),
    (LeadKind.LEAD_REQUEST, ProblemKind.REQUESTS_UNUSABLE),
)


@record
class Problem:
    """A problem: its kind, the name of what it concerns, a count, an amount in rubles, and its start in UTC.

    If `what` lists names, `more` is how many it leaves out. `known_until` is the last day up to which costs are known.
    `object_id` is the id of the webhook or report that the problem concerns, `reason` is why a webhook is paused or
    failing, and `refusal` why a report cannot be made. Values that do not apply to the kind are empty, 0 or `None`.
    """

    kind: ProblemKind
    what: str = ""
    count: int = 0
    amount: Fraction | None = None
    since: datetime | None = None
    object_id: int | None = None
    reason: str = ""
    refusal: Refusal | None = None
    more: int = 0
    known_until: date | None = None


def list_problems(connection: Connection, site: Site, now: datetime) -> list[Problem]:
    """List the current problems of a site, most important first.

    Some kinds of problem are not listed, because other code finds them. Deals whose status nobody has classified are
    found by `unclassified.py`. Deals whose amounts reports leave out are found by a report. Missing or old
    backups concern all sites and are found by `backups.py`.
    """
    return [
        *_silence(connection, site, now),
        *_settings(connection, site, now),
        *_contacts(connection, site, now),
        *_content(connection, site, now),
    ]


def watched_period(site: Site, now: datetime) -> Period:
    """Return the last `WATCHED_DAYS` days of a site, up to today."""
    today = site_day(now, site.time_zone)
    return Period(today - (WATCHED_DAYS - 1) * DAY, today)


def start_of_recent_days(site: Site, now: datetime) -> datetime:
    """Return the start, in UTC, of the recent days whose contacts and parameters are checked."""
    return day_start(site_day(now, site.time_zone) - (RECENT_DAYS - 1) * DAY, site.time_zone)


def _silence(connection: Connection, site: Site, now: datetime) -> Iterator[Problem]:
    for sent in list_service_deals(connection, site.id, now - LOOKED_BACK):
        if is_silent(sent.deals, sent.last_at, now):
            yield Problem(ProblemKind.SERVICE_SILENT, sent.service, sent.deals, since=sent.last_at)
    seen_at = find_arrivals(connection, site.id).visits.last_at
    if seen_at is not None and now - seen_at > COUNTER_SILENT_AFTER:
        yield Problem(ProblemKind.COUNTER_SILENT, since=seen_at)
    known = find_known_costs(stored_facts(connection, site), site, now)
    if known is not None and known.stopped:
        stopped = [account_name(account) for account in known.stopped]
        names, more = ", ".join(stopped[:NAMES_SHOWN]), max(len(stopped) - NAMES_SHOWN, 0)
        yield Problem(ProblemKind.COSTS_STOPPED, names, len(stopped), more=more, known_until=known.until)


def _settings(connection: Connection, site: Site, now: datetime) -> Iterator[Problem]:
    spent = find_points_spent(connection, site.id, site_day(now, site.time_zone))
    if site.points_per_day and spent >= site.points_per_day:
        yield Problem(ProblemKind.POINTS_SPENT, count=spent)
    elif site.points_per_day and spent >= site.points_per_day * POINTS_NEARLY_SPENT:
        yield Problem(ProblemKind.POINTS_NEARLY_SPENT, count=spent)
    for webhook in list_webhooks(connection, site.id):
        if webhook.is_paused or webhook.has_failed:
            kind = ProblemKind.WEBHOOK_PAUSED if webhook.is_paused else ProblemKind.WEBHOOK_FAILED
            yield Problem(kind, webhook.name, webhook.failures, object_id=webhook.id, reason=webhook.reason or "")
    for invalid in list_invalid_reports(connection, site, now):
        report = invalid.report
        yield Problem(ProblemKind.MAIL_REPORT_INVALID, report.title, object_id=report.id, refusal=invalid.refusal)
    statuses = list_statuses(connection, site.id)
    if statuses and not any(status.meaning is Meaning.WON for status in statuses):
        yield Problem(ProblemKind.NO_WON_STATUS, count=len(statuses))


def _contacts(connection: Connection, site: Site, now: datetime) -> Iterator[Problem]:
    since = start_of_recent_days(site, now)
    if deals := count_unusable_contacts(connection, site.id, since):
        yield Problem(ProblemKind.DEALS_UNUSABLE, count=deals)
    for lead_kind, kind in _UNUSABLE_LEADS:
        if leads := count_unusable_leads(connection, site.id, lead_kind, since):
            yield Problem(kind, count=leads)


def _content(connection: Connection, site: Site, now: datetime) -> Iterator[Problem]:
    if unknown := list_unknown_fields(connection, site.id):
        fields = [field.name for field in unknown if field.name]
        names, more = ", ".join(fields[:NAMES_SHOWN]), max(len(fields) - NAMES_SHOWN, 0)
        yield Problem(ProblemKind.FIELDS_UNKNOWN, names, len(unknown), more=more)
    since = start_of_recent_days(site, now)
    recent = [each for each in list_unknown_parameters(connection, site.id) if each.last_seen_at >= since]
    if recent:
        named = list(dict.fromkeys(each.name for each in recent if each.name))
        names, more = ", ".join(named[:NAMES_SHOWN]), max(len(named) - NAMES_SHOWN, 0)
        yield Problem(ProblemKind.PARAMETERS_UNKNOWN, names, len(recent), more=more)
