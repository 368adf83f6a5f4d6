"""Find the facts (visits, leads, deals, costs) that a report counts for a figure, a single number in the report."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import BigInteger, ColumnElement, case, func, literal, select

from dealtrace.attribution.credit import WHOLE
from dealtrace.attribution.traffic_source import SOURCE_PARTS
from dealtrace.record import record
from dealtrace.reports.facts import Fact
from dealtrace.reports.measures import Aggregate, Measure
from dealtrace.reports.rows.gathered import RowKeys
from dealtrace.storage.database.column_types import is_among_many
from dealtrace.storage.database.compiled_statement import PlainRow
from dealtrace.storage.reports.counted_rows import (
    CountedRows,
    RowGroup,
    aggregate_of,
    counted_rows,
    counts_of,
    dimension_key,
    is_unknown,
    needed_columns,
)
from dealtrace.storage.reports.fact_tables import AT, FactTables
from dealtrace.storage.reports.filter_conditions import filter_conditions
from dealtrace.storage.reports.scope import Scope, Shape, scope_parameters, shape_of
from dealtrace.storage.reports.sql_functions import total_if_known, total_of
from dealtrace.storage.reports.statement import deal_time_of_measure
from dealtrace.storage.reports.statement_types import Expression, Fetch, Selection

SUMS: Mapping[Fact, tuple[str, ...]] = {
    Fact.VISITS: (),
    Fact.LEADS: (),
    Fact.DEALS: ("amount",),
    Fact.ASSISTS: ("amount",),
    Fact.COSTS: ("cost", "clicks"),
}
"""The attributes that are listed and summed for each kind of fact, besides the attribute that the metric sums."""
_LABELS: Mapping[Fact, tuple[str, ...]] = {Fact.LEADS: ("lead_kind",), Fact.COSTS: ("source_id",)}
"""For each kind of fact, the attributes that are listed to identify a row; they are not summed."""


@record
class BehindRow:
    """A fact (such as a deal) that a figure counts: its id, time, share in millionths, summed attributes, and labels.

    `at` is in microseconds since 1970 UTC or, for costs, the ordinal of a day. A row of a cost has the whole cost of a
    source on a day, and its `id` is the id of the source.
    """

    id: int
    at: int
    share: int
    sums: Mapping[str, int | None]
    labels: Mapping[str, Any]  # Any: drivers do not type columns


@record
class RowsBehind:
    """A page of the rows behind a figure, and the figure itself.

    `total` is the number of all rows, not only of this page. Over all rows, `share` is the sum of the shares, and
    `sums` has the sum of each attribute. A sum or figure is `None` if none of its amounts is known.
    """

    rows: Sequence[BehindRow]
    total: int
    share: int
    sums: Mapping[str, int | None]
    figure: int | None


def find_rows_behind(
    fetch: Fetch, tables: FactTables, scope: Scope, measure: Measure, keys: RowKeys, page: tuple[int, int]
) -> RowsBehind:
    """Find a page of the facts behind a figure: the value of `measure` in the report's row with `keys`.

    The facts are ordered by time and id. `page` is how many facts to skip and how many to return. A lead or deal
    with several credited visits in the figure's row is listed once, with the sum of its shares.
    """
    own = (measure.attribute,) if measure.aggregate in (Aggregate.MONEY, Aggregate.TOTAL) else ()
    sums, labels = tuple(dict.fromkeys((*SUMS[measure.fact], *own))), _LABELS.get(measure.fact, ())
    group = RowGroup(measure.fact, deal_time_of_measure(measure, scope.date_of), (measure,))
    shape, parameters = shape_of(scope), scope_parameters(scope)
    rows = counted_rows(tables, shape, group, needed_columns(shape, group, *sums, *labels))
    conditions = _conditions(tables, shape, rows, measure, keys)
    listed = _listed(rows, sums, labels).where(*conditions)
    offset, limit = page
    paged = listed.order_by(rows.facts.c[AT], "id").offset(offset).limit(limit)
    found = [_row_of(row, sums, labels) for row in fetch(paged, parameters)]
    doubtful = [name for name in sums if name in tables.may_be_unknown]
    lacking = (func.max(case((is_unknown(rows, name), 1), else_=0)).label(f"unknown_{name}") for name in doubtful)
    whole = listed.add_columns(*lacking).subquery("listed")
    added_up = (
        total_if_known(whole.c[f"sum_{name}"], whole.c[f"unknown_{name}"])
        if name in doubtful
        else total_of(func.coalesce(whole.c[f"sum_{name}"], 0))
        for name in sums
    )
    totals = select(func.count(), total_of(whole.c.share), *added_up).select_from(whole)
    ((total, share, *added),) = fetch(cast("Selection", totals), parameters)
    figure = select(aggregate_of(rows, measure)).select_from(rows.joined).where(*conditions)
    ((value,),) = fetch(figure, parameters)
    return RowsBehind(
        found, total, share, dict(zip(sums, added, strict=True)), int(value) if value is not None else None
    )


def _conditions(
    tables: FactTables, shape: Shape, rows: CountedRows, measure: Measure, keys: RowKeys
) -> list[ColumnElement[bool]]:
    """Return the SQL conditions for the report's filters, for the figure's row in the report, and for the metric."""
    conditions = filter_conditions(tables, shape.filters, rows)
    for dimension, key in zip(shape.by, keys, strict=True):
        column = dimension_key(dimension, rows)
        conditions.append(column.is_(None) if key is None else column == key)
    counts = counts_of(rows, measure)
    return [*conditions, counts] if counts is not None else conditions


def _listed(rows: CountedRows, sums: Sequence[str], labels: Sequence[str]) -> Selection:
    facts = rows.facts.c
    is_assist = rows.fact is Fact.ASSISTS
    is_whole = is_assist or rows.fact is Fact.COSTS
    share: Expression = literal(WHOLE, BigInteger) if is_whole else func.sum(rows.share, type_=BigInteger)
    add = func.max if is_assist else func.sum
    return (
        select(
            facts.id.label("id"),
            facts[AT].label("time"),
            share.label("share"),
            *(add(facts[name], type_=BigInteger).label(f"sum_{name}") for name in sums),
            *(facts[name].label(f"label_{name}") for name in labels),
        )
        .select_from(rows.joined)
        .group_by(facts.id, facts[AT], *(facts[name] for name in labels))
    )


def _row_of(row: PlainRow, sums: Sequence[str], labels: Sequence[str]) -> BehindRow:
    id_, at, share, *others = row
    added = [int(value) if value is not None else None for value in others[: len(sums)]]
    said = dict(zip(labels, others[len(sums) :], strict=True))
    return BehindRow(int(id_), int(at), int(share), dict(zip(sums, added, strict=True)), said)


def find_source_parts(fetch: Fetch, tables: FactTables, ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """Find the five parts of traffic sources by source id; the parts are not case-folded."""
    sources = tables.sources().subquery("sources").c
    parts = [sources[part] for part in SOURCE_PARTS]
    listed = select(sources.id, *parts).where(is_among_many(sources.id, "listed"))
    return {row[0]: tuple(row[1:]) for row in fetch(listed, {"listed": list(ids)})}
