"""Copy visits, leads, deals and so on from the database into the mirror: either all, or only those that changed."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, Table, Text, select

from dealtrace.leads.lead import LeadKind
from dealtrace.record import record
from dealtrace.reports.facts import Fact
from dealtrace.storage.database.column_types import AnyElement, is_among_many
from dealtrace.storage.deals.worth import IS_FOREIGN
from dealtrace.storage.reports.fact_tables import AT, MONEY, SITE_ID, DealTime
from dealtrace.storage.reports.mirror import clients, dialect, lead_touches, tables, visitors
from dealtrace.storage.reports.mirror.lead_touches import joined_touches
from dealtrace.storage.reports.mirror.library import MirrorConnection
from dealtrace.storage.reports.mirror.marks import Mark, MarkKind
from dealtrace.storage.reports.mirror.rows import Stream, stream_rows
from dealtrace.storage.reports.statement_types import Expression, Parameters, Selection
from dealtrace.storage.reports.stored_facts import StoredFacts, touch_columns, visit_columns
from dealtrace.storage.schema.tables.control import site
from dealtrace.storage.schema.tables.costs import cost
from dealtrace.storage.schema.tables.deals import deal, deal_tag
from dealtrace.storage.schema.tables.leads import LEAD_TABLES, lead_credit
from dealtrace.storage.schema.tables.visits import traffic_source, visit
from dealtrace.storage.visits.credits import credit_key_of_deal

MarkedIds = Collection[int]
Marked = dict[MarkKind, set[int]]
Progress = Callable[[str], None]
"""A function that is called with the name of each table of the mirror before the table is filled."""


Selects = Callable[[], Iterable[tuple[Selection, Expression | None]]]
"""A function that returns selects of all rows of a site, each with the column by which changed rows are found.

The column is `None` if all rows of the select are copied whenever one of them has changed.
"""
_FACTS = StoredFacts(contact_matching=False)
"""The facts of a site as the mirror stores them, independent of the site's settings.

Match reasons are stored as for a site that does not match by contact; `MirrorFacts` converts them for other sites.
"""


@record
class _Part:
    """How the rows of one table are copied into the mirror; most statements are made when they are first needed.

    `filling` streams `all_rows` into the empty table, and `changing` streams only `changed_rows`. `key` is the mirror's
    column by which the old versions of changed rows are found and deleted; `lead` is the column by which rows are
    joined with touches (credited visits).
    """

    target: Table
    key: str
    filling: Callable[[], Stream]
    all_rows: Selects
    changing: Callable[[], Stream]
    changed_rows: Selects
    lead: str = ""


@record
class Join:
    """The SQL join of streamed rows with a table of the mirror, and an expression for each column the join adds."""

    written: str
    taken: Mapping[str, str]


_VISIT_NAMES = {"hour_at": AT, **{name: name for name in ("landing_page", "city", "device", "browser", "os")}}
"""The attributes of leads and deals that are copied from their visit, each with the visit's column."""
_IS_VISIT = "JOIN visits ON visits.site_id = streamed.site_id AND visits.id = streamed.visit_id"
_OWN_VISIT = Join(f"LEFT {_IS_VISIT}", {name: f'visits."{column}"' for name, column in _VISIT_NAMES.items()})


def _stream(target: Table, *joins: Join, catalog: str = "") -> Stream:
    """Return a stream that copies rows into `target`, a table of `catalog`.

    `joins` add columns from other tables of the mirror.

    DuckDB does these joins, because SQLite would look up every visit separately, which is very slow.
    """
    taken = {name: of for join in joins for name, of in join.taken.items()}
    columns = [column for column in target.c if column.name not in ("site_id", *taken)]
    texts = tuple(column.name for column in columns if isinstance(column.type, Text))
    numbers = tuple(column.name for column in columns if column.name not in texts)
    values = {name: f'streamed."{name}"' for name in ("site_id", *numbers, *texts)}
    if tables.CUSTOM_VALUES in texts:
        values[tables.CUSTOM_VALUES] = f"CAST(CAST({values[tables.CUSTOM_VALUES]} AS JSON) AS MAP(VARCHAR, VARCHAR))"
    values |= taken
    names = ", ".join(f'"{name}"' for name in values)
    joined = " ".join(("{streamed} AS streamed", *(join.written for join in joins)))
    name = f"{catalog}.{target.name}" if catalog else target.name
    inserting = f"INSERT INTO {name} ({names}) SELECT {', '.join(values.values())} FROM {joined}"  # noqa: S608
    return Stream(numbers, texts, inserting)


def _alike(target: Table, key: str, selects: Selects) -> _Part:
    """Return a `_Part` that selects and streams changed rows in the same way as all rows."""
    stream = _stream(target)
    return _Part(target, key, lambda: stream, selects, lambda: stream, selects)


def _in_visits(target: Table, lead: str, money: Iterable[str], selects: Callable[[Iterable[str]], Selects]) -> _Part:
    """Return the `_Part` of leads or of deals; columns from their visits, touches and clients are added to the rows.

    `lead` is the column by which rows are joined with touches; `money` names the amounts to split among touches.
    """
    touches = Join(*joined_touches(lead, money))
    filling = _stream(target, _OWN_VISIT, touches, Join(*clients.joined_clients()))
    changing = _stream(target, touches)
    return _Part(
        target, "id", lambda: filling, selects((*filling.numbers, *filling.texts)),
        lambda: changing, selects((*changing.numbers, *changing.texts)), lead,
    )  # fmt: skip


def _of_leads(names: Iterable[str]) -> Selects:
    return lambda: [(_FACTS.leads(kind, names), LEAD_TABLES[kind].c.id) for kind in LeadKind]


def _of_deals(names: Iterable[str]) -> Selects:
    return lambda: [(_FACTS.rows(Fact.DEALS, names, DealTime.HAPPENED), deal.c.id)]


def _visit_part() -> _Part:
    """Return the `_Part` of visits: raw columns are streamed; DuckDB computes attributes and numbers the visitors."""
    raw = ("id", "started_at", "traffic_source_id"), ("visitor_id", "landing_url", "city", "device", "browser", "os")

    def stream(catalog: str) -> Stream:
        names = [column.name for column in tables.visit_rows.c if column.name != "site_id"]
        written = dialect.compile_for_mirror(select(visit.c.site_id, *visit_columns(names)), dialect.DIALECT)
        columns = ", ".join(f'"{name}"' for name in ("site_id", *names))
        into = f"INSERT INTO {catalog}.visit_rows ({columns})"
        inserting = f"{into} WITH visit AS (SELECT * FROM {{streamed}}) {written.text}"  # noqa: S608
        return Stream(*raw, inserting, tuple(written.arguments({})))

    rows = select(*(visit.c[name] for part in raw for name in part))

    def selects() -> Iterable[tuple[Selection, Expression | None]]:
        return [(rows.where(visit.c.site_id == SITE_ID), visit.c.id)]

    filling, changing = cache(lambda: stream(tables.SCRATCH)), cache(lambda: stream(tables.TEMPORARY))
    return _Part(tables.visits, "id", filling, selects, changing, selects)


def _touch_part() -> _Part:
    def selects() -> Iterable[tuple[Selection, Expression | None]]:
        mine = select(*touch_columns(), lead_credit.c.model).where(lead_credit.c.site_id == SITE_ID)
        return [(mine, lead_credit.c.lead_id)]

    filling, changing = (_stream(tables.touches, catalog=each) for each in (tables.SCRATCH, tables.TEMPORARY))
    return _Part(tables.touches, "lead_id", lambda: filling, selects, lambda: changing, selects)


_VISITS = _visit_part()
_LEADS = _in_visits(tables.leads, "id", (), _of_leads)
_LEAD_TAGS = _alike(
    tables.lead_tags, "owner_id",
    lambda: [(_FACTS.lead_tags(kind), LEAD_TABLES[kind].c.id) for kind in LeadKind],
)  # fmt: skip
_DEALS = _in_visits(tables.deals, "lead_id", MONEY, _of_deals)
_DEAL_TAGS = _alike(
    tables.deal_tags, "owner_id", lambda: [(_FACTS.tags(Fact.DEALS), deal_tag.c.deal_id)]
)  # fmt: skip
_TOUCHES = _touch_part()
_COST_NAMES = [column.name for column in tables.costs.c if column.name != "site_id"]
_COSTS = _alike(
    tables.costs, "at", lambda: [(_FACTS.rows(Fact.COSTS, _COST_NAMES, DealTime.HAPPENED), cost.c.day_on)]
)  # fmt: skip
_SOURCES = _alike(tables.sources, "id", lambda: [(_FACTS.sources(), traffic_source.c.id)])
_STATUSES = _alike(tables.statuses, "", lambda: [(_FACTS.statuses(), None)])
_PARTS = (_SOURCES, _STATUSES, _VISITS, _TOUCHES, _LEADS, _LEAD_TAGS, _DEALS, _DEAL_TAGS, _COSTS)
MIRRORED_TABLES = len(_PARTS)
"""The number of tables that are filled when a mirror is built."""
_IDS = "ids"
"""The parameter with the ids of changed rows."""
_TAKEN: Mapping[MarkKind, tuple[_Part, ...]] = {
    MarkKind.DEAL: (_DEALS, _DEAL_TAGS),
    MarkKind.LEAD: (_LEADS, _LEAD_TAGS),
    MarkKind.TOUCHES: (),
    MarkKind.VISIT: (_VISITS,),
    MarkKind.SOURCE: (_SOURCES,),
    MarkKind.STATUSES: (_STATUSES,),
    MarkKind.RATES: (),
    MarkKind.COSTS: (_COSTS,),
}
"""For each kind of mark (a record of a change), the `_Part`s whose changed rows are copied again."""


def fill(source: Connection, mirror: MirrorConnection, scratch: Path, progress: Progress) -> None:
    """Fill an empty mirror with the data of all sites; `scratch` is the path of a temporary file."""
    sites = source.execute(select(site.c.id).order_by(site.c.id)).scalars().all()
    conditions: Sequence[str] = ()
    with mirror.attached(scratch, tables.SCRATCH):
        _create_passing(mirror, tables.SCRATCH)
        for part in _PARTS:
            progress(part.target.name)
            selects = _selects(part, only_changed=False)
            rows = [(selected, {SITE_ID.key: site_id}) for site_id in sites for selected in selects]
            if part.lead:
                _fill_by_parts(source, mirror, part, rows, conditions)
            else:
                stream_rows(source, mirror, part.filling(), rows)
            if part is _VISITS:
                visitors.place_visits(mirror, tables.SCRATCH)
                mirror.execute(f"DROP TABLE {tables.SCRATCH}.visit_rows")
            elif part is _TOUCHES:
                conditions = lead_touches.gather_all(mirror, tables.SCRATCH)


def _create_passing(mirror: MirrorConnection, catalog: str) -> None:
    for statement in tables.creating_statements(tables.PASSING, catalog):
        mirror.execute(statement)


def _fill_by_parts(
    source: Connection,
    mirror: MirrorConnection,
    part: _Part,
    rows: Iterable[tuple[Selection, Parameters]],
    conditions: Iterable[str],
) -> None:
    """Fill a table whose rows are joined with touches, in parts: one statement for each of `conditions`."""
    streamed, touches = f"{tables.SCRATCH}.streamed", f"{tables.SCRATCH}.lead_touches"
    filling = part.filling()
    staging = replace(filling, inserting=f"CREATE TABLE {streamed} AS SELECT * FROM {{streamed}}")  # noqa: S608
    stream_rows(source, mirror, staging, rows)
    if part is _LEADS:
        clients.gather_clients(mirror, streamed)
    inserts = [
        filling.inserting.format(
            streamed=f"(SELECT * FROM {streamed} WHERE {condition.format(lead_id=part.lead)})",  # noqa: S608 - of ours
            touches=f"(SELECT * FROM {touches} WHERE {condition.format(lead_id='lead_id')})",  # noqa: S608
        )
        for condition in conditions
    ]
    mirror.execute_side_by_side(inserts)
    mirror.execute(f"DROP TABLE {streamed}")


def apply_marks(source: Connection, mirror: MirrorConnection, marks: Iterable[Mark]) -> None:
    """Update all rows of the mirror that are marked as changed, and all rows that contain attributes of such rows."""
    by_site: dict[int, Marked] = defaultdict(lambda: defaultdict(set))
    for mark in marks:
        by_site[mark.site_id][mark.kind].add(mark.id)
    for site_id, marked in by_site.items():
        _create_passing(mirror, tables.TEMPORARY)
        _add_what_repeats(source, site_id, marked)
        _take_over_touches(source, mirror, site_id, marked)
        for kind in MarkKind:
            if ids := marked[kind]:
                _take_over_kind(source, mirror, site_id, kind, sorted(ids))


def _take_over_touches(source: Connection, mirror: MirrorConnection, site_id: int, marked: Marked) -> None:
    """Gather the touches (credited visits) of each lead that is marked as changed, or has a marked touch or deal."""
    leads = marked[MarkKind.TOUCHES] | marked[MarkKind.LEAD]
    if deals := marked[MarkKind.DEAL]:
        theirs = select(credit_key_of_deal()).where(deal.c.site_id == site_id, _is_among(deal.c.id, deals))
        leads = leads.union(source.execute(theirs.distinct()).scalars()) - {None}
    if leads or deals:
        given = {SITE_ID.key: site_id, _IDS: sorted(leads)}
        stream_rows(
            source, mirror, _TOUCHES.changing(), [(rows, given) for rows in _selects(_TOUCHES, only_changed=True)]
        )
        lead_touches.gather_lead_touches(mirror, tables.TEMPORARY)


def _take_over_kind(
    source: Connection, mirror: MirrorConnection, site_id: int, kind: MarkKind, ids: Sequence[int]
) -> None:
    if kind is MarkKind.LEAD:
        clients.note_clients(mirror, site_id, ids)
    given = {SITE_ID.key: site_id, _IDS: ids}
    for part in _TAKEN[kind]:
        _delete(mirror, part, site_id, ids)
        changing = part.changing()
        if part.lead:
            in_place = changing.inserting.format(streamed="{streamed}", touches=f"{tables.TEMPORARY}.lead_touches")
            changing = replace(changing, inserting=in_place)
        stream_rows(source, mirror, changing, [(rows, given) for rows in _selects(part, only_changed=True)])
    if kind is MarkKind.VISIT:
        visitors.place_visits(mirror, tables.TEMPORARY)
    if kind is MarkKind.LEAD:
        clients.update_clients(mirror, site_id, ids)


@cache
def _selects(part: _Part, *, only_changed: bool) -> list[Selection]:
    """Return the selects of a table's rows, cached because building them takes longer than fetching a few rows."""
    if not only_changed:
        return [rows for rows, _ in part.all_rows()]
    return [rows if key is None else rows.where(is_among_many(key, _IDS)) for rows, key in part.changed_rows()]


def _add_what_repeats(source: Connection, site_id: int, marked: Marked) -> None:
    """Mark leads and deals as changed if their rows copy attributes of a visit, touch or lead that changed.

    If a currency rate changed, all deals in currencies other than rubles are marked.
    """

    def deals(*conditions: Expression) -> None:
        theirs = select(deal.c.id).where(deal.c.site_id == site_id, *conditions)
        marked[MarkKind.DEAL].update(source.execute(theirs).scalars())

    if visits := marked.get(MarkKind.VISIT):
        deals(_is_among(deal.c.visit_id, visits))
        for table in LEAD_TABLES.values():
            naming = select(table.c.id).where(table.c.site_id == site_id, _is_among(table.c.visit_id, visits))
            marked[MarkKind.LEAD].update(source.execute(naming).scalars())
    if named := {-key for key in marked[MarkKind.TOUCHES] if key < 0}:
        deals(_is_among(deal.c.visit_id, named))
    marked[MarkKind.LEAD] |= {key for key in marked[MarkKind.TOUCHES] if key > 0}
    if leads := marked[MarkKind.LEAD]:
        deals(_is_among(deal.c.lead_id, leads))
    if marked.get(MarkKind.RATES):
        deals(IS_FOREIGN)


def _is_among(column: AnyElement, ids: MarkedIds) -> is_among_many:
    return is_among_many(column, _IDS, sorted(ids))


def _delete(mirror: MirrorConnection, part: _Part, site_id: int, ids: MarkedIds) -> None:
    mine = f"DELETE FROM {part.target.name} WHERE site_id = ?"  # noqa: S608 - a name of ours
    if part.key:
        mirror.execute(f'{mine} AND "{part.key}" IN (SELECT unnest(CAST(? AS BIGINT[])))', [site_id, sorted(ids)])
    else:
        mirror.execute(mine, [site_id])
