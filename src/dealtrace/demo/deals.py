"""The deals of the demo: their leads, what the CRM knows about these leads, and later changes."""

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.deals.changes import UNSET, Change
from dealtrace.deals.deal_key import DealKey
from dealtrace.deals.lead_clue import NO_CLUE, CallIdentity, LeadClue, LeadRequestIdentity, SearchContacts
from dealtrace.deals.registration import Registration
from dealtrace.demo.company import (
    CALL_MANAGERS,
    LOST,
    LOST_TAGS,
    MEASURED,
    NEW,
    PAYMENT_FIELD,
    PAYMENTS,
    PRODUCT_FIELD,
    PRODUCTS,
    SERVICES,
    STATED_SOURCES,
    WON,
    WORKING,
)
from dealtrace.demo.leads import OFFLINE_WINS, DemoLead
from dealtrace.demo.rhythm import Calendar
from dealtrace.leads.call import IncomingCall
from dealtrace.leads.contact import stated_email, stated_phone
from dealtrace.record import record

STATED = 0.07
"""The share of deals with a stated source instead of a lead."""
NOWHERE_FROM = 0.04
"""The share of deals with neither a lead nor a source."""
NAMED = 0.3
"""The share of deals with a lead that refer to it by its id; all other deals have its phone or e-mail."""
TOO_LATE = 0.03
"""The share of deals that are made too long after their lead to be matched by contact."""
CHANGES_AMOUNT = 0.4
IS_MEASURED = 0.72
FIRST_NUMBER = 10_001
ROUNDED_TO = 100


@record
class DemoDeal:
    """The registration of a deal, and when the CRM sends it."""

    registration: Registration
    arrives_at: datetime


@record
class DemoChange:
    """A change to a deal, and when the CRM sends it."""

    change: Change
    arrives_at: datetime


@record
class _Beginning:
    """A new deal: its time, what the CRM knows about its lead or source, and the probability that it is won."""

    happened_at: datetime
    wins: float
    clue: LeadClue = NO_CLUE
    stated_source: TrafficSource | None = None


def make_deals(
    random: Random, calendar: Calendar, leads: list[DemoLead], deals: int
) -> tuple[list[DemoDeal], list[DemoChange]]:
    """Return `deals` deals and all their changes; some changes happen after the end of the year."""
    stated, unknown = int(deals * STATED), int(deals * NOWHERE_FROM)
    reached = [lead for lead in leads if lead.is_reached]
    grown = random.sample(reached, min(len(reached), deals - stated - unknown))
    beginnings = [_from_lead(random, lead) for lead in grown]
    beginnings += [
        _Beginning(_at_work(random, calendar), OFFLINE_WINS, NO_CLUE, _stated(random)) for _ in range(stated)
    ]
    beginnings += [_Beginning(_at_work(random, calendar), OFFLINE_WINS) for _ in range(unknown)]
    beginnings.sort(key=lambda beginning: beginning.happened_at)
    made: list[DemoDeal] = []
    changes: list[DemoChange] = []
    for number, beginning in enumerate(beginnings, FIRST_NUMBER):
        deal = _register(random, str(number), beginning)
        made.append(deal)
        changes += _live(random, calendar, deal, beginning.wins)
    return made, changes


def _at_work(random: Random, calendar: Calendar) -> datetime:
    return calendar.at_work(random, calendar.draw(random))


def _stated(random: Random) -> TrafficSource:
    return random.choices(list(STATED_SOURCES), list(STATED_SOURCES.values()))[0]


def _from_lead(random: Random, lead: DemoLead) -> _Beginning:
    """Return a new deal that comes from a lead, usually within the two hours in which contacts can match."""
    if random.random() < TOO_LATE:
        wait = timedelta(hours=random.uniform(3, 30))
    else:
        wait = timedelta(minutes=min(4 + random.expovariate(1 / 25), 115))
    return _Beginning(lead.ended_at + wait, lead.client.wins, _clue_of(random, lead))


def _clue_of(random: Random, lead: DemoLead) -> LeadClue:
    if random.random() < NAMED:
        if isinstance(lead.lead, IncomingCall):
            return LeadClue(identity=CallIdentity(None, lead.lead.reference))
        return LeadClue(identity=LeadRequestIdentity(None, lead.lead.number))
    email = None if isinstance(lead.lead, IncomingCall) else stated_email(lead.client.email)
    return LeadClue(contact=SearchContacts(stated_phone(f"+{lead.client.phone}"), email))


def _register(random: Random, number: str, beginning: _Beginning) -> DemoDeal:
    (product,) = random.choices(list(PRODUCTS), [weight for weight, _ in PRODUCTS.values()])
    amount = _rounded(PRODUCTS[product][1] * random.lognormvariate(0, 0.45))
    (service,) = random.choices(list(SERVICES), list(SERVICES.values()))
    registration = Registration(
        number=number,
        status=NEW,
        amount_rub=amount,
        amount_as_sent=str(amount),
        happened_at=beginning.happened_at,
        service=service,
        manager=None,
        comment=None,
        tags=(),
        custom_values={PRODUCT_FIELD: product},
        stated_source=beginning.stated_source,
        clue=beginning.clue,
        fingerprint=hashlib.sha256(f"demo deal {number}".encode()).hexdigest(),
    )
    return DemoDeal(registration, beginning.happened_at + timedelta(seconds=random.randrange(5, 900)))


def _live(random: Random, calendar: Calendar, deal: DemoDeal, wins: float) -> Iterator[DemoChange]:
    """Yield the changes to a deal until it is won or lost."""
    key = DealKey(None, deal.registration.number)
    (manager,) = random.choices(list(CALL_MANAGERS), list(CALL_MANAGERS.values()))
    at = calendar.at_work(random, deal.arrives_at + timedelta(hours=random.expovariate(1 / 4)))
    yield DemoChange(Change(key, status=WORKING, manager=manager), at)
    if random.random() < IS_MEASURED:
        at = calendar.at_work(random, at + timedelta(days=random.lognormvariate(1, 0.6)))
        measured_rub = _rounded(float(deal.registration.amount_rub or 0) * random.uniform(0.8, 1.35))
        amount = measured_rub if random.random() < CHANGES_AMOUNT else UNSET
        yield DemoChange(Change(key, status=MEASURED, amount_rub=amount), at)
    at = calendar.at_work(random, at + timedelta(days=random.lognormvariate(1.7, 0.7)))
    yield DemoChange(_won(random, key) if random.random() < wins else _lost(random, key), at)


def _won(random: Random, key: DealKey) -> Change:
    (payment,) = random.choices(list(PAYMENTS), list(PAYMENTS.values()))
    return Change(key, status=WON, custom_values={PAYMENT_FIELD: payment})


def _lost(random: Random, key: DealKey) -> Change:
    return Change(key, status=LOST, tags=tuple(random.choices(list(LOST_TAGS), list(LOST_TAGS.values()))))


def _rounded(rubles: float) -> Decimal:
    return Decimal(max(round(rubles / ROUNDED_TO), 1) * ROUNDED_TO)
