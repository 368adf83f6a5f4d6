"""The meanings of metrics and dimensions in a language, and the groups in which metrics are listed."""

from collections.abc import Iterable, Mapping
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


_KEYS: Mapping[tuple[str, str | None], tuple[str, str, str, str]] = {
    ("source", None): (
        "(без источника)",
        "для лида или сделки нет ни визита на сайт, ни источника, который назвали при передаче",
        "(no source)",
        "the lead or deal has neither a visit to the site nor a source that was stated with it",
    ),
    ("source", "(direct)"): (
        "(direct)",
        "прямой заход: посетитель набрал адрес, взял его из закладок или пришёл по ссылке, которая не выдаёт источника",
        "(direct)",
        "the visitor typed the address, used a bookmark, or followed a link that does not tell where it is from",
    ),
    ("medium", "(none)"): (
        "(none)",
        "у прямого захода нет канала",
        "(none)",
        "direct visits have no medium",
    ),
}
"""Keys that need an explanation; each has a text to show and a meaning, in Russian and then in English."""


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


def key_meaning(dimension: Dimension, key: str | None, language: Language) -> str:
    """Return the meaning of a key of a row in one line, or an empty string if the key needs no explanation."""
    found = _KEYS.get((dimension.name, key))
    return "" if found is None else found[1] if language == "ru" else found[3]


def list_key_meanings(by: Iterable[Dimension], language: Language) -> list[tuple[str, str]]:
    """List the keys of the dimensions `by` that need an explanation, as pairs of the key in words and its meaning."""
    names = {dimension.name for dimension in by}
    words = [found for (name, _), found in _KEYS.items() if name in names]
    return [each[:2] if language == "ru" else each[2:] for each in words]
