"""Build the JSON of the visits, leads, deals or costs behind a figure of a report."""

from collections.abc import Mapping
from datetime import date, datetime
from fractions import Fraction
from typing import NotRequired, TypedDict

from dealtrace.accounts.site import Site
from dealtrace.attribution.credit import WHOLE
from dealtrace.attribution.traffic_source import SOURCE_PARTS
from dealtrace.operations.reports.ask import FactSource, resolved_filters, visits_since
from dealtrace.reports.facts import Fact
from dealtrace.reports.figure import Figure
from dealtrace.reports.formats import Shown, format_kopecks, format_share, format_value
from dealtrace.reports.metrics import METRICS
from dealtrace.reports.periods import span_of
from dealtrace.storage.reports.rows_behind import BehindRow, RowsBehind, find_rows_behind, find_source_parts
from dealtrace.storage.reports.scope import Scope

_MONEY = ("amount", "margin", "cost")
_SHARED_COUNT = {Fact.VISITS: "visits", Fact.LEADS: "leads", Fact.DEALS: "deals", Fact.ASSISTS: "deals"}
"""For each kind of row behind a figure, the metric that counts such rows; costs have none.

A row counts only in part if the credit for its lead is divided among several visits.
"""


class RowBehind(TypedDict):
    """A row behind a figure: a visit, lead or deal with its share and money, or the cost of a source on a day."""

    id: NotRequired[int]
    kind: NotRequired[str]
    share: NotRequired[str]
    amount: NotRequired[str | None]
    margin: NotRequired[str | None]
    day: NotRequired[str]
    source: NotRequired[str]
    medium: NotRequired[str]
    campaign: NotRequired[str]
    content: NotRequired[str]
    term: NotRequired[str]
    cost: NotRequired[str | None]
    clicks: NotRequired[int | None]


class RowsAnswer(TypedDict):
    """The rows behind a figure: their kind, the number of all rows, one page of rows, and the sums of all rows."""

    kind: str
    total: int
    rows: list[RowBehind]
    sum: dict[str, Shown]


def show_rows(source: FactSource, site: Site, figure: Figure, now: datetime) -> RowsAnswer:
    """Return one page of the rows behind a figure, earliest first.

    `sum` has the sums of all rows, not only of the page, and the figure itself.
    """
    question = figure.question
    assert question.model is not None
    span = span_of(question.period, site.time_zone, now)
    filters = resolved_filters(source, question, [span])
    since = visits_since(source, question.by, filters)
    scope = Scope(site, question.by, filters, span, question.model, question.date_of, since)
    page = (figure.offset, figure.limit)
    found = find_rows_behind(source.fetch, source.tables, scope, figure.measure, figure.keys, page)
    fact = figure.measure.fact
    ids = [row.id for row in found.rows] if fact is Fact.COSTS else []
    parts = find_source_parts(source.fetch, source.tables, ids) if ids else {}
    rows = [_cost_row(row, parts) if fact is Fact.COSTS else _row(row) for row in found.rows]
    kind = Fact.DEALS if fact is Fact.ASSISTS else fact
    return {"kind": kind.value, "total": found.total, "rows": rows, "sum": _sum(figure, found)}


def _row(row: BehindRow) -> RowBehind:
    shown: RowBehind = {"id": row.id, "share": format_share(row.share)}
    if "lead_kind" in row.labels:
        shown["kind"] = row.labels["lead_kind"]
    if "amount" in row.sums:
        shown["amount"] = _money(row.sums["amount"])
    if "margin" in row.sums:
        shown["margin"] = _money(row.sums["margin"])
    return shown


def _cost_row(row: BehindRow, parts: Mapping[int, tuple[str, ...]]) -> RowBehind:
    source, medium, campaign, content, term = parts.get(row.id, ("",) * len(SOURCE_PARTS))
    return {
        "day": date.fromordinal(row.at).isoformat(),
        "source": source,
        "medium": medium,
        "campaign": campaign,
        "content": content,
        "term": term,
        "cost": _money(row.sums["cost"]),
        "clicks": row.sums["clicks"],
    }


def _money(kopecks: int | None) -> str | None:
    return format_kopecks(kopecks) if kopecks is not None else None


def _sum(figure: Figure, found: RowsBehind) -> dict[str, Shown]:
    counted = _SHARED_COUNT.get(figure.measure.fact)
    total: dict[str, Shown] = {}
    if counted is not None:
        total[counted] = format_value(METRICS[counted].unit, Fraction(found.share, WHOLE))
    for name, added in found.sums.items():
        total[name] = format_kopecks(added) if name in _MONEY else added
    exact = figure.metric.formula.value({figure.measure: found.figure})
    return {**total, figure.metric.name: format_value(figure.metric.unit, exact)}
