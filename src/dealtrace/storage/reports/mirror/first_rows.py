"""Choose the first rows of a report in the mirror, so that only these are fetched; `answer.py` then sorts them again.

SQL sorts exactly as `answer.py` does, so only the rows that the report shows are fetched, even if figures are equal.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from sqlalchemy import (
    ARRAY,
    CTE,
    BigInteger,
    BindParameter,
    FromClause,
    Text,
    and_,
    bindparam,
    case,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    true,
    type_coerce,
    union_all,
)

from dealtrace.record import record
from dealtrace.reports.answer import ByFigure, Sequencing, shifted
from dealtrace.reports.dimensions import Dimension, Kind
from dealtrace.reports.measures import Measure, Sum
from dealtrace.reports.metrics import Formula
from dealtrace.reports.rows.gathered import Gathered, RowKeys
from dealtrace.storage.reports.counted_rows import RowGroup, may_be_unknown
from dealtrace.storage.reports.fact_tables import FactTables
from dealtrace.storage.reports.key_spellings import find_spellings, single_spellings
from dealtrace.storage.reports.scope import Scope, Shape, scope_parameters, shape_of
from dealtrace.storage.reports.sql_functions import KnownNumber, total_of
from dealtrace.storage.reports.statement import Plan, fetch_whole, grouped_statement, plan_of, settle_totals
from dealtrace.storage.reports.statement_types import Expression, Fetch, NamedExpression, Selection, parameter

STATEMENTS_MAX = 200
"""How many statements a process caches."""
_STEP, _STEPS = 2**40, 4
"""Quotients are compared by their whole parts and by four further digits of 40 bits each.

This compares quotients of numbers of up to 80 bits exactly. No product exceeds the 128 bits of DuckDB's integers, as
long as divisors have at most 87 bits, which is far more than the total amount of all deals needs.
"""
_LIMIT = "limit"
_FOUND: NamedExpression = literal_column("1").label("found")
"""A column of grouped rows that is null only where a join found no row; measures are also null if they are unknown."""
_UNKNOWN: Expression = literal_column(str(-(2**100)))
"""Stands for an unknown value when rows are merged by keeping the greatest value; no sum is that low."""
_SPELT = (Kind.SOURCE, Kind.STATUS)


@record
class FirstRows:
    """The measures of the first rows of a report, for each of its periods, and the report's total number of rows."""

    sides: tuple[Gathered, ...]
    rows_total: int


@record
class Sorted:
    """How a report is sorted: the order, the formula of the figures to sort by, and the number of rows to show.

    `formula` is `None` if the report is not sorted by figures, or if these figures cannot be computed. `shift` has, for
    each dimension, the number to add to a key of the compared period to get that of the report's own period.
    """

    sequence: Sequencing
    formula: Formula | None
    shift: tuple[int, ...]
    limit: int


def can_choose(
    tables: FactTables, scope: Scope, measures: Iterable[Measure], formula: object, sequence: Sequencing
) -> bool:
    """Return whether the database can choose the first rows of a report that is sorted by the figures of `formula`.

    The database can compare sums and quotients of measures, and changes in sums. It cannot compare the formulas of a
    site's own columns, nor changes in quotients, whose exact computation needs more than the 128 bits of its integers.
    If visitors are counted by bitmaps, the result is `False`, so that all rows are fetched: they are few, and choosing
    the first rows would hold the bitmaps of two periods (the report's own and the compared one) in memory at once.
    """
    is_sortable = formula is None or (
        isinstance(formula, Formula)
        and all(each.has_one_scale for each in _sums_of(formula))
        and (formula.under is None or not _is_by_change(sequence))
    )
    by_bitmaps = tables.visitors_max(scope.by) is not None and any(each.attribute == "visitor" for each in measures)
    return tables.chooses_first and bool(scope.by) and is_sortable and not by_bitmaps


def _is_by_change(sequence: Sequencing) -> bool:
    return any(isinstance(part, ByFigure) and part.is_change for part in sequence)


def _sums_of(formula: Formula) -> tuple[Sum, ...]:
    return (formula.over,) if formula.under is None else (formula.over, formula.under)


def find_first_rows(
    fetch: Fetch, tables: FactTables, scopes: Sequence[Scope], measures: Iterable[Measure], asked: Sorted
) -> FirstRows | None:
    """Find the first rows of a report; `scopes` are the scopes of its period and of any compared period.

    Return `None` if the report cannot have rows, because no fact that it counts has the dimensions of its rows.
    """
    asked_measures = frozenset(measures)
    plans = [plan_of(tables, scope, asked_measures) for scope in scopes]
    sides = tuple(
        _Side(shape_of(scope), tuple(part.group.of(part.in_rows) for part in plan.parts if part.in_rows))
        for scope, plan in zip(scopes, plans, strict=True)
    )
    if not sides[0].groups:
        return None
    known = {measure for group in sides[0].groups for measure in group.measures}
    known |= plans[0].absent - plans[0].in_no_row
    formula = asked.formula if asked.formula is not None and asked.formula.measures <= known else None
    given: dict[str, object] = {_LIMIT: asked.limit}
    for scope in scopes:
        given |= scope_parameters(scope)
    for place, dimension in enumerate(scopes[0].by):
        given[_shift_name(place)] = asked.shift[place] if asked.shift else 0
        if dimension.kind in _SPELT:
            given |= _doubtful_spellings(fetch, tables, dimension)
    rows = fetch(first_rows_statement(tables, sides, _without_place(asked.sequence), formula), given)
    doubtful = frozenset(measure for measure in asked_measures if may_be_unknown(tables, measure))
    found, (last,) = [row for row in rows if row[-1] is None], [row for row in rows if row[-1] is not None]
    width, gathered, at = len(scopes[0].by), [], len(scopes[0].by)
    for scope, plan in zip(scopes, plans, strict=True):
        listed = [measure for part in plan.parts for measure in part.in_rows]
        columns = slice(at, at + len(listed))
        back = tuple(-by for by in asked.shift) if scope.is_compared else (0,) * width
        mine = {shifted(tuple(row[:width]), back): _measured(listed, row[columns], doubtful) for row in found}
        side = _gathered(fetch, tables, scope, plan, mine, _measured(listed, last[columns], doubtful))
        gathered.append(replace(side, is_counted=scope.is_compared and bool(last[-2])))
        at = columns.stop
    return FirstRows(tuple(gathered), last[-1])


def _gathered(
    fetch: Fetch,
    tables: FactTables,
    scope: Scope,
    plan: Plan,
    rows: Mapping[RowKeys, Mapping[Measure, int | None]],
    added: Mapping[Measure, int | None],
) -> Gathered:
    (total,) = fetch_whole(fetch, tables, scope, plan)
    total |= {measure: added[measure] for part in plan.parts for measure in part.adding}
    settle_totals(fetch, tables, scope, plan, [total])
    return Gathered(rows, total, plan.in_no_row, plan.unknown)


def _measured(
    measures: Sequence[Measure], values: Sequence[int | None], doubtful: Collection[Measure]
) -> dict[Measure, int | None]:
    """Return values by measure; null means unknown for the measures in `doubtful`, and zero for other measures."""
    pairs = zip(measures, values, strict=True)
    return {measure: value if value is not None or measure in doubtful else 0 for measure, value in pairs}


@record
class _Side:
    """The data selected for one period: the shape of the statements, and the groups of measures."""

    shape: Shape
    groups: tuple[RowGroup, ...]


def _without_place(sequence: Sequencing) -> Sequencing:
    """Return the criteria without the indexes of metrics: reports with metrics in another order share a statement."""
    return tuple(replace(part, place=0) if isinstance(part, ByFigure) else part for part in sequence)


@lru_cache(STATEMENTS_MAX)
def first_rows_statement(
    tables: FactTables, sides: tuple[_Side, ...], sequence: Sequencing, formula: Formula | None
) -> Selection:
    """Return the SQL select of the first rows of a report, and of one more row with the totals.

    The columns are the keys, the measures of each period, and two more. The first of these is 1 if any row has a
    measure other than zero in the compared period, else 0; the second is the number of all rows. Both are null except
    in the row with the totals.
    """
    by = sides[0].shape.by
    grouped = [
        (side, group, grouped_statement(tables, side.shape, group).add_columns(_FOUND).cte(f"rows_{at}_{place}"))
        for at, side in enumerate(sides)
        for place, group in enumerate(side.groups)
    ]
    grouped = [(side, group, found.prefix_with("MATERIALIZED")) for side, group, found in grouped]
    sorted_by = _sorted_by(sequence, formula)
    keys = [f"key_{place}" for place in range(len(by))]
    every = union_all(
        *(_keys_and_figures(tables, side, group, found, sorted_by) for side, group, found in grouped)
    ).subquery()
    figures = [
        func.nullif(func.coalesce(func.max(every.c[f"figure_{place}"]), 0), _UNKNOWN, type_=BigInteger)
        for place in range(len(sorted_by))
    ]
    named = [figure.label(f"figure_{place}") for place, figure in enumerate(figures)]
    merged = select(*(every.c[name] for name in keys), *named).group_by(*(every.c[name] for name in keys))
    merged_rows = merged.cte("merged").prefix_with("MATERIALIZED")
    values = {figure: merged_rows.c[f"figure_{place}"] for place, figure in enumerate(sorted_by)}
    first = _in_order(tables, by, merged_rows, sequence, formula, values)
    return union_all(_rows(tables, first, keys, grouped), _totals(tables, merged_rows, keys, grouped))  # type: ignore[return-value]  # a union is selected from like a select


_Grouped = Sequence[tuple[_Side, RowGroup, CTE]]
MeasureExpressions = Mapping[Measure, Expression]
"""The SQL expression of each measure of a row."""
_SidedMeasure = tuple[Measure, bool]
"""A measure, and whether it is that of the compared period."""


def _sorted_by(sequence: Sequencing, formula: Formula | None) -> Sequence[_SidedMeasure]:
    """List the measures that the order of rows depends on; a change depends on the measures of both periods."""
    measures = sorted(formula.measures, key=repr) if formula is not None else []
    return [
        (measure, is_compared) for is_compared in (False, True)[: 1 + _is_by_change(sequence)] for measure in measures
    ]


def _keys_and_figures(
    tables: FactTables, side: _Side, group: RowGroup, found: CTE, sorted_by: Sequence[_SidedMeasure]
) -> Selection:
    """Return the select of the keys of a group and of the measures in `sorted_by`.

    A measure is null if the group does not compute it, or if it is a measure of the other period. An unknown value is
    replaced by `_UNKNOWN`.
    """
    mine: dict[Measure, Expression] = {
        measure: func.coalesce(value, _UNKNOWN) if may_be_unknown(tables, measure) else value
        for measure, value in _measures_of(side, group, found)
    }
    keys = [_key(side, found, place).label(f"key_{place}") for place in range(len(side.shape.by))]
    figures: list[Expression] = [
        mine.get(measure, null()) if is_compared == side.shape.is_compared else null()
        for measure, is_compared in sorted_by
    ]
    return select(*keys, *(figure.label(f"figure_{place}") for place, figure in enumerate(figures)))


def _measures_of(side: _Side, group: RowGroup, found: CTE) -> Sequence[tuple[Measure, Expression]]:
    return list(zip(group.measures, list(found.c)[len(side.shape.by) : -1], strict=True))


def _key(side: _Side, found: CTE, place: int) -> Expression:
    """Return a key of a row; a time in the compared period is shifted to the same time in the report's own period."""
    key: Expression = found.c[f"key_{place}"]
    is_moved = side.shape.is_compared and side.shape.by[place].kind is Kind.CALENDAR
    return key + parameter(_shift_name(place)) if is_moved else key


def _shift_name(place: int) -> str:
    return f"shift_{place}"


def _in_order(
    tables: FactTables,
    by: Sequence[Dimension],
    rows: CTE,
    sequence: Sequencing,
    formula: Formula | None,
    values: Mapping[_SidedMeasure, Expression],
) -> CTE:
    """Return the keys of the first rows in the order of the report, as `answer.py` sorts them."""
    joined: FromClause = rows
    texts: dict[int, Expression] = {place: rows.c[f"key_{place}"] for place in range(len(by))}
    for place, dimension in enumerate(by):
        if dimension.kind in _SPELT:
            names = _names(tables, dimension).subquery(f"names_{place}")
            joined = joined.outerjoin(names, names.c.key == texts[place])
            texts[place] = func.coalesce(names.c.spelling, texts[place])
    own, before = ({measure: values[measure, side] for measure, side in values if side is at} for at in (False, True))
    sorted_by: list[Expression] = []
    for part in sequence:
        if not isinstance(part, ByFigure):
            expressions: Sequence[Expression] = [texts[part.place]]
        elif formula is None:
            expressions = []
        else:
            expressions = _changes(formula, own, before) if part.is_change else comparable(formula, own)
        sorted_by += [(each.desc() if part.is_descending else each.asc()).nulls_last() for each in expressions]
    keys = [rows.c[f"key_{place}"] for place in range(len(by))]
    return select(*keys).select_from(joined).order_by(*sorted_by).limit(parameter(_LIMIT)).cte("first")


def comparable(formula: Formula, values: MeasureExpressions) -> list[Expression]:
    """Return SQL expressions that, compared one after another, give the exact order of the figures."""
    over = _added(formula.over, values)
    if formula.under is None:
        return [over]
    under = _added(formula.under, values)
    divisor, rest, digits = func.nullif(func.abs(under), 0, type_=BigInteger), over * func.sign(under), []
    for _ in range(_STEPS + 1):
        digits.append(rest // divisor)
        rest = rest % divisor * literal(_STEP, BigInteger)
    return digits


def _changes(formula: Formula, own: MeasureExpressions, before: MeasureExpressions) -> list[Expression]:
    assert formula.under is None, "`can_choose` refuses changes in quotients"
    return [_added(formula.over, own) - _added(formula.over, before)]


def _added(added: Sum, values: MeasureExpressions) -> Expression:
    (first, sign), *others = added.terms
    total: Expression = type_coerce(values[first] * literal(sign, BigInteger), BigInteger)
    for measure, sign in others:
        total = total + values[measure] * literal(sign, BigInteger)
    return total


def _names(tables: FactTables, dimension: Dimension) -> Selection:
    """Return the select of the keys of sources or statuses, each with its most frequent spelling."""
    single = single_spellings(tables, dimension).subquery("single")
    keys, spellings = (func.unnest(each, type_=Text) for each in _doubtful_parameters(dimension))
    doubtful = select(keys.label("key"), spellings.label("spelling")).subquery("doubtful")
    chosen = func.coalesce(doubtful.c.spelling, single.c.spelling).label("spelling")
    return select(single.c.key, chosen).select_from(single.outerjoin(doubtful, doubtful.c.key == single.c.key))


def _doubtful_parameters(dimension: Dimension) -> tuple[BindParameter[Sequence[str]], BindParameter[Sequence[str]]]:
    keys, spellings = (f"{dimension.name}_{name}" for name in ("keys", "spellings"))
    return bindparam(keys, type_=ARRAY(Text)), bindparam(spellings, type_=ARRAY(Text))


def _doubtful_spellings(fetch: Fetch, tables: FactTables, dimension: Dimension) -> dict[str, object]:
    """Return the values of two SQL parameters, by the name of the parameter.

    One has the keys that have several spellings, the other has the most frequent spelling of each of these keys.
    """
    keys = {key for (key,) in fetch(_doubtful_keys(tables, dimension))}
    found = find_spellings(fetch, tables, dimension, keys) if keys else {}
    of_keys, of_spellings = _doubtful_parameters(dimension)
    return {of_keys.key: list(found), of_spellings.key: list(found.values())}


@lru_cache(STATEMENTS_MAX)
def _doubtful_keys(tables: FactTables, dimension: Dimension) -> Selection:
    """Return the SQL select of the keys of sources or statuses that have several spellings."""
    single = single_spellings(tables, dimension).subquery("single")
    return select(single.c.key).where(single.c.is_doubtful)


def _rows(tables: FactTables, first: CTE, keys: Sequence[str], grouped: _Grouped) -> Selection:
    joined: FromClause = first
    for side, _, found in grouped:
        is_same = (_key(side, found, place).is_not_distinct_from(first.c[name]) for place, name in enumerate(keys))
        joined = joined.outerjoin(found, and_(*is_same))
    measures = [
        type_coerce(case((found.c[_FOUND.name].is_(None), literal_column("0")), else_=value), KnownNumber())
        if may_be_unknown(tables, measure)
        else value
        for side, group, found in grouped
        for measure, value in _measures_of(side, group, found)
    ]
    last = (null().label("counted_before"), null().label("rows"))
    return select(*(first.c[name] for name in keys), *measures, *last).select_from(joined)


def _totals(tables: FactTables, merged: CTE, keys: Sequence[str], grouped: _Grouped) -> Selection:
    """Return the select of the row with the totals; a total that `settle_totals` must query is null."""
    joined: FromClause = select(func.count().label("rows")).select_from(merged).subquery("counted")
    count: Expression = joined.c["rows"]
    totals: list[Expression] = []
    before: list[Expression] = [literal(0, BigInteger)]
    for side, group, found in grouped:
        measures = _measures_of(side, group, found)
        is_counted = or_(*(value.is_distinct_from(0) for _, value in measures))
        counted = func.max(case((is_counted, 1), else_=0)).label("counted")
        added = (
            _total_if_clear(value) if may_be_unknown(tables, measure) else total_of(value)
            for measure, value in measures
        )
        summed = select(*(each.label(f"total_{at}") for at, each in enumerate(added)), counted)
        sums = summed.subquery(f"sums_of_{found.name}")
        joined, totals = joined.join(sums, true()), [*totals, *list(sums.c)[:-1]]
        before += [sums.c.counted] if side.shape.is_compared else []
    counted_before = func.greatest(*before, type_=BigInteger).label("counted_before")
    columns: list[Expression] = [*(null().label(name) for name in keys), *totals, counted_before, count]
    return select(*columns).select_from(joined)


def _total_if_clear(value: Expression) -> Expression:
    """Return the SQL expression for a total, null if it is zero, but not each value is; see `added_up_rows`."""
    added = func.coalesce(total_of(value), literal_column("0"))
    is_clear = or_(func.count(func.nullif(value, 0)) + func.count() == func.count(value), added != literal_column("0"))
    return case((is_clear, added))
