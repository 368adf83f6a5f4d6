"""The leads of the demo: calls and lead requests of visitors, repeated calls, and calls of people without a visit."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from dealtrace.attribution.visit import Visit, VisitId
from dealtrace.demo.company import (
    CALL_MANAGERS,
    DIALLED_NUMBERS,
    FIRST_NAMES,
    FORMS,
    LAST_NAMES,
    OFFICE_NUMBER,
    PBX,
)
from dealtrace.demo.rhythm import Calendar
from dealtrace.demo.visitors import Visitor
from dealtrace.leads.annotations import Annotations
from dealtrace.leads.call import Circumstances, IncomingCall
from dealtrace.leads.lead_request import IncomingLeadRequest
from dealtrace.record import record

OFFLINE = 0.12
"""The share of clients who call without having visited the site."""
OFFLINE_WINS = 0.46
CALLS = 0.7
"""The share of calls among leads, in the hours in which calls are answered."""
MISSED = 0.13
REDIALS = 0.65
"""The share of missed calls after which the client calls again within minutes."""
RECALLS = 0.18
"""The share of clients who call again days later."""
LATE = 0.03
"""The share of leads that are reported hours late."""
MADE_AT_ONCE = 1_000
"""The number of clients whose leads are made before other work gets a turn."""


@record
class DemoClient:
    """A person who leaves leads; `wins` is the probability that a deal of this person is won."""

    name: str
    phone: str
    email: str
    wins: float
    visit: Visit | None = None

    @property
    def dialled_phone(self) -> str:
        """Return the number that the site showed to the client."""
        if self.visit is None:
            return OFFICE_NUMBER
        return DIALLED_NUMBERS.get(self.visit.traffic_source.source, OFFICE_NUMBER)


@record
class DemoLead:
    """A lead of a client; `arrives_at` is when the lead is reported, or `None` if the PBX never reports it."""

    lead: IncomingCall | IncomingLeadRequest
    client: DemoClient
    arrives_at: datetime | None

    @property
    def ended_at(self) -> datetime:
        """Return when the call ended, or when the lead request was sent."""
        lead = self.lead
        return lead.started_at + lead.duration if isinstance(lead, IncomingCall) else lead.requested_at

    @property
    def is_reached(self) -> bool:
        """Return whether the company spoke to the client or received a lead request."""
        return not isinstance(self.lead, IncomingCall) or self.lead.duration > timedelta(0)


def make_leads(
    random: Random, calendar: Calendar, visitors: list[Visitor], leads: int, rest: Callable[[], None]
) -> list[DemoLead]:
    """Return leads in order of time: up to `leads` leads that are reported, and others that are never reported.

    Visitors are drawn at random; those who are likelier to become clients tend to be drawn earlier. `rest` is called
    before each group of `MADE_AT_ONCE` clients, to let other work run.
    """
    made: list[DemoLead] = []
    reported = 0
    for place, (client, at) in enumerate(_draw_clients(random, calendar, visitors)):
        if place % MADE_AT_ONCE == 0:
            rest()
        for lead in _make_leads_of(random, calendar, client, at):
            if reported < leads:
                made.append(lead)
                reported += lead.arrives_at is not None
        if reported == leads:
            break
    made.sort(key=lambda lead: lead.ended_at)
    return [replace(each, lead=_numbered(each.lead, number)) for number, each in enumerate(made, 1)]


def _numbered(lead: IncomingCall | IncomingLeadRequest, number: int) -> IncomingCall | IncomingLeadRequest:
    if isinstance(lead, IncomingCall):
        return replace(lead, reference=f"pbx-{number:06d}")
    return replace(lead, number=f"form-{number:06d}")


def _draw_clients(random: Random, calendar: Calendar, visitors: list[Visitor]) -> Iterator[tuple[DemoClient, datetime]]:
    """Yield clients, each with the time of their first lead: visitors who become clients, and clients without a visit.

    The order is random, but visitors who are likelier to become clients tend to be yielded earlier.
    """
    drawn = sorted(visitors, key=lambda visitor: random.random() ** (1 / visitor.readiness), reverse=True)
    serial = 0
    for visitor in drawn:
        while random.random() < OFFLINE:
            serial += 1
            yield _make_client(random, serial, OFFLINE_WINS, None), calendar.draw(random)
        serial += 1
        visit = random.choices(visitor.visits, range(1, len(visitor.visits) + 1))[0]
        yield (
            _make_client(random, serial, visitor.wins, visit),
            visit.started_at + timedelta(seconds=random.randrange(40, 900)),
        )


def _make_client(random: Random, serial: int, wins: float, visit: Visit | None) -> DemoClient:
    name = f"{random.choice(FIRST_NAMES)} {random.choice(LAST_NAMES)}"
    return DemoClient(
        name, f"7907{3_100_000 + serial * 7 + random.randrange(7)}", f"client{serial}@mail.example", wins, visit
    )


def _make_leads_of(random: Random, calendar: Calendar, client: DemoClient, at: datetime) -> Iterator[DemoLead]:
    """Yield the leads of a client in order of time."""
    first = _make_lead(random, calendar, client, at)
    yield first
    if not first.is_reached and random.random() < REDIALS:
        first = _make_call(random, calendar, client, first.ended_at + timedelta(seconds=random.randrange(60, 1200)))
        yield first
    if random.random() < RECALLS:
        again = calendar.at_work(random, first.ended_at + timedelta(hours=random.expovariate(1 / 90)))
        if again.astimezone(calendar.time_zone).date() <= calendar.last_on and not calendar.is_quiet(again):
            yield _make_call(random, calendar, replace(client, visit=None), again)


def _make_lead(random: Random, calendar: Calendar, client: DemoClient, at: datetime) -> DemoLead:
    calls = client.visit is None or (calendar.is_open(at) and random.random() < CALLS)
    return _make_call(random, calendar, client, at) if calls else _make_lead_request(random, client, at)


def _make_call(random: Random, calendar: Calendar, client: DemoClient, at: datetime) -> DemoLead:
    is_answered = calendar.is_open(at) and random.random() >= MISSED
    talk = min(15 + int(random.lognormvariate(4.6, 0.85)), 1800) if is_answered else 0
    waited = random.randrange(3, 25) if is_answered else random.randrange(15, 60)
    how = Circumstances(
        is_successful=is_answered,
        waiting=timedelta(seconds=waited),
        dialled_phone=client.dialled_phone,
        answering_phone=OFFICE_NUMBER if is_answered else None,
        pbx=PBX,
    )
    call = IncomingCall(
        started_at=at,
        duration=timedelta(seconds=talk),
        phone=client.phone,
        client_name=client.name,
        visit_id=_visit_id(client),
        circumstances=how,
        annotations=Annotations(manager=_draw_manager(random) if is_answered else None),
    )
    reported = at + timedelta(seconds=waited + talk) + _delay(random)
    return DemoLead(call, client, None if calendar.is_broken(at) else reported)


def _make_lead_request(random: Random, client: DemoClient, at: datetime) -> DemoLead:
    (form,) = random.choices(list(FORMS), list(FORMS.values()))
    lead_request = IncomingLeadRequest(
        requested_at=at,
        phone=client.phone,
        email=client.email,
        client_name=client.name,
        form_name=form,
        visit_id=_visit_id(client),
        page_url=client.visit.landing_url.partition("?")[0] if client.visit is not None else None,
        annotations=Annotations(manager=_draw_manager(random)),
    )
    return DemoLead(lead_request, client, at + _delay(random))


def _visit_id(client: DemoClient) -> VisitId | None:
    return client.visit.id if client.visit is not None else None


def _draw_manager(random: Random) -> str:
    return random.choices(list(CALL_MANAGERS), list(CALL_MANAGERS.values()))[0]


def _delay(random: Random) -> timedelta:
    if random.random() < LATE:
        return timedelta(hours=random.uniform(5, 20))
    return timedelta(seconds=random.randrange(2, 40))
