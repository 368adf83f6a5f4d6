"""The JSON that commands print, one type per answer; instants are UTC. Deals and leads are in `lead_answers`."""

from datetime import datetime
from typing import NotRequired, TypedDict


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


class SegmentAnswer(TypedDict):
    """A segment in `segment list`, with its filters as they are written."""

    name: str
    filters: list[str]


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


class UserAnswer(TypedDict):
    """A user in `user list`."""

    userId: int
    login: str
    createdAt: datetime


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


class DemoAnswer(TypedDict):
    """The result of `demo`; `clientApiId` is null if the site was there before."""

    siteId: int
    clientApiId: str | None
    visits: int
    leads: int
    deals: int


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
