"""When a deal may have grown out of a lead."""

from datetime import datetime, timedelta

from dealtrace.leads.lead import LeadSpan
from dealtrace.record import record


@record
class Window:
    """A stretch of time; both ends belong to it."""

    opens_at: datetime
    closes_at: datetime

    def holds(self, moment: datetime) -> bool:
        """Whether `moment` lies inside, the ends included."""
        return self.opens_at <= moment <= self.closes_at

    def missed_by(self, moment: datetime) -> timedelta:
        """How far outside `moment` lies: negative before the window opens, positive after it closed, zero inside."""
        if moment < self.opens_at:
            return moment - self.opens_at
        return max(moment - self.closes_at, timedelta(0))


def window_of(lead: LeadSpan, link_threshold: timedelta) -> Window:
    """Tell when a deal may have grown out of `lead`; both ends belong to it.

    Opens as the lead begins, closes `link_threshold` after it ends; a lead request ends as it begins.
    Seed: «Дата и время звонка <= Дата и время создания сделки <= Дата и время звонка + Длительность звонка +
    linkTimeThreshold».
    Seed: «Дата и время заявки <= Дата и время создания сделки <= Дата и время заявки + linkTimeThreshold».
    """
    return Window(lead.started_at, lead.ended_at + link_threshold)
