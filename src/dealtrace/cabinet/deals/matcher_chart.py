"""A chart of a deal's matchers: when a lead must have begun for each of them to find it, and the leads considered."""

from collections.abc import Callable, Sequence
from datetime import datetime

from markupsafe import Markup

from dealtrace.cabinet.charts.match_windows import (
    BAR,
    BOTTOM,
    LETTER,
    ROW,
    SIDE,
    TOP,
    WIDTH,
    WIDTH_LEAST,
    WINDOWS_MAX,
    TimeAxis,
    axis_of,
    draw_deal,
    ends,
    text_at,
)
from dealtrace.cabinet.charts.svg import element, titled
from dealtrace.record import record

LETTERS_MAX = int((WIDTH - 2 * SIDE) / LETTER)
"""The maximum length of the name of a matcher; the rest is cut off, since the page has the whole name below."""


@record
class DrawnLead:
    """A lead that a matcher considered: its start, its label, and its outcome, which `title` describes."""

    began_at: datetime
    label: str
    title: str
    is_winner: bool
    fits: bool


@record
class DrawnMatcher:
    """A matcher: its name, the earliest and the latest start of leads that it accepts, and the leads to draw for it.

    `since` is `None` if there is no earliest start. The leads are in the order of their rank: the nearest first.
    """

    label: str
    title: str
    since: datetime | None
    until: datetime
    leads: tuple[DrawnLead, ...]


def matchers_chart(
    title: str,
    deal_title: str,
    deal_at: datetime,
    drawn: Sequence[DrawnMatcher],
    format_time: Callable[[datetime], str],
) -> Markup:
    """Return a chart of the deal, the windows of its matchers, and the leads that `shown_leads` chooses."""
    groups = list(zip(drawn, shown_leads(drawn), strict=True))
    axis = axis_of([deal_at, *(moment for matcher, leads in groups for moment in _moments(matcher, leads))])
    parts: list[Markup] = []
    y = TOP
    for matcher, leads in groups:
        rows = 1 + len(leads)
        parts += _window(matcher, axis, y, rows * ROW)
        parts += [_lead(lead, axis, y + ROW * place) for place, lead in enumerate(leads, 1)]
        y += rows * ROW
    height = y + BOTTOM
    return element(
        "svg",
        titled(title),
        *ends(axis, height, format_time),
        *parts,
        *draw_deal(deal_title, axis.at(deal_at), height),
        xmlns="http://www.w3.org/2000/svg",
        class_="chart matching",
        role="img",
        viewBox=f"0 0 {WIDTH} {height}",
    )


def shown_leads(drawn: Sequence[DrawnMatcher]) -> list[tuple[DrawnLead, ...]]:
    """Return the leads to draw for each matcher, at most `WINDOWS_MAX` in all: the chosen lead, then the nearest."""
    ranked = [
        (not lead.is_winner, rank, place) for place, each in enumerate(drawn) for rank, lead in enumerate(each.leads)
    ]
    shown = {(place, rank) for _, rank, place in sorted(ranked)[:WINDOWS_MAX]}
    return [
        tuple(lead for rank, lead in enumerate(each.leads) if (place, rank) in shown)
        for place, each in enumerate(drawn)
    ]


def _moments(matcher: DrawnMatcher, leads: Sequence[DrawnLead]) -> list[datetime]:
    since = [matcher.since] if matcher.since is not None else []
    return [matcher.until, *since, *(lead.began_at for lead in leads)]


def _window(matcher: DrawnMatcher, axis: TimeAxis, y: int, height: int) -> list[Markup]:
    """Return the name of a matcher and, below it, a band for its window, which extends over the rows of its leads."""
    left = axis.at(matcher.since) if matcher.since is not None else float(SIDE)
    width = max(round(axis.at(matcher.until) - left, 1), WIDTH_LEAST)
    label = matcher.label if len(matcher.label) <= LETTERS_MAX else f"{matcher.label[: LETTERS_MAX - 1]}…"
    band = element(
        "rect", titled(matcher.title), class_="window", x=left, y=y + 18, width=width, height=height - 20, rx=2
    )
    return [band, text_at(label, float(SIDE), y + 14, "start")]


def _lead(lead: DrawnLead, axis: TimeAxis, y: int) -> Markup:
    x = axis.at(lead.began_at)
    name = "won" if lead.is_winner else "inside" if lead.fits else "missed"
    left = round(min(max(x - WIDTH_LEAST / 2, SIDE), WIDTH - SIDE - WIDTH_LEAST), 1)
    mark = element("rect", titled(lead.title), class_=name, x=left, y=y + 18, width=WIDTH_LEAST, height=BAR, rx=2)
    label = f"✓ {lead.label}" if lead.is_winner else lead.label
    return element("g", text_at(label, x, y + 14, "start"), mark)
