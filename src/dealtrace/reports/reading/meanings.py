"""What each metric means, in a line that a person reads beside its name, and the groups in which metrics are listed."""

from collections.abc import Mapping
from enum import StrEnum

from dealtrace.errors import Language
from dealtrace.reports.dimensions import Dimension
from dealtrace.reports.facts import Fact
from dealtrace.reports.metrics import COLUMN_PREFIX, Metric, Unit


class MetricGroup(StrEnum):
    """The groups of metrics, in the order in which they are listed."""

    TRAFFIC = "traffic"
    LEADS = "leads"
    DEALS = "deals"
    MONEY = "money"
    OWN = "own"


GROUP_TITLES: Mapping[MetricGroup, tuple[str, str]] = {
    MetricGroup.TRAFFIC: ("Посещаемость", "Traffic"),
    MetricGroup.LEADS: ("Обращения", "Leads"),
    MetricGroup.DEALS: ("Сделки", "Deals"),
    MetricGroup.MONEY: ("Деньги", "Money"),
    MetricGroup.OWN: ("Свои столбцы", "Own columns"),
}
_RETURN = (
    "(выручка − расходы) / расходы; если есть маржа, то она вместо выручки; в «Итого» — и выручка без рекламы",
    "(won amount − cost) / cost, or with margins if there are any; the total also has income that no ad brought",
)
MEANINGS: Mapping[str, tuple[str, str]] = {
    "visits": ("заходы на сайт", "visits to the site"),
    "visitors": ("сколько разных людей заходило на сайт", "how many different people visited the site"),
    "calls": ("все звонки, принятые и пропущенные", "all calls, answered and missed"),
    "answered_calls": ("звонки, на которые ответили", "calls that were answered"),
    "missed_calls": ("звонки, на которые не ответили", "calls that were not answered"),
    "unique_calls": ("сколько разных клиентов звонило", "how many different clients called"),
    "target_calls": ("звонки, отмеченные как целевые", "calls that are marked as target calls"),
    "unique_target_calls": ("сколько разных клиентов сделало целевой звонок", "how many clients made a target call"),
    "requests": ("заявки с форм сайта", "requests sent by forms of the site"),
    "unique_requests": ("сколько разных клиентов оставило заявку", "how many different clients sent a request"),
    "leads": ("звонки и заявки вместе", "calls and lead requests together"),
    "deals": ("все сделки из CRM", "all deals of the CRM"),
    "amount": ("сумма всех сделок, также открытых и проигранных", "the sum of all deals, also of open and lost ones"),
    "margin": ("маржа всех сделок", "the margin of all deals"),
    "won": ("выигранные сделки", "deals that were won"),
    "won_amount": ("сумма выигранных сделок", "the sum of won deals"),
    "won_margin": ("маржа выигранных сделок", "the margin of won deals"),
    "lost": ("проигранные сделки", "deals that were lost"),
    "average": ("сумма сделок / сделки, у которых есть сумма", "amount / deals with a sum"),
    "no_rate": (
        "сделки в валюте, курс которой на их день не указан",
        "deals in a currency without a rate on their day",
    ),
    "match_rate": (
        "сделки, для которых склейка нашла лид или источник назвала CRM / все сделки",
        "deals that were matched to a lead or whose source the CRM stated / all deals",
    ),
    "unmatched": ("сделки, для которых нет ни лида, ни источника", "deals with neither a lead nor a source"),
    "assisted": (
        "сделки, на пути к которым был и визит с этого источника",
        "deals whose client also had a visit from this source on the way",
    ),
    "days_to_deal": ("сколько дней в среднем от визита до сделки", "days from the visit to the deal, on average"),
    "visit_to_lead": ("лиды, у которых есть визит / визиты", "leads with a visit / visits"),
    "lead_to_deal": ("лиды, у которых есть сделка / лиды", "leads with a deal / leads"),
    "deal_to_won": ("доля выигранных: продажи / сделки", "share of won deals: won deals / deals"),
    "cost": ("расходы на рекламу", "the cost of ads"),
    "clicks": ("клики по рекламе, из файлов расходов", "clicks on ads, from the files of costs"),
    "cpc": ("расходы / клики", "cost / clicks"),
    "cpl": ("расходы / все лиды, также те, что пришли без рекламы", "cost / all leads, also those that no ad brought"),
    "cpo": ("расходы / все сделки", "cost / all deals"),
    "cac": ("расходы / клиенты с первой покупкой за период", "cost / clients who first bought in the period"),
    "roi": _RETURN,
    "romi": _RETURN,
    "roas": ("выручка / расходы", "won amount / cost"),
    "drr": ("доля рекламных расходов: расходы / выручка", "cost / won amount"),
}
"""The meanings of metrics by name, in Russian and English."""
_OWN = ("столбец, который создали на сайте", "a column that was made at the site")


def meaning_of(metric: Metric, language: Language) -> str:
    """Return the meaning of a metric in a line."""
    ru, en = MEANINGS.get(metric.name, _OWN)
    return ru if language == "ru" else en


def group_of(metric: Metric) -> MetricGroup:
    """Return the group of a metric: by what it counts, and money apart from it."""
    if metric.name.startswith(COLUMN_PREFIX):
        return MetricGroup.OWN
    if metric.unit in (Unit.MONEY, Unit.PRICE) or Fact.COSTS in metric.facts:
        return MetricGroup.MONEY
    if metric.facts == {Fact.VISITS}:
        return MetricGroup.TRAFFIC
    return MetricGroup.LEADS if Fact.LEADS in metric.facts else MetricGroup.DEALS


_DIMENSIONS: Mapping[str, tuple[str, str]] = {
    "match_reason": (
        "склейка — поиск лида, из которого выросла сделка; причина говорит, как он найден или почему не найден",
        "matching looks for the lead that a deal grew out of; the reason says how it was found, or why it was not",
    ),
    "client_kind": (
        "новый клиент или повторный; у сделки без лида клиент неизвестен",
        "a new client or a returning one; the client of a deal without a lead is unknown",
    ),
}


def dimension_meaning(dimension: Dimension, language: Language) -> str:
    """Return the meaning of a dimension in a line, empty if its title says it."""
    ru, en = _DIMENSIONS.get(dimension.name, ("", ""))
    return ru if language == "ru" else en
