"""A deal (сделка): what a CRM registers, and the lead it was matched to."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import NewType

from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.deals.details import NO_DETAILS, DealDetails
from dealtrace.deals.lead_clue import NO_CLUE, LeadClue
from dealtrace.deals.matchers import Matcher
from dealtrace.leads.lead import LeadRef
from dealtrace.record import record

DealId = NewType("DealId", int)


@record
class Deal:
    """The current version of a deal.

    `status`, `service`, `manager` and `comment` are as the CRM sent them: `None` if never sent, empty if erased.
    `amount_rub` is `None` if unknown or erased.

    `happened_at` is when the deal was created according to the CRM, and `recorded_at` when it was stored here.
    `touched_at` is the time of the last change to anything about the deal, such as its lead. `changed_at` is the time
    of the last change to the values that the CRM sends, `None` before the first. `status_since` is when the status
    began. `pinned_at` is when a person chose (pinned) the lead, `None` if the rules match the deal.

    Amounts are in rubles unless `currency` is another currency. A deal with `matchers` (searches for its source, sent
    by the CRM) is matched only by them. `visit_id` is the visit that a matcher found; a deal with a visit has no lead.
    """

    id: DealId
    number: str
    status: str
    amount_rub: Decimal | None
    happened_at: datetime
    recorded_at: datetime
    touched_at: datetime
    service: str
    manager: str | None = None
    comment: str | None = None
    tags: tuple[str, ...] = ()
    custom_values: Mapping[str, str] | None = None
    stated_source: TrafficSource | None = None
    clue: LeadClue = NO_CLUE
    lead: LeadRef | None = None
    changed_at: datetime | None = None
    status_since: datetime | None = None
    deleted_at: datetime | None = None
    pinned_at: datetime | None = None
    version: int = 1
    margin_rub: Decimal | None = None
    currency: str | None = None
    details: DealDetails = NO_DETAILS
    matchers: tuple[Matcher, ...] = ()
    visit_id: int | None = None
