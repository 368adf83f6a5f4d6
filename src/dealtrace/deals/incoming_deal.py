"""A deal to import, which already has a history in another system."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from datetime import datetime
from decimal import Decimal

from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.deals.deal import Deal, DealId
from dealtrace.deals.lead_clue import NO_CLUE, LeadClue
from dealtrace.deals.registration import default_number
from dealtrace.leads.contact import StatedContact, stated_email, stated_phone
from dealtrace.leads.lead import LeadRef
from dealtrace.record import record


@record
class IncomingDeal:
    """A deal from another system, before the deal is stored; most fields are as in `Deal`.

    `id` is the id that the deal had at Calltouch and keeps here; if it is `None`, the deal gets a new id. At least one
    of `id` and `number` is set. `touched_at` is when the deal last changed, `None` if unknown.
    """

    id: DealId | None
    number: str | None
    status: str
    amount_rub: Decimal | None
    happened_at: datetime
    touched_at: datetime | None = None
    service: str = ""
    manager: str | None = None
    comment: str | None = None
    tags: tuple[str, ...] = ()
    custom_values: Mapping[str, str] | None = None
    stated_source: TrafficSource | None = None
    clue: LeadClue = NO_CLUE
    currency: str | None = None

    @property
    def fingerprints(self) -> tuple[str, ...]:
        """The hashes under which this deal may have been stored: by this release and by earlier releases.

        Earlier releases read only the first contact of a comma-separated list, so their hash may differ.
        """
        contact = self.clue.contact
        if contact is None:
            return (self.fingerprint,)
        phone = _first_of(contact.phone, stated_phone)
        email = _first_of(contact.email, stated_email)
        contact = replace(contact, phone=phone, email=email) if phone is not None or email is not None else None
        earlier = replace(self, clue=replace(self.clue, contact=contact))
        return (self.fingerprint,) if earlier == self else (self.fingerprint, earlier.fingerprint)

    @property
    def fingerprint(self) -> str:
        """A hash of all values of the deal; of several deals with the same hash, only one is imported."""
        known = [(part.name, getattr(self, part.name)) for part in fields(self)]
        return hashlib.sha256(
            repr([(name, value) for name, value in known if value not in (None, "", (), {})]).encode()
        ).hexdigest()

    def number_with(self, deal_id: int) -> str:
        """Return the number of the deal or, if the deal has none, the default number, which is made from `deal_id`."""
        return self.number if self.number is not None else default_number(deal_id)


def _first_of(stated: StatedContact | None, state: Callable[[str], StatedContact]) -> StatedContact | None:
    """Return the first contact of a comma-separated list, or `None` if the first contact is blank."""
    first = stated.as_sent.partition(",")[0].strip() if stated is not None else ""
    return state(first) if first else None


def imported_deal(incoming: IncomingDeal, deal_id: DealId, lead: LeadRef | None, now: datetime) -> Deal:
    """Return the deal that an import stores; if `touched_at` is unknown, it becomes `now`."""
    return Deal(
        id=deal_id,
        number=incoming.number_with(deal_id),
        status=incoming.status,
        amount_rub=incoming.amount_rub,
        happened_at=incoming.happened_at,
        recorded_at=now,
        touched_at=incoming.touched_at or now,
        service=incoming.service,
        manager=incoming.manager,
        comment=incoming.comment,
        tags=incoming.tags,
        custom_values=incoming.custom_values,
        stated_source=incoming.stated_source,
        clue=incoming.clue,
        currency=incoming.currency,
        lead=lead,
    )
