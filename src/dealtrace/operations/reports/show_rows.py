"""Find the visits, leads, deals or costs behind a figure of a report."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from dealtrace.accounts.site import Site
from dealtrace.attribution.traffic_source import NOWHERE, TrafficSource
from dealtrace.leads.lead import KINDS_BY_NAME, LeadRef
from dealtrace.operations.reports.ask import FactSource, resolved_filters, visits_since
from dealtrace.reports.facts import Fact
from dealtrace.reports.figure import AnyRow, CostRow, DealRow, Figure, FigureRows, LeadRow, VisitRow
from dealtrace.reports.formats import format_kopecks
from dealtrace.storage.reports.rows_behind import BehindRow, find_rows_behind, find_source_parts
from dealtrace.storage.reports.scope import Scope


def show_rows(source: FactSource, site: Site, figure: Figure, now: datetime) -> FigureRows:
    """Return one page of the rows behind a figure, earliest first."""
    question = figure.question
    assert question.model is not None
    span = figure.span(site.time_zone, now)
    filters = resolved_filters(source, question, [span])
    since = visits_since(source, question.by, filters)
    scope = Scope(site, question.by, filters, span, question.model, question.date_of, since)
    page = (figure.offset, figure.limit)
    found = find_rows_behind(source.fetch, source.tables, scope, figure.measure, figure.keys, page)
    sources = _find_sources(source, [row.id for row in found.rows]) if figure.measure.fact is Fact.COSTS else {}
    rows = [_row(figure.measure.fact, row, sources) for row in found.rows]
    value = figure.metric.formula.value({figure.measure: found.figure})
    return FigureRows(figure, rows, found.total, found.share, found.sums, value)


def _find_sources(source: FactSource, ids: list[int]) -> dict[int, TrafficSource]:
    parts = find_source_parts(source.fetch, source.tables, ids) if ids else {}
    return {source_id: TrafficSource(*of_source) for source_id, of_source in parts.items()}


def _row(fact: Fact, row: BehindRow, sources: Mapping[int, TrafficSource]) -> AnyRow:
    match fact:
        case Fact.COSTS:
            source = sources.get(row.id, NOWHERE)
            return CostRow(date.fromordinal(row.at), source, _rubles(row.sums["cost"]), row.sums["clicks"])
        case Fact.LEADS:
            return LeadRow(LeadRef(KINDS_BY_NAME[row.labels["lead_kind"]], row.id), row.share)
        case Fact.VISITS:
            return VisitRow(row.id, row.share)
        case Fact.DEALS | Fact.ASSISTS:
            return DealRow(row.id, row.share, _rubles(row.sums["amount"]), _rubles(row.sums.get("margin")))


def _rubles(kopecks: int | None) -> Decimal | None:
    return Decimal(format_kopecks(kopecks)) if kopecks is not None else None
