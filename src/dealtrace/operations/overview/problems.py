"""Find the present problems of a site, most important first."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import site_day
from dealtrace.record import record
from dealtrace.reports.silence import LOOKED_BACK, is_silent
from dealtrace.reports.statuses import Meaning
from dealtrace.storage.accounts.custom_fields import list_unknown_fields
from dealtrace.storage.accounts.points import find_points_spent
from dealtrace.storage.reports.arrivals import find_arrivals, list_service_deals
from dealtrace.storage.reports.statuses import list_statuses
from dealtrace.storage.webhooks.webhooks import list_webhooks

COUNTER_SILENT_AFTER = timedelta(days=1)
"""Ours: a visit counter without a visit for this long is a problem, because even a small site has a visit a day."""

FIELDS_SHOWN = 5
"""The most names of unknown custom fields that are shown."""


class ProblemKind(StrEnum):
    """The kinds of problems; the cabinet has a description and a cure for each."""

    SERVICE_SILENT = "service_silent"
    COUNTER_SILENT = "counter_silent"
    POINTS_SPENT = "points_spent"
    WEBHOOK_FAILED = "webhook_failed"
    NO_WON_STATUS = "no_won_status"
    FIELDS_UNKNOWN = "fields_unknown"
    NO_RATE = "no_rate"


@record
class Problem:
    """A problem: its kind, the service, webhook or field that it concerns, a count, and its start in UTC.

    Values that do not apply to the kind are empty, 0 or `None`.
    """

    kind: ProblemKind
    what: str = ""
    count: int = 0
    since: datetime | None = None


def list_problems(connection: Connection, site: Site, now: datetime) -> list[Problem]:
    """List the present problems of a site, most important first.

    Unusable contacts are not listed, because reports count them as a reason why deals have no lead. Deals without an
    exchange rate are not listed either: the report of the shown period counts them.
    """
    return [*_silence(connection, site, now), *_settings(connection, site, now), *_content(connection, site)]


def _silence(connection: Connection, site: Site, now: datetime) -> Iterator[Problem]:
    for sent in list_service_deals(connection, site.id, now - LOOKED_BACK):
        if is_silent(sent.deals, sent.last_at, now):
            yield Problem(ProblemKind.SERVICE_SILENT, sent.service, sent.deals, sent.last_at)
    seen_at = find_arrivals(connection, site.id).visits.last_at
    if seen_at is not None and now - seen_at > COUNTER_SILENT_AFTER:
        yield Problem(ProblemKind.COUNTER_SILENT, since=seen_at)


def _settings(connection: Connection, site: Site, now: datetime) -> Iterator[Problem]:
    spent = find_points_spent(connection, site.id, site_day(now, site.time_zone))
    if site.points_per_day and spent >= site.points_per_day:
        yield Problem(ProblemKind.POINTS_SPENT, count=spent)
    for webhook in list_webhooks(connection, site.id):
        if webhook.has_failed:
            yield Problem(ProblemKind.WEBHOOK_FAILED, webhook.url)
    statuses = list_statuses(connection, site.id)
    if statuses and not any(status.meaning is Meaning.WON for status in statuses):
        yield Problem(ProblemKind.NO_WON_STATUS, count=len(statuses))


def _content(connection: Connection, site: Site) -> Iterator[Problem]:
    if unknown := list_unknown_fields(connection, site.id):
        names = ", ".join(field.name for field in unknown[:FIELDS_SHOWN])
        yield Problem(ProblemKind.FIELDS_UNKNOWN, names, len(unknown))
