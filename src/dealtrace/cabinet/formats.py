"""Format numbers, money and times for pages."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil
from zoneinfo import ZoneInfo

from dealtrace.deals.currency import RUBLE
from dealtrace.errors import Language, text_in
from dealtrace.reports.formats import rounded
from dealtrace.reports.metrics import Metric, Unit
from dealtrace.reports.reading.meanings import list_key_meanings, meaning_in_total, metric_meaning

THIN_SPACE = "\u202f"
MINUS = "−"
NOTHING = "–"
"""Shown for a value that is unknown or undefined."""
_POINT = {"ru": ",", "en": "."}
MONTHS = {
    "ru": "янв фев мар апр мая июн июл авг сен окт ноя дек".split(),  # noqa: SIM905 - reads better
    "en": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(),  # noqa: SIM905
}
"""Abbreviated names of the months, as they are written after the number of a day: 26 ноя, 1 мая."""
_MONTHS_ALONE = {
    "ru": "Январь Февраль Март Апрель Май Июнь Июль Август Сентябрь Октябрь Ноябрь Декабрь".split(),  # noqa: SIM905
    "en": MONTHS["en"],
}

_UNITS = {"ru": ("дн.", "ч", "мин", "с"), "en": ("d", "h", "min", "s")}
_SHOWN_UNITS = ((86_400, 3600), (3600, 60))
"""The length of a unit in seconds, and that of the smaller unit that `span_of_time` shows after it."""


def filters_of(language: Language) -> dict[str, Callable[..., object]]:
    """Return the template filters for a language, by name."""
    return {
        "number": lambda value, digits=0: number(language, value, digits),
        "money": lambda value: money(language, value),
        "kopecks": lambda value: money(language, Fraction(value, 100) if value is not None else None),
        "day": lambda value: day(language, value),
        "month": lambda value: month(language, value),
        "clock": lambda value, zone: clock_time(language, value, zone),
        "metric_title": lambda metric: text_in(language, metric),
        "metric_meaning": lambda metric: metric_meaning(metric, language),
        "in_total": lambda metric: meaning_in_total(metric, language),
        "key_meanings": lambda by: list_key_meanings(by, language),
    }


def in_language(texts: tuple[str, str], language: Language) -> str:
    """Return the first of two strings for Russian, the second for English."""
    return texts[0] if language == "ru" else texts[1]


def number(language: Language, value: Fraction | Decimal | int | None, digits: int = 0) -> str:
    """Format a number with groups of three digits and a minus sign (not a hyphen), rounded to `digits` decimals."""
    if value is None:
        return NOTHING
    text = f"{Decimal(round(Fraction(value) * 10**digits)).scaleb(-digits):,.{digits}f}"
    return text.replace(",", THIN_SPACE).replace(".", _POINT[language]).replace("-", MINUS)


def exact_number(language: Language, value: Decimal) -> str:
    """Format a number with all its decimals, without trailing zeros."""
    exponent = value.normalize().as_tuple().exponent
    assert isinstance(exponent, int), "not a finite number"
    return number(language, value, max(-exponent, 0))


def money(language: Language, value: Fraction | Decimal | int | None, currency: str | None = None) -> str:
    """Format an amount of money in whole units, or with two decimals if it is below 100 and not whole.

    `currency` is a code such as `usd`; `None` and `rub` mean rubles.
    """
    if value is None:
        return NOTHING
    exact = Fraction(value)
    digits = 2 if exact.denominator != 1 and abs(exact) < 100 else 0  # noqa: PLR2004 - see the docstring
    unit = "₽" if currency is None or currency == RUBLE else currency.upper()
    return f"{number(language, exact, digits)}\u00a0{unit}"


def metric_value(language: Language, metric: Metric, value: Fraction | None) -> str:
    """Format the value of a metric by its unit; ratios are shown as percentages.

    Less than one day has two decimals, so that a deal an hour after its lead is not shown as 0.0 days.
    """
    if value is None:
        return NOTHING
    match metric.unit:
        case Unit.COUNT:
            return number(language, value, 0 if round(value, 2).denominator == 1 else 2)
        case Unit.MONEY | Unit.PRICE:
            return money(language, value)
        case Unit.RATIO:
            return f"{number(language, Fraction(rounded(value)) * 100, 1)}\u00a0%"
        case Unit.DAYS:
            return number(language, value, 2 if 0 < abs(value) < 1 else 1)
        case Unit.NUMBER:
            return number(language, value, 0 if value.denominator == 1 else 2)


def day(language: Language, value: date) -> str:
    """Format a day: 26 ноя 2026."""
    return f"{value.day}\u00a0{MONTHS[language][value.month - 1]}\u00a0{value.year}"


def month(language: Language, value: date) -> str:
    """Format the month of a day, without the day: Ноябрь 2026."""
    return f"{_MONTHS_ALONE[language][value.month - 1]}\u00a0{value.year}"


def day_span(language: Language, first_on: date, last_on: date) -> str:
    """Format a span of days without years; the month is shown only once if both days are in it: 9–15 ноя."""
    months = MONTHS[language]
    last = f"{last_on.day}\u00a0{months[last_on.month - 1]}"
    if first_on == last_on:
        return last
    if (first_on.year, first_on.month) == (last_on.year, last_on.month):
        return f"{first_on.day}–{last}"
    return f"{first_on.day}\u00a0{months[first_on.month - 1]} – {last}"


def clock_time(language: Language, value: datetime, zone: ZoneInfo) -> str:
    """Format an instant in a time zone: 26 ноя 2026, 09:05."""
    local = value.astimezone(zone)
    return f"{day(language, local.date())}, {local:%H:%M}"


def clock_time_in_zone(language: Language, value: datetime, zone: ZoneInfo) -> str:
    """Format an instant in a time zone, with the name of the zone: 26 ноя 2026, 09:05, Europe/Moscow."""
    return f"{clock_time(language, value, zone)}, {zone.key}"


def rounded_up(duration: timedelta) -> timedelta:
    """Round a duration up to a multiple of the smaller unit in which `span_of_time` shows it."""
    seconds = ceil(duration.total_seconds())
    step = next((smaller for larger, smaller in _SHOWN_UNITS if seconds >= larger), 1)
    return timedelta(seconds=-(-seconds // step) * step)


def span_of_time(language: Language, duration: timedelta) -> str:
    """Format a duration, ignoring its sign, in its two largest units: 2 h 5 min."""
    seconds = round(abs(duration.total_seconds()))
    counts = (seconds // 86_400, seconds // 3600 % 24, seconds // 60 % 60, seconds % 60)
    units = _UNITS[language]
    first = next((place for place, count in enumerate(counts) if count), len(counts) - 1)
    shown = [f"{counts[place]}\u00a0{units[place]}" for place in (first, first + 1) if place < len(counts)]
    return " ".join(shown if first + 1 < len(counts) and counts[first + 1] else shown[:1])
