"""The JSON that commands print, one type per answer; instants are UTC. Deals and leads are in `lead_answers`."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import NotRequired, TypedDict

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
    corsOrigins: list[str]
    counter: str
    customFields: list[str]


class RateAnswer(TypedDict):
    """A rate in `rate list`: rubles for a unit of a currency, from a day of the site on."""

    currency: str
    since: date
    rubles: Decimal


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
    owner: bool
    roles: Mapping[str, str]
    secondFactor: bool


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


class UnmetCost(TypedDict):
    """A source or campaign that cost something and that no visit has; `cost` is in rubles, with two decimals."""

    source: str
    medium: str
    campaign: str
    content: str
    term: str
    cost: str


class CostsAnswer(TypedDict):
    """The result of `import costs`; sums are in rubles, with two decimals.

    `rows` are those of the file, without its totals; `costs` their different days and sources; `replaced` those that
    the same days had before. `unmetSources` meet no visit by all five parts, `unmetCampaigns` not even by the first
    three.
    """

    siteId: int
    system: str
    account: str
    rows: int
    days: int
    costs: int
    replaced: int
    cost: str
    unit: str
    encoding: str | None
    columnsPassedOver: tuple[str, ...]
    unmetCost: str
    unmetSources: list[UnmetCost]
    unmetCampaigns: list[UnmetCost]


class SourceShareAnswer(TypedDict):
    """A source that shares a deal: its share is a decimal from 0 to 1, and `None` stands for nothing."""

    source: str | None
    medium: str | None
    share: str


class StandingAnswer(TypedDict):
    """Where a deal belongs: its lead, and the sources that share it, the latest touch first."""

    lead: LeadRef | None
    sources: list[SourceShareAnswer]


class FlipAnswer(TypedDict):
    """A deal in `try` that would have another lead or source."""

    orderId: int
    orderNumber: str
    happenedAt: datetime
    sum: str | None
    before: StandingAnswer
    after: StandingAnswer


class MatchRateAnswer(TypedDict):
    """How many deals have a lead, how many a lead or a stated source, and these as a part of all; `None` of none."""

    withLead: int
    attributed: int
    matchRate: str | None


class MoveAnswer(TypedDict):
    """What would move between two sources: deals and rubles, as decimals."""

    fromSource: str | None
    fromMedium: str | None
    toSource: str | None
    toMedium: str | None
    deals: str
    rubles: str


class FurtherMovesAnswer(TypedDict):
    """What would move between sources that are not listed by themselves."""

    deals: str
    rubles: str


class TrialHeadAnswer(TypedDict):
    """What `try` prints before the deals that would flip."""

    siteId: int
    firstDay: date
    lastDay: date
    tried: dict[str, str]


class TrialAnswer(TypedDict):
    """What `try` prints after them: how many deals there are, and what would become of them together."""

    deals: int
    pinned: int
    otherLead: int
    otherSource: int
    leadKept: int
    before: MatchRateAnswer
    after: MatchRateAnswer
    moves: list[MoveAnswer]
    furtherMoves: FurtherMovesAnswer


class ValuesAnswer(TypedDict):
    """What one side has of a deal; `sum` is a decimal, `None` if there is none."""

    sum: str | None
    status: str
    happenedAt: datetime


class DisagreementAnswer(TypedDict):
    """A deal in `agree` on which the file and we do not agree; a side that lacks it is `None`."""

    kind: str
    row: int | None
    orderId: int | None
    orderNumber: str | None
    fields: list[str]
    file: ValuesAnswer | None
    here: ValuesAnswer | None
    reason: str | None


class CountAnswer(TypedDict):
    """Deals and their rubles, a decimal."""

    deals: int
    rubles: str


class AgreementHeadAnswer(TypedDict):
    """What `agree` prints before the differences."""

    siteId: int
    file: str


class AgreementAnswer(TypedDict):
    """What `agree` prints after them; `difference` and `otherSum` are how much more the file has."""

    agrees: bool
    inFile: CountAnswer
    here: CountAnswer
    difference: CountAnswer
    missingHere: CountAnswer
    missingInFile: CountAnswer
    repeated: CountAnswer
    otherSum: CountAnswer
    otherStatus: int
    otherDate: int
    unreadable: int


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


class RequestAnswer(TypedDict):
    """A request in `requests tail`; `siteId` is `None` if it named no site, `reason` that of a refusal in English."""

    siteId: int | None
    at: datetime
    requestId: str
    tokenId: int | None
    method: str
    path: str
    parameters: dict[str, str]
    status: int
    errorCode: int | None
    reason: str | None
    ms: float
