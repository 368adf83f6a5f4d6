"""The currencies of deals, and the value of their amounts in rubles at the exchange rates of a site."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from dealtrace.deals.amount import kopecks_of
from dealtrace.errors import InvalidValue
from dealtrace.plain_text import folded, plain
from dealtrace.record import record

RUBLE = "rub"
CURRENCY_LENGTH_MAX = 16
RATE_STEPS = 1_000_000
"""How many units of a stored rate make one ruble: rates are stored in millionths of a ruble."""
RATE_RUB_MIN = Decimal(1) / RATE_STEPS
"""The lowest rate, in rubles for one unit of a currency; a lower rate would be stored as 0."""
RATE_RUB_MAX = 1_000_000
"""The highest rate, in rubles for one unit.

Ours: a higher rate is refused, since no currency in which a CRM counts deals is worth more. Gold and bitcoin do not
count as currencies.
"""
KOPECKS_MAX = 2**63 - 1
FORMERLY_FOREIGN = frozenset({"643", "810", "р", "р.", "рубль", "рубли", "рублей", "ruble", "rubles"})
"""Spellings of the ruble, in lower case, that earlier releases stored as foreign currencies.

643 is the ruble's number in ISO 4217, 810 the former one, which banks use.
"""
_RUBLES = frozenset({"rub", "rur", "₽", "руб", "руб."}) | FORMERLY_FOREIGN


@record
class CurrencyRate:
    """The price in rubles of one unit of a currency; it applies from the day `since_on` until the next rate begins.

    Days are in the site's time zone.
    """

    currency: str
    since_on: date
    rubles: Decimal


def currency_of(text: str | None) -> str | None:
    """Return a currency in lower case, or `None` if it is missing or blank; any spelling of the ruble becomes `rub`.

    Invisible marks are left out; full-width letters, and digits of other alphabets, become ordinary letters and digits.
    """
    word = currency_word(text)
    return RUBLE if word in _RUBLES else word or None


def currency_word(text: str | None) -> str:
    """Return a currency as it was written, in lower case, or an empty string if it is missing or blank."""
    return folded(plain(text)).strip() if text is not None else ""


def rounded_rate(rubles: Decimal) -> Decimal:
    """Return a rate in rubles, rounded half up to the millionths in which it is stored."""
    return rubles.quantize(RATE_RUB_MIN, ROUND_HALF_UP)


def kopecks_at(amount: int, rate: int) -> int | None:
    """Return the kopecks that `amount` is worth, rounded half up, or `None` if it is too large.

    `amount` is in hundredths of a unit of a currency, and `rate` in millionths of a ruble.
    """
    if abs(amount) > KOPECKS_MAX // (2 * rate):
        return None
    worth = (abs(amount) * rate + RATE_STEPS // 2) // RATE_STEPS
    return -worth if amount < 0 else worth


def is_foreign(currency: str | None) -> bool:
    """Return whether a deal's currency is not the ruble; `None` means the ruble."""
    return currency is not None and currency != RUBLE


@record
class Rates:
    """The exchange rates of a site by currency: `starts` are the instants from which `rates` apply, in the same order.

    Rates are in millionths of a ruble. A rate of 0, which earlier releases stored for prices below a millionth of a
    ruble, counts as no rate.
    """

    starts: Mapping[str, Sequence[datetime]]
    rates: Mapping[str, Sequence[int]]

    def worth(self, amount: Decimal, currency: str | None, at: datetime) -> int | None:
        """Return the value in kopecks of the amount of a deal made at `at`, or `None` if the value is unknown.

        The value is unknown if the deal's currency has no rate at that time, or if the amount is too large to convert.
        """
        if currency is None or currency == RUBLE:
            return kopecks_of(amount)
        rate = self.rate_at(currency, at)
        return kopecks_at(kopecks_of(amount), rate) if rate else None

    def rate_at(self, currency: str, at: datetime) -> int:
        """Return the rate of a currency at a time, or 0 if it has none."""
        position = bisect_right(self.starts.get(currency, ()), at)
        return self.rates[currency][position - 1] if position else 0


NO_RATES = Rates({}, {})


def read_foreign(text: str) -> str:
    """Return the code of a foreign currency as deals store it, in lower case.

    Ours: a rate may also be set for a spelling of the ruble that earlier releases stored as a foreign currency.

    Raises:
        InvalidValue: the string is blank or means the ruble, which needs no rate.
    """
    if (word := currency_word(text)) in FORMERLY_FOREIGN:
        return word
    currency = currency_of(text)
    if currency is None or currency == RUBLE:
        raise InvalidValue(
            "ожидается код валюты, но не рубля, например usd", "expected a currency other than the ruble, such as usd"
        )
    return currency
