"""Small random sites, made through the product's own operations, and the records that the oracle answers from."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from account_work import account_work
from cast import Stage
from dealtrace.attribution.cost import Cost, CostAccount
from dealtrace.attribution.visit import Visit
from dealtrace.deals.currency import CurrencyRate
from dealtrace.deals.deal_key import DealKey
from dealtrace.deals.registration import Receipt, Registration
from dealtrace.leads.call import CallReport, Circumstances, IncomingCall
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.leads.lead_request import IncomingLeadRequest
from dealtrace.operations.deals.change import change_deals
from dealtrace.operations.deals.delete import delete_deals, restore_deal
from dealtrace.operations.deals.pin import pin_deal
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.leads.delete import delete_lead, restore_lead
from dealtrace.operations.leads.register_lead_requests import register_lead_requests
from dealtrace.operations.leads.report_calls import report_calls
from dealtrace.operations.reports.import_costs import import_costs
from dealtrace.operations.reports.manage_columns import add_column
from dealtrace.operations.reports.manage_segments import add_segment
from dealtrace.operations.reports.set_currency_rates import remove_rates, set_rates
from dealtrace.operations.reports.set_status import set_status
from dealtrace.operations.visits.store_visits import store_visits
from dealtrace.reports.column_definitions import ColumnKind, ReportColumn, parse_statuses
from dealtrace.reports.column_formulas import parse_formula
from dealtrace.reports.saved_items.names import SavedName
from dealtrace.reports.statuses import is_status
from dealtrace.storage.deals.deals import list_deals_by_key
from dealtrace.storage.reports.statuses import list_statuses
from dealtrace.storage.schema.tables.deals import deal as deal_table
from dealtrace.storage.schema.tables.leads import LEAD_TABLES
from figures_chance import CLOCKS, FIELDS, FORMULA_METRICS, PRESENT_DAYS, REFERENCES, STATUSES, ZONES, Chance
from figures_records import LeadRecord, Records

NAMED_STATUSES = tuple(filter(is_status, STATUSES))


@dataclass
class Scene(Chance):
    """A site that is being made, and what the oracle must know of it."""

    deals: list[int] = field(default_factory=list)
    costs: dict[CostAccount, list[Cost]] = field(default_factory=dict)
    meanings: dict[str, str] = field(default_factory=dict)
    margins: dict[int, Decimal] = field(default_factory=dict)
    rates: dict[tuple[str, date], Decimal] = field(default_factory=dict)
    columns: list[ReportColumn] = field(default_factory=list)
    segments: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def store_visits(self, visits: Sequence[Visit]) -> None:
        if visits:
            self.work(store_visits, visits)

    def work(self, operation: Callable[..., Any], *arguments: Any, now: datetime | None = None) -> Any:
        """Run an operation that takes a `Work`."""
        self.stage.ids.ensure(200)
        with self.stage.database.write() as connection:
            return operation(self.stage.work(connection, self.player, now), *arguments)

    def store_calls(self, calls: Sequence[IncomingCall]) -> None:
        for call, outcome in zip(calls, self.stage.calls(self.player, *calls), strict=True):
            self.leads[outcome.id] = call

    def store_lead_requests(self, lead_requests: Sequence[IncomingLeadRequest]) -> None:
        outcomes = self.stage.perform(register_lead_requests, self.player, *lead_requests)
        for lead_request, outcome in zip(lead_requests, outcomes, strict=True):
            self.leads[outcome.id] = replace(lead_request, number=outcome.number)

    def register(self, registrations: Sequence[Registration]) -> None:
        outcomes = self.stage.perform(register_deals, self.player, *registrations)
        self.deals += [outcome.deal_id for outcome in outcomes if isinstance(outcome, Receipt)]

    def import_costs(self, account: CostAccount, costs: Iterable[Cost]) -> None:
        mine = list({(cost.day_on, cost.traffic_source): cost for cost in costs}.values())
        days = {cost.day_on for cost in mine}
        kept = [cost for cost in self.costs.get(account, []) if cost.day_on not in days]
        self.work(import_costs, account, days, mine)
        self.costs[account] = [*kept, *mine]

    def set_rates(self, rates: Sequence[CurrencyRate]) -> None:
        """Set rates, each until the next of its currency."""
        self.work(set_rates, list({(rate.currency, rate.since_on): rate for rate in rates}.values()))
        self.rates.update({(rate.currency, rate.since_on): rate.rubles for rate in rates})

    def remove_rates(self, currency: str) -> None:
        """Remove all rates of a currency."""
        self.work(remove_rates, currency)
        self.rates = {key: rubles for key, rubles in self.rates.items() if key[0] != currency}

    def set_status(self, name: str, meaning: str) -> None:
        self.work(set_status, name, meaning)
        self.meanings[name.strip().casefold()] = meaning

    def change_something(self) -> None:
        """Do one of the things that happen to what is stored."""
        deal_id, now = self.random.choice(self.deals), self.moment()
        if self.random.random() < 0.2:
            self._change_rates()
            return
        match self.random.randrange(10 if self.leads else 6):
            case 0 | 1 | 2:
                self.stage.perform(change_deals, self.player, self.change(deal_id), now=now)
            case 3:
                self.stage.perform(delete_deals, self.player, DealKey(deal_id, None), now=now)
            case 4:
                self.stage.perform(delete_deals, self.player, DealKey(deal_id, None), now=now)
                self._try(restore_deal, deal_id)
            case 5:
                lead_id = self.random.choice([None, *self.leads])
                self._try(pin_deal, deal_id, self._ref(lead_id) if lead_id is not None else None)
            case 7:
                self._try(delete_lead, self._ref(self.random.choice(list(self.leads))))
            case 8:
                ref = self._ref(self.random.choice(list(self.leads)))
                self._try(delete_lead, ref)
                self._try(restore_lead, ref)
            case 9:
                self._report_call_again()
            case _:
                self._set_margin(deal_id)

    def _report_call_again(self) -> None:
        """Have an exchange say how a call ended, or how long it lasted; it knows only calls with a reference."""
        known = {each: sent for each, sent in self.leads.items() if isinstance(sent, IncomingCall) and sent.reference}
        if not known:
            return
        lead_id, sent = self.random.choice(list(known.items()))
        ended = self.random.choice((None, True, False))
        duration = timedelta(seconds=self.random.choice((0, 31)))
        report = CallReport(sent.reference or "", sent.started_at, duration, circumstances=Circumstances(None, ended))
        assert self.stage.perform(report_calls, self.player, report) == [lead_id]
        said = sent.circumstances if ended is None else replace(sent.circumstances, is_successful=ended)
        self.leads[lead_id] = replace(sent, duration=duration, circumstances=said)

    def _change_rates(self) -> None:
        if self.random.random() < 0.3:
            self.remove_rates(self.random.choice(("usd", "eur", "gbp")))
        else:
            self.set_rates([self.rate() for _ in range(self.random.randrange(1, 4))])

    def _set_margin(self, deal_id: int) -> None:
        margin = self.amount()
        mine = (deal_table.c.site_id == self.player.site.id, deal_table.c.id == deal_id)
        with self.stage.database.write() as connection:
            connection.execute(update(deal_table).where(*mine).values(margin_rub=margin))
        self.margins.pop(deal_id, None)
        if margin is not None:
            self.margins[deal_id] = margin

    def _ref(self, lead_id: int) -> LeadRef:
        is_call = isinstance(self.leads[lead_id], IncomingCall)
        return LeadRef(LeadKind.CALL if is_call else LeadKind.LEAD_REQUEST, lead_id)

    def _try(self, operation: Callable[..., Any], *arguments: Any) -> None:
        """Run an operation; it may be refused, as when a deal is deleted."""
        try:
            self.work(operation, *arguments)
        except Exception as refusal:
            if type(refusal).__module__ != "dealtrace.errors":
                raise

    def add_columns(self) -> None:
        """Give the site columns of statuses, and a formula over some of them and of the metrics."""
        for name, kind in (("in work", ColumnKind.COUNT), ("worth", ColumnKind.SUM)):
            statuses = parse_statuses(",".join(self.random.sample(NAMED_STATUSES, 3)) + ",new")
            self._add_column(ReportColumn(name, kind, statuses))
        for number in range(self.random.randrange(3)):
            metric, other = self.random.choice(FORMULA_METRICS), self.random.choice(FORMULA_METRICS)
            part = self.random.choice(('"in work"', '"worth"', "2.5", f"({other} - -1)"))
            formula = parse_formula(f"{metric} {self.random.choice('+-*/')} {part}")
            self._add_column(ReportColumn(f"formula {number}", ColumnKind.FORMULA, formula=formula))

    def _add_column(self, column: ReportColumn) -> None:
        self.work(add_column, column)
        self.columns.append(column)

    def add_segment(self, filters: Sequence[str]) -> None:
        """Save a segment of the site with these filters."""
        name = f"segment {len(self.segments)}"
        with self.stage.database.write() as connection:
            add_segment(account_work(connection, self.now).at(self.player.site), SavedName(name), filters)
        self.segments[name] = tuple(filters)

    def records(self) -> Records:
        """Return what the oracle answers from; clients and the leads of deals are read back."""
        site = self.player.site
        with self.stage.database.write() as connection:
            deals = list_deals_by_key(connection, site.id, ids=self.deals, numbers=[])
            leads = [
                self._lead_record(kind, row)
                for kind, table in LEAD_TABLES.items()
                for row in connection.execute(select(table).where(table.c.site_id == site.id))
            ]
            stored = {status.spelling.strip().casefold() for status in list_statuses(connection, site.id)}
        costs = [cost for mine in self.costs.values() for cost in mine]
        return Records(
            site, self.visits, leads, list(deals), costs, self.margins, self.meanings, stored, self._rates_in_order()
        )

    def _rates_in_order(self) -> dict[str, list[tuple[datetime, Decimal]]]:
        rates: dict[str, list[tuple[datetime, Decimal]]] = {}
        for (currency, day), rubles in sorted(self.rates.items()):
            midnight = datetime.combine(day, time(), self.zone).astimezone(UTC)
            rates.setdefault(currency, []).append((midnight, rubles))
        return rates

    def _lead_record(self, kind: LeadKind, row: Any) -> LeadRecord:
        sent = self.leads[row.id]
        annotations = sent.annotations
        shared = {
            "id": row.id, "client": row.client_id, "is_hidden": row.deleted_at is not None, "phone": sent.phone,
            "is_call": kind is LeadKind.CALL, "visit_id": sent.visit_id, "manager": annotations.manager,
            "tags": annotations.tags, "stated": annotations.stated_source,
            "custom": {name: value for name, value in annotations.custom_values.items()
                       if name in self.player.site.custom_fields},
        }  # fmt: skip
        if isinstance(sent, IncomingCall):
            return LeadRecord(
                **shared, at=sent.started_at, reference=sent.reference, email=None, talked=sent.duration,
                dialled=sent.circumstances.dialled_phone, is_successful=sent.circumstances.is_successful,
                pbx=sent.circumstances.pbx,
            )  # fmt: skip
        return LeadRecord(
            **shared, at=sent.requested_at, reference=sent.number, email=sent.email, form=sent.form_name
        )  # fmt: skip


def open_scene(random: Random, stage: Stage) -> Scene:
    """Open a site with settings of its own, with nothing in it yet."""
    zone = ZoneInfo(random.choice(ZONES))
    today = random.choice(PRESENT_DAYS)
    now = datetime.fromisoformat(f"{today}T{random.choice(CLOCKS)}").replace(tzinfo=zone).astimezone(UTC)
    player = stage.open_site(
        fields=random.sample(FIELDS, 2), time_zone=zone, contact_matching=random.random() < 0.8,
        attribution=random.randrange(7),
    )  # fmt: skip
    return Scene(random, stage, player, today, now)


def play_scene(random: Random, stage: Stage, size: int = 12) -> Scene:
    """Make a random site: about `size` visits, leads and deals each, arriving in any order, then changed."""
    scene = open_scene(random, stage)
    stage.ids.ensure(2000)
    scene.visits = [scene.visit() for _ in range(random.randrange(size + 1))]
    scene.store_visits([visit for visit in scene.visits if not visit.visitor_id])
    named = [visit for visit in scene.visits if visit.visitor_id]
    half = random.randrange(len(named) + 1)
    count = random.randrange(2 * size // 3 + 1)
    references = random.sample((*REFERENCES, None, None), min(count, len(REFERENCES) + 2))
    numbers = random.sample((*REFERENCES, None, None), min(count, len(REFERENCES) + 2))
    steps: list[Callable[[], None]] = [
        lambda: scene.store_visits(named[:half]),
        lambda: scene.store_visits(named[half:]),
        lambda: scene.store_calls([scene.call(reference) for reference in references]),
        lambda: scene.store_lead_requests([scene.lead_request(number) for number in numbers]),
        lambda: scene.register([scene.registration(f"d{number}") for number in range(random.randrange(1, size))]),
        lambda: scene.register([scene.registration(f"e{number}") for number in range(random.randrange(size))]),
        lambda: scene.import_costs(CostAccount("direct", "a"), [scene.cost() for _ in range(size)]),
        lambda: scene.import_costs(CostAccount("vk", "b"), [scene.cost() for _ in range(size // 2)]),
        lambda: scene.import_costs(CostAccount("direct", "a"), [scene.cost() for _ in range(size // 4)]),
        lambda: scene.set_rates([scene.rate() for _ in range(random.randrange(size // 2))]),
        *(lambda name=name, meaning=meaning: scene.set_status(name, meaning) for name, meaning in _meanings(random)),
    ]  # fmt: skip
    random.shuffle(steps)
    for step in steps:
        step()
    for _ in range(random.randrange(size)):
        scene.change_something()
    return scene


def _meanings(random: Random) -> list[tuple[str, str]]:
    meanings = (("Won", "won"), ("оплачен ", "won"), ("LOST", "lost"), ("отказ", "lost"))
    return [meaning for meaning in meanings if random.random() < 0.6]
