"""The JSON of the visits, leads, deals or costs behind a figure of a report."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Literal, NotRequired, TypedDict

from dealtrace.attribution.credit import WHOLE
from dealtrace.leads.lead import KIND_NAMES, LeadKindName
from dealtrace.reports.facts import Fact
from dealtrace.reports.figure import AnyRow, CostRow, DealRow, FigureRows, LeadRow, VisitRow
from dealtrace.reports.formats import Shown, format_kopecks, format_share, format_value
from dealtrace.reports.metrics import METRICS

RowKind = Literal["visit", "lead", "deal", "cost"]
_KINDS: Mapping[Fact, RowKind] = {
    Fact.VISITS: "visit",
    Fact.LEADS: "lead",
    Fact.DEALS: "deal",
    Fact.ASSISTS: "deal",
    Fact.COSTS: "cost",
}
_MONEY = ("amount", "margin", "cost")
_SHARED_COUNT = {Fact.VISITS: "visits", Fact.LEADS: "leads", Fact.DEALS: "deals"}
"""For each kind of row behind a figure, the metric that counts such rows; costs have none.

A row counts only in part if the credit for its lead is divided among several visits.
"""


class VisitBehind(TypedDict):
    """A visit behind a figure, and the share of it that the figure counts."""

    id: int
    share: str


class LeadBehind(TypedDict):
    """A lead behind a figure, and the share of it that the figure counts."""

    id: int
    share: str
    kind: LeadKindName


class DealBehind(TypedDict):
    """A deal behind a figure: the share of it that the figure counts, and its amount; also its margin if `sum` has one.

    Money is `null` if it is unknown.
    """

    id: int
    share: str
    amount: str | None
    margin: NotRequired[str | None]


class CostBehind(TypedDict):
    """The cost of a traffic source on a day, and its clicks."""

    day: str
    source: str
    medium: str
    campaign: str
    content: str
    term: str
    cost: str | None
    clicks: int | None


class RowsAnswer(TypedDict):
    """The rows behind a figure: their kind, the number of all rows, one page of rows, and the sums of all rows."""

    kind: RowKind
    total: int
    rows: list[VisitBehind | LeadBehind | DealBehind | CostBehind]
    sum: dict[str, Shown]


def serialize_rows(found: FigureRows) -> RowsAnswer:
    """Return the rows behind a figure as JSON.

    `sum` has the sums of all rows, not only of the page, and the figure itself.
    """
    rows = [_serialize_row(row, has_margin="margin" in found.sums) for row in found.rows]
    return {"kind": _KINDS[found.kind], "total": found.total, "rows": rows, "sum": _serialize_sums(found)}


def _serialize_row(row: AnyRow, *, has_margin: bool) -> VisitBehind | LeadBehind | DealBehind | CostBehind:
    match row:
        case VisitRow():
            return {"id": row.id, "share": format_share(row.share)}
        case LeadRow():
            return {"id": row.lead.id, "share": format_share(row.share), "kind": KIND_NAMES[row.lead.kind]}
        case DealRow():
            deal: DealBehind = {"id": row.id, "share": format_share(row.share), "amount": _rubles(row.amount_rub)}
            return {**deal, "margin": _rubles(row.margin_rub)} if has_margin else deal
        case CostRow():
            return {
                "day": row.spent_on.isoformat(),
                "source": row.source.source,
                "medium": row.source.medium,
                "campaign": row.source.campaign,
                "content": row.source.content,
                "term": row.source.term,
                "cost": _rubles(row.cost_rub),
                "clicks": row.clicks,
            }


def _rubles(amount: Decimal | None) -> str | None:
    return f"{amount:f}" if amount is not None else None


def _serialize_sums(found: FigureRows) -> dict[str, Shown]:
    counted, metric = _SHARED_COUNT.get(found.kind), found.figure.metric
    total: dict[str, Shown] = {}
    if counted is not None:
        total[counted] = format_value(METRICS[counted].unit, Fraction(found.share, WHOLE))
    for name, added in found.sums.items():
        total[name] = format_kopecks(added) if name in _MONEY and added is not None else added
    return {**total, metric.name: format_value(metric.unit, found.value)}
