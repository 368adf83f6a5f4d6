"""The facts of reports as SQL selects from the database; they contain no contacts, client names or comments."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from decimal import Decimal

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Subquery,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    select,
    type_coerce,
    union_all,
)

from dealtrace.attribution.credit import WHOLE, AttributionModel
from dealtrace.leads.lead import KIND_NAMES, LeadKind
from dealtrace.record import record
from dealtrace.reports.dimensions import Dimension, Kind
from dealtrace.reports.facts import Fact
from dealtrace.storage.deals.match_reasons import match_reason
from dealtrace.storage.deals.worth import lacks_rate, worth_of
from dealtrace.storage.leads.call_outcomes import is_answered, is_missed, seconds_if_target
from dealtrace.storage.reports.client_firsts import client_kind, client_since, first_leads
from dealtrace.storage.reports.fact_tables import AT, CLICKS, MONEY, SITE_ID, TARGET_SECONDS, UNKNOWN, DealTime
from dealtrace.storage.reports.joined_leads import (
    client_of_deal,
    client_paths,
    is_visit,
    lead_started_at,
    leads_with_deals,
    stated_leads,
    visit_of_deal,
    with_lead,
)
from dealtrace.storage.reports.local_time import KEYS_OF_DAY
from dealtrace.storage.reports.sql_functions import field_texts, items_of, known_text, status_of_deal, without_query
from dealtrace.storage.reports.statement_types import Expression, Selection
from dealtrace.storage.reports.touched_rows import with_touches
from dealtrace.storage.schema.tables.costs import cost
from dealtrace.storage.schema.tables.deals import deal, deal_tag
from dealtrace.storage.schema.tables.leads import LEAD_STARTS, LEAD_TABLES, call, lead_credit, lead_request
from dealtrace.storage.schema.tables.reports import deal_status
from dealtrace.storage.schema.tables.visits import traffic_source, visit
from dealtrace.storage.visits.credits import credit_key_of_deal, is_deal_matched


@record
class Attribute:
    """An attribute of a fact (such as a deal): its SQL expression, and the names of tables to join for it, in order."""

    of: Expression
    joins: tuple[str, ...] = ()


Attributes = Mapping[str, Attribute]
Joins = Mapping[str, Callable[[FromClause], FromClause]]
DEAL_TIME_ATTRIBUTES = {
    DealTime.HAPPENED: "happened_at",
    DealTime.LEAD: "lead_at",
    DealTime.CHANGED: "changed_at",
    DealTime.STATUS: "status_at",
}
"""The attribute of a deal for each time by which reports may date deals."""
_LEAD, _VISIT, _STATUS, _FIRST, _STATED, _DEALS = "lead", "visit", "status", "first", "stated", "deals"
_PATH, _TOUCHED = "path", "touched"


def _microseconds(time: Expression) -> Expression:
    return type_coerce(time, BigInteger)


def _of_visit(visits: FromClause) -> dict[str, Attribute]:
    """Return the attributes of a visit by name."""
    columns = visits.c
    return {
        "landing_page": Attribute(known_text(without_query(columns.landing_url)), (_VISIT,)),
        "hour_at": Attribute(_microseconds(columns.started_at), (_VISIT,)),
        **{name: Attribute(known_text(columns[name]), (_VISIT,)) for name in ("city", "device", "browser", "os")},
    }


_OF_VISITS: Attributes = {
    "id": Attribute(visit.c.id),
    AT: Attribute(_microseconds(visit.c.started_at)),
    "visitor": Attribute(func.nullif(visit.c.visitor_id, "")),
    "source_id": Attribute(visit.c.traffic_source_id),
    **_of_visit(visit),
}


def visit_columns(names: Iterable[str]) -> list[Expression]:
    """Return labelled SQL columns for the named attributes of visits."""
    return [_OF_VISITS[name].of.label(name) for name in names]


def touch_columns() -> list[Expression]:
    """Return the SQL columns of touches (visits credited with a lead), except the column of the attribution model."""
    credit = lead_credit.c
    return [
        credit.lead_id,
        credit.position,
        func.coalesce(credit.share, WHOLE).label("share"),
        _microseconds(credit.visit_started_at).label("touched_at"),
        credit.visit_id,
        credit.traffic_source_id.label("source_id"),
    ]


@record
class StoredFacts:
    """The facts of a site as SQL selects from the database; `contact_matching` is the site's setting.

    With `is_postgresql`, the selects suit PostgreSQL, which uses hash joins; otherwise they suit SQLite, which looks up
    rows by key. `has_rates` is false if the site has no currency rates. In that case, no rates are looked up, because
    looking up a rate for every deal keeps PostgreSQL from aggregating in parallel. `has_foreign_deals` is false if the
    site's deals are all in rubles, so that the worth of each deal is known.
    """

    contact_matching: bool
    is_postgresql: bool = False
    has_rates: bool = True
    has_foreign_deals: bool = True

    @property
    def may_be_unknown(self) -> frozenset[str]:
        """The attributes to add up whose value may be unknown; see `FactTables`."""
        return frozenset({CLICKS, *(MONEY if self.has_foreign_deals else ())})

    @property
    def groups_twice(self) -> bool:
        """True on PostgreSQL, but not on SQLite, which cannot add up sums that exceed 64 bits; see `FactTables`."""
        return self.is_postgresql

    @property
    def chooses_first(self) -> bool:
        """Return false: SQLite sorts only by 64 bits, and PostgreSQL would not group in parallel; see `FactTables`."""
        return False

    def joins_periods(self, by: Sequence[Dimension]) -> bool:  # noqa: ARG002
        """Return false: reading the rows takes most of the time, planning a statement little; see `FactTables`."""
        return False

    def deferred(self, by: Sequence[Dimension]) -> Collection[Dimension]:
        """Return the dimensions in `by` that are computed from sources or days; on SQLite, none; see `FactTables`."""
        if not self.is_postgresql:
            return ()
        return [each for each in by if each.kind is Kind.SOURCE or each.name in KEYS_OF_DAY]

    def visitors_max(self, by: Sequence[Dimension]) -> int | None:  # noqa: ARG002
        """Return `None`: visitor ids are strings here, so visitors have no highest number; see `FactTables`."""
        return None

    def lacks(self, fact: Fact) -> bool:  # noqa: ARG002
        """Return false: finding out would take as long as a statement that finds nothing; see `FactTables`."""
        return False

    def rows(self, fact: Fact, wanted: Iterable[str], deal_time: DealTime) -> Selection:
        """Return a select of the facts with the wanted attributes; see `FactTables`."""
        names = sorted({"id", *wanted})
        match fact:
            case Fact.VISITS:
                return self._visits(names)
            case Fact.LEADS:
                return self._leads(names)
            case Fact.COSTS:
                return self._costs(names)
            case Fact.DEALS | Fact.ASSISTS:
                return self._deals(names, deal_time)

    def touches(self, model: AttributionModel) -> Selection:
        """Return a select of the touches (visits credited under `model`) of leads; `touch_columns` has the columns."""
        credit = lead_credit.c
        return select(*touch_columns()).where(credit.site_id == SITE_ID, credit.model == int(model))

    def touch_attributes(self, fact: Fact, model: AttributionModel, money: Sequence[str]) -> Iterable[str]:  # noqa: ARG002
        """Return the attributes by which facts are joined with their touches; see `FactTables`."""
        return "lead_id", "stated_source_id"

    def touched(self, facts: Subquery, fact: Fact, model: AttributionModel, money: Sequence[str]) -> Subquery:
        """Return a select with a row for each touch (credited visit) of each fact; see `FactTables`."""
        touches = self.touches(AttributionModel.LINEAR if fact is Fact.ASSISTS else model).subquery("touches")
        return with_touches(touches, facts, fact, model, money)

    def tags(self, fact: Fact) -> Selection:
        """Return a select of the stored tags of leads or deals.

        Ours: a placeholder such as `(not set)` is not a tag.
        """
        if fact is not Fact.LEADS:
            mine = select(deal_tag.c.deal_id.label("owner_id"), deal_tag.c.tag)
            return mine.where(deal_tag.c.site_id == SITE_ID, known_text(deal_tag.c.tag).is_not(None)).distinct()
        both = union_all(*(self.lead_tags(kind) for kind in LeadKind)).subquery("tags")
        return select(both.c.owner_id, both.c.tag)

    def lead_tags(self, kind: LeadKind) -> Selection:
        """Return a select of the distinct tags of leads of a kind: `owner_id` and `tag`."""
        table = LEAD_TABLES[kind]
        tag = items_of(table.c.tags).table_valued("value", joins_implicitly=True)
        mine = select(table.c.id.label("owner_id"), tag.c.value.label("tag"))
        known = (table.c.tags.is_not(None), known_text(tag.c.value).is_not(None))
        return mine.where(table.c.site_id == SITE_ID, *known).distinct()

    def sources(self) -> Selection:
        """Return a select of the traffic sources of the site; see `FactTables`."""
        return select(traffic_source).where(traffic_source.c.site_id == SITE_ID)

    def statuses(self) -> Selection:
        """Return a select of the statuses of the site's deals; see `FactTables`."""
        return select(deal_status).where(deal_status.c.site_id == SITE_ID)

    def _visits(self, names: Iterable[str]) -> Selection:
        return select(*visit_columns(names)).select_from(visit).where(visit.c.site_id == SITE_ID)

    def _costs(self, names: Iterable[str]) -> Selection:
        attributes: dict[str, Expression] = {
            "id": cost.c.traffic_source_id,
            AT: type_coerce(cost.c.day_on, BigInteger),
            "source_id": cost.c.traffic_source_id,
            "cost": cost.c.amount_kopecks,
            CLICKS: cost.c.clicks,
            "system": cost.c.system,
            "account": cost.c.account,
        }
        return select(*(attributes[name].label(name) for name in names)).where(cost.c.site_id == SITE_ID)

    def _leads(self, names: Iterable[str]) -> Selection:
        """Return a select of both kinds of leads; other tables are joined once with the union of both kinds."""
        own, first, with_deals, paths = visit.alias("own"), first_leads(), leads_with_deals(), self._paths()
        joined = dict.fromkeys(_of_visit(own), "visit_id") | {
            "client_kind": "client_id", "has_deal": "id", "path": "lead_id",
        }  # fmt: skip
        plain = {AT, *(joined.get(name, name) for name in names)}
        kinds = [self.leads(kind, sorted(plain)) for kind in LeadKind]
        both = union_all(*kinds).subquery("leads")
        attributes: dict[str, Attribute] = {
            **{column.name: Attribute(column) for column in both.c},
            "client_kind": Attribute(client_kind(first, both.c[AT]), (_FIRST,)),
            "has_deal": Attribute(case((with_deals.c.lead_id.is_not(None), 1), else_=0), (_DEALS,)),
            "path": Attribute(paths.c.path, (_PATH,)),
            **_of_visit(own),
        }
        joins: Joins = {
            _VISIT: lambda rows: rows.outerjoin(own, and_(own.c.site_id == SITE_ID, own.c.id == both.c["visit_id"])),
            _FIRST: lambda rows: rows.outerjoin(first, first.c.client_id == both.c["client_id"]),
            _DEALS: lambda rows: rows.outerjoin(with_deals, with_deals.c.lead_id == both.c.id),
            _PATH: lambda rows: rows.outerjoin(paths, paths.c.lead_id == both.c.lead_id),
        }
        return _chosen(names, attributes, joins, both)

    def leads(self, kind: LeadKind, names: Iterable[str]) -> Selection:
        """Return a select of the named attributes of all leads of a kind."""
        table, own = LEAD_TABLES[kind], visit.alias("own")
        is_call = kind is LeadKind.CALL
        started_at = _microseconds(LEAD_STARTS[kind])
        seconds = seconds_if_target() if is_call else cast(null(), BigInteger)
        attributes: dict[str, Attribute] = {
            "id": Attribute(table.c.id),
            AT: Attribute(started_at),
            "lead_id": Attribute(table.c.id),
            "client_id": Attribute(table.c.client_id),
            "manager": Attribute(known_text(table.c.manager)),
            "visit_id": Attribute(table.c.visit_id),
            "stated_source_id": Attribute(table.c.stated_source_id),
            "lead_kind": Attribute(literal(KIND_NAMES[kind])),
            "form": Attribute(cast(null(), call.c.phone.type) if is_call else known_text(lead_request.c.form_name)),
            "dialled": Attribute(
                known_text(call.c.dialled_phone) if is_call else cast(null(), call.c.dialled_phone.type)
            ),
            "client_since": Attribute(client_since(table.c.client_id)),
            "is_answered": Attribute(case((is_answered(), 1), else_=0) if is_call else cast(literal(0), BigInteger)),
            "is_missed": Attribute(case((is_missed(), 1), else_=0) if is_call else cast(literal(0), BigInteger)),
            "is_target": Attribute(case((seconds >= TARGET_SECONDS, 1), else_=0)),
            "target_seconds": Attribute(seconds),
            "custom_values": Attribute(type_coerce(table.c.custom_values, Text)),
            **_of_visit(own),
            **{name: Attribute(field) for name, field in field_texts(table.c.custom_values, names).items()},
        }
        joins: Joins = {_VISIT: lambda rows: rows.outerjoin(own, is_visit(own, table.c.visit_id, table))}
        mine = (table.c.site_id == SITE_ID, table.c.deleted_at.is_(None))
        return _chosen(names, attributes, joins, table).where(*mine)

    def _deals(self, names: Iterable[str], deal_time: DealTime) -> Selection:
        own, first, stated, paths = visit.alias("own"), first_leads(), stated_leads(), self._paths()
        touched = self.touches(AttributionModel.FIRST_INTERACTION).subquery("first_touches")
        attributes: dict[str, Attribute] = {
            "id": Attribute(deal.c.id),
            AT: _deal_time_attribute(deal_time),
            **{name: _deal_time_attribute(each) for each, name in DEAL_TIME_ATTRIBUTES.items()},
            "custom_values": Attribute(type_coerce(deal.c.custom_values, Text)),
            "lead_id": Attribute(credit_key_of_deal()),
            "manager": Attribute(known_text(deal.c.manager)),
            "service": Attribute(known_text(deal.c.service)),
            "status": Attribute(status_of_deal(deal_status.c.key, deal.c.status), (_STATUS,)),
            "status_spelling": Attribute(deal.c.status),
            "meaning": Attribute(deal_status.c.meaning, (_STATUS,)),
            "amount": Attribute(worth_of(deal.c.amount_rub, has_rates=self.has_rates)),
            "margin": Attribute(worth_of(deal.c.margin_rub, has_rates=self.has_rates)),
            UNKNOWN["amount"]: self._is_unknown(deal.c.amount_rub),
            UNKNOWN["margin"]: self._is_unknown(deal.c.margin_rub),
            "lacks_rate": Attribute(case((lacks_rate(has_rates=self.has_rates), 1), else_=0)),
            "lead_kind": Attribute(
                case(*((deal.c.lead_kind == kind, key) for kind, key in KIND_NAMES.items()), else_=None)
            ),
            "client_id": Attribute(client_of_deal(), (_LEAD,)),
            "visit_id": Attribute(visit_of_deal(), (_LEAD,)),
            "form": Attribute(known_text(lead_request.c.form_name), (_LEAD,)),
            "dialled": Attribute(known_text(call.c.dialled_phone), (_LEAD,)),
            "client_kind": Attribute(
                case((deal.c.lead_id.is_(None), None), else_=client_kind(first, lead_started_at())), (_LEAD, _FIRST)
            ),
            "client_since": Attribute(client_since(client_of_deal()), (_LEAD,)),
            "match_reason": Attribute(match_reason(contact_matching=self.contact_matching), (_LEAD,)),
            "path": Attribute(paths.c.path, (_PATH,)),
            "first_touched_at": Attribute(touched.c.touched_at, (_TOUCHED,)),
            "stated_source_id": self._stated_source(stated),
            "is_matched": Attribute(case((is_deal_matched(), 1), else_=0)),
            **{name: Attribute(attribute.of, (_LEAD, *attribute.joins)) for name, attribute in _of_visit(own).items()},
            **{name: Attribute(field) for name, field in field_texts(deal.c.custom_values, names).items()},
        }
        mine = (deal.c.site_id == SITE_ID, deal.c.deleted_at.is_(None))
        joins: Joins = {
            **_joins_of_deals(own, first, stated),
            _PATH: lambda rows: rows.outerjoin(paths, paths.c.lead_id == credit_key_of_deal()),
            _TOUCHED: lambda rows: rows.outerjoin(touched, touched.c.lead_id == credit_key_of_deal()),
        }
        return _chosen(names, attributes, joins, deal).where(*mine)

    def _is_unknown(self, amount: ColumnElement[Decimal]) -> Attribute:
        worth = worth_of(amount, has_rates=self.has_rates)
        return Attribute(case((and_(amount.is_not(None), worth.is_(None)), 1), else_=0))

    def _paths(self) -> Subquery:
        touches = self.touches(AttributionModel.LINEAR).subquery("all_touches")
        return client_paths(touches, self.sources().subquery("sources_of_paths"))

    def _stated_source(self, stated: FromClause) -> Attribute:
        """Return the stated source of a deal: if the deal has a lead, only the source stated for the lead counts."""
        of_lead = func.coalesce(call.c.stated_source_id, lead_request.c.stated_source_id)
        if self.is_postgresql:
            found = case((deal.c.lead_kind.is_(None), deal.c.stated_source_id), else_=stated.c.stated_source_id)
            return Attribute(found, (_STATED,))
        return Attribute(case((deal.c.lead_id.is_(None), deal.c.stated_source_id), else_=of_lead), (_LEAD,))


def _joins_of_deals(own: FromClause, first: FromClause, stated: FromClause) -> Joins:
    """Return the SQL joins of deals with other tables, by name.

    `own` is the alias of the table of visits for a deal's visit, `first` a select of the first leads of clients, and
    `stated` a select of the leads with a stated source.
    """
    return {
        _LEAD: with_lead,
        _VISIT: lambda rows: rows.outerjoin(own, is_visit(own, visit_of_deal(), deal)),
        _STATUS: lambda rows: rows.outerjoin(
            deal_status,
            and_(deal_status.c.site_id == deal.c.site_id, deal_status.c.spelling == deal.c.status),
        ),
        _FIRST: lambda rows: rows.outerjoin(first, first.c.client_id == client_of_deal()),
        _STATED: lambda rows: rows.outerjoin(
            stated, and_(stated.c.id == deal.c.lead_id, stated.c.kind == deal.c.lead_kind)
        ),
    }


def _deal_time_attribute(deal_time: DealTime) -> Attribute:
    own = _microseconds(deal.c.happened_at)
    match deal_time:
        case DealTime.HAPPENED:
            return Attribute(own)
        case DealTime.LEAD:
            return Attribute(func.coalesce(lead_started_at(), own), (_LEAD,))
        case DealTime.CHANGED:
            return Attribute(func.coalesce(_microseconds(deal.c.changed_at), own))
        case DealTime.STATUS:
            return Attribute(func.coalesce(_microseconds(deal.c.status_since), own))


def _chosen(names: Iterable[str], attributes: Attributes, joins: Joins, table: FromClause) -> Selection:
    """Return a select of the named attributes of a table, with only the joins that these attributes need."""
    chosen = [(name, attributes[name]) for name in names]
    needed = {join for _, attribute in chosen for join in attribute.joins}
    rows = table
    for name, join in joins.items():
        if name in needed:
            rows = join(rows)
    return select(*(attribute.of.label(name) for name, attribute in chosen)).select_from(rows)
