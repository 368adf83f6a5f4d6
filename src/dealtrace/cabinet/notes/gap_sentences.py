"""Sentences about days on which nothing was counted, for the overview, charts and deals without a lead."""

from collections.abc import Callable, Mapping

from dealtrace.cabinet.formats import day_span, number
from dealtrace.cabinet.view import View
from dealtrace.errors import Language
from dealtrace.leads.lead import LeadKind
from dealtrace.operations.overview.find_missing_data import WATCHED
from dealtrace.reports.metrics import Metric
from dealtrace.reports.reading.gaps import Gap

_SENTENCES: Mapping[str, str] = {
    "calls": "There were no calls on %(days)s (usually %(usual)s a day).",
    "requests": "There were no lead requests on %(days)s (usually %(usual)s a day).",
    "visits": "There were no visits on %(days)s (usually %(usual)s a day).",
}
assert set(_SENTENCES) == {metric.name for metric in WATCHED}


def gap_sentence(metric: Metric, gap: Gap, language: Language, translate: Callable[[str], str]) -> str:
    """Return a sentence that names a gap (days on which nothing was counted) and the usual count per day."""
    low, high = (number(language, value) for value in (gap.low, gap.high))
    facts = {"days": day_span(language, gap.first_on, gap.last_on), "usual": low if low == high else f"{low}–{high}"}
    return translate(_SENTENCES[metric.name]) % facts


_MISSING_LEADS: Mapping[LeadKind, str] = {
    LeadKind.CALL: "There were no calls on %(days)s, although there usually are: the lead may not have been recorded.",
    LeadKind.LEAD_REQUEST: (
        "There were no lead requests on %(days)s, although there usually are: the lead may not have been recorded."
    ),
}


def missing_leads_sentence(kind: LeadKind, gap: Gap, view: View) -> str:
    """Return a sentence that names days without leads of a kind, among which the lead of a deal was searched for."""
    return view.translate(_MISSING_LEADS[kind]) % {"days": day_span(view.language, gap.first_on, gap.last_on)}
