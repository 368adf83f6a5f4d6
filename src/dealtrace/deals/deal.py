"""A deal (сделка): what a CRM registers, and what we found out about it."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import NewType

from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.deals.lead_clue import NO_CLUE, LeadClue
from dealtrace.leads.lead import LeadRef
from dealtrace.record import record

DealId = NewType("DealId", int)


@record
class Deal:
    """A deal as it stands now.

    `status`, `service`, `manager` and `comment` are the CRM's own words; `None` means never said, empty means
    erased. `amount_rub` is `None` once erased. `happened_at` is when the CRM says it was made, `recorded_at` when
    we stored it, `touched_at` when anything last became of it here, `changed_at` when a caller last changed it, `None`
    before the first change, `pinned_at` when a person settled its lead by hand, `None` while the rules do. `version`
    counts from 1.
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
    deleted_at: datetime | None = None
    pinned_at: datetime | None = None
    version: int = 1


@record
class DealKey:
    """How a caller names a deal: by our id, by the CRM's number, or by both."""

    id: int | None
    number: str | None


def choose_deal(key: DealKey, by_id: Mapping[DealId, Deal], by_number: Mapping[str, Deal]) -> Deal | None:
    """Find the deal a key names: by id, failing that by number.

    Seed: «Если по значению из orderId сделка не была найдена, то поиск идет по значению в orderNumber».
    """
    found = by_id.get(DealId(key.id)) if key.id is not None else None
    if found is None and key.number is not None:
        found = by_number.get(key.number)
    return found
