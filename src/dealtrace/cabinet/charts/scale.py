"""Scales: map values to positions on an axis, and choose round values for the marks of the axis."""

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, floor, log10

from dealtrace.record import record

MARKS = 4
"""The approximate number of marks on an axis."""
_STEPS = (1, 2, 5, 10)


@record
class Scale:
    """A scale from values between `low` and `high` to positions between 0 and `length`; `marks` are round values."""

    low: Fraction
    high: Fraction
    length: int
    marks: tuple[Fraction, ...]

    def at(self, value: Fraction) -> float:
        """Return the position of a value: its distance from `low`, as a number between 0 and `length`."""
        return round(float((value - self.low) / (self.high - self.low)) * self.length, 1)


def scale_for(values: Sequence[Fraction], length: int) -> Scale:
    """Return a scale that includes zero and all values, with a mark at both ends.

    If all values are whole, so are the marks.
    """
    low, high = min([*values, Fraction(0)]), max([*values, Fraction(0)])
    if low == high:
        high = low + 1
    step = _round_step((high - low) / MARKS)
    if all(value.denominator == 1 for value in values):
        step = max(step, Fraction(1))
    first, last = floor(low / step), ceil(high / step)
    marks = tuple(step * number for number in range(first, last + 1))
    return Scale(marks[0], marks[-1], length, marks)


def _round_step(step: Fraction) -> Fraction:
    """Round a step up to 1, 2 or 5 times a power of ten."""
    power = Fraction(10) ** floor(log10(step))
    return next(power * factor for factor in _STEPS if power * factor >= step)
