"""The types of the JSON that commands print about deals and leads; times are in UTC."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TypedDict

from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.deals.lead_clue import LeadClue
from dealtrace.leads.client import Client
from dealtrace.leads.lead import LeadRef


class DealAnswer(TypedDict):
    """A deal in `deal show` and `deal list`, with its current values; `sum` is in rubles if `currency` is `None`."""

    siteId: int
    orderId: int
    orderNumber: str
    status: str
    sum: Decimal | None
    currency: str | None
    happenedAt: datetime
    recordedAt: datetime
    changedAt: datetime | None
    deletedAt: datetime | None
    service: str
    manager: str | None
    comment: str | None
    tags: list[str]
    customFields: dict[str, str]
    statedSource: TrafficSource | None
    clue: LeadClue
    lead: LeadRef | None
    visitId: int | None
    pinnedAt: datetime | None
    version: int


class VersionAnswer(TypedDict):
    """A change in `deal history`; `before` and `after` have the changed fields as the database stores them."""

    siteId: int
    orderId: int
    version: int
    kind: str
    recordedAt: datetime
    tokenId: int | None
    userId: int | None
    before: Mapping[str, object]
    after: Mapping[str, object]


class CreditAnswer(TypedDict):
    """A visit that an attribution model credits with a lead; `share` is the visit's share, from 0 to 1."""

    attribution: int
    sessionId: int
    share: float
    trafficSource: TrafficSource


class ShownLead(TypedDict):
    """A lead in `lead show`; `credits` has the credited visits of all attribution models."""

    siteId: int
    lead: LeadRef
    startedAt: datetime
    endedAt: datetime
    reference: str | None
    deletedAt: datetime | None
    client: Client
    isUnique: bool
    isTarget: bool
    isUniqueTarget: bool
    statedSource: TrafficSource | None
    credits: list[CreditAnswer]
