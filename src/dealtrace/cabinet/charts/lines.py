"""A line chart over time, with the compared period as a pale line behind it, and notes on the axis."""

from collections.abc import Callable, Sequence
from fractions import Fraction

from markupsafe import Markup

from dealtrace.cabinet.charts.scale import Scale, scale_for
from dealtrace.cabinet.charts.svg import element, text, titled
from dealtrace.record import record

WIDTH, HEIGHT = 900, 240
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 12, 26
LABELS_MAX = 8
"""The maximum number of labels on the time axis."""
FEWER_LABELS = 3
"""Narrow pages show only every third label."""


@record
class Point:
    """A point of a chart: the label of its time span, its value and compared value, and the URL that it links to.

    `part` says what of the time span is counted, if not all of it.
    """

    label: str
    value: Fraction | None
    compared: Fraction | None = None
    url: str = ""
    part: str = ""


@record
class Note:
    """A note on the time axis; `place` is the index of the point that it belongs to."""

    place: int
    words: str


def line_chart(
    title: str, points: Sequence[Point], format_value: Callable[[Fraction | None], str], notes: Sequence[Note] = ()
) -> Markup:
    """Return the chart of the points in input order; unknown values interrupt the line.

    A chart whose points are links has the role `group`: screen readers do not see the links inside an image.
    """
    values = [value for point in points for value in (point.value, point.compared) if value is not None]
    scale = scale_for(values, HEIGHT - TOP - BOTTOM)
    ghost = [point.compared for point in points]
    parts = [titled(title), *_value_axis(scale, format_value), *_time_axis(points)]
    parts += [_path(ghost, scale, "ghost")] if any(value is not None for value in ghost) else []
    parts += [_path([point.value for point in points], scale, "line"), *_dots(points, scale, format_value)]
    parts += [_note(note, len(points)) for note in notes]
    role, size = "group" if any(point.url for point in points) else "img", f"0 0 {WIDTH} {HEIGHT}"
    return element("svg", *parts, xmlns="http://www.w3.org/2000/svg", class_="chart", role=role, viewBox=size)


def _across(place: int, count: int) -> float:
    width = WIDTH - LEFT - RIGHT
    return round(LEFT + (width * place / (count - 1) if count > 1 else width / 2), 1)


def _up(scale: Scale, value: Fraction) -> float:
    return round(HEIGHT - BOTTOM - scale.at(value), 1)


def _value_axis(scale: Scale, format_value: Callable[[Fraction | None], str]) -> list[Markup]:
    parts = []
    for mark in scale.marks:
        y = _up(scale, mark)
        parts.append(element("line", class_="axis", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y))
        parts.append(text(format_value(mark), class_="y", x=LEFT - 6, y=y + 4, text_anchor="end"))
    return parts


def _time_axis(points: Sequence[Point]) -> list[Markup]:
    """Return the labels of the time axis; narrow pages hide the labels of the class `more`."""
    every = max(1, -(-len(points) // LABELS_MAX))
    return [
        text(
            point.label,
            class_="x" if place % (every * FEWER_LABELS) == 0 else "x more",
            x=_across(place, len(points)),
            y=HEIGHT - 6,
            text_anchor=_anchor(place, len(points)),
        )
        for place, point in enumerate(points)
        if place % every == 0
    ]


def _anchor(place: int, count: int) -> str:
    if place == 0 and count > 1:
        return "start"
    return "end" if place == count - 1 and count > 1 else "middle"


def _path(values: Sequence[Fraction | None], scale: Scale, name: str) -> Markup:
    steps, is_drawing = [], False
    for place, value in enumerate(values):
        if value is not None:
            steps.append(f"{'L' if is_drawing else 'M'}{_across(place, len(values))} {_up(scale, value)}")
        is_drawing = value is not None
    return element("path", class_=name, d="".join(steps))


def _dots(points: Sequence[Point], scale: Scale, format_value: Callable[[Fraction | None], str]) -> list[Markup]:
    dots = []
    for place, point in enumerate(points):
        if point.value is None:
            continue
        words = f"{point.label}: {format_value(point.value)}"
        if point.compared is not None:
            words += f" ({format_value(point.compared)})"
        words += f", {point.part}" if point.part else ""
        dot = element(
            "circle",
            titled(words),
            cx=_across(place, len(points)),
            cy=_up(scale, point.value),
            r=4,
            fill="currentColor",
        )
        dots.append(element("a", dot, href=point.url) if point.url else dot)
    return dots


def _note(note: Note, count: int) -> Markup:
    x = _across(note.place, count)
    mark = element("line", class_="note", x1=x, x2=x, y1=TOP, y2=HEIGHT - BOTTOM)
    flag = element("circle", titled(note.words), class_="note", cx=x, cy=TOP, r=5)
    return element("g", mark, flag)
