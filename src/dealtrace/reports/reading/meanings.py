"""The meanings of metrics and dimensions in a language, and the groups in which metrics are listed."""

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


def meaning_of(metric: Metric, language: Language) -> str:
    """Return the meaning of a metric in one line, in `language`."""
    return metric.meaning_ru if language == "ru" else metric.meaning_en


def group_of(metric: Metric) -> MetricGroup:
    """Return the group of a metric: the site's own columns, money, visits, leads or deals."""
    if metric.name.startswith(COLUMN_PREFIX):
        return MetricGroup.OWN
    if metric.unit in (Unit.MONEY, Unit.PRICE) or Fact.COSTS in metric.facts:
        return MetricGroup.MONEY
    if metric.facts == {Fact.VISITS}:
        return MetricGroup.TRAFFIC
    return MetricGroup.LEADS if Fact.LEADS in metric.facts else MetricGroup.DEALS


def dimension_meaning(dimension: Dimension, language: Language) -> str:
    """Return the meaning of a dimension in one line, or an empty string if its title needs no explanation."""
    return dimension.meaning_ru if language == "ru" else dimension.meaning_en
