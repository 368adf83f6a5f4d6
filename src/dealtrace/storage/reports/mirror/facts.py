"""The SQL selects that read the facts of reports (visits, leads, deals, costs) from the mirror."""

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import BigInteger, FromClause, Subquery, Text, case, cast, func, literal, literal_column, null, select

from dealtrace.attribution.credit import WHOLE, AttributionModel
from dealtrace.matching.match_reason import MatchReason
from dealtrace.record import record
from dealtrace.reports.dimensions import FIELD_PREFIX, NEW_CLIENT, RETURNING_CLIENT, Dimension, Kind
from dealtrace.reports.facts import Fact
from dealtrace.storage.reports.fact_tables import AT, CLICKS, MONEY, SITE_ID, TARGET_SECONDS, DealTime
from dealtrace.storage.reports.joined_leads import client_paths
from dealtrace.storage.reports.mirror import tables
from dealtrace.storage.reports.mirror.visitors import VisitKeys
from dealtrace.storage.reports.rows_on_disk import ROWS_IN_MEMORY
from dealtrace.storage.reports.sql_functions import known_text, plain_status_key, unstored_status_key
from dealtrace.storage.reports.statement_types import Expression, Selection
from dealtrace.storage.reports.stored_facts import DEAL_TIME_ATTRIBUTES
from dealtrace.storage.reports.touched_rows import SPLIT_MODELS

_OF_STATUS = {"status": "key", "meaning": "meaning"}


@record
class MirrorFacts:
    """The SQL selects that read a site's facts from the mirror; `stored_facts.py` has such selects for the database.

    The selects compute the attributes that depend on a site's settings, on the meanings of statuses, or on other leads
    and deals; all other attributes are stored.

    `may_lack_statuses` is true if the site has reached its limit of stored statuses, so that deals may have statuses
    that are not stored. Their letters must then be case-folded, which takes DuckDB longer to plan than the rest of a
    report takes to run. If it is false, only blank statuses, and those that somebody set by SQL, are not stored, and
    DuckDB's `lower` suffices for them. `absent` are the kinds of facts that the site does not have. `may_be_unknown`
    are the attributes that are unknown in at least one fact; see `FactTables`.
    """

    contact_matching: bool
    visit_keys: VisitKeys
    may_lack_statuses: bool = True
    absent: frozenset[Fact] = frozenset()
    may_be_unknown: frozenset[str] = frozenset({CLICKS, *MONEY})

    def visitors_max(self, by: Sequence[Dimension]) -> int | None:
        """Return the highest visitor number, or `None` if bitmaps of visitors would be too large; see `FactTables`."""
        return self.visit_keys.visitors if self.visit_keys.fit(by) else None

    @property
    def groups_twice(self) -> bool:
        """Return false: DuckDB counts distinct values quickly; see `FactTables`."""
        return False

    @property
    def chooses_first(self) -> bool:
        """Return true, since DuckDB sorts the rows of a report exactly, by integers of 128 bits."""
        return True

    def joins_periods(self, by: Sequence[Dimension]) -> bool:
        """Return whether a report has few rows; see `FactTables`.

        Planning a statement often takes DuckDB longer than reading the rows.
        """
        rows = self.visit_keys.rows_max(by)
        return rows is not None and rows <= ROWS_IN_MEMORY

    def deferred(self, by: Sequence[Dimension]) -> Collection[Dimension]:
        """Return the source dimensions in `by`, or none if another dimension in `by` has many keys; see `FactTables`.

        If another dimension has many keys, such as days, grouping by the ids of sources first would give far more rows
        than grouping by the keys of sources.
        """
        of_sources = [dimension for dimension in by if dimension.kind is Kind.SOURCE]
        others = (dimension for dimension in by if dimension.kind is not Kind.SOURCE)
        return of_sources if all(map(_has_few_keys, others)) else ()

    def lacks(self, fact: Fact) -> bool:
        """Return whether the site has no facts of a kind; see `FactTables`."""
        return fact in self.absent

    def rows(self, fact: Fact, wanted: Iterable[str], deal_time: DealTime) -> Selection:
        """Return a select of the facts with the wanted attributes; see `FactTables`."""
        names = sorted({"id", *wanted})
        match fact:
            case Fact.VISITS:
                return self._plain(tables.visits, names)
            case Fact.COSTS:
                return self._plain(tables.costs, names)
            case Fact.LEADS:
                return self._leads(names)
            case Fact.DEALS | Fact.ASSISTS:
                return self._deals(names, deal_time)

    def touch_attributes(self, fact: Fact, model: AttributionModel, money: Sequence[str]) -> Iterable[str]:
        """Return the names of the columns in which leads and deals have their touches; see `FactTables`."""
        if fact is Fact.ASSISTS:
            return (tables.ASSISTS,)
        if model not in SPLIT_MODELS:
            return "stated_source_id", f"source_{model:d}", f"touched_at_{model:d}"
        lists = ("sources", "touched_ats", "shares", *money)
        return "stated_source_id", *(f"{name}_{model:d}" for name in lists)

    def touched(self, facts: Subquery, fact: Fact, model: AttributionModel, money: Sequence[str]) -> Subquery:
        """Return a select with a row for each touch (credited visit) of each fact; see `FactTables`."""
        columns, of_touches = facts.c, self.touch_attributes(fact, model, money)
        kept = [column for column in columns if column.name not in {*money, *of_touches}]
        if fact is Fact.ASSISTS:
            return _assisting(kept, columns[tables.ASSISTS])
        if model in SPLIT_MODELS:
            return _unnested(facts, kept, model, money)
        touched_at = columns[f"touched_at_{model:d}"]
        is_touched = touched_at.is_not(None)
        source = case((is_touched, columns[f"source_{model:d}"]), else_=columns.stated_source_id)
        return select(
            *kept,
            literal(WHOLE, BigInteger).label("share"),
            touched_at.label("touched_at"),
            source.label("source_id"),
            *(columns[name] for name in money),
        ).subquery("touched")

    def tags(self, fact: Fact) -> Selection:
        """Return a select of the tags of leads or deals; see `FactTables`."""
        return self._plain(tables.lead_tags if fact is Fact.LEADS else tables.deal_tags, ("owner_id", "tag"))

    def sources(self) -> Selection:
        """Return a select of the traffic sources of the site; see `FactTables`."""
        return self._plain(tables.sources, (column.name for column in tables.sources.c))

    def statuses(self) -> Selection:
        """Return a select of the statuses of the site's deals; see `FactTables`."""
        return self._plain(tables.statuses, ("spelling", "key", "meaning"))

    def _plain(self, table: FromClause, names: Iterable[str]) -> Selection:
        return select(*(table.c[name] for name in names)).where(table.c.site_id == SITE_ID)

    def _leads(self, names: list[str]) -> Selection:
        lead = tables.leads
        computed: dict[str, Expression] = {"lead_id": lead.c.id}
        if "client_kind" in names:
            computed["client_kind"] = _client_kind(lead, lead.c[AT])
        if "is_target" in names:
            computed["is_target"] = case((lead.c.target_seconds >= TARGET_SECONDS, 1), else_=0)
        if "has_deal" in names:
            mine = select(tables.deals.c.lead_id).where(
                tables.deals.c.site_id == SITE_ID, tables.deals.c.lead_id.is_not(None)
            )
            computed["has_deal"] = case((lead.c.id.in_(mine), 1), else_=0)
        rows = self._with_paths(lead, lead, computed) if "path" in names else lead
        return self._chosen(lead, rows, names, computed)

    def _deals(self, names: list[str], deal_time: DealTime) -> Selection:
        deal = tables.deals
        rows: FromClause = deal
        computed: dict[str, Expression] = {
            AT: deal.c[DEAL_TIME_ATTRIBUTES[deal_time]],
            "match_reason": self._match_reason(),
            "first_touched_at": deal.c[f"touched_at_{AttributionModel.FIRST_INTERACTION:d}"],
        }
        if not _OF_STATUS.keys().isdisjoint(names):
            status = self.statuses().add_columns(known_text(tables.statuses.c.key).label("known")).subquery("of_deals")
            rows = rows.outerjoin(status, status.c.spelling == deal.c.status_spelling)
            key_of = unstored_status_key if self.may_lack_statuses else plain_status_key
            unlisted = key_of(deal.c.status_spelling)
            computed["status"] = case((status.c.spelling.is_(None), unlisted), else_=status.c.known)
            computed["meaning"] = status.c.meaning
        if "client_kind" in names:
            kind = _client_kind(deal, deal.c.lead_at)
            computed["client_kind"] = case((deal.c.lead_id > 0, kind), else_=None)
        if "path" in names:
            rows = self._with_paths(rows, deal, computed)
        return self._chosen(deal, rows, names, computed)

    def _with_paths(self, rows: FromClause, table: FromClause, computed: dict[str, Expression]) -> FromClause:
        """Return `rows` joined with the paths of clients, and add the SQL expression for a row's path to `computed`.

        Leads with the same list of sources have the same path, so the path of each list is computed only once.
        """
        sources = table.c[f"sources_{AttributionModel.LINEAR:d}"]
        lists = select(sources.label("lead_id")).where(table.c.site_id == SITE_ID, sources.is_not(None)).distinct()
        listed = lists.subquery("lists")
        touches = select(
            listed.c.lead_id,
            func.generate_subscripts(listed.c.lead_id, 1, type_=BigInteger).label("position"),
            _each(listed.c.lead_id).label("source_id"),
        ).subquery("steps_of_lists")
        paths = client_paths(touches, self.sources().subquery("sources_of_paths"))
        computed["path"] = paths.c.path
        return rows.outerjoin(paths, paths.c.lead_id == sources)

    def _chosen(
        self, table: FromClause, rows: FromClause, names: Iterable[str], computed: dict[str, Expression]
    ) -> Selection:
        chosen: list[Expression] = []
        for name in names:
            if name.startswith(FIELD_PREFIX):
                value = _value_of(table.c[tables.CUSTOM_VALUES], name.removeprefix(FIELD_PREFIX))
                chosen.append(known_text(value).label(name))
            else:
                chosen.append(computed[name].label(name) if name in computed else table.c[name])
        return select(*chosen).select_from(rows).where(table.c.site_id == SITE_ID)

    def _match_reason(self) -> Expression:
        """Return the SQL expression for the reason why a deal was matched to its lead or to none.

        The mirror stores each reason as if contact matching were off. If the site has contact matching on,
        `MATCHING_OFF` is replaced by `NO_LEAD_NEAR`.
        """
        reason = tables.deals.c.match_reason
        if not self.contact_matching:
            return reason
        return case((reason == MatchReason.MATCHING_OFF, MatchReason.NO_LEAD_NEAR), else_=reason)


def _has_few_keys(dimension: Dimension) -> bool:
    return dimension.kind in (Kind.CLOCK, Kind.VISIT_CLOCK) or dimension.name in ("month", "quarter")


def _assisting(kept: Sequence[Expression], sources: Expression) -> Subquery:
    return select(
        *kept,
        literal(WHOLE, BigInteger).label("share"),
        cast(null(), BigInteger).label("touched_at"),
        _each(sources).label("source_id"),
    ).subquery("assisting")


def _unnested(facts: Subquery, kept: Sequence[Expression], model: AttributionModel, money: Sequence[str]) -> Subquery:
    """Return a select with a row for each item of the facts' lists of touches; a fact without touches has one row."""
    columns = facts.c
    lists = {name: columns[f"{name}_{model:d}"] for name in ("sources", "touched_ats", "shares", *money)}
    listed = select(
        *kept,
        columns.stated_source_id.label("whole_source"),
        *(columns[name].label(f"whole_{name}") for name in money),
        *(_each(func.coalesce(values, _ONE_NULL)).label(f"each_{name}") for name, values in lists.items()),
    ).subquery("listed")
    is_whole = listed.c.each_shares.is_(None)
    return select(
        *(listed.c[column.name] for column in kept),
        func.coalesce(listed.c.each_shares, WHOLE).label("share"),
        listed.c.each_touched_ats.label("touched_at"),
        case((is_whole, listed.c.whole_source), else_=listed.c.each_sources).label("source_id"),
        *(case((is_whole, listed.c[f"whole_{name}"]), else_=listed.c[f"each_{name}"]).label(name) for name in money),
    ).subquery("touched")


_ONE_NULL: Expression = literal_column("[CAST(NULL AS BIGINT)]")


def _each(values: Expression) -> Expression:
    """Return the SQL expression that turns a list into rows; row n has the n-th item of each list in the select."""
    return func.unnest(values, type_=BigInteger)


def _client_kind(table: FromClause, started_at: Expression) -> Expression:
    """Return the SQL expression for `client_kind`: new or returning.

    A client is returning if the client's first lead began before `started_at`.
    """
    return case((table.c[tables.CLIENT_SINCE] < started_at, RETURNING_CLIENT), else_=NEW_CLIENT)


def _value_of(values: Expression, name: str) -> Expression:
    """Return the SQL expression for the string under the key `name` of a map, null if the map lacks the key."""
    return func.map_extract_value(values, literal(name), type_=Text)
