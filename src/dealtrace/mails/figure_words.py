"""Format figures for people, in mails and lists."""

from decimal import Decimal

from dealtrace.errors import Language
from dealtrace.reports.metrics import Unit

UNKNOWN = "–"
PERCENT = 100
_RUBLE = "\u00a0₽"


def figure_words(text: str | None, unit: Unit, language: Language) -> str:
    """Format a decimal text for people: ratios in per cent, money with `₽`; `–` if it is `None`."""
    if text is None:
        return UNKNOWN
    number = Decimal(text)
    if unit is Unit.RATIO:
        number = round(number * PERCENT, 1)
    elif unit not in (Unit.COUNT, Unit.MONEY):
        number = round(number, 2)
    shown = f"{number:f}".replace("-", "−")
    if "." in shown:
        shown = shown.rstrip("0").rstrip(".")
    if language == "ru":
        shown = shown.replace(".", ",")
    return shown + {Unit.RATIO: "\u00a0%", Unit.MONEY: _RUBLE, Unit.PRICE: _RUBLE}.get(unit, "")
