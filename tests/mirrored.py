"""Whether the column mirror has what the database has: every attribute of every fact, by every moment."""

from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from cast import Stage, moscow
from dealtrace.accounts.site import Site
from dealtrace.attribution.cost import Cost, CostAccount
from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.deals.currency import CurrencyRate
from dealtrace.deals.lead_clue import NO_CLUE
from dealtrace.deals.matchers import Matcher, MatcherKind
from dealtrace.leads.annotations import Annotations
from dealtrace.leads.call import Call, Circumstances
from dealtrace.leads.lead_request import LeadRequest
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.reports.ask import FactSource, stored_facts
from dealtrace.operations.reports.import_costs import import_costs
from dealtrace.operations.reports.open_facts import open_facts
from dealtrace.operations.reports.set_currency_rates import set_rates
from dealtrace.operations.reports.set_status import set_status
from dealtrace.reports.facts import Fact
from dealtrace.storage.database.engine import Database
from dealtrace.storage.reports.fact_tables import AT, UNKNOWN, DealTime, FactTables
from dealtrace.storage.reports.mirror.facts import MirrorFacts
from dealtrace.storage.reports.mirror.visitors import VisitKeys
from dealtrace.storage.reports.statement_types import Selection
from write_commands import by_call, by_contact, registration

NOON = moscow("2026-11-10", "12:00:00")
DAY = date(2026, 11, 10)
YANDEX, GOOGLE, DIRECT = TrafficSource("Yandex", "cpc", "brand"), TrafficSource("google"), TrafficSource("(direct)")
PHONE = "79161234567"
FIELDS = ("branch", "a.b", "/way", "имя поля")
_OF_VISIT = {"landing_page", "hour_at", "city", "device", "browser", "os"}
_FIELDS = {f"field:{name}" for name in FIELDS}
_OF_LEADS = {
    "manager", "form", "dialled", "lead_kind", "client_id", "client_kind", "path", "stated_source_id", "lead_id",
}  # fmt: skip
ATTRIBUTES = {
    Fact.VISITS: {AT, "source_id", *_OF_VISIT} - {"hour_at"},
    Fact.LEADS: {AT, *_OF_LEADS, *_OF_VISIT, *_FIELDS, "visit_id", "is_answered", "is_missed", "is_target", "has_deal"},
    Fact.DEALS: {
        AT, *_OF_LEADS, *_OF_VISIT, *_FIELDS, "happened_at", "service", "status", "status_spelling", "meaning",
        "amount", "margin", *UNKNOWN.values(), "match_reason", "is_matched", "lacks_rate",
    },
    Fact.COSTS: {AT, "source_id", "cost", "clicks", "system", "account"},
}  # fmt: skip
OF_VISITORS = "visits of visitors"


def touched(tables: FactTables, fact: Fact, model: AttributionModel) -> Selection:
    """Return the statement of facts once for each touch of their lead, their money split by the shares."""
    money = ("amount", "margin") if fact is Fact.DEALS else ()
    attributes = {AT, "manager", *money, *tables.touch_attributes(fact, model, money)}
    facts = tables.rows(fact, attributes, DealTime.HAPPENED).subquery()
    found = tables.touched(facts, fact, model, money)
    names = ["id", AT, "manager", "source_id", *money, *(("share", "touched_at") if fact is not Fact.ASSISTS else ())]
    return found.select().with_only_columns(*(found.c[name] for name in names))


def selections_of(tables: FactTables) -> Mapping[str, Selection]:
    """Return what selects all that can be selected from the facts of a site, by names."""
    if isinstance(tables, MirrorFacts):
        tables = replace(tables, visit_keys=NO_KEYS)
    return _selections_of(tables)


NO_KEYS = VisitKeys(0, ())
"""How many visitors and values a site has decides how reports count visitors, not what can be selected."""


@cache
def _selections_of(tables: FactTables) -> Mapping[str, Selection]:
    """Make the 33 selections once for a kind of tables, since that takes more CPU than fetching them."""
    made: dict[str, Selection] = {}
    for fact, attributes in ATTRIBUTES.items():
        for deal_time in DealTime if fact is Fact.DEALS else (DealTime.HAPPENED,):
            made[f"{fact} {deal_time}"] = tables.rows(fact, attributes, deal_time)
    made[OF_VISITORS] = tables.rows(Fact.VISITS, {"visitor"}, DealTime.HAPPENED)
    for model in AttributionModel:
        for fact in (Fact.LEADS, Fact.DEALS, Fact.ASSISTS):
            made[f"{fact} by touches {model}"] = touched(tables, fact, model)
    for fact in (Fact.LEADS, Fact.DEALS):
        made[f"tags of {fact}"] = tables.tags(fact)
    sources, statuses = tables.sources().subquery(), tables.statuses().subquery()
    parts = ("id", "source", "medium", "source_key", "medium_key", "campaign_key", "term_key")
    made["sources"] = sources.select().with_only_columns(*(sources.c[name] for name in parts))
    texts = ("spelling", "key", "meaning")
    made["statuses"] = statuses.select().with_only_columns(*(statuses.c[name] for name in texts))
    return made


def everything(source: FactSource) -> dict[str, list[tuple[Any, ...]]]:
    """Return all that can be selected from the facts of a site, in an order of its own."""
    found: dict[str, Iterable[Any]] = {
        name: source.fetch(selection) for name, selection in selections_of(source.tables).items()
    }
    of_visitors: dict[object, list[int]] = {}
    for visit_id, visitor in found[OF_VISITORS]:
        of_visitors.setdefault(visitor, []).append(visit_id)
    found[OF_VISITORS] = [(visitor is None, *sorted(ids)) for visitor, ids in of_visitors.items()]
    return {name: sorted(map(tuple, rows), key=repr) for name, rows in found.items()}


def stored_and_mirrored(database: Database, site: Site) -> tuple[Any, Any]:
    """Return everything that the database has, and everything that the mirror has once it is opened."""
    with database.read() as connection:
        stored = everything(stored_facts(connection, site))
    with open_facts(database, site) as source:
        return stored, everything(source)


class Scene:
    """A site with facts of every kind: visits, calls, requests, deals, tags, fields, costs, statuses, rates."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.shop = stage.open_site(fields=FIELDS, contact_matching=True, target_call=timedelta(seconds=60))
        self.visits = [
            stage.visit(self.shop, NOON - timedelta(days=days), source, city=city, landing_url=url, device=device)
            for days, source, city, url, device in (
                (9, DIRECT, "", "https://shop.example/?a=1", None),
                (5, YANDEX, "Пермь", 'https://shop.example/"x",y#z', "mobile"),
                (2, GOOGLE, "(not set)", "https://shop.example/\nnext", "desktop"),
            )
        ]  # fmt: skip
        annotations = Annotations(
            manager="Anna", tags=("new", 'a "b", c'), custom_values={"branch": "North", "a.b": ""}
        )
        self.call: Call = stage.call(
            self.shop, NOON, phone=PHONE, visit_id=self.visits[2].id, annotations=annotations,
            circumstances=Circumstances(dialled_phone="74950000000"),
        )  # fmt: skip
        self.request: LeadRequest = stage.lead_request(
            self.shop, NOON + timedelta(hours=1), phone=PHONE, email="a@shop.example", form_name="Order",
            visit_id=self.visits[1].id,
        )  # fmt: skip
        self.short_call: Call = stage.call(self.shop, NOON + timedelta(hours=2), phone="79160000001", seconds=5)
        self.deals = stage.perform(
            register_deals, self.shop,
            registration("a", happened_at=NOON + timedelta(minutes=9), clue=by_call(self.call.id), tags=("vip", "vip"),
                         custom_values={"branch": " (NOT SET) ", "/way": "post", "имя поля": "да"}),
            registration("b", happened_at=NOON + timedelta(hours=1, minutes=1), clue=by_contact(PHONE), status="Won",
                         amount_rub=Decimal("10.005")),
            registration("c", happened_at=NOON, stated_source=YANDEX, amount_rub=None, manager="не заполнено"),
            registration("d", happened_at=NOON, clue=by_contact("79161234567, 79267654321")),
            registration("e", happened_at=NOON, clue=NO_CLUE, status="lost "),
            registration("f", happened_at=NOON, currency="usd", margin_rub=Decimal("-1.005"), clue=NO_CLUE,
                         matchers=(Matcher(MatcherKind.VISIT, visit_ids=(self.visits[1].id,)),)),
        )  # fmt: skip
        stage.ids.ensure(100)
        with stage.database.write() as connection:
            work = stage.work(connection, self.shop)
            import_costs(work, CostAccount("direct", "main"), {DAY}, [Cost(DAY, YANDEX, 12_345, 7)])
            set_status(work, "won", "won")
            set_rates(work, [CurrencyRate("usd", DAY, Decimal("92.5"))])

    def moved_to(self, database: Database) -> "Scene":
        """Return the scene as it goes on in a copy of its database."""
        moved = copy(self)
        moved.stage = Stage(database)
        return moved

    def compare(self) -> None:
        """Fail unless the mirror has what the database has."""
        stored, mirrored = stored_and_mirrored(self.stage.database, self.shop.site)
        assert mirrored == stored
