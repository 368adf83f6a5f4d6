"""Build a report's SQL statements and run them on the database or on the mirror."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

from sqlalchemy import (
    BigInteger,
    BindParameter,
    FromClause,
    Subquery,
    case,
    cast,
    func,
    literal,
    select,
    tuple_,
)

from dealtrace.attribution.credit import WHOLE, AttributionModel
from dealtrace.record import record
from dealtrace.reports.dimensions import Dimension, Kind
from dealtrace.reports.facts import Fact
from dealtrace.reports.measures import Aggregate, Measure, added_up_rows
from dealtrace.reports.question import DateOf
from dealtrace.reports.rows.gathered import Gathered, GatheredRows
from dealtrace.storage.reports.counted_rows import (
    CountedRows,
    NeededColumns,
    RowGroup,
    aggregate_of,
    counted_rows,
    counted_value,
    counts_of,
    day_of,
    dimension_key,
    is_later,
    keyed_sources,
    lacks_value,
    may_be_unknown,
    needed_columns,
    where_counted,
)
from dealtrace.storage.reports.fact_tables import AT, DealTime, FactTables, deal_time_of
from dealtrace.storage.reports.filter_conditions import filter_conditions
from dealtrace.storage.reports.local_time import KEYS_OF_DAY
from dealtrace.storage.reports.measure_flags import FIRST_WON
from dealtrace.storage.reports.scope import Scope, Shape, scope_parameters, shape_of
from dealtrace.storage.reports.sql_functions import total_if_known, total_of
from dealtrace.storage.reports.statement_types import Expression, Fetch, NamedExpression, Rows, Selection

STATEMENTS_MAX = 1_000
"""How many statements a process caches; they are cached, because building one can take longer than running it."""
_LATER, _EARLIER = 1, 0
"""The values of the first column of a statement that counts two periods."""
_WON_FLAGS = frozenset({"is_won", FIRST_WON})


@record
class MeasureGroup:
    """A group of measures, and how they are fetched.

    The measures in `in_rows` are fetched for each row of the report. The totals of the measures in `adding` are added
    up from the rows; the totals of the measures in `whole` are queried separately.
    """

    group: RowGroup
    in_rows: tuple[Measure, ...]
    adding: tuple[Measure, ...]
    whole: tuple[Measure, ...]


@record
class Plan:
    """How the measures of a report are fetched.

    `absent` are measures of facts that the site does not have; they are zero, and nothing is fetched for them.
    `in_no_row` are measures of which only the total is fetched; `unknown` are measures that are not fetched at all. See
    `Gathered`, which calls them `unknown_in_rows` and `unknown`.
    """

    parts: tuple[MeasureGroup, ...]
    absent: frozenset[Measure]
    in_no_row: frozenset[Measure]
    unknown: frozenset[Measure]


def plan_of(tables: FactTables, scope: Scope, measures: Iterable[Measure]) -> Plan:
    """Return the plan for fetching the measures of a report with the given scope, for each row and as totals."""
    asked = frozenset(measures)
    unknown = frozenset(
        measure for measure in asked if any(measure.fact not in each.dimension.facts for each in scope.filters)
    )
    in_no_row = frozenset(
        measure for measure in asked - unknown if any(measure.fact not in dimension.facts for dimension in scope.by)
    )
    absent = frozenset(measure for measure in asked - unknown if tables.lacks(measure.fact))
    parts = []
    for group in _groups(asked - unknown - absent, scope.date_of):
        in_rows = tuple(measure for measure in group.measures if measure not in in_no_row) if scope.by else ()
        adding = tuple(measure for measure in in_rows if scope.adds_up and measure.adds_up)
        whole = tuple(measure for measure in group.measures if measure not in adding)
        parts.append(MeasureGroup(group, in_rows, adding, whole))
    return Plan(tuple(parts), absent, in_no_row, unknown)


def gather_measures(fetch: Fetch, tables: FactTables, scope: Scope, measures: Iterable[Measure]) -> Gathered:
    """Return the values of measures for each row of a report with the given scope, and their totals."""
    return gather_periods(fetch, tables, scope, measures)[0]


def gather_periods(fetch: Fetch, tables: FactTables, scope: Scope, measures: Iterable[Measure]) -> list[Gathered]:
    """Return the values of measures for each row of a report, and their totals, for each period of its scope.

    The scope's own period comes first, then the earlier one, if any. A total that equals the sum of its rows is added
    up from the rows; other totals are queried separately.
    """
    plan = plan_of(tables, scope, measures)
    totals = fetch_whole(fetch, tables, scope, plan)
    rows = [GatheredRows(len(scope.by)) for _ in totals]
    for part in plan.parts:
        if part.in_rows:
            statement = grouped_statement(tables, shape_of(scope), part.group.of(part.in_rows))
            answered = _by_period(scope, fetch(statement, scope_parameters(scope)))
            for mine, of_period, total in zip(answered, rows, totals, strict=True):
                of_period.add(part.in_rows, mine)
                for measure in part.adding:
                    place = len(scope.by) + part.in_rows.index(measure)
                    total[measure] = added_up_rows(row[place] for row in mine)
    settle_totals(fetch, tables, scope, plan, totals)
    pairs = zip(rows, totals, strict=True)
    return [Gathered(of_period, total, plan.in_no_row, plan.unknown) for of_period, total in pairs]


def settle_totals(
    fetch: Fetch, tables: FactTables, scope: Scope, plan: Plan, totals: Sequence[dict[Measure, int | None]]
) -> None:
    """Query those totals that are `None` although they were added up from rows, and put them into `totals`.

    `totals` has the totals of one period in each item; see `added_up_rows`. Measures that cannot be unknown are zero.
    """
    for part in plan.parts:
        doubtful = tuple(measure for measure in part.adding if any(total[measure] is None for total in totals))
        for total, found in zip(totals, _fetch_totals(fetch, tables, scope, part.group, doubtful), strict=True):
            total.update(found)


def fetch_whole(fetch: Fetch, tables: FactTables, scope: Scope, plan: Plan) -> list[dict[Measure, int | None]]:
    """Return the totals that cannot be added up from the rows, by measure, for each period of the scope."""
    zero: dict[Measure, int | None] = dict.fromkeys(
        (*plan.absent, *(measure for part in plan.parts for measure in part.whole)), 0
    )
    totals = [zero.copy() for _ in _by_period(scope, ())]
    for part in plan.parts:
        for total, found in zip(totals, _fetch_totals(fetch, tables, scope, part.group, part.whole), strict=True):
            total.update(found)
    return totals


def _fetch_totals(
    fetch: Fetch, tables: FactTables, scope: Scope, group: RowGroup, measures: tuple[Measure, ...]
) -> list[dict[Measure, int | None]]:
    """Return the totals of measures of a group for each period of the scope; a period without facts has none."""
    if not measures:
        return [{} for _ in _by_period(scope, ())]
    statement = grouped_statement(tables, replace(shape_of(scope), by=()), group.of(measures))
    answered = _by_period(scope, fetch(statement, scope_parameters(scope)))
    return [{measure: value for row in mine for measure, value in zip(measures, row, strict=True)} for mine in answered]


def _by_period(scope: Scope, rows: Rows) -> list[Rows]:
    """Return the rows of each period of a scope, without the column that says to which period a row belongs."""
    if scope.earlier is None:
        return [rows]
    return [[row[1:] for row in rows if row[0] == place] for place in (_LATER, _EARLIER)]


def _groups(measures: Iterable[Measure], date_of: DateOf) -> list[RowGroup]:
    found: dict[tuple[Fact, DealTime], list[Measure]] = {}
    for measure in sorted(measures, key=_order):
        found.setdefault((measure.fact, deal_time_of_measure(measure, date_of)), []).append(measure)
    return [RowGroup(fact, deal_time, tuple(listed)) for (fact, deal_time), listed in found.items()]


def _order(measure: Measure) -> tuple[object, ...]:
    """Return the sort key of a measure; sorting lets reports with the same measures share a statement."""
    statuses = sorted(measure.statuses) if measure.statuses is not None else []
    return measure.fact, measure.aggregate.value, measure.attribute, measure.flag, measure.statuses is None, statuses


def deal_time_of_measure(measure: Measure, date_of: DateOf) -> DealTime:
    """Return the time of a fact, such as a deal, that determines the day on which a report counts the fact.

    `date_of` is the report's setting. With `DateOf.CHANGED`, measures of won deals use the time at which a deal got its
    current status.
    """
    if date_of is DateOf.CHANGED and measure.flag in _WON_FLAGS:
        return DealTime.STATUS
    return deal_time_of(date_of)


def grouped_statement(tables: FactTables, shape: Shape, group: RowGroup) -> Selection:
    """Return the SQL select of a group of measures: its columns are the report's keys, then the measures in order.

    All models share one statement if the group counts no touches; measures of visits, for example, count none.
    """
    return _grouped_statement(tables, _of_any_model(shape, group), group)


@lru_cache(STATEMENTS_MAX)
def _of_any_model(shape: Shape, group: RowGroup) -> Shape:
    return (
        shape if needed_columns(shape, group).needs_touches else replace(shape, model=AttributionModel.LAST_INTERACTION)
    )


@lru_cache(STATEMENTS_MAX)
def _grouped_statement(tables: FactTables, shape: Shape, group: RowGroup) -> Selection:
    needed = needed_columns(shape, group)
    deferred = _deferred(tables, shape)
    if _has_two_steps(tables, group, deferred):
        return _grouped_in_two_steps(tables, shape, group, needed, deferred)
    rows = counted_rows(tables, shape, group, needed)
    keys = [dimension_key(dimension, rows).label(f"key_{place}") for place, dimension in enumerate(shape.by)]
    keys = [*_period(shape, rows), *keys]
    statement = select(*keys, *(aggregate_of(rows, measure) for measure in group.measures))
    statement = statement.select_from(rows.joined).where(*filter_conditions(tables, shape.filters, rows))
    return statement.group_by(*keys) if keys else statement


def _deferred(tables: FactTables, shape: Shape) -> frozenset[Dimension]:
    """Return the dimensions whose keys are computed in the second step of grouping, because that is faster.

    If facts are filtered by source, the dimensions of sources are left out, since the first step needs their keys.
    """
    is_filtered = any(each.dimension.kind is Kind.SOURCE for each in shape.filters)
    deferred = tables.deferred(shape.by)
    return frozenset(each for each in deferred if not (is_filtered and each.kind is Kind.SOURCE))


def _has_two_steps(tables: FactTables, group: RowGroup, deferred: frozenset[Dimension]) -> bool:
    """Return whether grouping in two steps is possible and faster.

    If a group counts distinct values, it must do so for one attribute only, and all its other measures must be counts.
    """
    different = [measure for measure in group.measures if measure.aggregate is Aggregate.DISTINCT]
    if different:
        counts = [measure for measure in group.measures if measure.aggregate is Aggregate.COUNT]
        return tables.groups_twice and len(different) == 1 and len(counts) == len(group.measures) - 1
    return bool(deferred)


def _grouped_in_two_steps(
    tables: FactTables, shape: Shape, group: RowGroup, needed: NeededColumns, deferred: frozenset[Dimension]
) -> Selection:
    """Return the select that groups by cheap expressions first, and then groups the few resulting rows by the keys.

    The first step groups by the source's id or by the day instead of the `deferred` dimensions, because it is slow to
    join the keys of sources and to compute months for every fact. If distinct values are counted, no dimension is
    deferred: the first step groups by the keys and by these values, because PostgreSQL sorts all rows for
    `count(DISTINCT …)`. The first step then uses a grouping set, which PostgreSQL computes in one process: most values
    have few rows, so grouping them in several processes and then merging the groups takes longer.
    """
    if any(measure.aggregate is Aggregate.DISTINCT for measure in group.measures):
        deferred = frozenset()
    defers_sources = any(each.kind is Kind.SOURCE for each in deferred)
    rows = counted_rows(
        tables, shape, group, replace(needed, needs_sources=needed.needs_sources and not defers_sources)
    )
    first = [
        (_first_key(dimension, rows) if dimension in deferred else dimension_key(dimension, rows)).label(
            f"first_{place}"
        )
        for place, dimension in enumerate(shape.by)
    ]
    first = [*_period(shape, rows), *first]
    measured = [each for place, measure in enumerate(group.measures) for each in _in_first_step(rows, measure, place)]
    values = [each for each in measured if each.name == _VALUE]
    inner = select(*first, *measured).select_from(rows.joined).where(*filter_conditions(tables, shape.filters, rows))
    grouping = [func.grouping_sets(tuple_(*first, *values))] if values else first
    grouped = inner.group_by(*grouping).subquery("grouped")
    joined, keys = _second_keys(tables, shape, grouped, deferred)
    added = (_in_second_step(rows, grouped, measure, place) for place, measure in enumerate(group.measures))
    statement = select(*keys, *added).select_from(joined)
    return statement.group_by(*keys) if keys else statement


_PERIOD = "period"
"""The column that says which of two periods a row belongs to."""


def _period(shape: Shape, rows: CountedRows) -> list[NamedExpression]:
    """Return the SQL expression for `_PERIOD` in a list, or an empty list if a statement counts a single period."""
    if not shape.is_joint:
        return []
    is_own = is_later(shape, rows.fact, rows.facts.c[AT])
    return [case((is_own, literal(_LATER, BigInteger)), else_=literal(_EARLIER, BigInteger)).label(_PERIOD)]


_VALUE = "value"
"""The column of values to count once each: the first step groups by it, and the second step counts the groups."""


def _first_key(dimension: Dimension, rows: CountedRows) -> Expression:
    """Return the expression by which the first step groups in place of a deferred dimension: source id or day."""
    return rows.facts.c.source_id if dimension.kind is Kind.SOURCE else day_of(rows)


def _second_keys(
    tables: FactTables, shape: Shape, grouped: Subquery, deferred: frozenset[Dimension]
) -> tuple[FromClause, list[NamedExpression]]:
    """Return the rows that the second step of grouping reads, and the SQL expressions of the report's keys.

    The rows are the result of the first step; if the keys of sources are `deferred`, the rows are joined with sources.
    """
    joined: FromClause = grouped
    sources = keyed_sources(tables, deferred)
    keys: list[NamedExpression] = [grouped.c[_PERIOD].label(_PERIOD)] if shape.is_joint else []
    for place, dimension in enumerate(shape.by):
        key: Expression = grouped.c[f"first_{place}"]
        if dimension in deferred and dimension.kind is Kind.SOURCE:
            if joined is grouped:
                joined = grouped.outerjoin(sources, sources.c.id == key)
            key = sources.c[f"{dimension.name}_key"]
        elif dimension in deferred:
            key = KEYS_OF_DAY[dimension.name](key)
        keys.append(key.label(f"key_{place}"))
    return joined, keys


def _in_second_step(rows: CountedRows, grouped: Subquery, measure: Measure, place: int) -> Expression:
    """Return the SQL expression that computes a measure from its columns of the first step."""
    if measure.aggregate is Aggregate.DISTINCT:
        return func.count(grouped.c[_VALUE])
    added: Expression = grouped.c[f"measure_{place}"]
    return total_if_known(added, grouped.c[f"unknown_{place}"]) if may_be_unknown(rows, measure) else total_of(added)


def _in_first_step(rows: CountedRows, measure: Measure, place: int) -> list[NamedExpression]:
    """Return the columns of a measure in the first step: values that the second step counts or numbers that it adds up.

    If the measure may be unknown, a further column says whether a number is missing.
    """
    counts = counts_of(rows, measure)
    if measure.aggregate is Aggregate.DISTINCT:
        return [counted_value(rows, measure, counts).label(_VALUE)]
    if may_be_unknown(rows, measure):
        known = total_of(counted_value(rows, measure, counts)).label(f"measure_{place}")
        return [known, func.max(lacks_value(rows, measure, counts)).label(f"unknown_{place}")]
    if measure.aggregate is Aggregate.COUNT:
        is_whole = isinstance(rows.share, BindParameter)
        whole = func.count(case((counts, 1))) if counts is not None else func.count()
        added = whole * literal(WHOLE, BigInteger) if is_whole else func.sum(where_counted(counts, rows.share))
        return [cast(added, BigInteger).label(f"measure_{place}")]
    return [aggregate_of(rows, measure).label(f"measure_{place}")]
