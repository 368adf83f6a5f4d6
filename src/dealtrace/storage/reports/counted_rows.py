"""The rows that a report's SQL statement counts: visits, leads, deals or costs of a period, with sources and tags."""

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Subquery,
    Text,
    and_,
    case,
    distinct,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
)

from dealtrace.attribution.credit import WHOLE
from dealtrace.record import record
from dealtrace.reports.dimensions import Dimension, Kind
from dealtrace.reports.facts import Fact
from dealtrace.reports.measures import Aggregate, Measure
from dealtrace.storage.database.column_types import microseconds
from dealtrace.storage.reports.client_firsts import first_won, with_first_won
from dealtrace.storage.reports.fact_tables import AT, MONEY, UNKNOWN, DealTime, FactTables
from dealtrace.storage.reports.local_time import KEYS_OF_DAY, LocalTime
from dealtrace.storage.reports.measure_flags import FIRST_WON, FLAGS, TOUCHED, flag_condition
from dealtrace.storage.reports.scope import (
    CLOCK,
    CLOCK_OF_VISITS,
    EARLIER_UNTIL,
    EARLIER_UNTIL_ON,
    FIRST_ON,
    LAST_ON,
    LATER_FIRST_ON,
    LATER_SINCE,
    SINCE,
    UNTIL,
    Shape,
)
from dealtrace.storage.reports.sql_functions import different_numbers, total_if_known, total_of
from dealtrace.storage.reports.statement_types import Expression

_OF_TOUCHES = "touched_at"
"""The attribute that facts have only once they are joined with their touches."""
_SECOND = 1_000_000
_SHIFT = -microseconds(datetime.min.replace(tzinfo=UTC))
"""How many microseconds are added to an instant to make it positive; `_SHIFT` is a multiple of a second."""


@record
class RowGroup:
    """Measures that one SQL statement computes, because they count the same facts, such as deals, by the same date."""

    fact: Fact
    deal_time: DealTime
    measures: tuple[Measure, ...]

    def of(self, measures: tuple[Measure, ...]) -> "RowGroup":
        """Return the same group with `measures` instead of its own."""
        return RowGroup(self.fact, self.deal_time, measures)


@record
class CountedRows:
    """The facts of a period (visits, leads, deals, assists or costs), joined with the sources and tags to group by.

    A fact may have a row for each credited visit; `share` is the SQL expression for the part of the fact that a row
    counts, in millionths. `visitors_max` is the highest visitor number if visitors are counted by bitmaps, otherwise
    `None`. `may_be_unknown` are the attributes that may be unknown; see `FactTables`.
    """

    fact: Fact
    facts: FromClause
    joined: FromClause
    share: Expression
    sources: FromClause | None
    tags: FromClause | None
    local_time: LocalTime
    visit_time: LocalTime | None
    visitors_max: int | None
    may_be_unknown: frozenset[str]


@record
class NeededColumns:
    """The attributes and joins that an SQL statement over facts (visits, leads, deals, assists or costs) needs."""

    attributes: frozenset[str]
    needs_touches: bool
    needs_sources: bool
    money: tuple[str, ...]
    needs_first_won: bool


def needed_columns(shape: Shape, group: RowGroup, *shown: str) -> NeededColumns:
    """Return the attributes and joins that the statement for a group of measures needs.

    `shown` are further attributes to select.
    """
    dimensions = [*shape.by, *(each.dimension for each in shape.filters)]
    attributes = {AT, *shown}
    for dimension in dimensions:
        match dimension.kind:
            case Kind.TEXT | Kind.STATUS:
                attributes.add(dimension.name)
            case Kind.VISIT_CLOCK:
                attributes.add("hour_at" if group.fact is not Fact.VISITS else AT)
            case _:
                pass
    flags = {measure.flag for measure in group.measures} - {""}
    for flag in flags:
        attributes.update(FLAGS[flag].attributes)
    for measure in group.measures:
        if measure.aggregate is Aggregate.DURATION:
            attributes.add("happened_at")
        if measure.attribute not in ("", _OF_TOUCHES):
            attributes.add(measure.attribute)
        if measure.statuses is not None:
            attributes.add("status")
    needs_sources = any(dimension.kind is Kind.SOURCE for dimension in dimensions)
    has_touches = group.fact in (Fact.LEADS, Fact.DEALS, Fact.ASSISTS)
    needs_touches = has_touches and (needs_sources or TOUCHED in flags or group.fact is Fact.ASSISTS)
    if needs_sources and not has_touches:
        attributes.add("source_id")
    money = tuple(name for name in MONEY if name in attributes and group.fact is Fact.DEALS)
    return NeededColumns(frozenset(attributes), needs_touches, needs_sources, money, FIRST_WON in flags)


def counted_rows(tables: FactTables, shape: Shape, group: RowGroup, needed: NeededColumns) -> CountedRows:
    """Return the facts of a report's period, such as its deals, joined with the tables that the report groups by."""
    of_touches = tables.touch_attributes(group.fact, shape.model, needed.money) if needed.needs_touches else ()
    unknown = (UNKNOWN[name] for name in UNKNOWN.keys() & needed.attributes & tables.may_be_unknown)
    wanted = needed.attributes.union(of_touches, unknown)
    base = tables.rows(group.fact, wanted, group.deal_time).subquery("facts")
    chosen = select(base).where(in_span(shape, group.fact, base.c[AT]))
    if needed.needs_first_won:
        chosen = with_first_won(chosen, base, first_won(tables, group.deal_time))
    facts: Subquery = chosen.subquery("chosen")
    share: Expression = literal(WHOLE, BigInteger)
    if needed.needs_touches:
        facts = tables.touched(facts, group.fact, shape.model, needed.money)
        share = facts.c.share
    dimensions = (*shape.by, *(each.dimension for each in shape.filters))
    sources = keyed_sources(tables, dimensions) if needed.needs_sources else None
    is_by_tag = any(dimension.kind is Kind.TAG for dimension in shape.by)
    tags = tables.tags(group.fact).subquery("tags") if is_by_tag else None
    joined: FromClause = facts
    if sources is not None:
        joined = joined.outerjoin(sources, sources.c.id == facts.c.source_id)
    if tags is not None:
        joined = joined.outerjoin(tags, tags.c.owner_id == facts.c.id)
    is_by_visit = "hour_at" in needed.attributes
    visit_time = LocalTime(shape.name_of(CLOCK_OF_VISITS), shape.changes_of_visits) if is_by_visit else None
    local_time = LocalTime(shape.name_of(CLOCK), shape.changes)
    visitors_max = tables.visitors_max(shape.by) if "visitor" in needed.attributes else None
    return CountedRows(
        group.fact,
        facts,
        joined,
        share,
        sources,
        tags,
        local_time,
        visit_time,
        visitors_max,
        tables.may_be_unknown,
    )


def may_be_unknown(tables: FactTables | CountedRows, measure: Measure) -> bool:
    """Return whether a measure adds up an attribute that may be unknown; if no value is known, the measure is null."""
    return measure.aggregate in (Aggregate.MONEY, Aggregate.TOTAL) and measure.attribute in tables.may_be_unknown


def is_unknown(rows: CountedRows, name: str) -> ColumnElement[bool]:
    """Return the SQL condition that a fact has the named attribute, but its value is unknown."""
    columns = rows.facts.c
    return columns[UNKNOWN[name]] == 1 if name in UNKNOWN else columns[name].is_(None)


def keyed_sources(tables: FactTables, dimensions: Iterable[Dimension]) -> Subquery:
    """Return a select of source ids and their keys in `dimensions`; further columns would take time to compile."""
    sources = tables.sources()
    names = sorted({f"{each.name}_key" for each in dimensions if each.kind is Kind.SOURCE})
    columns = sources.selected_columns
    return sources.with_only_columns(columns["id"], *(columns[name] for name in names)).subquery("sources")


def in_span(shape: Shape, fact: Fact, at: Expression) -> ColumnElement[bool]:
    """Return the SQL condition that a fact, such as a deal, happened in the period.

    `at` is the column with the time of the fact or, for costs, with the day.
    """
    if fact is Fact.COSTS:
        within: ColumnElement[bool] = (
            at.between(shape.parameter(FIRST_ON), shape.parameter(LAST_ON)) if shape.has_days else false()
        )
    else:
        within = and_(at >= shape.parameter(SINCE), at < shape.parameter(UNTIL))
    if not shape.is_joint:
        return within
    earlier_until = shape.parameter(EARLIER_UNTIL_ON if fact is Fact.COSTS else EARLIER_UNTIL)
    return and_(within, or_(at < earlier_until, is_later(shape, fact, at)))


def is_later(shape: Shape, fact: Fact, at: Expression) -> ColumnElement[bool]:
    """Return the SQL condition that a fact, such as a deal, belongs to the later of the two periods of a statement."""
    later_since: ColumnElement[bool] = at >= shape.parameter(LATER_FIRST_ON if fact is Fact.COSTS else LATER_SINCE)
    return later_since


def dimension_key(dimension: Dimension, rows: CountedRows) -> Expression:
    """Return the SQL expression for the value by which a dimension groups a row.

    This key is a number for times, and a case-folded string for sources and statuses.
    """
    match dimension.kind:
        case Kind.SOURCE:
            assert rows.sources is not None
            return rows.sources.c[f"{dimension.name}_key"]
        case Kind.TAG:
            assert rows.tags is not None
            return rows.tags.c.tag
        case Kind.VISIT_CLOCK if rows.visit_time is not None:
            return rows.visit_time.hour(rows.facts.c.hour_at)
        case Kind.CALENDAR | Kind.CLOCK | Kind.VISIT_CLOCK:
            return _time_key(dimension, rows)
        case _:
            return rows.facts.c[dimension.name]


def _time_key(dimension: Dimension, rows: CountedRows) -> Expression:
    if dimension.name in KEYS_OF_DAY:
        return KEYS_OF_DAY[dimension.name](day_of(rows))
    return rows.local_time.hour(rows.facts.c[AT])


def day_of(rows: CountedRows) -> Expression:
    """Return the SQL expression for the ordinal of the day of a fact, such as a deal, in the site's time zone."""
    at = rows.facts.c[AT]
    return at if rows.fact is Fact.COSTS else rows.local_time.ordinal(at)


def aggregate_of(rows: CountedRows, measure: Measure) -> Expression:
    """Return the SQL expression that aggregates `rows` to the value of a measure."""
    counts = counts_of(rows, measure)
    match measure.aggregate:
        case Aggregate.COUNT:
            return total_of(where_counted(counts, rows.share))
        case Aggregate.MONEY | Aggregate.TOTAL if may_be_unknown(rows, measure):
            return total_if_known(counted_value(rows, measure, counts), lacks_value(rows, measure, counts))
        case Aggregate.MONEY | Aggregate.TOTAL:
            return total_of(where_counted(counts, func.coalesce(rows.facts.c[measure.attribute], 0)))
        case Aggregate.DISTINCT:
            counted = counted_value(rows, measure, counts)
            if rows.visitors_max is not None:
                return different_numbers(counted, literal_column(str(rows.visitors_max)))
            return func.count(distinct(counted))
        case Aggregate.DURATION:
            seconds = _seconds(rows.facts.c.happened_at) - _seconds(rows.facts.c[measure.attribute])
            return total_of(where_counted(counts, func.coalesce(seconds, 0) * rows.share))


def counts_of(rows: CountedRows, measure: Measure) -> ColumnElement[bool] | None:
    """Return the SQL condition that a row counts towards a measure, or `None` if every row counts."""
    conditions = [flag_condition(rows.facts, measure.flag)] if measure.flag else []
    if measure.statuses is not None:
        keys = [literal(key, Text) for key in sorted(measure.statuses)]
        conditions.append(rows.facts.c.status.in_(keys) if keys else false())
    return and_(*conditions) if conditions else None


def counted_value(rows: CountedRows, measure: Measure, counts: ColumnElement[bool] | None) -> Expression:
    """Return the SQL expression for the value that a measure adds up or counts, null in rows that it does not count."""
    attribute: Expression = rows.facts.c[measure.attribute]
    return attribute if counts is None else case((counts, attribute))


def lacks_value(rows: CountedRows, measure: Measure, counts: ColumnElement[bool] | None) -> Expression:
    """Return an SQL expression that is 1 if a row counts towards a measure, but its value is unknown; otherwise 0."""
    lacks = is_unknown(rows, measure.attribute)
    return case((lacks if counts is None else and_(counts, lacks), literal_column("1")), else_=literal_column("0"))


def where_counted(condition: ColumnElement[bool] | None, added: Expression) -> Expression:
    """Return the SQL expression for the number that a row adds to a sum: zero in rows that do not count."""
    return added if condition is None else case((condition, added), else_=0)


def _seconds(at: Expression) -> Expression:
    """Return the SQL expression that converts microseconds to seconds, rounded down even before 1970."""
    return (at + literal(_SHIFT, BigInteger)) // literal(_SECOND, BigInteger)
