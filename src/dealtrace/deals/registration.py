"""The registration of a deal: the request, the response, and whether a request is a retry of an earlier request."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.deals.deal import Deal, DealId
from dealtrace.deals.details import NO_DETAILS, DealDetails
from dealtrace.deals.lead_clue import LeadClue
from dealtrace.deals.matchers import Matcher
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.record import record


@record
class Registration:
    """A deal as a CRM registers it.

    `number` is as sent, `None` if the CRM sent none. `amount_as_sent` is the amount as a string. `fingerprint` is a
    hash of all parameters: equal hashes mean that the same registration was sent again. Only version 2.0 of the deals
    API fills the fields after `fingerprint`; `lead_tags` are added to the lead that is found.
    """

    number: str | None
    status: str
    amount_rub: Decimal | None
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
    status_since: datetime | None = None
    margin_rub: Decimal | None = None
    currency: str | None = None
    details: DealDetails = NO_DETAILS
    matchers: tuple[Matcher, ...] = ()
    lead_tags: tuple[str, ...] = ()


@record
class Receipt:
    """The response to a registration; a retry of the registration gets the same response.

    `matcher` is the position, from 0, of the matcher that decided where the deal came from, `None` if none did.
    `visit_id` is the visit that this matcher found, `None` if it found no visit.
    """

    deal_id: DealId
    number: str
    status: str
    amount_as_sent: str
    happened_at: datetime
    lead: LeadRef | None
    matcher: int | None = None
    visit_id: int | None = None

    @property
    def call_id(self) -> int | None:
        """The id of the call that the deal is matched to, or `None` if it is not matched to a call."""
        return self.lead.id if self.lead is not None and self.lead.kind is LeadKind.CALL else None


@record
class Registered:
    """A registered deal: its id, and the fingerprint of its registration."""

    deal_id: DealId
    fingerprint: str

    def is_retried_by(self, registration: Registration) -> bool:
        """Return whether `registration` repeats the registration that created this deal."""
        return self.fingerprint == registration.fingerprint


def default_number(deal_id: int) -> str:
    """Return the number that a deal gets if its registration has none: the deal's id.

    Vendor: «Если параметр не указан, то по умолчанию он будет равен orderId».
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
    visit_id: int | None = None,
) -> Deal:
    """Return the deal that a registration creates; the caller chooses `number`, by default the id.

    Vendor: «Если параметр не указан, то по умолчанию он будет равен orderId».
    """
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
        status_since=registration.status_since,
        margin_rub=registration.margin_rub,
        currency=registration.currency,
        details=registration.details,
        matchers=registration.matchers,
        visit_id=visit_id,
    )


def receipt_for(registration: Registration, deal: Deal, matcher: int | None = None) -> Receipt:
    """Return the response to the registration that created `deal`; the number and the amount are exactly as sent."""
    number = registration.number if registration.number is not None else deal.number
    return Receipt(
        deal.id,
        number,
        deal.status,
        registration.amount_as_sent,
        deal.happened_at,
        deal.lead,
        matcher,
        deal.visit_id,
    )
