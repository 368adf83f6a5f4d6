"""The columns of a table of costs, with the headings that Yandex Metrica, advertising systems and people use."""

import re

from dealtrace.attribution.traffic_source import SOURCE_LENGTH_MAX
from dealtrace.files.costs.cells import CURRENCIES, CostPartCell, CountCell, CurrencyCell, DayCell, MoneyCell
from dealtrace.files.import_columns import ImportColumn, Need, heading_text
from dealtrace.files.row import Cell
from dealtrace.record import record

HEAD_LINES = 10
"""How many lines at the beginning of a file are searched for the headings; blank lines do not count."""
_PART = CostPartCell(SOURCE_LENGTH_MAX)
COST_COLUMNS = (
    ImportColumn(
        "date",
        ("День", "Дата", "day", "Дата показа", "Дата расхода"),
        DayCell(),
        "The day, in the site's time zone.",
        Need.CELL,
    ),
    ImportColumn(
        "cost",
        (
            "Expenses", "Expense", "Расход", "Расходы", "Расход всего", "Затраты", "Потрачено", "Потрачено всего",
            "Всего потрачено", "Списано", "Списания", "spent", "spend", "Стоимость", "Сумма", "amount",
        ),
        MoneyCell(),
        "The cost.",
        Need.CELL,
    ),
    ImportColumn(
        "source",
        ("utm_source", "Источник"),
        _PART,
        "The source; if there is no such column, the advertising system's source is used.",
    ),
    ImportColumn(
        "medium",
        ("utm_medium", "Канал", "Тип источника"),
        _PART,
        "The medium; if it is missing and there is no `source` column, the advertising system's medium.",
    ),
    ImportColumn("campaign", ("utm_campaign",), _PART, "The campaign, written as in the `utm_campaign` of visits."),
    ImportColumn(
        "campaign_id",
        (
            "№ кампании", "Номер кампании", "ID кампании", "ad_plan_id", "ID рекламного плана", "ID рекламной кампании",
            "id",
        ),
        _PART,
        "The id of the campaign, used if `campaign` is missing or empty.",
    ),
    ImportColumn(
        "campaign_name",
        (
            "Кампания", "Название кампании", "Рекламная кампания", "ad_plan_name", "ad_plan", "Рекламный план",
            "Название рекламного плана", "Название", "name",
        ),
        _PART,
        "The name of the campaign, used if `campaign` is missing or empty.",
    ),
    ImportColumn(
        "content",
        ("utm_content", "ad_id", "№ объявления", "Номер объявления", "ID объявления", "Объявление", "banner_id"),
        _PART,
        "The ad.",
    ),
    ImportColumn(
        "term",
        (
            "utm_term", "keyword", "Criterion", "Criteria", "Ключевое слово", "Ключевая фраза", "Фраза",
            "Условие показа",
        ),
        _PART,
        "The keyword.",
    ),
    ImportColumn("currency", ("Валюта", "CurrencyCode"), CurrencyCell(), "The currency; rubles if missing."),
    ImportColumn("clicks", ("Клики", "Количество кликов", "Переходы"), CountCell(), "The clicks."),
    ImportColumn(
        "impressions", ("Показы", "Количество показов", "shows"), CountCell(), "The impressions."
    ),
)  # fmt: skip

_WORD = re.compile(r"[^\s,;:()\[\]]+")
_WITH_VAT = frozenset({"с", "со", "включая", "вкл", "учетом", "учётом", "incl", "including", "with", "inc"})
_WITHOUT_VAT = frozenset({"без", "excl", "excluding", "without", "ex"})
_VAT = frozenset({"ндс", "vat"})
_FILLING = frozenset({"в", "in"})


@record
class HeadingUnits:
    """A heading such as `Расход (руб., с НДС)`, split into its text, currency and tax.

    `currency` and `has_vat` (whether the amounts include VAT) are `None` if the heading does not mention them.
    """

    plain: str
    currency: str | None = None
    has_vat: bool | None = None


def split_units(heading: Cell) -> HeadingUnits:
    """Return a heading split into its text and the currency and tax at its end."""
    text = heading_text(heading)
    found = list(_WORD.finditer(text))
    words = [word[0].strip(".").casefold() for word in found]
    start = len(words)
    while start > 1 and _is_unit(words[start - 1]):
        start -= 1
    units = words[start:]
    if not units:
        return HeadingUnits(text)
    currency = next((CURRENCIES[word] for word in units if word in CURRENCIES), None)
    has_vat = not _WITHOUT_VAT & set(units) if _VAT & set(units) else None
    return HeadingUnits(text[: found[start].start()].rstrip(" ,;:(["), currency, has_vat)


def _is_unit(word: str) -> bool:
    return word in _WITH_VAT | _WITHOUT_VAT | _VAT | _FILLING or word in CURRENCIES
