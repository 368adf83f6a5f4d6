"""Registering a deal: what is asked, what is answered, and when a repetition is a safe retry."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.deals.deal import Deal, DealId
from dealtrace.deals.lead_clue import LeadClue
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.record import record


@record
class Registration:
    """A deal as a CRM registers it.

    `number` is `None` when the CRM sent none. `amount_as_sent` is the sum's own text. `fingerprint` stands for
    every parameter as sent: equal fingerprints mean that the same registration was sent again.
    """

    number: str | None
    status: str
    amount_rub: Decimal
    amount_as_sent: str
    happened_at: datetime
    service: str
    manager: str | None
    comment: str | None
    tags: tuple[str, ...]
    custom_values: Mapping[str, str]
    stated_source: TrafficSource | None
    clue: LeadClue
    fingerprint: str


@record
class Receipt:
    """What a registration is answered with, the first time and every time it is sent again."""

    deal_id: DealId
    number: str
    status: str
    amount_as_sent: str
    happened_at: datetime
    lead: LeadRef | None

    @property
    def call_id(self) -> int | None:
        """Our id of the call the deal was matched with, however it was found; `None` if it was none."""
        return self.lead.id if self.lead is not None and self.lead.kind is LeadKind.CALL else None


@record
class Registered:
    """A number that is in use: who has it, and the fingerprint of the registration that took it."""

    deal_id: DealId
    fingerprint: str

    def is_retried_by(self, registration: Registration) -> bool:
        """Whether `registration` is the same one, sent again."""
        return self.fingerprint == registration.fingerprint


def default_number(deal_id: int) -> str:
    """Return the number of a deal whose registration states none: its id.

    Seed: «Если параметр не указан, то по умолчанию он будет равен orderId».
    """
    return str(deal_id)


def new_deal(
    registration: Registration,
    deal_id: DealId,
    number: str,
    *,
    lead: LeadRef | None,
    custom_values: Mapping[str, str],
    now: datetime,
) -> Deal:
    """Return the deal that a registration describes, with the id, number, lead and known custom values it gets."""
    return Deal(
        id=deal_id,
        number=number,
        status=registration.status,
        amount_rub=registration.amount_rub,
        happened_at=registration.happened_at,
        recorded_at=now,
        touched_at=now,
        service=registration.service,
        manager=registration.manager,
        comment=registration.comment,
        tags=registration.tags,
        custom_values=custom_values,
        stated_source=registration.stated_source,
        clue=registration.clue,
        lead=lead,
    )


def receipt_for(registration: Registration, deal: Deal) -> Receipt:
    """Write the answer to the registration that made `deal`; the sum goes back exactly as it came."""
    return Receipt(deal.id, deal.number, deal.status, registration.amount_as_sent, deal.happened_at, deal.lead)
