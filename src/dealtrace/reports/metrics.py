"""The table of metrics: everything that a report can show.

To add a metric, add a line to `_TABLE`; the API, the command line, exports and documentation read the table.
"""

from collections.abc import Mapping
from enum import StrEnum
from fractions import Fraction
from typing import Protocol

from dealtrace.record import record
from dealtrace.reports.facts import Fact
from dealtrace.reports.measures import Aggregate, Measure, Sum, Values

COLUMN_PREFIX = "column:"
"""The prefix of the name of a metric that is a column of a site."""


class Unit(StrEnum):
    """The unit of a metric: counts, rubles, fractions, rubles per item, days, or plain numbers."""

    COUNT = "count"
    MONEY = "money"
    RATIO = "ratio"
    PRICE = "price"
    DAYS = "days"
    NUMBER = "number"


class Growth(StrEnum):
    """Whether growth of a metric is good, bad, or neither."""

    GOOD = "good"
    BAD = "bad"
    NEUTRAL = "neutral"


class Group(StrEnum):
    """The group of a metric; groups are in the order in which people see them, with a site's own columns last."""

    TRAFFIC = "traffic"
    LEADS = "leads"
    DEALS = "deals"
    MONEY = "money"
    COSTS = "costs"
    OWN = "own"


class AnyFormula(Protocol):
    """A formula that computes a metric from measures; equal formulas have the same hash."""

    @property
    def measures(self) -> frozenset[Measure]:
        """Return the measures that the formula needs."""

    @property
    def adds_up(self) -> bool:
        """Return whether the rows of a report add up to its total."""

    def value(self, values: Values) -> Fraction | None:
        """Return the exact value, or `None` if a part is unknown or a divisor is zero."""


@record
class Formula:
    """A sum of measures (`over`) or, if `under` is not `None`, the quotient `over / under` of two such sums."""

    over: Sum
    under: Sum | None = None

    @property
    def measures(self) -> frozenset[Measure]:
        """Return the measures that the formula needs."""
        terms = self.over.terms + (self.under.terms if self.under is not None else ())
        return frozenset(measure for measure, _ in terms)

    @property
    def adds_up(self) -> bool:
        """Return whether the rows of a report add up to its total; ratios and counts of distinct values do not."""
        return self.under is None and all(measure.adds_up for measure in self.measures)

    def value(self, values: Values) -> Fraction | None:
        """Return the exact value, or `None` if a part is unknown or the divisor is zero."""
        over = self.over.value(values)
        if self.under is None or over is None:
            return over
        under = self.under.value(values)
        return over / under if under else None


@record
class UnknownFormula:
    """A formula whose value is unknown at a site.

    Its measures are those of `formula`, so that a report has the same rows as if the value were known.
    """

    formula: AnyFormula

    @property
    def measures(self) -> frozenset[Measure]:
        """Return the measures of the formula."""
        return self.formula.measures

    @property
    def adds_up(self) -> bool:
        """Return `False`: the total is unknown, so rows cannot add up to it."""
        return False

    def value(self, values: Values) -> Fraction | None:  # noqa: ARG002 - other formulas need the values
        """Return `None`."""
        return None


@record
class Metric:
    """A metric: its name, its titles and meanings in Russian and English, its group, its unit and its formula.

    A meaning explains the metric to people in one line; `in_total` explains in Russian and English that the total
    counts more than the rows with costs do, such as all leads. `formula_text` shows the formula of a ratio to people.
    `needs_won` marks metrics that are unknown until the site marks a status as won. `margin_formula` replaces `formula`
    at sites whose deals have margins. `growth` says whether growth is good.
    """

    name: str
    ru: str
    en: str
    meaning_ru: str
    meaning_en: str
    group: Group
    unit: Unit
    formula: AnyFormula
    formula_text: str = ""
    needs_won: bool = False
    margin_formula: AnyFormula | None = None
    growth: Growth = Growth.GOOD
    in_total: tuple[str, str] = ("", "")

    @property
    def facts(self) -> frozenset[Fact]:
        """Return the kinds of fact, such as visits or deals, that the metric is computed from."""
        return frozenset(measure.fact for measure in self.formula.measures)

    @property
    def adds_up(self) -> bool:
        """Return whether the rows of a report add up to its total; ratios and counts of distinct values do not."""
        return self.formula.adds_up

    @property
    def value_of_nothing(self) -> Fraction | None:
        """Return the value if nothing was counted: zero for a sum or count, `None` for a ratio."""
        return self.formula.value(dict.fromkeys(self.formula.measures, 0))

    @property
    def depends_on_model(self) -> bool:
        """Return whether the metric depends on the attribution model, which credits visits with leads and deals."""
        return not self.facts.isdisjoint({Fact.LEADS, Fact.DEALS})


def plain(*measures: Measure) -> Formula:
    """Return the formula that adds up the given measures."""
    return Formula(Sum(tuple((measure, 1) for measure in measures)))


def ratio(over: Measure | tuple[Measure, Measure], under: Measure) -> Formula:
    """Return the formula that divides `over`, a measure or the difference of two measures, by `under`."""
    terms = ((over, 1),) if isinstance(over, Measure) else ((over[0], 1), (over[1], -1))
    return Formula(Sum(terms), Sum(((under, 1),)))


VISITS = Measure(Fact.VISITS)
LEADS = Measure(Fact.LEADS)
REQUESTS = Measure(Fact.LEADS, flag="is_request")
DEALS = Measure(Fact.DEALS)
WON = Measure(Fact.DEALS, flag="is_won")
AMOUNT = Measure(Fact.DEALS, Aggregate.MONEY, "amount")
WON_AMOUNT = Measure(Fact.DEALS, Aggregate.MONEY, "amount", flag="is_won")
WON_MARGIN = Measure(Fact.DEALS, Aggregate.MONEY, "margin", flag="is_won")
COST = Measure(Fact.COSTS, Aggregate.MONEY, "cost")
CLICKS = Measure(Fact.COSTS, Aggregate.TOTAL, "clicks")
_WITH_AMOUNT = Measure(Fact.DEALS, flag="has_amount")
_MATCHED = Measure(Fact.DEALS, flag="is_matched")
_WITH_LEAD = Measure(Fact.DEALS, flag="has_lead")
_FIRST_BUYERS = Measure(Fact.DEALS, Aggregate.DISTINCT, "client_id", flag="is_first_won")
_TIME_FROM_TOUCH = Measure(Fact.DEALS, Aggregate.DURATION, "touched_at", flag="is_touched")
_TIME_FROM_FIRST_TOUCH = Measure(Fact.DEALS, Aggregate.DURATION, "first_touched_at", flag="is_touched")
_TIME_FROM_LEAD = Measure(Fact.DEALS, Aggregate.DURATION, "lead_at", flag="has_lead")
_TOUCHED = Measure(Fact.DEALS, flag="is_touched")
_LEADS_WITH_VISIT = Measure(Fact.LEADS, flag="has_visit")
_LEADS_WITH_DEAL = Measure(Fact.LEADS, flag="has_deal")


def _divisor_in_total(ru: str, own_ru: str, en: str, own_en: str) -> tuple[str, str]:
    return (
        f"«Итого» делит на {ru}, в том числе с бесплатных источников; строка с расходами — только на {own_ru}",
        f"the total divides by {en}, also those from free sources; a row with costs divides only by its own {own_en}",
    )


def _clients(flag: str) -> Formula:
    return plain(Measure(Fact.LEADS, Aggregate.DISTINCT, "client_id", flag=flag))


def _calls(flag: str) -> Formula:
    return plain(Measure(Fact.LEADS, flag=flag))


_RETURN = ratio((WON_AMOUNT, COST), COST)
_MARGIN_RETURN = ratio((WON_MARGIN, COST), COST)
_RETURN_TEXT = "(won_amount − cost) / cost"
_RETURN_RU = (
    "так как известны лишь расходы на рекламу: (выручка − расходы) / расходы; вместо выручки — маржа, если она есть"
)
_RETURN_EN = "since only advertising costs are known: (won amount − cost) / cost; any margin replaces the won amount"
_INCOME_IN_TOTAL = (
    "«Итого» считает доход со всех сделок, в том числе с бесплатных источников; строка с расходами — только свой",
    "the total counts the income of all deals, also from free sources; a row with costs counts only its own income",
)
_TABLE = (
    Metric("visits", "Визиты", "Visits", "заходы на сайт", "visits to the site",
           Group.TRAFFIC, Unit.COUNT, plain(VISITS)),
    Metric("visitors", "Посетители", "Visitors", "сколько разных людей заходило на сайт",
           "how many different people visited the site", Group.TRAFFIC, Unit.COUNT,
           plain(Measure(Fact.VISITS, Aggregate.DISTINCT, "visitor"))),
    Metric("calls", "Звонки", "Calls", "все звонки: принятые, пропущенные и те, что ещё идут",
           "all calls: answered, missed and still in progress", Group.LEADS, Unit.COUNT, _calls("is_call")),
    Metric("answered_calls", "Принятые звонки", "Answered calls", "звонки, на которые ответили",
           "calls that were answered", Group.LEADS, Unit.COUNT, _calls("is_answered")),
    Metric("missed_calls", "Пропущенные звонки", "Missed calls", "завершённые звонки, на которые не ответили",
           "calls that have ended and were not answered", Group.LEADS, Unit.COUNT, _calls("is_missed"),
           growth=Growth.BAD),
    Metric("unique_calls", "Уникальные звонки", "Unique calls", "сколько разных клиентов звонило",
           "how many different clients called", Group.LEADS, Unit.COUNT, _clients("is_call")),
    Metric("target_calls", "Целевые звонки", "Target calls", "звонки, отмеченные как целевые",
           "calls that are marked as target calls", Group.LEADS, Unit.COUNT, _calls("is_target")),
    Metric("unique_target_calls", "Уникально-целевые звонки", "Unique target calls",
           "сколько разных клиентов сделало целевой звонок", "how many different clients made a target call",
           Group.LEADS, Unit.COUNT, _clients("is_target")),
    Metric("requests", "Заявки", "Lead requests", "заявки с форм сайта", "requests from forms on the site",
           Group.LEADS, Unit.COUNT, plain(REQUESTS)),
    Metric("unique_requests", "Уникальные заявки", "Unique lead requests", "сколько разных клиентов оставило заявку",
           "how many different clients sent a request", Group.LEADS, Unit.COUNT, _clients("is_request")),
    Metric("leads", "Лиды", "Leads", "звонки и заявки вместе", "calls and lead requests together",
           Group.LEADS, Unit.COUNT, plain(LEADS)),
    Metric("deals", "Сделки", "Deals", "все сделки из CRM", "all deals from the CRM",
           Group.DEALS, Unit.COUNT, plain(DEALS)),
    Metric("amount", "Сумма сделок", "Amount", "сумма всех сделок, включая открытые и проигранные",
           "the total amount of all deals, including open and lost deals", Group.MONEY, Unit.MONEY, plain(AMOUNT)),
    Metric("margin", "Маржа", "Margin", "маржа всех сделок", "the total margin of all deals", Group.MONEY, Unit.MONEY,
           plain(Measure(Fact.DEALS, Aggregate.MONEY, "margin"))),
    Metric("won", "Продажи", "Won deals", "выигранные сделки", "deals that were won",
           Group.DEALS, Unit.COUNT, plain(WON)),
    Metric("won_amount", "Выручка", "Won amount", "сумма выигранных сделок", "the total amount of won deals",
           Group.MONEY, Unit.MONEY, plain(WON_AMOUNT)),
    Metric("won_margin", "Маржа продаж", "Won margin", "маржа выигранных сделок", "the total margin of won deals",
           Group.MONEY, Unit.MONEY, plain(WON_MARGIN)),
    Metric("lost", "Отказы", "Lost deals", "проигранные сделки", "deals that were lost", Group.DEALS, Unit.COUNT,
           plain(Measure(Fact.DEALS, flag="is_lost")), growth=Growth.BAD),
    Metric("average", "Средний чек", "Average amount", "сумма сделок / сделки, у которых есть сумма",
           "amount / deals with an amount", Group.MONEY, Unit.PRICE, ratio(AMOUNT, _WITH_AMOUNT),
           formula_text="amount / deals with an amount"),
    Metric("no_rate", "Сделки без курса валюты", "Deals without a rate",
           "сделки в валюте, курс которой на их день не указан", "deals in a currency that has no rate for their day",
           Group.DEALS, Unit.COUNT, plain(Measure(Fact.DEALS, flag="lacks_rate")), growth=Growth.BAD),
    Metric("match_rate", "Доля сделок с лидом или источником", "Share of deals with a lead or source",
           "сделки, для которых найден лид или CRM указала источник / все сделки",
           "deals for which a lead was found or whose source the CRM stated / all deals", Group.DEALS, Unit.RATIO,
           ratio(_MATCHED, DEALS), formula_text="deals with a lead or a stated source / deals"),
    Metric("lead_rate", "Доля сделок с лидом", "Share of deals with a lead",
           "сделки, у которых найден лид / все сделки", "deals for which a lead was found / all deals",
           Group.DEALS, Unit.RATIO, ratio(_WITH_LEAD, DEALS), formula_text="deals with a lead / deals"),
    Metric("unmatched", "Сделки без лида и источника", "Unmatched deals",
           "сделки, для которых нет ни лида, ни источника", "deals with neither a lead nor a source",
           Group.DEALS, Unit.COUNT, plain(Measure(Fact.DEALS, flag="is_unmatched")), growth=Growth.BAD),
    Metric("assisted", "Ассоциированные сделки", "Assisted deals",
           "сделки, на пути к которым был и визит с этого источника",
           "deals with a visit from this source before the last visit", Group.DEALS, Unit.COUNT,
           plain(Measure(Fact.ASSISTS, Aggregate.DISTINCT, "id"))),
    Metric("days_to_deal", "Дней до сделки", "Days to the deal", "сколько дней в среднем от визита до сделки",
           "days from the visit to the deal, on average", Group.DEALS, Unit.DAYS, ratio(_TIME_FROM_TOUCH, _TOUCHED),
           formula_text="total days from visit to deal / deals, both weighted by the visits' shares of the credit",
           growth=Growth.BAD),
    Metric("days_from_lead", "Дней от лида до сделки", "Days from the lead to the deal",
           "сколько дней в среднем от лида до сделки; это среднее, не медиана: долгие сделки его увеличивают",
           "days from the lead to the deal, on average; a mean and no median, so long deals raise it",
           Group.DEALS, Unit.DAYS, ratio(_TIME_FROM_LEAD, _WITH_LEAD),
           formula_text="total days from lead to deal / deals with a lead", growth=Growth.BAD),
    Metric("days_from_first_visit", "Дней от первого визита до сделки", "Days from the first visit to the deal",
           "сколько дней в среднем от первого визита до сделки; визиты считаются за 90 дней до лида, а указанный в "
           "лиде — всегда; это среднее, не медиана",
           "days from the first visit to the deal, on average; visits count for 90 days before the lead, the visit "
           "that the lead names always; a mean and no median",
           Group.DEALS, Unit.DAYS, ratio(_TIME_FROM_FIRST_TOUCH, _TOUCHED),
           formula_text="total days from first visit to deal / deals with a visit", growth=Growth.BAD),
    Metric("visit_to_lead", "Визит → лид", "Visit to lead", "лиды, у которых есть визит / визиты",
           "leads with a visit / visits", Group.LEADS, Unit.RATIO, ratio(_LEADS_WITH_VISIT, VISITS),
           formula_text="leads with a visit / visits"),
    Metric("lead_to_deal", "Лид → сделка", "Lead to deal", "лиды, у которых есть сделка / лиды",
           "leads with a deal / leads", Group.LEADS, Unit.RATIO, ratio(_LEADS_WITH_DEAL, LEADS),
           formula_text="leads with a deal / leads"),
    Metric("deal_to_won", "Сделка → продажа", "Deal to won", "доля выигранных: продажи / сделки",
           "share of won deals: won deals / deals",
           Group.DEALS, Unit.RATIO, ratio(WON, DEALS), formula_text="won / deals"),
    Metric("cost", "Расходы", "Cost", "расходы на рекламу", "the cost of advertising",
           Group.COSTS, Unit.MONEY, plain(COST), growth=Growth.NEUTRAL),
    Metric("clicks", "Клики", "Clicks", "клики по рекламе, из файлов расходов",
           "clicks on ads, from imported cost files", Group.COSTS, Unit.COUNT, plain(CLICKS), growth=Growth.NEUTRAL),
    Metric("cpc", "Цена клика (CPC)", "Cost per click (CPC)", "расходы / клики", "cost / clicks",
           Group.COSTS, Unit.PRICE, ratio(COST, CLICKS), formula_text="cost / clicks", growth=Growth.BAD),
    Metric("cpl", "Цена лида (CPL)", "Cost per lead (CPL)", "расходы / все лиды, включая пришедшие без рекламы",
           "cost / all leads, including those not from ads", Group.COSTS, Unit.PRICE, ratio(COST, LEADS),
           formula_text="cost / leads", growth=Growth.BAD,
           in_total=_divisor_in_total("все лиды", "свои", "all leads", "leads")),
    Metric("cpo", "Цена сделки (CPO)", "Cost per deal (CPO)", "расходы / все сделки", "cost / all deals",
           Group.COSTS, Unit.PRICE, ratio(COST, DEALS), formula_text="cost / deals", growth=Growth.BAD,
           in_total=_divisor_in_total("все сделки", "свои", "all deals", "deals")),
    Metric("cac", "Цена нового клиента (CAC)", "Customer acquisition cost (CAC)",
           "расходы / клиенты с первой покупкой за период", "cost / clients whose first won deal is in the period",
           Group.COSTS, Unit.PRICE, ratio(COST, _FIRST_BUYERS),
           formula_text="cost / clients whose first won deal is in the period", growth=Growth.BAD,
           in_total=_divisor_in_total("всех таких клиентов", "своих", "all such clients", "clients")),
    Metric("roi", "ROI", "ROI", f"то же, что ROMI, {_RETURN_RU}", f"the same as ROMI, {_RETURN_EN}",
           Group.COSTS, Unit.RATIO, _RETURN, formula_text=_RETURN_TEXT, needs_won=True,
           margin_formula=_MARGIN_RETURN, in_total=_INCOME_IN_TOTAL),
    Metric("romi", "ROMI", "ROMI", f"то же, что ROI, {_RETURN_RU}", f"the same as ROI, {_RETURN_EN}",
           Group.COSTS, Unit.RATIO, _RETURN, formula_text=_RETURN_TEXT, needs_won=True,
           margin_formula=_MARGIN_RETURN, in_total=_INCOME_IN_TOTAL),
    Metric("roas", "ROAS", "ROAS", "выручка / расходы", "won amount / cost", Group.COSTS, Unit.RATIO,
           ratio(WON_AMOUNT, COST), formula_text="won_amount / cost", needs_won=True, in_total=_INCOME_IN_TOTAL),
    Metric("drr", "ДРР", "Cost share of income", "доля рекламных расходов: расходы / выручка", "cost / won amount",
           Group.COSTS, Unit.RATIO, ratio(COST, WON_AMOUNT), formula_text="cost / won_amount", needs_won=True,
           growth=Growth.BAD, in_total=_divisor_in_total("всю выручку", "свою", "all won amounts", "won amount")),
)  # fmt: skip
_PARTS = (
    Metric("deals_with_amount", "Сделки с суммой", "Deals with an amount", "сделки, у которых есть сумма",
           "deals that have an amount", Group.DEALS, Unit.COUNT, plain(_WITH_AMOUNT)),
    Metric("matched_deals", "Сделки с источником", "Matched deals", "сделки, у которых есть лид или указанный источник",
           "deals with a lead or a stated source", Group.DEALS, Unit.COUNT, plain(_MATCHED)),
    Metric("deals_with_lead", "Сделки с лидом", "Deals with a lead", "сделки, у которых найден лид",
           "deals for which a lead was found", Group.DEALS, Unit.COUNT, plain(_WITH_LEAD)),
    Metric("first_buyers", "Новые клиенты", "New clients", "клиенты с первой покупкой за период",
           "clients whose first purchase is in the period", Group.DEALS, Unit.COUNT, plain(_FIRST_BUYERS)),
    Metric("days_from_visit", "Дни от визита до сделки", "Days from the visit to the deal",
           "сумма дней от визита до сделки, с учётом долей визитов",
           "the total days from visit to deal, weighted by the visits' shares of the credit",
           Group.DEALS, Unit.DAYS, plain(_TIME_FROM_TOUCH)),
    Metric("days_from_leads", "Дни от лида до сделки", "Days from leads to deals",
           "сумма дней от лида до сделки", "the total days from lead to deal",
           Group.DEALS, Unit.DAYS, plain(_TIME_FROM_LEAD)),
    Metric("days_from_first_visits", "Дни от первого визита до сделки", "Days from first visits to deals",
           "сумма дней от первого визита до сделки", "the total days from first visit to deal",
           Group.DEALS, Unit.DAYS, plain(_TIME_FROM_FIRST_TOUCH)),
    Metric("deals_with_visit", "Сделки с визитом", "Deals with a visit",
           "сделки, у которых есть визит, с учётом долей визитов",
           "deals with a visit, weighted by the visits' shares of the credit",
           Group.DEALS, Unit.COUNT, plain(_TOUCHED)),
    Metric("leads_with_visit", "Лиды с визитом", "Leads with a visit", "лиды, у которых есть визит",
           "leads that have a visit", Group.LEADS, Unit.COUNT, plain(_LEADS_WITH_VISIT)),
    Metric("leads_with_deal", "Лиды со сделкой", "Leads with a deal", "лиды, у которых есть сделка",
           "leads that have a deal", Group.LEADS, Unit.COUNT, plain(_LEADS_WITH_DEAL)),
)  # fmt: skip
PART_METRICS: Mapping[str, Metric] = {metric.name: metric for metric in _PARTS}
"""Parts of metrics, by name: they explain to people how a figure was computed, but reports cannot show them."""
METRICS: Mapping[str, Metric] = {metric.name: metric for metric in _TABLE}
"""All metrics by name, except the report columns that sites define."""


def formula_at_site(metric: Metric, *, has_won: bool, has_margins: bool) -> AnyFormula:
    """Return the formula of a metric at a site, or an `UnknownFormula` if the metric is unknown there.

    Ratios of income are unknown until the site marks a status as won (`has_won`). If the site's deals have
    margins (`has_margins`), ROI and ROMI are computed from margins instead of amounts.
    """
    formula = metric.margin_formula if has_margins and metric.margin_formula is not None else metric.formula
    return UnknownFormula(formula) if metric.needs_won and not has_won else formula
