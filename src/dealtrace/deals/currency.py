"""The currencies of deals, and their exchange rates to the ruble."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from dealtrace.record import record

RUBLE = "rub"
CURRENCY_LENGTH_MAX = 16
RATE_STEPS = 1_000_000
"""A rate is stored in millionths of a ruble."""
RATE_RUB_MIN = Decimal(1) / RATE_STEPS
"""The fewest rubles for a unit of a currency: what is less would be stored as 0."""
RATE_RUB_MAX = 1_000_000
"""Ours: the most rubles for a unit of a currency; gold and bitcoins are no currencies of a CRM's deals."""
KOPECKS_MAX = 2**63 - 1
_RUBLES = frozenset({"rub", "rur", "руб", "руб.", "₽"})


@record
class CurrencyRate:
    """The rubles that a unit of a currency is worth, from a day of the site until the day of the next rate."""

    currency: str
    since_on: date
    rubles: Decimal


def currency_of(text: str | None) -> str | None:
    """Return a currency in lower case, or `None` if none was sent; all spellings of the ruble become `rub`."""
    word = text.strip().lower() if text is not None else ""
    return RUBLE if word in _RUBLES else word or None


def rounded_rate(rubles: Decimal) -> Decimal:
    """Return a rate in rubles, rounded half up to the millionths in which it is stored."""
    return rubles.quantize(RATE_RUB_MIN, ROUND_HALF_UP)


def kopecks_at(amount: int, rate: int) -> int | None:
    """Return kopecks for hundredths of a unit of a currency, rounded half up, or `None` if the amount is too large.

    `rate` is in millionths of a ruble.
    """
    if abs(amount) > KOPECKS_MAX // (2 * rate):
        return None
    worth = (abs(amount) * rate + RATE_STEPS // 2) // RATE_STEPS
    return -worth if amount < 0 else worth
