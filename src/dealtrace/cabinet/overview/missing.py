"""Texts about data that is missing in the period of the overview, with links to the report that shows it."""

from collections.abc import Mapping
from datetime import timedelta

from dealtrace.cabinet.formats import day_span, money, number
from dealtrace.cabinet.overview.problems import Trouble
from dealtrace.cabinet.reports.address import Address, key_filter
from dealtrace.cabinet.view import View
from dealtrace.operations.overview.missing_data import WATCHED, MissingData
from dealtrace.reports.dimensions import DIMENSIONS
from dealtrace.reports.metrics import Metric
from dealtrace.reports.periods import Period
from dealtrace.reports.reading.gaps import CampaignCost, Gap

SHOWN_MAX = 5
"""Ours: the most texts of each kind; the latest gaps and the most expensive campaigns are shown."""
_AROUND = timedelta(days=7)
_WORDS: Mapping[str, tuple[str, str]] = {
    "calls": ("There were no calls on %(days)s (usually %(usual)s a day).", "Check the PBX, and see these days."),
    "requests": (
        "There were no lead requests on %(days)s (usually %(usual)s a day).",
        "Check the forms of the site, and see these days.",
    ),
    "visits": ("There were no visits on %(days)s (usually %(usual)s a day).", "Check the counter, and see these days."),
}
assert set(_WORDS) == {metric.name for metric in WATCHED}


def missing_troubles(missing: MissingData, address: Address, period: Period, view: View) -> list[Trouble]:
    """Return the texts about missing data; `address` is that of a report with the question of the page."""
    gaps = [_gap(metric, gap, address, view) for metric, gap in missing.gaps[-SHOWN_MAX:]]
    return [*gaps, *(_idle(each, address, period, view) for each in missing.idle[:SHOWN_MAX])]


def _gap(metric: Metric, gap: Gap, address: Address, view: View) -> Trouble:
    words, cure = _WORDS[metric.name]
    low, high = (number(view.language, value) for value in (gap.low, gap.high))
    facts = {
        "days": day_span(view.language, gap.first_on, gap.last_on),
        "usual": low if low == high else f"{low}–{high}",
    }
    link = Address(address.page, (), ()).link(
        by="day",
        metrics=metric.name,
        first=(gap.first_on - _AROUND).isoformat(),
        last=(gap.last_on + _AROUND).isoformat(),
    )
    return Trouble(view.word(words) % facts, view.word(cure), link)


def _idle(each: CampaignCost, address: Address, period: Period, view: View) -> Trouble:
    words = view.word("The campaign %(campaign)s (%(source)s) cost %(cost)s and brought no visits.") % {
        "campaign": each.campaign,
        "source": each.source,
        "cost": money(view.language, each.cost),
    }
    condition = key_filter(DIMENSIONS["source"], each.source)
    link = (
        Address(address.page, (), ())
        .with_filter(condition)
        .link(
            by="campaign",
            metrics="cost,visits,leads",
            first=period.first_on.isoformat(),
            last=period.last_on.isoformat(),
        )
    )
    return Trouble(words, view.word("Check the tags of the ad’s links, and see its campaigns."), link)
