"""Find the last day up to which the costs of a site are known, for reports and problems that mention it."""

from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import site_day
from dealtrace.attribution.known_costs import DAYS_WATCHED, KnownCosts, find_known
from dealtrace.operations.reports.ask import FactSource
from dealtrace.reports.answer import Report
from dealtrace.reports.pivot import Pivot
from dealtrace.reports.reading.days_lacking_costs import asks_for_costs
from dealtrace.storage.reports.costs import find_cost_days

Answer = TypeVar("Answer", Report, Pivot)
"""A report or a pivot."""


def find_known_costs(source: FactSource, site: Site, now: datetime) -> KnownCosts | None:
    """Return the last day up to which the costs of a site are known; `None` if the site has no costs."""
    today = site_day(now, site.time_zone)
    return find_known(find_cost_days(source.fetch, source.tables, today - DAYS_WATCHED, today), today)


def with_known_costs(source: FactSource, site: Site, answered: Answer, now: datetime) -> Answer:
    """Return a report or a pivot with `known_costs` set; without figures of costs, it is returned unchanged."""
    if isinstance(answered, Pivot):
        return replace(answered, report=with_known_costs(source, site, answered.report, now))
    if not asks_for_costs(answered.question):
        return answered
    return replace(answered, known_costs=find_known_costs(source, site, now))
