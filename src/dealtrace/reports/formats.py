"""Values of metrics as they are shown: counts, sums of money and ratios."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from dealtrace.attribution.credit import WHOLE
from dealtrace.reports.metrics import KOPECKS_PER_RUBLE, Metric, Unit
from dealtrace.reports.question import Question

Shown = int | float | str | None
RATIO_DIGITS = 6


def format_value(metric: Metric, value: Fraction | None) -> Shown:
    """Return a value as answers show it.

    Counts are integers, or under shares texts with six decimals; money is a text with two decimals; ratios are numbers
    rounded half even to six decimals. `None` is unknown.
    """
    if value is None:
        return None
    match metric.unit:
        case Unit.COUNT:
            return int(value) if value.denominator == 1 else _decimals(int(value * WHOLE), RATIO_DIGITS)
        case Unit.MONEY:
            return _decimals(int(value * KOPECKS_PER_RUBLE), 2)
        case _:
            return float(rounded(value))


def rounded(value: Fraction) -> Decimal:
    """Return a ratio rounded half even to six decimals."""
    return Decimal(round(value * 10**RATIO_DIGITS)).scaleb(-RATIO_DIGITS)


def _decimals(units: int, digits: int) -> str:
    """Return an integer of units as a decimal text."""
    sign, size = "-" if units < 0 else "", str(abs(units)).rjust(digits + 1, "0")
    return f"{sign}{size[:-digits]}.{size[-digits:]}"


def format_figures(question: Question, values: Sequence[Fraction | None]) -> tuple[Shown, ...]:
    """Return the values of a question's metrics as answers show them."""
    return tuple(format_value(metric, value) for metric, value in zip(question.metrics, values, strict=True))
