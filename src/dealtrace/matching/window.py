"""The window of a lead: a deal that was made in this time may have come from the lead."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from dealtrace.leads.lead import LeadSpan
from dealtrace.record import record

LINK_THRESHOLD_MAX = timedelta(days=3660)
"""Ours: the longest time that a lead's window stays open after the lead (the largest link threshold), ten years."""


@record
class Window:
    """The window of a lead: its first and its last instant, both included."""

    opens_at: datetime
    closes_at: datetime

    def holds(self, instant: datetime) -> bool:
        """Return whether `instant` is in the window."""
        return self.opens_at <= instant <= self.closes_at

    def missed_by(self, instant: datetime) -> timedelta:
        """Return how far outside the window `instant` is: negative if before, positive if after, zero if inside."""
        if instant < self.opens_at:
            return instant - self.opens_at
        return max(instant - self.closes_at, timedelta(0))


def window_of(lead: LeadSpan, link_threshold: timedelta) -> Window:
    """Return the window of `lead`: a deal that was made in this time may have come from the lead.

    The window opens when the lead begins and closes `link_threshold` after it ends; for a lead request, the end equals
    the start.
    Vendor: «Дата и время звонка <= Дата и время создания сделки <= Дата и время звонка + Длительность звонка +
    linkTimeThreshold».
    Vendor: «Дата и время заявки <= Дата и время создания сделки <= Дата и время заявки + linkTimeThreshold».
    """
    return Window(lead.started_at, lead.ended_at + link_threshold)


def nearness(lead: LeadSpan) -> tuple[datetime, datetime, str, int]:
    """Return a sort key for leads whose windows contain a deal; the nearest lead has the greatest key.

    The lead that began last is the nearest.
    Ours: ties go to the latest end, then to the greater reference, then to the higher id.
    """
    return lead.started_at, lead.ended_at, lead.reference, lead.ref.id


def nearest(leads: Iterable[LeadSpan]) -> LeadSpan | None:
    """Return the nearest of several leads whose windows contain a deal, or `None` if `leads` is empty."""
    return max(leads, key=nearness, default=None)
