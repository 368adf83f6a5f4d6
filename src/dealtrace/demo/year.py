"""A year of the demo's company: everything that happens, and the batches in which programs report it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random
from typing import TypeVar
from zoneinfo import ZoneInfo

from dealtrace.attribution.cost import Cost, CostAccount
from dealtrace.attribution.visit import Visit
from dealtrace.demo.costs import make_costs
from dealtrace.demo.deals import DemoChange, DemoDeal, make_deals
from dealtrace.demo.leads import DemoLead, make_leads
from dealtrace.demo.rhythm import Calendar, make_calendar
from dealtrace.demo.visitors import make_visitors
from dealtrace.record import record

VISITS, LEADS, DEALS = 50_000, 6_000, 3_000
BATCH = timedelta(hours=3)
"""The interval at which the company's programs report what happened."""

Event = TypeVar("Event")


@record
class Year:
    """Everything that happens to the company in a year; some changes to deals happen after it.

    The ids of visits count from 1. `costs` has the costs of each account.
    """

    calendar: Calendar
    visits: Sequence[Visit]
    leads: Sequence[DemoLead]
    deals: Sequence[DemoDeal]
    changes: Sequence[DemoChange]
    costs: Mapping[CostAccount, Sequence[Cost]]


@record
class Batch:
    """What the server receives at one time, such as visits since the last batch; each list is in order of arrival."""

    arrives_at: datetime
    visits: Sequence[Visit]
    leads: Sequence[DemoLead]
    deals: Sequence[DemoDeal]
    changes: Sequence[DemoChange]


def make_year(
    seed: int, last_on: date, time_zone: ZoneInfo, part: float = 1, rest: Callable[[], None] = lambda: None
) -> Year:
    """Return the demo's data for the year that ends on `last_on`; the same arguments always give the same data.

    `part` scales the numbers of visits, leads and deals; 1 is the full size. `rest` is called several times a second,
    to let other work run; an exception that it raises ends the function.
    """
    random = Random(seed)  # noqa: S311 - the same seed must give the same year
    calendar = make_calendar(last_on, time_zone)
    visitors = make_visitors(random, calendar, round(VISITS * part), rest)
    leads = make_leads(random, calendar, visitors, round(LEADS * part), rest)
    rest()
    deals, changes = make_deals(random, calendar, leads, round(DEALS * part))
    rest()
    visits = sorted((visit for visitor in visitors for visit in visitor.visits), key=lambda visit: visit.started_at)
    return Year(calendar, visits, leads, deals, changes, make_costs(random, calendar, visits))


def list_batches(year: Year, now: datetime) -> list[Batch]:
    """List the batches that report everything up to `now`, one every three hours; the last arrives at `now`."""
    visits = _by_batch([_as_seen(visit, now) for visit in year.visits], lambda visit: visit.started_at, now)
    leads = _by_batch(year.leads, lambda lead: lead.arrives_at, now)
    deals = _by_batch(year.deals, lambda deal: deal.arrives_at, now)
    changes = _by_batch(year.changes, lambda change: change.arrives_at, now)
    return [
        Batch(
            min(datetime.fromtimestamp((place + 1) * BATCH.total_seconds(), now.tzinfo), now),
            visits.get(place, ()),
            leads.get(place, ()),
            deals.get(place, ()),
            changes.get(place, ()),
        )
        for place in sorted({*visits, *leads, *deals, *changes})
    ]


def _as_seen(visit: Visit, now: datetime) -> Visit:
    return visit if visit.seen_at is None or visit.seen_at <= now else replace(visit, seen_at=None)


def _by_batch(
    events: Iterable[Event], arrival: Callable[[Event], datetime | None], now: datetime
) -> dict[int, list[Event]]:
    """Return the events that arrive no later than `now`, in order of arrival, grouped by the number of their batch."""
    arrived = [(at, event) for event in events if (at := arrival(event)) is not None and at <= now]
    batches: dict[int, list[Event]] = {}
    for at, event in sorted(arrived, key=lambda pair: pair[0]):
        batches.setdefault(int(at.timestamp() // BATCH.total_seconds()), []).append(event)
    return batches
