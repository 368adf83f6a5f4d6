"""Compute the report that answers a question."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import day_end, day_start, site_day
from dealtrace.attribution.credit import AttributionModel
from dealtrace.operations.reports.sort_masked_rows import (
    has_masked_keys,
    mixed_ties,
    sorts_by_masked_keys,
    spelled_as_seen,
)
from dealtrace.record import record
from dealtrace.reports.answer import (
    ByFigure,
    ByModel,
    Formulas,
    Rank,
    Report,
    Sorting,
    SortRows,
    Spell,
    build_report,
    listed_models,
    sequence_of,
    shift_to,
)
from dealtrace.reports.dimensions import DIMENSIONS, Dimension, Kind
from dealtrace.reports.filters import Filter, Operator
from dealtrace.reports.measures import Measure
from dealtrace.reports.metrics import Formula, UnknownFormula, formula_at_site
from dealtrace.reports.periods import DAY, Period, Span, compared_period, span_of
from dealtrace.reports.question import Question
from dealtrace.reports.reading.compared_times import (
    compared_span,
    count_all_data,
    data_measures,
    is_counted,
    is_nothing_counted,
    may_lack_data,
)
from dealtrace.reports.reading.empty_rows import times_with_rows
from dealtrace.reports.reading.masking import masked_key
from dealtrace.reports.rows.gathered import Gathered, RowKey, RowKeys
from dealtrace.reports.time_keys import TIME_KEYS, keys_of_period
from dealtrace.storage.reports.currency_rates import has_foreign_deals, has_rates
from dealtrace.storage.reports.deal_counts import count_won_statuses, find_first_visit, has_margins
from dealtrace.storage.reports.fact_tables import FactTables, deal_times_of, parameters_of_site
from dealtrace.storage.reports.key_spellings import find_containing, find_spellings
from dealtrace.storage.reports.mirror.first_rows import FirstRows, Sorted, can_choose, find_first_rows
from dealtrace.storage.reports.rows_on_disk import ROWS_AT_ONCE, keep_rows, sort_rows
from dealtrace.storage.reports.scope import Scope, needs_hours_of_visits
from dealtrace.storage.reports.statement import gather_measures, gather_periods
from dealtrace.storage.reports.statement_types import NO_PARAMETERS, Fetch, Parameters, Rows, Selection
from dealtrace.storage.reports.stored_facts import StoredFacts

Row = TypeVar("Row")
BEFORE_ALL = date(1970, 1, 1)
"""A day before the first data of any site."""


@record
class FactSource:
    """A source of a site's facts, which are the visits, leads, deals and costs that reports count.

    `fetch` runs queries on `tables`. `proceed` is called now and then during long work on the rows; it raises an
    exception if nobody waits for the result any longer.
    """

    tables: FactTables
    fetch: Fetch
    proceed: Callable[[], None] = lambda: None


def stored_facts(connection: Connection, site: Site) -> FactSource:
    """Return a `FactSource` that reads from the database itself, not from the copy for reports (the column mirror)."""
    of_site = parameters_of_site(site)

    def fetch(statement: Selection, parameters: Parameters = NO_PARAMETERS) -> Rows:
        found = connection.execute(statement, {**of_site, **parameters})
        return keep_rows(tuple(row) for some in found.partitions(ROWS_AT_ONCE) for row in some)

    is_postgresql = connection.dialect.name == "postgresql"
    tables = StoredFacts(
        site.contact_matching,
        is_postgresql=is_postgresql,
        has_rates=has_rates(connection, site.id),
        has_foreign_deals=has_foreign_deals(connection, site.id),
    )
    return FactSource(tables, fetch)


def ask(source: FactSource, site: Site, question: Question, now: datetime) -> Report:
    """Return the report that answers a question; visits, leads, deals and costs after `now` are left out."""
    spans = _spans(question, site, now)
    filters = resolved_filters(source, question, list(spans.values()))
    formulas = _formulas(source, question)
    measures = _measures(formulas)
    empty_times = times_with_rows(question, filters, spans[question.period].days)
    asked = replace(question, filters=filters)
    sort: SortRows = partial(_sort_all, source)
    sides: Sequence[ByModel] | None = None
    first = _first_rows(source, site, asked, spans, formulas) if not empty_times else None
    if first is not None and question.model is not None:
        sides = [{question.model: side} for side in first.sides]
        sort = partial(_sort_first, first.rows_total)
        if question.hides_contacts and _names_contacts(source, question, sides):
            sides, sort = None, partial(_sort_all, source)  # the rows were chosen by keys that are masked
    if sides is None:
        sides = _gather_sides(source, site, asked, list(spans.values()), measures)
    spell = _speller(source, question, sides)
    shown = spelled_as_seen(spell) if question.hides_contacts else None
    report = build_report(
        question,
        formulas,
        sides[0],
        compared=sides[1] if len(sides) > 1 else None,
        compared_period=list(spans)[1] if len(sides) > 1 else None,
        spell=spell,
        sorting=Sorting(
            question.model if question.model is not None else AttributionModel(site.attribution),
            mixed_ties(sort) if question.hides_contacts else sort,
            empty_times,
            shown,
        ),
    )
    report = replace(report, today=site_day(now, site.time_zone))
    if len(sides) == 1:
        return report
    count = partial(_count_data, source, site, question, data_measures(measures))
    return _with_lacking_data(report, sides, count, site, spans[list(spans)[1]], measures)


CountData = Callable[[tuple[Dimension, ...], Span], Gathered]
"""A function that counts all data of a site in a time span, grouped by the dimensions."""


def _count_data(
    source: FactSource,
    site: Site,
    question: Question,
    measures: frozenset[Measure],
    by: tuple[Dimension, ...],
    span: Span,
) -> Gathered:
    """Count a site's data without the question's filters, to see whether a figure is zero or missing.

    If the site had data at the time, the earlier figure of a new source is zero, not missing.
    """
    scope = Scope(site, by, (), span, AttributionModel(site.attribution), question.date_of, None)
    return gather_measures(source.fetch, source.tables, scope, measures)


def _with_lacking_data(
    report: Report, sides: Sequence[ByModel], count: CountData, site: Site, compared: Span, measures: set[Measure]
) -> Report:
    """Return a report with `has_nothing_before` or `counted_since` set if its compared period lacks data."""
    question = report.question
    if is_nothing_counted(sides[1]) and (
        count_all_data(question, measures) or not is_counted(count((), compared).total)
    ):
        return replace(report, has_nothing_before=True)
    may_lack = may_lack_data(question, sides[0], sides[1])
    return replace(report, counted_since=_counted_since(count, site, compared) if may_lack else None)


def _counted_since(count: CountData, site: Site, compared: Span) -> date | None:
    """Return the site's first day with data if it lies in the compared span after the span's first day, else `None`.

    Most spans begin on a day with data, so usually a single statement about that day is enough.
    """
    days = compared.days
    if days is None or days.days == 1:
        return None
    day, zone, first_on = DIMENSIONS["day"], site.time_zone, days.first_on
    for period in (Period(first_on, first_on), Period(BEFORE_ALL, first_on - DAY)):
        span = Span(day_start(period.first_on, zone), min(day_end(period.last_on, zone), compared.until), period)
        if is_counted(count((), span).total):
            return None
    rows = count((day,), compared).rows
    counted = [key for (key,), row in rows.items() if isinstance(key, int) and is_counted(row)]
    return date.fromisoformat(TIME_KEYS[day.name].text_of(min(counted))) if counted else None


def _names_contacts(source: FactSource, question: Question, sides: Sequence[ByModel]) -> bool:
    """Return whether any key of a row contains a contact, which must be masked."""
    spell = _speller(source, question, sides)
    rows = (gathered.rows for side in sides for gathered in side.values())
    return has_masked_keys(question, rows, spell, spelled_as_seen(spell))


def _first_rows(
    source: FactSource, site: Site, question: Question, spans: Mapping[Period, Span], formulas: Formulas
) -> FirstRows | None:
    """Return the first rows of a report, or `None` if all rows must be read, either to show or to sort them."""
    if question.model is None or question.limit is None:
        return None
    if question.hides_contacts and sorts_by_masked_keys(question):
        return None
    since = visits_since(source, question.by, question.filters)
    scopes = [
        Scope(site, question.by, question.filters, span, question.model, question.date_of, since, is_compared=place > 0)
        for place, span in enumerate(spans.values())
    ]
    sequence, measures = sequence_of(question), _measures(formulas)
    sorted_by = [formulas[question.metrics[part.place]] for part in sequence if isinstance(part, ByFigure)]
    formula = sorted_by[0] if sorted_by and not isinstance(sorted_by[0], UnknownFormula) else None
    if not can_choose(source.tables, scopes[0], measures, formula, sequence):
        return None
    shift = shift_to(question, list(spans)[1] if len(scopes) > 1 else None)
    known = formula if isinstance(formula, Formula) else None
    return find_first_rows(
        source.fetch, source.tables, scopes, measures, Sorted(sequence, known, shift, question.limit)
    )


def _sort_all(
    source: FactSource, rows: Iterable[RowKeys], rank: Callable[[RowKeys], Rank], limit: int | None
) -> tuple[Sequence[RowKeys], int]:
    """Sort rows, but stop with an exception once nobody waits for the result; see `SortRows`."""
    return sort_rows(_while_wanted(source, rows), rank, limit)


def _sort_first(
    rows_total: int, rows: Iterable[RowKeys], rank: Callable[[RowKeys], Rank], limit: int | None
) -> tuple[Sequence[RowKeys], int]:
    """Sort the first rows of a report that has `rows_total` rows; see `SortRows`."""
    ordered, _ = sort_rows(rows, rank, limit)
    return ordered, rows_total


def ask_totals(
    source: FactSource, site: Site, question: Question, spans: Sequence[Span]
) -> list[tuple[Fraction | None, ...]]:
    """Return the totals of a question's metrics for each time span; the question's period and dimensions are ignored.

    The question must have one attribution model.
    """
    assert question.model is not None
    filters = resolved_filters(source, question, spans)
    bare = replace(question, by=(), filters=filters, comparison=None, sort=None)
    formulas = _formulas(source, question)
    measures = _measures(formulas)
    totals = []
    for span in spans:
        (gathered,) = _gather(source, site, bare, (span,), measures)
        report = build_report(
            bare, formulas, gathered, spell=lambda _dimension, _key: None, sorting=Sorting(question.model)
        )
        totals.append(report.total.values[question.model])
    return totals


def ask_series(
    source: FactSource, site: Site, question: Question, by: tuple[Dimension, ...], span: Span
) -> tuple[Formulas, Gathered]:
    """Return the formulas of a question's metrics, and the values in `span` that they need, by the dimensions `by`.

    The question must have one attribution model.
    """
    assert question.model is not None
    filters = resolved_filters(source, question, [span])
    formulas = _formulas(source, question)
    since = visits_since(source, by, filters)
    scope = Scope(site, by, filters, span, question.model, question.date_of, since)
    return formulas, gather_measures(source.fetch, source.tables, scope, _measures(formulas))


def _while_wanted(source: FactSource, rows: Iterable[Row]) -> Iterator[Row]:
    """Yield rows as long as somebody waits for the result."""
    for row in rows:
        source.proceed()
        yield row


def _measures(formulas: Formulas) -> set[Measure]:
    return {measure for formula in formulas.values() for measure in formula.measures}


def _spans(question: Question, site: Site, now: datetime) -> dict[Period, Span]:
    """Return the time span of the question's period and, if the question compares, of the period to compare with.

    No span ends after `now`.
    """
    spans = {question.period: span_of(question.period, site.time_zone, now)}
    if question.comparison is not None:
        other = compared_period(question.period, question.comparison)
        spans[other] = compared_span(question.period, question.comparison, site.time_zone, now)
    return spans


def _gather_sides(
    source: FactSource, site: Site, question: Question, spans: Sequence[Span], measures: set[Measure]
) -> list[dict[AttributionModel, Gathered]]:
    """Return the counts of each span; where that takes less time, the same statements count two spans."""
    if len(spans) == 1 or not _may_join(source.tables, question, spans, measures):
        return [side for span in spans for side in _gather(source, site, question, (span,), measures)]
    return _gather(source, site, question, spans, measures)


def _may_join(tables: FactTables, question: Question, spans: Sequence[Span], measures: set[Measure]) -> bool:
    """Return whether the same statements may count two spans.

    They may not if visitors are counted by bitmaps, since the bitmaps of both spans would be in memory at once.
    """
    by_bitmaps = tables.visitors_max(question.by) is not None and any(each.attribute == "visitor" for each in measures)
    own, compared = spans
    return tables.joins_periods(question.by) and own.soon_follows(compared) and not by_bitmaps


def _gather(
    source: FactSource, site: Site, question: Question, spans: Sequence[Span], measures: set[Measure]
) -> list[dict[AttributionModel, Gathered]]:
    """Return the counts by model for each of one or two spans; the same statements count both spans."""
    fetch, since = _fetched_once(source.fetch), visits_since(source, question.by, question.filters)
    own, earlier = spans[0], spans[1] if len(spans) > 1 else None
    sides: list[dict[AttributionModel, Gathered]] = [{} for _ in spans]
    for model in listed_models(question):
        scope = Scope(site, question.by, question.filters, own, model, question.date_of, since, earlier=earlier)
        for side, gathered in zip(sides, gather_periods(fetch, source.tables, scope, measures), strict=True):
            side[model] = gathered
    return sides


def _fetched_once(fetch: Fetch) -> Fetch:
    """Return a `Fetch` for scopes that differ only in their model: a statement that they share is run once."""
    fetched: dict[Selection, Rows] = {}

    def fetch_once(statement: Selection, parameters: Parameters = NO_PARAMETERS) -> Rows:
        if statement not in fetched:
            fetched[statement] = fetch(statement, parameters)
        return fetched[statement]

    return fetch_once


def _formulas(source: FactSource, question: Question) -> Formulas:
    needs_won = any(metric.needs_won for metric in question.metrics)
    needs_margins = any(metric.margin_formula is not None for metric in question.metrics)
    won = needs_won and count_won_statuses(source.fetch, source.tables) > 0
    margins = needs_margins and has_margins(source.fetch, source.tables)
    return {metric: formula_at_site(metric, has_won=won, has_margins=margins) for metric in question.metrics}


def resolved_filters(source: FactSource, question: Question, spans: Sequence[Span]) -> tuple[Filter, ...]:
    """Return the filters; each `contains` filter becomes an `among` filter with all values that contain its text."""
    return tuple(
        Filter(each.dimension, Operator.AMONG, _containing(source, question, each, spans))
        if each.operator is Operator.CONTAINS
        else each
        for each in question.filters
    )


def visits_since(source: FactSource, by: Iterable[Dimension], filters: Iterable[Filter]) -> datetime | None:
    """Return when the site's first visit began, if the report needs the hours of visits; otherwise, return `None`."""
    return find_first_visit(source.fetch, source.tables) if needs_hours_of_visits(by, filters) else None


def _containing(source: FactSource, question: Question, condition: Filter, spans: Sequence[Span]) -> tuple[str, ...]:
    dimension, (text,) = condition.dimension, condition.values
    if dimension.is_time:
        periods = [span.days for span in spans if span.days is not None]
        keys = {key for period in periods for key in keys_of_period(dimension.name, period)}
        return tuple(sorted(key for key in keys if text.casefold() in key.casefold()))
    deal_times = deal_times_of(question.date_of)
    shown = partial(masked_key, dimension) if condition.is_masked else str
    return find_containing(
        source.fetch, source.tables, dimension, text, spans=spans, deal_times=deal_times, shown=shown
    )


def _speller(source: FactSource, question: Question, sides: Sequence[ByModel]) -> Spell:
    """Return a function that writes a key as a string; it writes a source or status in its most frequent spelling."""
    spellings: dict[str, Mapping[str, str]] = {}
    for place, dimension in enumerate(question.by):
        if dimension.kind in (Kind.SOURCE, Kind.STATUS):
            keys = {keys[place] for side in sides for gathered in side.values() for keys in gathered.rows}
            texts = {key for key in keys if isinstance(key, str)}
            spellings[dimension.name] = find_spellings(source.fetch, source.tables, dimension, texts) if texts else {}

    def spell(dimension: Dimension, key: RowKey) -> str | None:
        if isinstance(key, int):
            return TIME_KEYS[dimension.name].text_of(key)
        return spellings.get(dimension.name, {}).get(key, key) if key is not None else None

    return spell
