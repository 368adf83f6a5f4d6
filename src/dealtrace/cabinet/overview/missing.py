"""Texts about data that is missing now, with links to reports on the days or campaigns concerned."""

from collections.abc import Mapping
from datetime import timedelta

from dealtrace.cabinet.formats import day_span, money, number
from dealtrace.cabinet.notes.gap_sentences import gap_sentence
from dealtrace.cabinet.overview.problems import ProblemText
from dealtrace.cabinet.rendering import translations_of
from dealtrace.cabinet.reports.report_url import ReportUrl
from dealtrace.cabinet.view import View
from dealtrace.operations.overview.find_missing_data import WATCHED, MissingData
from dealtrace.reports.dimensions import DIMENSIONS
from dealtrace.reports.filters import format_filter
from dealtrace.reports.metrics import Metric
from dealtrace.reports.periods import Period
from dealtrace.reports.reading.costs_without_visits import CampaignCost
from dealtrace.reports.reading.gaps import Gap
from dealtrace.reports.reading.narrowing import filter_of_keys

SHOWN_MAX = 5
"""Ours: the overview shows at most this many of the latest gaps, and of the most expensive campaigns.

The page says how many more there are, with a link to a report that has them.
"""
_AROUND = timedelta(days=7)
_CURES: Mapping[str, str] = {
    "calls": "Check the PBX, and see these days.",
    "requests": "Check the forms of the site, and see these days.",
    "visits": "Check the counter, and see these days.",
}
assert set(_CURES) == {metric.name for metric in WATCHED}


def missing_data_texts(missing: MissingData, url: ReportUrl, period: Period, view: View) -> list[ProblemText]:
    """Return sentences about missing data, with links to the page of reports; `url` has the path of that page."""
    gaps = [_gap(metric, gap, url, view) for metric, gap in missing.gaps[-SHOWN_MAX:]]
    idle = [_idle(each, url, period, view) for each in missing.idle[:SHOWN_MAX]]
    further_gaps, further_idle = len(missing.gaps) - len(gaps), len(missing.idle) - len(idle)
    return [
        *gaps,
        *([_further_gaps(further_gaps, url, period, view)] if further_gaps else []),
        *idle,
        *([_further_idle(further_idle, url, period, view)] if further_idle else []),
    ]


def _further_gaps(count: int, url: ReportUrl, period: Period, view: View) -> ProblemText:
    sentence = translations_of(view.language).ngettext(
        "%(count)s earlier gap in the counts of calls, lead requests or visits is not listed here.",
        "%(count)s earlier gaps in the counts of calls, lead requests or visits are not listed here.",
        count,
    )
    watched = ",".join(metric.name for metric in WATCHED)
    return _further(sentence, count, "See the report by day.", url, period, view, by="day", metrics=watched)


def _further_idle(count: int, url: ReportUrl, period: Period, view: View) -> ProblemText:
    sentence = translations_of(view.language).ngettext(
        "%(count)s more campaign cost less, brought no visits, and is not listed here.",
        "%(count)s more campaigns cost less, brought no visits, and are not listed here.",
        count,
    )
    cure = "See the campaigns, the most expensive first."
    return _further(sentence, count, cure, url, period, view, by="campaign", metrics="cost,visits", sort="-cost")


def _further(
    sentence: str, count: int, cure: str, url: ReportUrl, period: Period, view: View, **asked: str
) -> ProblemText:
    """Return a sentence about the days or campaigns that are not listed, with a link to a report that has them all."""
    first, last = period.first_on.isoformat(), period.last_on.isoformat()
    return ProblemText(
        sentence % {"count": number(view.language, count)},
        view.translate(cure),
        ReportUrl(url.page, (), ()).link(first=first, last=last, **asked),
        days=day_span(view.language, period.first_on, period.last_on),
    )


def _gap(metric: Metric, gap: Gap, url: ReportUrl, view: View) -> ProblemText:
    first_on, last_on = gap.first_on - _AROUND, gap.last_on + _AROUND
    link = ReportUrl(url.page, (), ()).link(
        by="day", metrics=metric.name, first=first_on.isoformat(), last=last_on.isoformat()
    )
    return ProblemText(
        gap_sentence(metric, gap, view.language, view.translate),
        view.translate(_CURES[metric.name]),
        link,
        days=day_span(view.language, first_on, last_on),
    )


def _idle(each: CampaignCost, url: ReportUrl, period: Period, view: View) -> ProblemText:
    source = view.shown_name(each.source)
    sentence = view.translate("The campaign %(campaign)s (%(source)s) cost %(cost)s and brought no visits.") % {
        "campaign": view.shown_name(each.campaign),
        "source": source,
        "cost": money(view.language, each.cost),
    }
    cure = view.translate("Check the tags in the links of the ads, and see the campaigns of this source.")
    if source != each.source:  # the link would have the contact
        return ProblemText(sentence, cure, "")
    condition = filter_of_keys(DIMENSIONS["source"], [each.source])
    link = ReportUrl(url.page, (), (format_filter(condition),)).link(
        by="campaign",
        metrics="cost,visits,leads,deals",
        first=period.first_on.isoformat(),
        last=period.last_on.isoformat(),
    )
    return ProblemText(sentence, cure, link, days=day_span(view.language, period.first_on, period.last_on))
