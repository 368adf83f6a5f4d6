"""List the days on which the leads that a deal was searched among are unusually absent."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import day_end, day_start, site_day
from dealtrace.leads.lead import LeadKind
from dealtrace.matching.match_reason import Verdict
from dealtrace.matching.searched_times import SearchedTime, searched_by_contact, searched_by_matchers
from dealtrace.operations.matching.explain import Explanation
from dealtrace.reports.periods import DAY, DAYS_OF_WEEK, Period
from dealtrace.reports.reading.gaps import WEEKS_AROUND, Gap, find_gaps
from dealtrace.reports.reading.silence import TIMES_USUAL
from dealtrace.storage.journals.lead_days import count_leads_of_days

SEARCHED_DAYS_MAX = 31
"""Ours: for each kind of lead, only days this close to the latest start that a search accepts are looked at.

Searches may go back years, and twenty matchers may each have a year of their own; a deal is seldom that much later than
its lead, and a page must not count the leads of decades.
"""
COUNTED_MAX = 2 * TIMES_USUAL
"""How many leads of a day are counted: with more, `find_gaps` would find the same days.

A gap has usual counts that add up to `TIMES_USUAL`, and a usual count is the mean of at most two counts.
"""


def list_days_without_leads(
    connection: Connection, site: Site, explanation: Explanation, now: datetime
) -> list[tuple[LeadKind, Gap]]:
    """List the gaps in the leads among which the lead of a deal was searched for in vain, by kind of lead.

    Only the kinds and the times that the searches looked at are considered, and of each kind's the last
    `SEARCHED_DAYS_MAX` days; today is not over and is left out. `low` and `high` of a gap are counted up to
    `COUNTED_MAX`. A deal that has a lead, or whose lead was not searched for, has no such gaps.
    """
    deal = explanation.deal
    if explanation.verdict is not Verdict.NONE_FITS or deal.lead is not None or deal.visit_id is not None:
        return []
    last_on = site_day(now, site.time_zone) - DAY
    searched = _searched_days(_searched_times(explanation), site, last_on)
    return [(kind, gap) for kind, days in searched.items() for gap in _gaps(connection, site, kind, days, last_on)]


def _searched_times(explanation: Explanation) -> list[SearchedTime]:
    contact = explanation.deal.clue.contact
    if explanation.matchers or contact is None:
        return list(searched_by_matchers(explanation.matchers))
    return list(searched_by_contact(explanation.steps, explanation.deal.happened_at, contact.link_threshold))


def _searched_days(times: list[SearchedTime], site: Site, last_on: date) -> Mapping[LeadKind, set[date]]:
    """Return the searched days of each kind of lead, up to `last_on`: those of the kind's last `SEARCHED_DAYS_MAX`."""
    days: dict[LeadKind, set[date]] = {}
    end = day_end(last_on, site.time_zone)
    for time in times:
        until = min(time.until, end - timedelta.resolution)
        since = max(time.since, until - (SEARCHED_DAYS_MAX - 1) * DAY)
        if since <= until:
            period = Period(site_day(since, site.time_zone), site_day(until, site.time_zone))
            days.setdefault(time.kind, set()).update(period.dates())
    latest = {kind: max(each) for kind, each in days.items()}
    return {kind: {on for on in each if latest[kind] - on < SEARCHED_DAYS_MAX * DAY} for kind, each in days.items()}


def _gaps(connection: Connection, site: Site, kind: LeadKind, days: set[date], last_on: date) -> list[Gap]:
    counts = _counts(connection, site, kind, sorted(days), 1)
    empty = [day_on for day_on, count in counts.items() if not count]
    if not empty:
        return []
    around = timedelta(days=DAYS_OF_WEEK * WEEKS_AROUND)
    watched = Period(empty[0] - around, min(empty[-1] + around, last_on))
    gaps = find_gaps(_counts(connection, site, kind, list(watched.dates()), COUNTED_MAX))
    return [gap for gap in gaps if any(gap.first_on <= day_on <= gap.last_on for day_on in empty)]


def _counts(connection: Connection, site: Site, kind: LeadKind, days: list[date], most: int) -> dict[date, int]:
    bounds = [(day_start(day_on, site.time_zone), day_end(day_on, site.time_zone)) for day_on in days]
    return dict(zip(days, count_leads_of_days(connection, site.id, kind, bounds, most), strict=True))
