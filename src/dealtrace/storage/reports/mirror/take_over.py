"""Take over into the mirror what changed in the database, or everything."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, Table, Text, select

from dealtrace.accounts.site import Site, SiteId
from dealtrace.leads.lead import LeadKind
from dealtrace.record import record
from dealtrace.reports.facts import Fact
from dealtrace.storage.database.column_types import is_among_many
from dealtrace.storage.reports.fact_tables import AT, Moment
from dealtrace.storage.reports.mirror import dialect, tables
from dealtrace.storage.reports.mirror.library import MirrorConnection
from dealtrace.storage.reports.mirror.marks import Kind, Mark
from dealtrace.storage.reports.mirror.rows import Stream, stream_rows
from dealtrace.storage.reports.stored_facts import StoredFacts, touch_columns, visit_columns
from dealtrace.storage.schema.tables.control import site
from dealtrace.storage.schema.tables.costs import cost
from dealtrace.storage.schema.tables.deals import deal, deal_tag
from dealtrace.storage.schema.tables.leads import LEAD_TABLES, lead_credit
from dealtrace.storage.schema.tables.visits import traffic_source, visit

Ids = Collection[int]
Marked = dict[Kind, set[int]]
Progress = Callable[[str], None]
"""Is called with the name of each table of the mirror before it is filled."""


@record
class _Part:
    """Rows of one table of the mirror: how they stream, and the selects that answer all of a site.

    Each select comes with the column of the key by which rows are replaced; `key` is its name in the mirror.
    """

    target: Table
    key: str
    stream: Stream
    selects: Callable[[StoredFacts], Iterable[tuple[Select[Any], Any]]]


_OF_VISIT = ("landing_page", "city", "device", "browser", "os")
"""The attributes that leads and deals have of their visit, under the same names; the hour is when it began."""


def _streamed(target: Table, *left_out: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of the numbers and of the texts among a table's columns."""
    columns = [column for column in target.c if column.name not in ("site_id", *left_out)]
    texts = [column.name for column in columns if isinstance(column.type, Text)]
    return tuple(column.name for column in columns if column.name not in texts), tuple(texts)


def _stream(target: Table, of_visit: Mapping[str, str] | None = None, join: str = "LEFT JOIN") -> Stream:
    """Return the stream of a table; some of its columns are taken from the mirror's visits, in the columns they name.

    SQLite would look up every visit by itself, which takes longer than all the rest.
    """
    taken = of_visit or {}
    numbers, texts = _streamed(target, *taken)
    values = {name: f'streamed."{name}"' for name in ("site_id", *numbers, *texts)}
    if tables.CUSTOM_VALUES in texts:
        values[tables.CUSTOM_VALUES] = f"CAST(CAST({values[tables.CUSTOM_VALUES]} AS JSON) AS MAP(VARCHAR, VARCHAR))"
    values |= {name: f'visits."{column}"' for name, column in taken.items()}
    joined = f" {join} visits ON visits.site_id = streamed.site_id AND visits.id = streamed.visit_id" if taken else ""
    names = ", ".join(f'"{name}"' for name in values)
    inserting = f"INSERT INTO {target.name} ({names}) SELECT {', '.join(values.values())} FROM {{streamed}} AS streamed"  # noqa: S608 - made of our own names
    return Stream(numbers, texts, inserting + joined)


def _part(target: Table, key: str, fact: Fact, column: Any, *, is_in_visit: bool = False) -> _Part:
    """Return the rows of a fact with all its attributes."""
    of_visit = {"hour_at": AT, **dict(zip(_OF_VISIT, _OF_VISIT, strict=True))} if is_in_visit else {}
    stream = _stream(target, of_visit)
    names = (*stream.numbers, *stream.texts)
    return _Part(target, key, stream, lambda facts: [(facts.rows(fact, names, Moment.HAPPENED), column)])


def _lead_part() -> _Part:
    stream = _stream(tables.leads, {"hour_at": AT, **dict(zip(_OF_VISIT, _OF_VISIT, strict=True))})
    names = (*stream.numbers, *stream.texts)
    return _Part(
        tables.leads, "id", stream,
        lambda facts: [(facts.leads(kind, names), LEAD_TABLES[kind].c.id) for kind in LeadKind],
    )  # fmt: skip


def _visit_part() -> _Part:
    """Return the part of visits: their rows stream as they are, and DuckDB selects the attributes from them."""
    raw = ("id", "started_at", "traffic_source_id"), ("visitor_id", "landing_url", "city", "device", "browser", "os")
    names = [column.name for column in tables.visits.c if column.name != "site_id"]
    selected = select(visit.c.site_id, *visit_columns(names))
    text, parameters = dialect.compiled_text(selected, dialect.DIALECT)
    columns = ", ".join(f'"{name}"' for name in ("site_id", *names))
    inserting = f"INSERT INTO visits ({columns}) WITH visit AS (SELECT * FROM {{streamed}}) {text}"  # noqa: S608
    raw_select = select(*(visit.c[name] for part in raw for name in part))
    return _Part(
        tables.visits, "id", Stream(*raw, inserting, tuple(parameters)),
        lambda facts: [(raw_select.where(visit.c.site_id == facts.site_id), visit.c.id)],
    )  # fmt: skip


def _touch_part() -> _Part:
    touches = select(*touch_columns(), lead_credit.c.model)
    return _Part(
        tables.touches, "lead_id", _stream(tables.touches, {"source_id": "source_id"}, "JOIN"),
        lambda facts: [(touches.where(lead_credit.c.site_id == facts.site_id), lead_credit.c.lead_id)],
    )  # fmt: skip


_VISITS = _visit_part()
_LEADS = _lead_part()
_LEAD_TAGS = _Part(
    tables.lead_tags, "owner_id", _stream(tables.lead_tags),
    lambda facts: [(facts.lead_tags(kind), LEAD_TABLES[kind].c.id) for kind in LeadKind],
)  # fmt: skip
_DEALS = _part(tables.deals, "id", Fact.DEALS, deal.c.id, is_in_visit=True)
_DEAL_TAGS = _Part(
    tables.deal_tags, "owner_id", _stream(tables.deal_tags),
    lambda facts: [(facts.tags(Fact.DEALS), deal_tag.c.deal_id)],
)  # fmt: skip
_TOUCHES = _touch_part()
_COSTS = _part(tables.costs, "at", Fact.COSTS, cost.c.day_on)
_SOURCES = _Part(
    tables.sources, "id", _stream(tables.sources), lambda facts: [(facts.sources(), traffic_source.c.id)]
)  # fmt: skip
_STATUSES = _Part(tables.statuses, "", _stream(tables.statuses), lambda facts: [(facts.statuses(), None)])
_PARTS = (_SOURCES, _STATUSES, _VISITS, _LEADS, _LEAD_TAGS, _TOUCHES, _DEALS, _DEAL_TAGS, _COSTS)
MIRRORED_TABLES = len(_PARTS)
"""How many tables are filled when a mirror is built."""
_NO_ZONE = ZoneInfo("UTC")
_TAKEN: Mapping[Kind, tuple[_Part, ...]] = {
    Kind.DEAL: (_DEALS, _DEAL_TAGS),
    Kind.LEAD: (_LEADS, _LEAD_TAGS),
    Kind.TOUCHES: (_TOUCHES,),
    Kind.VISIT: (_VISITS,),
    Kind.SOURCE: (_SOURCES,),
    Kind.STATUSES: (_STATUSES,),
    Kind.COSTS: (_COSTS,),
}
"""What is taken over for each kind of mark."""


def fill(source: Connection, mirror: MirrorConnection, progress: Progress) -> None:
    """Fill an empty mirror with all facts of all sites."""
    sites = {site_id: _facts(site_id) for site_id in source.execute(select(site.c.id).order_by(site.c.id)).scalars()}
    for part in _PARTS:
        progress(part.target.name)
        rows = [(site_id, rows) for site_id, facts in sites.items() for rows, _ in part.selects(facts)]
        stream_rows(source, mirror, part.stream, rows)


def take_over(source: Connection, mirror: MirrorConnection, marks: Iterable[Mark]) -> None:
    """Replace what marks name, and whatever repeats something of it."""
    by_site: dict[int, Marked] = defaultdict(lambda: defaultdict(set))
    for mark in marks:
        by_site[mark.site_id][mark.kind].add(mark.id)
    for site_id, marked in by_site.items():
        _add_what_repeats(source, mirror, site_id, marked)
        facts = _facts(site_id)
        for kind in Kind:
            ids = marked[kind]
            for part in _TAKEN[kind] if ids else ():
                _delete(mirror, part, site_id, ids)
                chosen = [
                    (site_id, rows if key is None else rows.where(_is_among(key, ids)))
                    for rows, key in part.selects(facts)
                ]
                stream_rows(source, mirror, part.stream, chosen)


def _add_what_repeats(source: Connection, mirror: MirrorConnection, site_id: int, marked: Marked) -> None:
    """Add what repeats attributes of changed facts: leads and touches those of visits, deals those of their leads."""
    if visits := marked.get(Kind.VISIT):
        for table in LEAD_TABLES.values():
            naming = select(table.c.id).where(table.c.site_id == site_id, _is_among(table.c.visit_id, visits))
            marked[Kind.LEAD].update(source.execute(naming).scalars())
        touch = tables.touches.c
        touched = select(touch.lead_id).distinct().where(touch.site_id == site_id, _is_among(touch.visit_id, visits))
        marked[Kind.TOUCHES].update(lead_id for (lead_id,) in dialect.fetch_rows(mirror, touched))
    if leads := marked.get(Kind.LEAD):
        theirs = select(deal.c.id).where(deal.c.site_id == site_id, _is_among(deal.c.lead_id, leads))
        marked[Kind.DEAL].update(source.execute(theirs).scalars())


def _is_among(column: Any, ids: Ids) -> is_among_many:
    return is_among_many(column, "ids", sorted(ids))


def _delete(mirror: MirrorConnection, part: _Part, site_id: int, ids: Ids) -> None:
    mine = f"DELETE FROM {part.target.name} WHERE site_id = ?"  # noqa: S608 - a name of ours
    if part.key:
        mirror.execute(f'{mine} AND "{part.key}" IN (SELECT unnest(CAST(? AS BIGINT[])))', [site_id, sorted(ids)])
    else:
        mirror.execute(mine, [site_id])


def _facts(site_id: int) -> StoredFacts:
    """Return the facts of a site as the mirror keeps them: as if it matched by contact, and free of its settings."""
    return StoredFacts(Site(SiteId(site_id), "", _NO_ZONE, contact_matching=True))
