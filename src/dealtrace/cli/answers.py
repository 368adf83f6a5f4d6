"""The types of the JSON that commands print; times are in UTC. The types of deals and leads are in `lead_answers`."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import NotRequired, TypedDict

from dealtrace.leads.lead import LeadRef


class RateAnswer(TypedDict):
    """A rate in `rate list`: the price in rubles of one unit of a currency, and the first day on which it applies."""

    currency: str
    since: date
    rubles: Decimal


class ListedStatus(TypedDict):
    """A status in `status list`; `deals` excludes deleted deals, and the most frequent of `spellings` comes first."""

    name: str
    meaning: str
    deals: int
    spellings: tuple[str, ...]


class ColumnAnswer(TypedDict):
    """A report column in `column list`; `statuses` is empty for a formula, and `formula` is `None` for other kinds."""

    name: str
    kind: str
    statuses: tuple[str, ...]
    formula: str | None


class HostAnswer(TypedDict):
    """A host in `source host list`; `name` is its source, or empty for the site's own, payment and sign-in hosts."""

    kind: str
    host: str
    name: str


class SegmentAnswer(TypedDict):
    """A segment in `segment list`; filters are written `dimension:operator:value`.

    `fault` says why the segment can no longer be used, or is `None` if it can be used.
    """

    name: str
    filters: list[str]
    fault: str | None


class ReclassificationAnswer(TypedDict):
    """The result of `source reclassify`: how many visits were read, and how many visits and leads changed their source.

    With `dryRun`, nothing is stored, and the last two counts say how many would change their source.
    """

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
    usedAt: datetime | None
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
    """A webhook in `webhook list` and `webhook show`; `state` is `active`, `failing` or `paused`."""

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
    """The result of `demo`; `clientApiId` is `None` if the site existed before."""

    siteId: int
    clientApiId: str | None
    visits: int
    leads: int
    deals: int


class LoggedImportAnswer(TypedDict):
    """An import that can be taken back, or was taken back.

    `added` counts the rows that the import added. Of these, `takenBack` counts the rows that were taken back, `stayed`
    the rows that were kept because they had been changed since, and `left` the rest.
    """

    importId: int
    siteId: int
    kind: str
    file: str
    begunAt: datetime
    added: int
    left: int
    takenBack: int
    stayed: int
    undoneAt: datetime | None


class ImportAnswer(TypedDict):
    """The result of an import: how many rows were read, imported and refused.

    `finishedBefore` is true if the file had already been imported.
    """

    siteId: int
    rows: int
    takenIn: int
    refused: int
    refusedFile: str | None
    encoding: str | None
    columnsPassedOver: tuple[str, ...]
    finishedBefore: bool


class UnmetCost(TypedDict):
    """A source or campaign with costs but without visits; `cost` is in rubles with two decimals."""

    source: str
    medium: str
    campaign: str
    content: str
    term: str
    cost: str


class CostsAnswer(TypedDict):
    """The result of `import costs`; amounts are in rubles, with two decimals.

    `rows` is how many rows the file has, not counting lines with totals. `costs` is how many costs were stored, one for
    each day and source, and `replaced` is how many earlier costs of the same days they replaced. `unmetSources` lists
    the costs whose source no visit has. `unmetCampaigns` lists those of them that match no visit even if only source,
    medium and campaign are compared; `unmetCost` is the total of `unmetSources`.
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
    """A source and its share of a deal, a decimal from 0 to 1; source and medium are `None` if unknown."""

    source: str | None
    medium: str | None
    share: str


class DealAttributionAnswer(TypedDict):
    """The lead of a deal, and the sources of the deal with their shares, the source of the latest visit first."""

    lead: LeadRef | None
    sources: list[SourceShareAnswer]


class ListedFlip(TypedDict):
    """A deal whose lead or source would change, as `try` lists it."""

    orderId: int
    orderNumber: str
    happenedAt: datetime
    sum: str | None
    currency: str | None
    before: DealAttributionAnswer
    after: DealAttributionAnswer


class MatchRateAnswer(TypedDict):
    """How many deals have a lead (`withLead`), and how many have a lead or a stated source (`attributed`).

    `matchRate` is the share of attributed deals, or `None` if there are no deals.
    """

    withLead: int
    attributed: int
    matchRate: str | None


class MoveAnswer(TypedDict):
    """How many deals (possibly a fraction) and how many rubles would move from one source to another.

    `rubles` is `None` if none of the amounts is known.
    """

    fromSource: str | None
    fromMedium: str | None
    toSource: str | None
    toMedium: str | None
    deals: str
    rubles: str | None


class FurtherMovesAnswer(TypedDict):
    """How many deals and how many rubles would move between sources that are not listed in `moves`."""

    deals: str
    rubles: str | None


class TrialAnswer(TypedDict):
    """What `try` prints after the deals that would change: how many deals there are, and the totals of the changes.

    `withoutRate` is how many deals would change their source but are left out of all amounts in rubles, because their
    currencies have no rate.
    """

    deals: int
    pinned: int
    otherLead: int
    otherSource: int
    leadKept: int
    withoutRate: int
    before: MatchRateAnswer
    after: MatchRateAnswer
    moves: list[MoveAnswer]
    furtherMoves: FurtherMovesAnswer


class ValuesAnswer(TypedDict):
    """The values of a deal that `agree` compares, as they are in the file or at the site.

    `sum` is a decimal number, or `None` if the deal has no amount. A `currency` of `None` means rubles.
    """

    sum: str | None
    currency: str | None
    status: str
    happenedAt: datetime


class DisagreementAnswer(TypedDict):
    """A difference found by `agree`.

    `file` is `None` if the deal is only at the site, `here` is `None` if it is only in the file.
    """

    kind: str
    row: int | None
    orderId: int | None
    orderNumber: str | None
    fields: list[str]
    file: ValuesAnswer | None
    here: ValuesAnswer | None
    reason: str | None


class CountAnswer(TypedDict):
    """How many deals there are, and their total in rubles, a decimal number, or `null` if no amount is known.

    `withoutRate` is how many of them are left out of the total, because their amounts in rubles are unknown.
    """

    deals: int
    rubles: str | None
    withoutRate: int


class AgreementHeadAnswer(TypedDict):
    """What `agree` prints before the differences: the site and the file."""

    siteId: int
    file: str


class AgreementAnswer(TypedDict):
    """What `agree` prints after the differences; `difference` and `otherSum` are the file's values minus the site's."""

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
    """A problem that `doctor` found, and how to fix it (`cure`); the other keys identify what the problem is about.

    A finding with `hint` is only advice and does not change the exit status.
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


class AlertAnswer(TypedDict):
    """A rule in `alert list`; `limit` is a number or a percentage, and `raisedAt` is `None` if no alert is raised."""

    alertId: int
    kind: str
    metric: str
    window: str
    limit: str | None
    filters: list[str]
    recipients: list[str]
    raisedAt: datetime | None
    value: str | None
    usual: str | None
    fault: str | None


class AlertIncidentAnswer(TypedDict):
    """An alert that a rule would have raised, in `alert test`; `ended` is `None` if the alert would still be on."""

    since: datetime
    until: datetime
    value: str | None
    usual: str | None
    ended: datetime | None


class AlertTrialAnswer(TypedDict):
    """The result of `alert test` for the last 30 days.

    `windows` is how many periods were checked, and `undecided` is how many of them had too little data to decide.
    `byChance` is how many periods had a count that differed by the rule's percentage, but by no more than chance
    explains. `unseen` are filters by values that no visit, lead or deal has.
    """

    alertId: int
    windows: int
    undecided: int
    byChance: int
    unseen: list[str]
    incidents: list[AlertIncidentAnswer]
