"""Format figures for people, in e-mails and lists."""

from collections.abc import Mapping
from decimal import Decimal

from dealtrace.errors import Language
from dealtrace.reports.metrics import Unit

UNKNOWN = "–"
PERCENT = 100
_PLACES: Mapping[Unit, int] = {Unit.RATIO: 1} | dict.fromkeys(set(Unit) - {Unit.RATIO, Unit.COUNT, Unit.MONEY}, 2)
"""The number of decimals to which figures are rounded, by unit; counts and money are not rounded."""
_RUBLE = "\u00a0₽"


def format_figure(text: str | None, unit: Unit, language: Language, *, is_exact: bool = False) -> str:
    """Format a decimal string for people: ratios as percentages, money with `₽`; `None` becomes `–`.

    Percentages are rounded to one decimal; prices, days and plain numbers are rounded to two decimals. A limit
    that a person entered is not rounded (`is_exact`).
    """
    if text is None:
        return UNKNOWN
    number = Decimal(text) * (PERCENT if unit is Unit.RATIO else 1)
    if unit in _PLACES and not is_exact:
        number = round(number, _PLACES[unit])
    shown = f"{number:f}".replace("-", "−")
    if "." in shown:
        shown = shown.rstrip("0").rstrip(".")
    if language == "ru":
        shown = shown.replace(".", ",")
    return shown + {Unit.RATIO: "\u00a0%", Unit.MONEY: _RUBLE, Unit.PRICE: _RUBLE}.get(unit, "")


def format_usual(text: str | None, unit: Unit, language: Language) -> str:
    """Format a usual figure, a mean or median, as `format_figure` does, but with at most one decimal for a count.

    An exact mean such as 15.875 leads would look more certain than it is.
    """
    if text is None or unit is not Unit.COUNT:
        return format_figure(text, unit, language)
    return format_figure(f"{round(Decimal(text), 1):f}", unit, language)
