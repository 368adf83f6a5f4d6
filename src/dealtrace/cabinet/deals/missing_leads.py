"""Days without calls or lead requests in the time in which the lead of a deal was searched for."""

from datetime import timedelta

from dealtrace import clock
from dealtrace.accounts.site_days import site_day
from dealtrace.cabinet.notes.gap_sentences import gap_sentence
from dealtrace.cabinet.view import View
from dealtrace.operations.matching.explain import Explanation
from dealtrace.operations.overview.find_missing_data import list_metric_gaps
from dealtrace.reports.periods import Period
from dealtrace.reports.refusals import MirrorBusy, ReportNotKept, ReportsBusy, ReportTooSlow, ServerStopping

SEARCHED_MAX = timedelta(days=30)
"""Ours: how long before a deal days without leads are named; a search may go back for years."""
LEAD_METRICS = ("calls", "requests")


async def missing_lead_notes(view: View, explanation: Explanation) -> tuple[str, ...]:
    """Return a sentence per gap in the calls and lead requests of the time in which a lead was searched for in vain.

    There is none for a deal with a lead or a visit, or while reports are too busy to tell.
    """
    deal = explanation.deal
    searched = bool(explanation.steps or explanation.matchers)
    if not searched or deal.lead is not None or deal.visit_id is not None:
        return ()
    contact = deal.clue.contact if not explanation.matchers else None
    length = min(contact.link_threshold, SEARCHED_MAX) if contact is not None else SEARCHED_MAX
    zone = view.current_site.time_zone
    period = Period(site_day(deal.happened_at - length, zone), site_day(deal.happened_at, zone))
    try:
        gaps = await view.ask(list_metric_gaps, period, clock.now())
    except (TimeoutError, MirrorBusy, ReportNotKept, ReportsBusy, ReportTooSlow, ServerStopping):
        return ()  # the page has its use without the sentence
    sentence = view.translate("Data is missing for the time in which the lead was searched for. %(gap)s")
    return tuple(
        sentence % {"gap": gap_sentence(metric, gap, view.language, view.translate)}
        for metric, gap in gaps
        if metric.name in LEAD_METRICS
    )
