"""Format values of metrics for answers: counts, amounts of money and ratios."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from dealtrace.attribution.cost import KOPECKS_PER_RUBLE
from dealtrace.attribution.credit import WHOLE
from dealtrace.errors import Language
from dealtrace.reports.metrics import Unit
from dealtrace.reports.question import Question

Shown = int | float | Decimal | str | None
RATIO_DIGITS = 6
MONEY_DIGITS = 2
TOTAL_TITLES: Mapping[Language, str] = {"ru": "Итого", "en": "Total"}
"""The heading of the total, in tables for people."""


def format_value(unit: Unit, value: Fraction | None) -> Shown:
    """Return a figure as answers show it, or `None` if it is unknown.

    Counts are integers, or strings with six decimals if they are fractional. Amounts of money are strings with two
    decimals. All other values are numbers, rounded half even to six decimals; they are `Decimal`s if a `float` would
    lose digits.
    """
    match rounded_value(unit, value):
        case Decimal() as number if unit in (Unit.COUNT, Unit.MONEY):
            return f"{number:f}"
        case Decimal() as number:
            return shorter if Decimal(repr(shorter := float(number))) == number else number
        case number:
            return number


def rounded_value(unit: Unit, value: Fraction | None) -> int | Decimal | None:
    """Return a figure rounded to the decimals that answers show, or `None` if it is unknown."""
    if value is None:
        return None
    match unit:
        case Unit.COUNT:
            whole = value.denominator == 1
            return int(value) if whole else Decimal(format_units(int(value * WHOLE), RATIO_DIGITS))
        case Unit.MONEY:
            return Decimal(format_units(int(value * KOPECKS_PER_RUBLE), MONEY_DIGITS))
        case _:
            return rounded(value)


def format_share(millionths: int) -> str:
    """Format a number of millionths with six decimals: 250000 is `0.250000`."""
    return format_units(millionths, RATIO_DIGITS)


def format_kopecks(kopecks: int) -> str:
    """Format kopecks as rubles with two decimals: 5 is `0.05`."""
    return format_units(kopecks, MONEY_DIGITS)


def rounded(value: Fraction) -> Decimal:
    """Round a ratio half even to six decimals."""
    return Decimal(format_units(round(value * 10**RATIO_DIGITS), RATIO_DIGITS))


def format_units(units: int, digits: int) -> str:
    """Format `units` / 10**`digits` as a decimal number: 5 units with 2 digits are `0.05`."""
    sign, size = "-" if units < 0 else "", str(abs(units)).rjust(digits + 1, "0")
    return f"{sign}{size[:-digits]}.{size[-digits:]}"


def format_figures(question: Question, values: Sequence[Fraction | None]) -> tuple[Shown, ...]:
    """Format the values of a question's metrics for answers; `values` and the result are in the question's order."""
    return tuple(format_value(metric.unit, value) for metric, value in zip(question.metrics, values, strict=True))
