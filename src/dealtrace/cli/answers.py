"""The JSON that commands print, one type per answer; instants are UTC."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, NotRequired, TypedDict

from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.deals.lead_clue import LeadClue
from dealtrace.leads.client import Client
from dealtrace.leads.lead import LeadRef


class SiteAnswer(TypedDict):
    """A site in `site list`; `uniqueDepthDays` is 0 if there is no limit, `pointsPerDay` likewise."""

    siteId: int
    name: str
    timezone: str
    contactMatching: bool
    pointsPerDay: int
    pointCosts: dict[str, int]
    pointsSpentToday: int
    attribution: int
    respectsDoNotTrack: bool
    uniqueDepthDays: int
    targetCallSeconds: int
    customFields: list[str]


class StatusAnswer(TypedDict):
    """A status in `status list`: all its spellings, the commonest first, and how many undeleted deals have it."""

    name: str
    meaning: str
    deals: int
    spellings: tuple[str, ...]


class ColumnAnswer(TypedDict):
    """A column in `column list`; a formula has no statuses, the other kinds have no formula."""

    name: str
    kind: str
    statuses: tuple[str, ...]
    formula: str | None


class HostAnswer(TypedDict):
    """A host in `source host list`; `name` is the source it is, empty if it sends nobody."""

    kind: str
    host: str
    name: str


class ReclassificationAnswer(TypedDict):
    """The result of `source reclassify`: the visits read, those of another source, and the leads that moved."""

    siteId: int
    dryRun: bool
    visits: int
    visitsChanged: int
    leadsMoved: int


class TokenAnswer(TypedDict):
    """A token in `token list`."""

    tokenId: int
    siteId: int
    label: str
    createdAt: datetime
    revokedAt: datetime | None


class DealAnswer(TypedDict):
    """A deal in `deal show` and `deal list`, as it is now."""

    siteId: int
    orderId: int
    orderNumber: str
    status: str
    sum: Decimal | None
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
    pinnedAt: datetime | None
    version: int


class UserAnswer(TypedDict):
    """A user in `user list`."""

    userId: int
    login: str
    createdAt: datetime
    owner: bool
    roles: Mapping[str, str]
    secondFactor: bool


class VersionAnswer(TypedDict):
    """A version in `deal history`; `before` and `after` hold the fields that changed, as the database stores them."""

    siteId: int
    orderId: int
    version: int
    kind: str
    recordedAt: datetime
    tokenId: int | None
    userId: int | None
    before: Mapping[str, Any]
    after: Mapping[str, Any]


class CreditAnswer(TypedDict):
    """The share of one visit under one attribution model, from 0 to 1."""

    attribution: int
    sessionId: int
    share: float
    trafficSource: TrafficSource


class LeadAnswer(TypedDict):
    """A lead in `lead show`."""

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


class WebhookAnswer(TypedDict):
    """A webhook in `webhook list`; `state` is `active`, `failing` or `paused`."""

    webhookId: int
    siteId: int
    url: str
    format: str
    events: list[str]
    fields: tuple[str, ...]
    state: str
    reason: str | None
    failures: int
    failingSince: datetime | None
    nextAttempt: datetime | None
    lastDelivered: datetime | None
    waiting: int


class ImportAnswer(TypedDict):
    """The result of an import."""

    siteId: int
    rows: int
    takenIn: int
    refused: int
    refusedFile: str | None
    encoding: str | None
    columnsPassedOver: tuple[str, ...]
    finishedBefore: bool


class Finding(TypedDict):
    """A problem that `doctor` found and the command that fixes it; the other keys say what the text is about.

    A `hint` is no problem: it does not change the exit status.
    """

    kind: str
    text: str
    cure: str
    site_id: NotRequired[int]
    webhook_id: NotRequired[int]
    path: NotRequired[str]
    name: NotRequired[str]
    nearest: NotRequired[str | None]
    seen: NotRequired[int]
    hint: NotRequired[bool]
    spent: NotRequired[int]
