"""Take over into the mirror what changed in the database, or everything."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, Table, select

from dealtrace.accounts.site import Site, SiteId
from dealtrace.leads.lead import LeadKind
from dealtrace.record import record
from dealtrace.reports.facts import Fact
from dealtrace.storage.database.column_types import is_among_many
from dealtrace.storage.reports.fact_tables import Moment
from dealtrace.storage.reports.mirror import dialect, tables
from dealtrace.storage.reports.mirror.library import MirrorConnection
from dealtrace.storage.reports.mirror.marks import Kind, Mark
from dealtrace.storage.reports.mirror.rows import stream_rows
from dealtrace.storage.reports.stored_facts import StoredFacts
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
    """Rows of one table of the mirror: the selects that answer all of a site, each with the column of their keys.

    `key` is the column of the mirror that has the key.
    """

    target: Table
    key: str
    selects: Callable[[StoredFacts], Iterable[tuple[Select[Any], Any]]]


def _names(table: Table) -> list[str]:
    return [column.name for column in table.c if column.name != "site_id"]


def _of_leads(facts: StoredFacts) -> Iterable[tuple[Select[Any], Any]]:
    return [(facts.leads(kind, _names(tables.leads)), LEAD_TABLES[kind].c.id) for kind in LeadKind]


def _of_lead_tags(facts: StoredFacts) -> Iterable[tuple[Select[Any], Any]]:
    return [(facts.lead_tags(kind), LEAD_TABLES[kind].c.id) for kind in LeadKind]


def _plain(fact: Fact, target: Table, key: Any) -> Callable[[StoredFacts], Iterable[tuple[Select[Any], Any]]]:
    return lambda facts: [(facts.rows(fact, _names(target), Moment.HAPPENED), key)]


_VISITS = _Part(tables.visits, "id", _plain(Fact.VISITS, tables.visits, visit.c.id))
_LEADS = _Part(tables.leads, "id", _of_leads)
_LEAD_TAGS = _Part(tables.lead_tags, "owner_id", _of_lead_tags)
_DEALS = _Part(tables.deals, "id", _plain(Fact.DEALS, tables.deals, deal.c.id))
_DEAL_TAGS = _Part(tables.deal_tags, "owner_id", lambda facts: [(facts.tags(Fact.DEALS), deal_tag.c.deal_id)])
_TOUCHES = _Part(tables.touches, "lead_id", lambda facts: [(facts.all_touches(), lead_credit.c.lead_id)])
_COSTS = _Part(tables.costs, "at", _plain(Fact.COSTS, tables.costs, cost.c.day_on))
_SOURCES = _Part(tables.sources, "id", lambda facts: [(facts.sources(), traffic_source.c.id)])
_STATUSES = _Part(tables.statuses, "", lambda facts: [(facts.statuses(), None)])
_PARTS = (_SOURCES, _STATUSES, _VISITS, _LEADS, _LEAD_TAGS, _TOUCHES, _DEALS, _DEAL_TAGS, _COSTS)
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
        stream_rows(source, mirror, part.target, rows)


def take_over(source: Connection, mirror: MirrorConnection, marks: Iterable[Mark]) -> None:
    """Replace what marks name, and whatever repeats something of it."""
    by_site: dict[int, Marked] = defaultdict(lambda: defaultdict(set))
    for mark in marks:
        by_site[mark.site_id][mark.kind].add(mark.id)
    for site_id, marked in by_site.items():
        _add_what_repeats(source, mirror, site_id, marked)
        facts = _facts(site_id)
        for kind, ids in marked.items():
            for part in _TAKEN[kind]:
                _delete(mirror, part, site_id, ids)
                chosen = [
                    (site_id, rows if key is None else rows.where(_is_among(key, ids)))
                    for rows, key in part.selects(facts)
                ]
                stream_rows(source, mirror, part.target, chosen)


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
