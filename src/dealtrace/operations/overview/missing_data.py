"""Find the data that is missing in a period: days without calls, lead requests or visits, and costs without visits."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import site_day
from dealtrace.attribution.credit import AttributionModel
from dealtrace.operations.reports.ask import FactSource, ask
from dealtrace.record import record
from dealtrace.reports.answer import Report
from dealtrace.reports.dimensions import DIMENSIONS
from dealtrace.reports.metrics import METRICS, Metric
from dealtrace.reports.periods import DAY, DAYS_OF_WEEK, Period
from dealtrace.reports.question import Question
from dealtrace.reports.reading.gaps import WEEKS_AROUND, CampaignCost, Gap, find_costs_without_visits, find_gaps

WATCHED = tuple(METRICS[name] for name in ("calls", "requests", "visits"))
DAYS_WATCHED = 400
"""Ours: the longest period, in days, that is searched for gaps; longer periods are for trends."""


@record
class MissingData:
    """The gaps in metrics during a period, earliest first, and the campaigns that have costs but no visits."""

    gaps: Sequence[tuple[Metric, Gap]]
    idle: Sequence[CampaignCost]


def find_missing_data(source: FactSource, site: Site, period: Period, now: datetime) -> MissingData:
    """Return the gaps in metrics during a period, and the campaigns that have costs but no visits in the period.

    Today is not searched for gaps, because it is not over.
    """
    if period.days > DAYS_WATCHED:
        return MissingData((), ())
    return MissingData(list_metric_gaps(source, site, period, now), _idle(source, site, period, now))


def list_metric_gaps(source: FactSource, site: Site, period: Period, now: datetime) -> list[tuple[Metric, Gap]]:
    """List the gaps in a period: days on which calls, lead requests or visits are unusually absent.

    The earliest gaps come first. A gap may begin before the period or end after it. The list is empty if the period is
    longer than `DAYS_WATCHED`.
    """
    if period.days > DAYS_WATCHED:
        return []
    around = timedelta(days=DAYS_OF_WEEK * WEEKS_AROUND)
    last_on = min(period.last_on + around, site_day(now, site.time_zone) - DAY)
    watched = Period(period.first_on - around, last_on)
    if watched.days < 1:
        return []
    question = Question((DIMENSIONS["day"],), WATCHED, watched, AttributionModel(site.attribution), limit=None)
    report = ask(source, site, question, now)
    found = [(metric, gap) for place, metric in enumerate(WATCHED) for gap in find_gaps(_counts(report, place))]
    shown = [each for each in found if each[1].first_on <= period.last_on and each[1].last_on >= period.first_on]
    return sorted(shown, key=lambda each: each[1].first_on)


def _counts(report: Report, place: int) -> dict[date, int]:
    """Return a metric's count on each day of a report's period, by day; a day that the report lacks has the count 0."""
    (model,) = report.total.values
    period = report.question.period
    counts = dict.fromkeys((period.first_on + number * DAY for number in range(period.days)), 0)
    for row in report.rows:
        counts[date.fromisoformat(str(row.keys[0]))] = int(row.values[model][place] or 0)
    return counts


def _idle(source: FactSource, site: Site, period: Period, now: datetime) -> list[CampaignCost]:
    by = (DIMENSIONS["source"], DIMENSIONS["campaign"])
    metrics = (METRICS["cost"], METRICS["visits"])
    report = ask(source, site, Question(by, metrics, period, AttributionModel(site.attribution), limit=None), now)
    (model,) = report.total.values
    campaigns = []
    for row in report.rows:
        (cost, visits), (name, campaign) = row.values[model], row.keys
        if cost and name is not None and campaign is not None:
            campaigns.append(CampaignCost(name, campaign, cost, int(visits or 0)))
    return find_costs_without_visits(campaigns)
