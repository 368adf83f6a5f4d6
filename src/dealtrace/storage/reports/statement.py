"""The statement of a report: one builder for every question, wherever the facts are kept."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Subquery,
    and_,
    case,
    distinct,
    false,
    func,
    literal,
    not_,
    or_,
    select,
)

from dealtrace.accounts.site import Site
from dealtrace.attribution.credit import WHOLE, AttributionModel
from dealtrace.record import record
from dealtrace.reports.answer import Gathered, Keys
from dealtrace.reports.dimensions import Dimension, Kind
from dealtrace.reports.facts import Fact
from dealtrace.reports.filters import Filter, Operator, by_dimension, key_of_value
from dealtrace.reports.measures import Aggregate, Measure
from dealtrace.reports.periods import Span
from dealtrace.reports.question import DateOf
from dealtrace.reports.statuses import Meaning
from dealtrace.storage.database.column_types import is_in, microseconds
from dealtrace.storage.reports.expressions import Expression, Selection
from dealtrace.storage.reports.fact_tables import AT, FactTables, Moment, moment_of_deals
from dealtrace.storage.reports.flags import FIRST_WON, FLAGS, TOUCHED, flag_condition
from dealtrace.storage.reports.local_time import KEYS_OF_DAY, LocalTime, clock_of_visits
from dealtrace.storage.reports.sql_functions import total_of

Rows = Sequence[Sequence[Any]]
"""Any: what an engine answers depends on the statement."""
Fetch = Callable[[Selection], Rows]
"""Runs a statement and returns all its rows."""
SPLIT_MODELS = frozenset({AttributionModel.LINEAR, AttributionModel.TIME_DECAY, AttributionModel.POSITION_BASED})
"""The models under which a lead may have several touches."""
_MONEY = ("amount", "margin")
_SECOND = 1_000_000
_SHIFT = -microseconds(datetime.min.replace(tzinfo=UTC))
"""What makes every instant of microseconds positive, a whole number of seconds."""
_WON_FLAGS = frozenset({"is_won", FIRST_WON})


@record
class Scope:
    """What the statements of one side of a report have in common."""

    site: Site
    by: tuple[Dimension, ...]
    filters: tuple[Filter, ...]
    span: Span
    model: AttributionModel
    date_of: DateOf


def gather(fetch: Fetch, tables: FactTables, scope: Scope, measures: Iterable[Measure]) -> Gathered:
    """Return the measures of a scope: for the keys of its dimensions, and in total."""
    asked = frozenset(measures)
    unknown = frozenset(
        measure for measure in asked if any(measure.fact not in each.dimension.facts for each in scope.filters)
    )
    in_no_row = frozenset(
        measure for measure in asked - unknown if any(measure.fact not in dimension.facts for dimension in scope.by)
    )
    rows: dict[Keys, dict[Measure, int]] = {}
    total: dict[Measure, int] = {}
    for group in _groups(asked - unknown, scope.date_of):
        in_rows = [measure for measure in group.measures if measure not in in_no_row]
        if scope.by and in_rows:
            for row in fetch(grouped_statement(tables, scope, Group(group.fact, group.moment, tuple(in_rows)))):
                keys = tuple(row[: len(scope.by)])
                rows.setdefault(keys, {}).update(zip(in_rows, row[len(scope.by) :], strict=True))
        whole = Scope(scope.site, (), scope.filters, scope.span, scope.model, scope.date_of)
        for row in fetch(grouped_statement(tables, whole, group)):
            total.update(zip(group.measures, row, strict=True))
    return Gathered(rows, total, in_no_row, unknown)


@record
class Group:
    """Measures of one fact by one moment: a statement computes them together."""

    fact: Fact
    moment: Moment
    measures: tuple[Measure, ...]


def _groups(measures: Iterable[Measure], date_of: DateOf) -> list[Group]:
    found: dict[tuple[Fact, Moment], list[Measure]] = {}
    for measure in measures:
        found.setdefault((measure.fact, moment_of(measure, date_of)), []).append(measure)
    return [Group(fact, moment, tuple(listed)) for (fact, moment), listed in found.items()]


def moment_of(measure: Measure, date_of: DateOf) -> Moment:
    """Return the moment by which a measure counts; by changes, won deals count by the beginning of their status."""
    if date_of is DateOf.CHANGED and measure.flag in _WON_FLAGS:
        return Moment.STATUS
    return moment_of_deals(date_of)


def grouped_statement(tables: FactTables, scope: Scope, group: Group) -> Selection:
    """Return the statement of measures by keys: the keys first, then the measures, in their order."""
    wanted = wanted_of(scope, group)
    rows = counted_rows(tables, scope, group, wanted)
    keys = [key_of(dimension, rows).label(f"key_{place}") for place, dimension in enumerate(scope.by)]
    statement = select(*keys, *(aggregate_of(rows, measure) for measure in group.measures))
    statement = statement.select_from(rows.joined).where(*filter_conditions(tables, scope.filters, rows))
    return statement.group_by(*keys) if keys else statement


@record
class CountedRows:
    """Facts of a span with their shares, and what is joined to them for keys: sources, and the tags of a grouping."""

    fact: Fact
    facts: FromClause
    joined: FromClause
    share: Expression
    sources: FromClause | None
    tags: FromClause | None
    local_time: LocalTime
    visit_time: LocalTime | None


@record
class Wanted:
    """What a statement needs of its facts."""

    attributes: frozenset[str]
    needs_touches: bool
    needs_sources: bool
    money: tuple[str, ...]
    needs_first_won: bool


def wanted_of(scope: Scope, group: Group, *shown: str) -> Wanted:
    """Return what the statement of measures needs, and the attributes that are shown beside them."""
    dimensions = [*scope.by, *(each.dimension for each in scope.filters)]
    attributes = {AT, *shown}
    for dimension in dimensions:
        match dimension.kind:
            case Kind.TEXT | Kind.STATUS:
                attributes.add(dimension.name)
            case Kind.CLOCK if dimension.name == "hour":
                attributes.add("hour_at" if group.fact is not Fact.VISITS else AT)
            case _:
                pass
    flags = {measure.flag for measure in group.measures} - {""}
    for flag in flags:
        attributes.update(FLAGS[flag].attributes)
    for measure in group.measures:
        if measure.aggregate is not Aggregate.DURATION and measure.attribute:
            attributes.add(measure.attribute)
        if measure.statuses is not None:
            attributes.add("status")
    needs_sources = any(dimension.kind is Kind.SOURCE for dimension in dimensions)
    has_touches = group.fact in (Fact.LEADS, Fact.DEALS, Fact.ASSISTS)
    needs_touches = has_touches and (needs_sources or TOUCHED in flags or group.fact is Fact.ASSISTS)
    if needs_sources and not has_touches:
        attributes.add("source_id")
    if needs_touches:
        attributes |= {"lead_id", "stated_source_id"}
    money = tuple(name for name in _MONEY if name in attributes and group.fact is Fact.DEALS)
    return Wanted(frozenset(attributes), needs_touches, needs_sources, money, FIRST_WON in flags)


def counted_rows(tables: FactTables, scope: Scope, group: Group, wanted: Wanted) -> CountedRows:
    """Return the facts of a span with their shares, joined with what keys need."""
    base = tables.rows(group.fact, wanted.attributes, group.moment).subquery("facts")
    chosen = select(base).where(in_span(scope.span, group.fact, base.c[AT]))
    if wanted.needs_first_won:
        first = _first_won(tables, group.moment)
        chosen = chosen.add_columns(case((first.c.id.is_not(None), 1), else_=0).label("is_first_won"))
        chosen = chosen.select_from(base.outerjoin(first, first.c.id == base.c.id))
    facts: Subquery = chosen.subquery("chosen")
    share: Expression = literal(WHOLE, BigInteger)
    if wanted.needs_touches:
        facts = _with_touches(tables, scope, group.fact, facts, wanted.money)
        share = facts.c.share
    sources = tables.sources().subquery("sources") if wanted.needs_sources else None
    is_by_tag = any(dimension.kind is Kind.TAG for dimension in scope.by)
    tags = tables.tags(group.fact).subquery("tags") if is_by_tag else None
    joined: FromClause = facts
    if sources is not None:
        joined = joined.outerjoin(sources, sources.c.id == facts.c.source_id)
    if tags is not None:
        joined = joined.outerjoin(tags, tags.c.owner_id == facts.c.id)
    span = scope.span
    is_by_visit = "hour_at" in wanted.attributes
    visit_time = clock_of_visits(scope.site.time_zone, span.until) if is_by_visit else None
    local_time = LocalTime(scope.site.time_zone, span.since, span.until)
    return CountedRows(group.fact, facts, joined, share, sources, tags, local_time, visit_time)


def in_span(span: Span, fact: Fact, at: Expression) -> ColumnElement[bool]:
    """Return the condition that a fact belongs to a span by the moment `at`, costs by their days."""
    if fact is Fact.COSTS:
        if span.days is None:
            return false()
        return at.between(span.days.first_on.toordinal(), span.days.last_on.toordinal())
    return and_(at >= microseconds(span.since), at < microseconds(span.until))


def _first_won(tables: FactTables, moment: Moment) -> Subquery:
    """Select the first won deal of every client, over all time.

    Ours: of several first ones of one moment each counts, so that the order of arrival makes no difference.
    """
    won = tables.rows(Fact.DEALS, {"client_id", "meaning", AT}, moment).subquery("won")
    place = func.rank().over(partition_by=won.c.client_id, order_by=won.c[AT])
    ranked = (
        select(won.c.id, place.label("place"))
        .where(won.c.meaning == Meaning.WON, won.c.client_id.is_not(None))
        .subquery("ranked")
    )
    return select(ranked.c.id).where(ranked.c.place == 1).subquery("first_won")


def _with_touches(tables: FactTables, scope: Scope, fact: Fact, facts: Subquery, money: Sequence[str]) -> Subquery:
    """Return facts once for each touch of their lead, with the touch's share and source.

    Assists are the touches that are not the last, under any model. A fact without touches is whole, and has the source
    that was stated.
    """
    is_assist = fact is Fact.ASSISTS
    touches = tables.touches(AttributionModel.LINEAR if is_assist else scope.model).subquery("touches")
    is_touch = touches.c.lead_id == facts.c.lead_id
    if is_assist:
        joined = facts.join(touches, and_(is_touch, touches.c.position > 0))
    else:
        joined = facts.outerjoin(touches, is_touch)
    kept = [column for column in facts.c if column.name not in money]
    share = func.coalesce(touches.c.share, WHOLE)
    chosen = select(
        *kept,
        share.label("share"),
        touches.c.touched_at,
        case((touches.c.lead_id.is_(None), facts.c.stated_source_id), else_=touches.c.source_id).label("source_id"),
        *(facts.c[name] for name in money),
        *((touches.c.visit_id,) if money else ()),
    ).select_from(joined)
    whole = chosen.subquery("touched")
    if not money or scope.model not in SPLIT_MODELS:
        return whole
    return _with_split_money(whole, money)


def _with_split_money(touched: Subquery, money: Sequence[str]) -> Subquery:
    """Return facts with their kopecks split by shares; `reports/shares.py` is the rule.

    Kopecks are taken apart into whole millions and the rest, so that no product exceeds 64 bits.
    """
    parts = touched
    for name in money:
        parts = _with_floors(parts, name)
    ranked = parts
    for name in money:
        ranked = _with_ranks(ranked, name)
    others = [column for column in touched.c if column.name not in money]
    split = [_split(ranked, name).label(name) for name in money]
    return select(*(ranked.c[column.name] for column in others), *split).subquery("split")


def _with_floors(rows: Subquery, name: str) -> Subquery:
    size, whole = func.abs(rows.c[name], type_=BigInteger), literal(WHOLE, BigInteger)
    rest = size % whole * rows.c.share
    floor = size // whole * rows.c.share + rest // whole
    return select(rows, floor.label(f"{name}_floor"), (rest % whole).label(f"{name}_rest")).subquery()


def _with_ranks(rows: Subquery, name: str) -> Subquery:
    floor, rest = rows.c[f"{name}_floor"], rows.c[f"{name}_rest"]
    left = func.abs(rows.c[name], type_=BigInteger) - func.sum(floor).over(partition_by=rows.c.id)
    place = func.row_number().over(
        partition_by=rows.c.id, order_by=(rest.desc(), rows.c.touched_at.desc(), rows.c.visit_id.desc())
    )
    return select(rows, left.label(f"{name}_left"), place.label(f"{name}_place")).subquery()


def _split(rows: Subquery, name: str) -> Expression:
    extra = case((rows.c[f"{name}_place"] <= rows.c[f"{name}_left"], 1), else_=0)
    sign = case((rows.c[name] < 0, -1), else_=1)
    return sign * (rows.c[f"{name}_floor"] + extra)


def key_of(dimension: Dimension, rows: CountedRows) -> Expression:
    """Return the key of a row: a number for times, the folded form for sources and statuses."""
    match dimension.kind:
        case Kind.SOURCE:
            assert rows.sources is not None
            return rows.sources.c[f"{dimension.name}_key"]
        case Kind.TAG:
            assert rows.tags is not None
            return rows.tags.c.tag
        case Kind.CALENDAR | Kind.CLOCK:
            return _time_key(dimension, rows)
        case _:
            return rows.facts.c[dimension.name]


def _time_key(dimension: Dimension, rows: CountedRows) -> Expression:
    at = rows.facts.c[AT]
    if dimension.name in KEYS_OF_DAY:
        return KEYS_OF_DAY[dimension.name](at if rows.fact is Fact.COSTS else rows.local_time.ordinal(at))
    if rows.visit_time is None or dimension.name != "hour":
        return rows.local_time.hour(at)
    return rows.visit_time.hour(rows.facts.c.hour_at)


def aggregate_of(rows: CountedRows, measure: Measure) -> Expression:
    """Return the expression of a measure over rows."""
    counts = counts_of(rows, measure)
    match measure.aggregate:
        case Aggregate.COUNT:
            return total_of(_where(counts, rows.share))
        case Aggregate.MONEY | Aggregate.TOTAL:
            return total_of(_where(counts, func.coalesce(rows.facts.c[measure.attribute], 0)))
        case Aggregate.DISTINCT:
            attribute = rows.facts.c[measure.attribute]
            return func.count(distinct(attribute if counts is None else case((counts, attribute))))
        case Aggregate.DURATION:
            seconds = _seconds(rows.facts.c.happened_at) - _seconds(rows.facts.c.touched_at)
            return total_of(_where(counts, func.coalesce(seconds, 0) * rows.share))


def counts_of(rows: CountedRows, measure: Measure) -> ColumnElement[bool] | None:
    """Return the condition that a row counts for a measure, `None` if every row does."""
    conditions = [flag_condition(rows.facts, measure.flag)] if measure.flag else []
    if measure.statuses is not None:
        conditions.append(rows.facts.c.status.in_(sorted(measure.statuses)))
    return and_(*conditions) if conditions else None


def _where(condition: ColumnElement[bool] | None, added: Expression) -> Expression:
    return added if condition is None else case((condition, added), else_=0)


def _seconds(at: Expression) -> Expression:
    """Return whole seconds, rounded down also before 1970."""
    return (at + literal(_SHIFT, BigInteger)) // literal(_SECOND, BigInteger)


def filter_conditions(tables: FactTables, filters: Sequence[Filter], rows: CountedRows) -> list[ColumnElement[bool]]:
    """Return the conditions of all filters, each of which must hold."""
    conditions = []
    for positive, negative in by_dimension(filters).values():
        if positive:
            conditions.append(or_(*(_condition(tables, each, rows) for each in positive)))
        conditions += [_condition(tables, each, rows) for each in negative]
    return conditions


def _condition(tables: FactTables, condition: Filter, rows: CountedRows) -> ColumnElement[bool]:
    if condition.dimension.kind is Kind.TAG:
        return _tag_condition(tables, condition, rows)
    key = key_of(condition.dimension, rows)
    match condition.operator:
        case Operator.EMPTY:
            return key.is_(None)
        case Operator.FILLED:
            return key.is_not(None)
        case Operator.NOT:
            return not_(_is_one_of(key, condition))
        case _:
            return _is_one_of(key, condition)


def _tag_condition(tables: FactTables, condition: Filter, rows: CountedRows) -> ColumnElement[bool]:
    """Return the condition that any tag is one of a filter's values; without tags, that nothing is."""
    tags = tables.tags(rows.fact).subquery()
    is_tagged = rows.facts.c.id.in_(select(tags.c.owner_id))
    if not condition.operator.takes_value:
        return is_tagged if condition.operator is Operator.FILLED else not_(is_tagged)
    wanted = {key_of_value(condition.dimension, value) for value in condition.values}
    holds: ColumnElement[bool] = rows.facts.c.id.in_(
        select(tags.c.owner_id).where(is_in(tags.c.tag, sorted(wanted - {None})))
    )
    if None in wanted:
        holds = or_(not_(is_tagged), holds)
    return not_(holds) if condition.operator is Operator.NOT else holds


def _is_one_of(key: Expression, condition: Filter) -> ColumnElement[bool]:
    """Return the condition that a key is one of a filter's values; never null, also where the key is."""
    wanted = {key_of_value(condition.dimension, value) for value in condition.values}
    present = is_in(key, sorted(wanted - {None}))
    if None in wanted:
        return or_(key.is_(None), present)
    return and_(key.is_not(None), present)
