"""A chart of a deal's match: the time of the deal, and the time window in which each considered lead can match it."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from markupsafe import Markup

from dealtrace.cabinet.charts.svg import element, text, titled
from dealtrace.matching.explanation import Candidate
from dealtrace.record import record

WIDTH, ROW, BAR = 640, 40, 12
SIDE, TOP, BOTTOM = 8, 24, 24
WINDOWS_MAX = 12
"""The maximum number of leads whose time windows are drawn; the chosen lead is always among them."""
WIDTH_LEAST = 4
"""The minimum width of a drawn time window, in units of the drawing; even the shortest time window can be seen."""
LETTER = 7.5
"""The approximate width of a letter in units of the drawing."""


@record
class DrawnCandidate:
    """A lead that was considered for a deal: its label, a description of its outcome, and whether it was chosen."""

    candidate: Candidate
    label: str
    title: str
    is_winner: bool


def matching_chart(
    title: str,
    deal_title: str,
    deal_at: datetime,
    drawn: Sequence[DrawnCandidate],
    format_time: Callable[[datetime], str],
) -> Markup:
    """Return a chart of the deal and the windows of the leads in `drawn` that `drawn_windows` chooses."""
    shown = drawn_windows(drawn)
    windows = [each.candidate.window for each in shown]
    axis = axis_of([deal_at, *(each.opens_at for each in windows), *(each.closes_at for each in windows)])
    height = TOP + ROW * len(shown) + BOTTOM
    parts = [titled(title), *ends(axis, height, format_time)]
    parts += [_window(each, axis, TOP + ROW * place) for place, each in enumerate(shown)]
    parts += draw_deal(deal_title, axis.at(deal_at), height)
    return element(
        "svg",
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        class_="chart matching",
        role="img",
        viewBox=f"0 0 {WIDTH} {height}",
    )


def drawn_windows(drawn: Sequence[DrawnCandidate]) -> Sequence[DrawnCandidate]:
    """Return up to `WINDOWS_MAX` leads, in the order of `drawn`: all chosen leads, then as many others as fit."""
    in_order = sorted(range(len(drawn)), key=lambda place: not drawn[place].is_winner)
    return [drawn[place] for place in sorted(in_order[:WINDOWS_MAX])]


@record
class TimeAxis:
    """A time axis as wide as the picture."""

    since: datetime
    until: datetime

    def at(self, instant: datetime) -> float:
        """Return the horizontal position of an instant."""
        return round(SIDE + (WIDTH - 2 * SIDE) * ((instant - self.since) / (self.until - self.since)), 1)


def axis_of(instants: Sequence[datetime]) -> TimeAxis:
    """Return a time axis that covers all `instants`, with a margin at both ends."""
    room = max((max(instants) - min(instants)) / 20, timedelta(minutes=1))
    return TimeAxis(min(instants) - room, max(instants) + room)


def ends(axis: TimeAxis, height: int, format_time: Callable[[datetime], str]) -> list[Markup]:
    """Return the line of a time axis at the bottom of a picture, with the times of its ends."""
    y = height - BOTTOM
    return [
        element("line", class_="axis", x1=SIDE, x2=WIDTH - SIDE, y1=y, y2=y),
        text(format_time(axis.since), x=SIDE, y=height - 6),
        text(format_time(axis.until), x=WIDTH - SIDE, y=height - 6, text_anchor="end"),
    ]


def _window(drawn: DrawnCandidate, axis: TimeAxis, y: int) -> Markup:
    window = drawn.candidate.window
    left, right = axis.at(window.opens_at), axis.at(window.closes_at)
    name = "won" if drawn.is_winner else "inside" if drawn.candidate.holds else "missed"
    width = max(round(right - left, 1), WIDTH_LEAST)
    bar = element("rect", titled(drawn.title), class_=name, x=left, y=y + 18, width=width, height=BAR, rx=2)
    label = f"✓ {drawn.label}" if drawn.is_winner else drawn.label
    caption = text_at(label, left, y + 14, "start")
    return element("g", caption, bar)


def draw_deal(title: str, x: float, height: int) -> list[Markup]:
    """Return the vertical line of the deal, with its title."""
    return [
        element("line", titled(title), class_="deal", x1=x, x2=x, y1=TOP - 6, y2=height - BOTTOM),
        text_at(title, x, TOP - 10, "middle"),
    ]


def text_at(content: str, x: float, y: int, anchor: str) -> Markup:
    """Return a text element at a position, moved inwards if it would extend beyond the picture."""
    width = len(content) * LETTER
    before = {"start": 0.0, "middle": width / 2}[anchor]
    left = min(max(x - before, SIDE), max(WIDTH - SIDE - width, SIDE))
    return text(content, x=round(left, 1), y=y)
