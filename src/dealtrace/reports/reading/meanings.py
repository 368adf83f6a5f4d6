"""The meanings of metrics and dimensions in a language, and the titles of the groups of metrics."""

from collections.abc import Iterable, Mapping

from dealtrace.attribution.traffic_source import DIRECT
from dealtrace.errors import Language
from dealtrace.reports.dimensions import Dimension
from dealtrace.reports.metrics import Group, Metric

GROUP_TITLES: Mapping[Group, tuple[str, str]] = {
    Group.TRAFFIC: ("Посещаемость", "Traffic"),
    Group.LEADS: ("Обращения", "Leads"),
    Group.DEALS: ("Сделки", "Deals"),
    Group.MONEY: ("Деньги", "Money"),
    Group.COSTS: ("Расходы и окупаемость", "Costs and returns"),
    Group.OWN: ("Свои столбцы", "Custom columns"),
}
"""The title of each group of metrics in Russian and English, in the order in which people choose from them."""


_KEYS: Mapping[tuple[str, str | None], tuple[str, str, str, str]] = {
    ("source", None): (
        "(без источника)",
        "у лида или сделки нет визита на сайт, и источник не передан",
        "(no source)",
        "the lead or deal has neither a visit to the site nor a source that was stated with it",
    ),
    ("source", DIRECT.source): (
        DIRECT.source,
        "прямой заход: посетитель набрал адрес, взял его из закладок или пришёл по ссылке, которая не выдаёт источника",
        DIRECT.source,
        "the visitor typed the address, used a bookmark, or followed a link that does not reveal its source",
    ),
    ("medium", DIRECT.medium): (
        DIRECT.medium,
        "у прямого захода нет канала",
        DIRECT.medium,
        "direct visits have no medium",
    ),
}
"""Keys that need an explanation; each has a text to show and a meaning, in Russian and then in English."""


def metric_meaning(metric: Metric, language: Language) -> str:
    """Return the meaning of a metric in one line, in `language`."""
    return metric.meaning_ru if language == "ru" else metric.meaning_en


def meaning_in_total(metric: Metric, language: Language) -> str:
    """Return a note for a metric whose total counts more than its rows with costs do, such as all leads.

    For other metrics, return an empty string.
    """
    return metric.in_total[0] if language == "ru" else metric.in_total[1]


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
    meanings = [found for (name, _), found in _KEYS.items() if name in names]
    return [each[:2] if language == "ru" else each[2:] for each in meanings]
