"""Find the most frequent spellings of the keys of a dimension, and the keys that contain a string."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TypeVar

from sqlalchemy import and_, func, or_, select

from dealtrace.reports.dimensions import Dimension, Kind
from dealtrace.reports.facts import Fact
from dealtrace.reports.periods import Span
from dealtrace.storage.database.column_types import is_among_many, microseconds
from dealtrace.storage.database.compiled_statement import PlainRow
from dealtrace.storage.reports.expressions import Expression, Fetch, Selection
from dealtrace.storage.reports.fact_tables import AT, FactTables, Moment
from dealtrace.storage.reports.sql_functions import BLANKS

_STATED_BY = ((Fact.VISITS, "source_id"), (Fact.LEADS, "stated_source_id"), (Fact.DEALS, "stated_source_id"),
              (Fact.COSTS, "source_id"))  # fmt: skip
"""The kinds of facts (such as visits) in which spellings of sources are counted, each with its column of source ids."""
_LISTED = "listed"
"""The parameter with the keys or ids to look for."""
Counted = TypeVar("Counted")
"""What is counted to find the most frequent spelling: the id of a source, or the spelling of a status."""


def find_spellings(fetch: Fetch, tables: FactTables, dimension: Dimension, keys: Collection[str]) -> dict[str, str]:
    """Find the most frequent spelling of sources or statuses by key; ties are broken alphabetically.

    Spellings of a source are counted in visits, leads, deals and costs; spellings of a status are counted only in
    deals.
    """
    if dimension.kind is Kind.STATUS:
        key, spelling, _ = _spelled(tables, dimension)
        found = fetch(select(key, spelling, spelling))
        return _commonest(found, keys, lambda ids: _count_statuses(fetch, tables, ids))
    key, part, source_id = _spelled(tables, dimension)
    found = fetch(select(key, part, source_id).where(is_among_many(key, _LISTED)), {_LISTED: sorted(keys)})
    return _commonest(found, keys, lambda ids: _count_sources(fetch, tables, ids))


def _spelled(tables: FactTables, dimension: Dimension) -> tuple[Expression, Expression, Expression]:
    """Return three SQL columns of the sources or statuses: the key, the spelling, and the value to count.

    To find the commonest spelling, ids are counted for sources, and spellings for statuses.
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
    for fact, attribute in _STATED_BY:
        rows = tables.rows(fact, {attribute}, Moment.HAPPENED).subquery("facts")
        column = rows.c[attribute]
        counted = select(column, func.count()).where(is_among_many(column, _LISTED)).group_by(column)
        for source_id, facts in fetch(counted, {_LISTED: ids}):
            times[source_id] += facts
    return times


def _count_statuses(fetch: Fetch, tables: FactTables, spellings: Sequence[str]) -> Counter[str]:
    rows = tables.rows(Fact.DEALS, {"status_spelling"}, Moment.HAPPENED).subquery("facts")
    column = rows.c.status_spelling
    counted = select(column, func.count()).where(is_among_many(column, _LISTED)).group_by(column)
    return Counter(dict(map(tuple, fetch(counted, {_LISTED: spellings}))))


def find_containing(
    fetch: Fetch, tables: FactTables, dimension: Dimension, text: str, spans: Sequence[Span], moments: Sequence[Moment]
) -> tuple[str, ...]:
    """Find the keys of a dimension that contain a string, ignoring case.

    All sources and tags are searched, but other dimensions only in the visits, leads and deals of the periods `spans`;
    `moments` are the times by which deals are dated. The values are compared in Python, because some engines ignore
    case only in Latin letters.
    """
    sought = text.casefold()
    values = (row[0] for query in _values(tables, dimension, spans, moments) for row in fetch(query))
    return tuple(sorted({value for value in values if value is not None and sought in value.casefold()}))


def _values(
    tables: FactTables, dimension: Dimension, spans: Sequence[Span], moments: Sequence[Moment]
) -> Iterable[Selection]:
    if dimension.kind is Kind.SOURCE:
        yield select(tables.sources().subquery("sources").c[f"{dimension.name}_key"]).distinct()
        return
    for fact in (Fact.VISITS, Fact.LEADS, Fact.DEALS):
        if fact not in dimension.facts:
            continue
        if dimension.kind is Kind.TAG:
            yield select(tables.tags(fact).subquery("tags").c.tag).distinct()
            continue
        for moment in moments if fact is Fact.DEALS else moments[:1]:
            rows = tables.rows(fact, {dimension.name, AT}, moment).subquery("facts")
            at = rows.c[AT]
            is_in_span = or_(*(and_(at >= microseconds(span.since), at < microseconds(span.until)) for span in spans))
            yield select(rows.c[dimension.name]).where(is_in_span).distinct()
