"""Find the most frequent spelling of each key of a dimension, and the keys that contain a string."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TypeVar

from sqlalchemy import and_, func, or_, select, union_all

from dealtrace.reports.dimensions import Dimension, Kind
from dealtrace.reports.facts import Fact
from dealtrace.reports.periods import Span
from dealtrace.storage.database.column_types import is_among_many, microseconds
from dealtrace.storage.database.compiled_statement import PlainRow
from dealtrace.storage.reports.fact_tables import AT, DealTime, FactTables
from dealtrace.storage.reports.sql_functions import BLANKS
from dealtrace.storage.reports.statement_types import Expression, Fetch, Selection, parameter

_STATED_BY = ((Fact.VISITS, "source_id"), (Fact.LEADS, "stated_source_id"), (Fact.DEALS, "stated_source_id"),
              (Fact.COSTS, "source_id"))  # fmt: skip
"""The kinds of facts (such as visits) in which spellings of sources are counted, each with its column of source ids."""
_LISTED = "listed"
"""The parameter with the keys or ids to look for."""
STATEMENTS_MAX = 200
"""How many statements of each kind a process caches; building and compiling one can take longer than running it."""
Counted = TypeVar("Counted")
"""What is counted to find the most frequent spelling: the id of a source, or the spelling of a status."""


def find_spellings(fetch: Fetch, tables: FactTables, dimension: Dimension, keys: Collection[str]) -> dict[str, str]:
    """Find the most frequent spelling of sources or statuses by key; ties are broken alphabetically.

    Spellings of a source are counted in visits, leads, deals and costs; spellings of a status are counted only in
    deals.
    """
    if dimension.kind is Kind.STATUS:
        found = fetch(_spellings(tables, dimension))
        return _commonest(found, keys, lambda ids: _count_statuses(fetch, tables, ids))
    found = fetch(_spellings(tables, dimension), {_LISTED: sorted(keys)})
    return _commonest(found, keys, lambda ids: _count_sources(fetch, tables, ids))


@lru_cache(STATEMENTS_MAX)
def _spellings(tables: FactTables, dimension: Dimension) -> Selection:
    """Return the SQL select of the columns of `_spelled`, for all statuses or for the sources whose keys are listed."""
    key, spelling, counted = _spelled(tables, dimension)
    spellings = select(key, spelling, counted.label("counted"))
    return spellings if dimension.kind is Kind.STATUS else spellings.where(is_among_many(key, _LISTED))


def _spelled(tables: FactTables, dimension: Dimension) -> tuple[Expression, Expression, Expression]:
    """Return three SQL columns of the sources or statuses: the key, the spelling, and the value to count.

    To find the most frequent spelling, ids are counted for sources, and spellings for statuses.
    """
    if dimension.kind is Kind.STATUS:
        statuses = tables.statuses().subquery("statuses")
        return statuses.c.key, statuses.c.spelling, statuses.c.spelling
    sources = tables.sources().subquery("sources")
    return sources.c[f"{dimension.name}_key"], sources.c[dimension.name], sources.c.id


def single_spellings(tables: FactTables, dimension: Dimension) -> Selection:
    """Return the SQL select of keys of sources or statuses with a spelling of each: `key`, `spelling`, `is_doubtful`.

    The spelling is trimmed; `is_doubtful` is true if the key has other spellings too.
    """
    key, spelling, _ = _spelled(tables, dimension)
    first, last = (of(func.trim(spelling, BLANKS)) for of in (func.min, func.max))
    columns: list[Expression] = [key.label("key"), first.label("spelling"), (first != last).label("is_doubtful")]
    return select(*columns).where(key.is_not(None)).group_by(key)


def _commonest(
    found: Iterable[PlainRow], keys: Collection[str], count: Callable[[list[Counted]], Mapping[Counted, int]]
) -> dict[str, str]:
    """Return the most frequent spelling of each key.

    Each row of `found` has a key, a spelling, and an id or string; `count` counts how often each of these is used.
    """
    spelt: dict[str, dict[str, list[Counted]]] = defaultdict(lambda: defaultdict(list))
    for key, spelling, counted in found:
        if key in keys:
            spelt[key][spelling.strip()].append(counted)
    doubtful = [
        each for spellings in spelt.values() if len(spellings) > 1 for ids in spellings.values() for each in ids
    ]
    times: Mapping[Counted, int] = count(doubtful) if doubtful else {}
    return {
        key: min(spellings, key=lambda spelling: (-sum(times.get(each, 0) for each in spellings[spelling]), spelling))
        for key, spellings in spelt.items()
    }


def _count_sources(fetch: Fetch, tables: FactTables, ids: Sequence[int]) -> Counter[int]:
    times: Counter[int] = Counter()
    for source_id, facts in fetch(_facts_of_sources(tables), {_LISTED: ids}):
        times[source_id] += facts
    return times


@lru_cache(STATEMENTS_MAX)
def _facts_of_sources(tables: FactTables) -> Selection:
    """Return an SQL select of the ids of the listed sources, with the number of facts that have each source.

    If several rows have the same id, the number of facts of the source is the sum of the numbers in these rows.
    """
    return union_all(*(_facts_by(tables, fact, attribute) for fact, attribute in _STATED_BY))  # type: ignore[return-value]  # a union is selected from like a select


def _count_statuses(fetch: Fetch, tables: FactTables, spellings: Sequence[str]) -> Counter[str]:
    return Counter(dict(map(tuple, fetch(_deals_of_spellings(tables), {_LISTED: spellings}))))


@lru_cache(STATEMENTS_MAX)
def _deals_of_spellings(tables: FactTables) -> Selection:
    return _facts_by(tables, Fact.DEALS, "status_spelling")


def _facts_by(tables: FactTables, fact: Fact, attribute: str) -> Selection:
    """Return the SQL select of the listed values of an attribute, and the number of facts with each value."""
    rows = tables.rows(fact, {attribute}, DealTime.HAPPENED).subquery("facts")
    column = rows.c[attribute]
    return select(column.label("counted"), func.count()).where(is_among_many(column, _LISTED)).group_by(column)


def find_containing(
    fetch: Fetch,
    tables: FactTables,
    dimension: Dimension,
    text: str,
    *,
    spans: Sequence[Span],
    deal_times: Sequence[DealTime],
    shown: Callable[[str], str] = str,
) -> tuple[str, ...]:
    """Find the keys of a dimension that contain a string, ignoring case; `shown` returns a key as people see it.

    All sources and tags are searched, but other dimensions only in the visits, leads and deals of the periods `spans`;
    `deal_times` are the times by which deals are dated. The values are compared in Python, because some engines ignore
    case only in Latin letters.
    """
    sought = text.casefold()
    given: dict[str, object] = {}
    for place, span in enumerate(spans):
        given |= {_since(place): microseconds(span.since), _until(place): microseconds(span.until)}
    values = (row[0] for query in _values(tables, dimension, len(spans), deal_times) for row in fetch(query, given))
    return tuple(sorted({value for value in values if value is not None and sought in shown(value).casefold()}))


def _since(place: int) -> str:
    return f"since_{place}"


def _until(place: int) -> str:
    return f"until_{place}"


def _values(
    tables: FactTables, dimension: Dimension, spans: int, deal_times: Sequence[DealTime]
) -> Iterator[Selection]:
    if dimension.kind is Kind.SOURCE:
        yield _names_of_sources(tables, dimension)
        return
    for fact in (Fact.VISITS, Fact.LEADS, Fact.DEALS):
        if fact not in dimension.facts:
            continue
        if dimension.kind is Kind.TAG:
            yield _tags(tables, fact)
            continue
        for deal_time in deal_times if fact is Fact.DEALS else deal_times[:1]:
            yield _values_of_facts(tables, dimension, fact, deal_time, spans)


@lru_cache(STATEMENTS_MAX)
def _names_of_sources(tables: FactTables, dimension: Dimension) -> Selection:
    return select(tables.sources().subquery("sources").c[f"{dimension.name}_key"]).distinct()


@lru_cache(STATEMENTS_MAX)
def _tags(tables: FactTables, fact: Fact) -> Selection:
    return select(tables.tags(fact).subquery("tags").c.tag).distinct()


@lru_cache(STATEMENTS_MAX)
def _values_of_facts(
    tables: FactTables, dimension: Dimension, fact: Fact, deal_time: DealTime, spans: int
) -> Selection:
    """Return the SQL select of a dimension's values in a number of periods, `spans`, whose bounds are parameters."""
    rows = tables.rows(fact, {dimension.name, AT}, deal_time).subquery("facts")
    at = rows.c[AT]
    in_span = (and_(at >= parameter(_since(place)), at < parameter(_until(place))) for place in range(spans))
    return select(rows.c[dimension.name]).where(or_(*in_span)).distinct()
