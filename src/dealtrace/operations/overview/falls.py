"""Find sharp falls of a site's match rate, deals, leads and visits in the last finished days."""

from collections.abc import Sequence
from datetime import datetime

from dealtrace.accounts.site import Site
from dealtrace.alerts.falls import FALLS_WATCHED, WINDOWS_WATCHED, Fall, find_falls
from dealtrace.alerts.windows import last_slot, slots_before
from dealtrace.attribution.credit import AttributionModel
from dealtrace.operations.alerts.observe import observe_metrics
from dealtrace.operations.reports.ask import FactSource
from dealtrace.reports.metrics import METRICS
from dealtrace.reports.periods import Period
from dealtrace.reports.question import Question


def list_falls(source: FactSource, site: Site, now: datetime) -> Sequence[Fall]:
    """List the present falls of a site, compared with the same days of the weeks before; today is left out.

    Visits that stopped altogether are not listed, because the silence of the counter is a problem of its own.
    """
    slots = [last_slot(window, site.time_zone, now) for window in WINDOWS_WATCHED]
    every = list(dict.fromkeys(each for slot in slots for each in (*slots_before(slot), slot)))
    (first_on, last_on) = (min(each.last_on for each in every), max(each.last_on for each in every))
    question = Question((), FALLS_WATCHED, Period(first_on, last_on), AttributionModel(site.attribution))
    falls = find_falls(observe_metrics(source, site, question, every), slots)
    return [fall for fall in falls if fall.value or fall.metric != METRICS["visits"]]
