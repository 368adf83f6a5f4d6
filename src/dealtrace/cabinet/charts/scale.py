"""Scales: where a value lies on an axis, and round values to mark it by."""

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, floor, log10

from dealtrace.record import record

MARKS = 4
"""About how many marks an axis has."""
_STEPS = (1, 2, 5, 10)


@record
class Scale:
    """Values from `low` to `high` on a length; `marks` are round values in between."""

    low: Fraction
    high: Fraction
    length: int
    marks: tuple[Fraction, ...]

    def at(self, value: Fraction) -> float:
        """Return the distance of a value from the low end."""
        return round(float((value - self.low) / (self.high - self.low)) * self.length, 1)


def scale_for(values: Sequence[Fraction], length: int) -> Scale:
    """Return a scale that shows zero and all values, and ends at a mark."""
    low, high = min([*values, Fraction(0)]), max([*values, Fraction(0)])
    if low == high:
        high = low + 1
    step = _round_step((high - low) / MARKS)
    first, last = floor(low / step), ceil(high / step)
    marks = tuple(step * number for number in range(first, last + 1))
    return Scale(marks[0], marks[-1], length, marks)


def _round_step(step: Fraction) -> Fraction:
    """Return the least of 1, 2 and 5 times a power of ten that is not less than a step."""
    power = Fraction(10) ** floor(log10(step))
    return next(power * factor for factor in _STEPS if power * factor >= step)
