"""Find sharp falls in a site's match rate, deals, leads and visits on the latest complete days, and the lost income."""

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction

from dealtrace.accounts.site import Site
from dealtrace.alerts.overview_falls import FALLS_WATCHED, WINDOWS_WATCHED, Fall, falls_together, find_falls
from dealtrace.alerts.windows import last_slot, slots_before
from dealtrace.attribution.credit import AttributionModel
from dealtrace.operations.alerts.observe import observe_metrics
from dealtrace.operations.overview.find_open_deals import OpenDeals, find_open_deals
from dealtrace.operations.reports.ask import FactSource, ask
from dealtrace.record import record
from dealtrace.reports.metrics import METRICS
from dealtrace.reports.periods import DAY, Comparison, Period
from dealtrace.reports.question import Question
from dealtrace.reports.reading.open_deals import INCOME
from dealtrace.reports.statuses import Status


@record
class FallsOfDays:
    """The falls over the same days, `period`, in the order of `FALLS_WATCHED`.

    `still_open` has the income of these days, and the deals of these days that are still open. It is `None` if there is
    only one fall, if the income did not fall, or if no deal is open.
    """

    period: Period
    falls: tuple[Fall, ...]
    still_open: OpenDeals | None

    @property
    def deals_lost(self) -> Fraction | None:
        """Return how many fewer deals than usual the period had, or `None` if the number of deals did not fall."""
        return next((fall.usual - fall.value for fall in self.falls if fall.metric == METRICS["deals"]), None)


def list_falls(source: FactSource, site: Site, statuses: Sequence[Status], now: datetime) -> list[FallsOfDays]:
    """List the current falls of a site, compared with the same days of the weeks before; today is left out.

    `statuses` are the statuses of the site. Visits that stopped altogether are not listed, because a counter that
    reports nothing is a problem of its own.
    """
    slots = [last_slot(window, site.time_zone, now) for window in WINDOWS_WATCHED]
    every = list(dict.fromkeys(each for slot in slots for each in (*slots_before(slot), slot)))
    (first_on, last_on) = (min(each.last_on for each in every), max(each.last_on for each in every))
    question = Question((), FALLS_WATCHED, Period(first_on, last_on), AttributionModel(site.attribution))
    falls = find_falls(observe_metrics(source, site, question, every), slots)
    watched = [fall for fall in falls if fall.value or fall.metric != METRICS["visits"]]
    return [_with_open_deals(source, site, group, statuses, now) for group in falls_together(watched)]


def _with_open_deals(
    source: FactSource, site: Site, falls: tuple[Fall, ...], statuses: Sequence[Status], now: datetime
) -> FallsOfDays:
    slot = falls[0].slot
    period = Period(slot.last_on - (slot.window.days - 1) * DAY, slot.last_on)
    if len(falls) == 1:
        return FallsOfDays(period, falls, None)
    model, comparison = AttributionModel(site.attribution), Comparison.WEEKDAYS
    report = ask(source, site, Question((), INCOME[:1], period, model, comparison=comparison), now)
    still_open = find_open_deals(source, site, report, statuses, now)
    return FallsOfDays(period, falls, still_open if still_open is not None and still_open.income is not None else None)
