"""Currencies of deals, and what a unit of one is worth in rubles."""

from datetime import date
from decimal import Decimal

from dealtrace.record import record

RUBLE = "rub"
CURRENCY_LENGTH_MAX = 16
RATE_STEPS = 1_000_000
"""A rate is stored in millionths of a ruble."""
RATE_RUB_MAX = 1_000_000
"""Ours: rubles for a unit of a currency; gold and bitcoins are no currencies of a CRM's deals."""
KOPECKS_MAX = 2**63 - 1
_RUBLES = frozenset({"rub", "rur", "руб", "руб.", "₽"})


@record
class CurrencyRate:
    """Rubles for a unit of a currency, from a day of the site on until the next rate."""

    currency: str
    since_on: date
    rubles: Decimal


def currency_of(text: str | None) -> str | None:
    """Return a currency in lower case, `None` if none was sent; rubles have one name."""
    word = text.strip().lower() if text is not None else ""
    return RUBLE if word in _RUBLES else word or None


def kopecks_at(amount: int, rate: int) -> int | None:
    """Return what hundredths of a unit are worth in kopecks, rounded half up, at a rate in `RATE_STEPS`.

    It is `None` if the number is too large to compute with: its worth is unknown, as without a rate.
    """
    if abs(amount) > KOPECKS_MAX // (2 * rate):
        return None
    worth = (abs(amount) * rate + RATE_STEPS // 2) // RATE_STEPS
    return -worth if amount < 0 else worth
