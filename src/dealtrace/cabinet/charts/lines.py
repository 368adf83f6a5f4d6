"""A line chart over time, with the compared period as a pale line behind it, and notes on the axis."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import count, pairwise
from math import ceil, floor, log10

from markupsafe import Markup

from dealtrace.cabinet.charts.svg import element, text, titled
from dealtrace.record import record

MARKS = 4
"""The approximate number of marks on an axis."""
_STEPS = (1, 2, 5, 10)
WIDTH, HEIGHT = 900, 240
LEFT_LEAST, RIGHT, TOP, BOTTOM = 64, 12, 12, 26
"""The margins around the lines; the left one grows with the longest label of the value axis."""
GAP = 6
"""The least distance between the labels of the time axis, and between those of the value axis and the lines."""
LETTER = 6.5
"""The approximate width of a letter in units of the drawing."""
LABELS_MAX = 8
"""The maximum number of labels on the time axis."""
FEWER_LABELS = 3
"""Narrow pages show only every third label if there are more than three."""


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


@record
class Point:
    """A point of a chart: the label of its time span, its value and compared value, and the URL that it links to.

    `part` says which part of the time span is counted, if not all of it.
    """

    label: str
    value: Fraction | None
    compared: Fraction | None = None
    url: str = ""
    part: str = ""


@record
class ChartNote:
    """A note on the time axis; `place` is the index of the point that it belongs to."""

    place: int
    text: str


@record
class _Frame:
    """The area in which lines are drawn: its left edge, the number of points in a line, and the scale of values."""

    left: float
    count: int
    scale: Scale

    def across(self, place: int) -> float:
        width = WIDTH - self.left - RIGHT
        return round(self.left + (width * place / (self.count - 1) if self.count > 1 else width / 2), 1)

    def up(self, value: Fraction) -> float:
        return round(HEIGHT - BOTTOM - self.scale.at(value), 1)


def line_chart(
    title: str,
    points: Sequence[Point],
    format_value: Callable[[Fraction | None], str],
    notes: Sequence[ChartNote] = (),
    format_marks: Callable[[Sequence[Fraction]], Sequence[str]] | None = None,
) -> Markup:
    """Return the chart of the points in input order; unknown values interrupt the line.

    `format_marks` formats the marks of the value axis together; by default, each is formatted by `format_value`.
    A chart whose points are links has the role `group`: screen readers do not see the links inside an image. The chart
    has no fixed proportions: styles make it taller on phones, where it would otherwise be too low to read.
    """
    values = [value for point in points for value in (point.value, point.compared) if value is not None]
    scale = scale_for(values, HEIGHT - TOP - BOTTOM)
    marks = format_marks(scale.marks) if format_marks is not None else [format_value(mark) for mark in scale.marks]
    frame = _Frame(max(LEFT_LEAST, ceil(max(map(len, marks)) * LETTER) + GAP), len(points), scale)
    ghost = [point.compared for point in points]
    parts = [titled(title), *_value_axis(frame, marks), *_time_axis(points, frame)]
    parts += [_path(ghost, frame, "ghost")] if any(value is not None for value in ghost) else []
    parts += [_path([point.value for point in points], frame, "line"), *_dots(points, frame, format_value)]
    parts += [_note(note, frame) for note in notes]
    role, size = "group" if any(point.url for point in points) else "img", f"0 0 {WIDTH} {HEIGHT}"
    return element(
        "svg",
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        class_="chart stretched",
        role=role,
        viewBox=size,
        preserveAspectRatio="none",
    )


def _value_axis(frame: _Frame, labels: Sequence[str]) -> list[Markup]:
    parts = []
    for mark, label in zip(frame.scale.marks, labels, strict=True):
        y = frame.up(mark)
        parts.append(element("line", class_="axis", x1=frame.left, x2=WIDTH - RIGHT, y1=y, y2=y))
        parts.append(text(label, class_="y", x=frame.left - GAP, y=y + 4, text_anchor="end"))
    return parts


def _time_axis(points: Sequence[Point], frame: _Frame) -> list[Markup]:
    """Return the labels of the time axis; those with the class `more` are hidden on narrow screens."""
    every = _label_step(points, frame)
    places = range(0, len(points), every)
    kept = places[::FEWER_LABELS] if len(places) > FEWER_LABELS else places
    return [
        text(
            points[place].label,
            class_="x" if place in kept else "x more",
            x=frame.across(place),
            y=HEIGHT - 6,
            text_anchor=_anchor(place, len(points)),
        )
        for place in places
    ]


def _label_step(points: Sequence[Point], frame: _Frame) -> int:
    """Return the smallest step between labels that gives at most `LABELS_MAX` labels and keeps them from touching."""
    least = max(1, ceil(len(points) / LABELS_MAX))
    return next(
        every
        for every in count(least)
        if _are_apart([_extent(points, place, frame) for place in range(0, len(points), every)])
    )


def _are_apart(extents: Sequence[tuple[float, float]]) -> bool:
    return all(end + GAP <= start for (_, end), (start, _) in pairwise(extents))


def _extent(points: Sequence[Point], place: int, frame: _Frame) -> tuple[float, float]:
    """Return the horizontal positions of the left and right ends of a point's label."""
    width, x = len(points[place].label) * LETTER, frame.across(place)
    left = x - width * {"start": 0, "middle": 0.5, "end": 1}[_anchor(place, len(points))]
    return left, left + width


def _anchor(place: int, count: int) -> str:
    if place == 0 and count > 1:
        return "start"
    return "end" if place == count - 1 and count > 1 else "middle"


def _path(values: Sequence[Fraction | None], frame: _Frame, name: str) -> Markup:
    steps, is_drawing = [], False
    for place, value in enumerate(values):
        if value is not None:
            steps.append(f"{'L' if is_drawing else 'M'}{frame.across(place)} {frame.up(value)}")
        is_drawing = value is not None
    return element("path", class_=name, d="".join(steps))


def _dots(points: Sequence[Point], frame: _Frame, format_value: Callable[[Fraction | None], str]) -> list[Markup]:
    dots = []
    for place, point in enumerate(points):
        if point.value is None:
            continue
        title = f"{point.label}: {format_value(point.value)}"
        if point.compared is not None:
            title += f" ({format_value(point.compared)})"
        title += f", {point.part}" if point.part else ""
        dot = element(
            "circle",
            titled(title),
            cx=frame.across(place),
            cy=frame.up(point.value),
            r=4,
            fill="currentColor",
        )
        dots.append(element("a", dot, href=point.url) if point.url else dot)
    return dots


def _note(note: ChartNote, frame: _Frame) -> Markup:
    x = frame.across(note.place)
    mark = element("line", class_="note", x1=x, x2=x, y1=TOP, y2=HEIGHT - BOTTOM)
    flag = element("circle", titled(note.text), class_="note", cx=x, cy=TOP, r=5)
    return element("g", mark, flag)
