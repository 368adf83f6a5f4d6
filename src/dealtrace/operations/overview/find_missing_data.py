"""Find the data that is missing in a period: days without calls, lead requests or visits, and costs without visits."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import site_day
from dealtrace.attribution.credit import AttributionModel
from dealtrace.operations.reports.ask import FactSource, ask, ask_series
from dealtrace.record import record
from dealtrace.reports.dimensions import DIMENSIONS
from dealtrace.reports.metrics import METRICS, Metric
from dealtrace.reports.periods import DAY, DAYS_OF_WEEK, Period, span_of
from dealtrace.reports.question import Question
from dealtrace.reports.reading.costs_without_visits import CampaignCost, cost_order, find_costs_without_visits
from dealtrace.reports.reading.gaps import WEEKS_AROUND, Gap, find_gaps
from dealtrace.storage.reports.key_spellings import find_spellings

WATCHED = tuple(METRICS[name] for name in ("calls", "requests", "visits"))
COST, VISITS = METRICS["cost"], METRICS["visits"]
DAYS_WATCHED = 400
"""Ours: the longest period, in days, that is searched for missing data; longer periods are for trends."""


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
    (model,), rows = report.total.values, list(report.rows)
    found = [
        (metric, gap)
        for place, metric in enumerate(WATCHED)
        for gap in find_gaps(_counts(watched, {row.keys[0]: row.values[model][place] for row in rows}))
    ]
    shown = [each for each in found if each[1].first_on <= period.last_on and each[1].last_on >= period.first_on]
    return sorted(shown, key=lambda each: each[1].first_on)


def _counts(period: Period, found: Mapping[str | None, Fraction | None]) -> dict[date, int]:
    """Return the count of each day of a period, by day; `found` has counts by key, and all other days have 0."""
    return {day_on: int(found.get(day_on.isoformat()) or 0) for day_on in period.dates()}


def _idle(source: FactSource, site: Site, period: Period, now: datetime) -> list[CampaignCost]:
    """Return the campaigns that have costs but no visits, the most expensive first.

    No report is used, because a report would sort all campaigns and find their spellings, even those without costs.
    """
    by, model = (DIMENSIONS["source"], DIMENSIONS["campaign"]), AttributionModel(site.attribution)
    question = Question(by, (COST, VISITS), period, model, limit=None)
    formulas, gathered = ask_series(source, site, question, by, span_of(period, site.time_zone, now))
    campaigns = []
    for (name, campaign), measures in gathered.rows.items():
        is_named = isinstance(name, str) and isinstance(campaign, str)
        if not is_named or not any(measures.get(each) for each in formulas[COST].measures):
            continue
        cost, visits = (
            formulas[metric].value({each: measures.get(each, 0) for each in formulas[metric].measures})
            for metric in (COST, VISITS)
        )
        campaigns.append(CampaignCost(str(name), str(campaign), cost or Fraction(0), int(visits or 0)))
    return _spelled(source, find_costs_without_visits(campaigns))


def _spelled(source: FactSource, campaigns: Sequence[CampaignCost]) -> list[CampaignCost]:
    """Return campaigns with the most frequent spellings in place of the keys of their sources and names."""
    if not campaigns:
        return []
    sources = find_spellings(source.fetch, source.tables, DIMENSIONS["source"], {each.source for each in campaigns})
    names = find_spellings(source.fetch, source.tables, DIMENSIONS["campaign"], {each.campaign for each in campaigns})
    spelled = (
        replace(each, source=sources.get(each.source, each.source), campaign=names.get(each.campaign, each.campaign))
        for each in campaigns
    )
    return sorted(spelled, key=cost_order)
