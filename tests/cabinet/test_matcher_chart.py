"""The time line of a deal's matchers: where windows and leads stand, whatever the times."""

import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from dealtrace.cabinet.charts.match_windows import SIDE, WIDTH, WINDOWS_MAX
from dealtrace.cabinet.deals.matcher_chart import DrawnLead, DrawnMatcher, matchers_chart

NOON = datetime(2018, 3, 26, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SPANS = st.timedeltas(timedelta(days=-4000), timedelta(days=4000))


def lead(before: timedelta, *, is_winner: bool = False, fits: bool = False) -> DrawnLead:
    return DrawnLead(NOON - before, "Call 1", "words", is_winner, fits or is_winner)


def matcher(*leads: DrawnLead, depth: timedelta | None = 2 * HOUR, label: str = "1. Calls") -> DrawnMatcher:
    return DrawnMatcher(label, "words", NOON - depth if depth is not None else None, NOON, leads)


def chart(*matchers: DrawnMatcher) -> Markup:
    return matchers_chart("Title", "Deal", NOON, matchers, lambda moment: f"{moment:%d.%m %H:%M}")


def bars(svg: Markup) -> list[tuple[str, float, float]]:
    return [
        (bar.attrib["class"], float(bar.attrib["x"]), float(bar.attrib["width"]))
        for bar in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}rect")  # noqa: S314 - our own
    ]


def test_each_lead_stands_inside_or_outside_of_the_window_of_its_matcher() -> None:
    svg = chart(matcher(lead(HOUR, is_winner=True), lead(1.5 * HOUR, fits=True), lead(4 * HOUR), lead(-HOUR)))
    (window, left, width), (won, at, _), (fits, _, _), (early, before, size), (late, after, _) = bars(svg)
    assert (window, won, fits, early, late) == ("window", "won", "inside", "missed", "missed")
    assert left < at < left + width
    assert before + size < left
    assert after > left + width
    deal = re.search(r'<line class="deal" x1="([0-9.]+)"', svg)
    assert deal is not None
    assert float(deal[1]) == round(left + width, 1)
    assert "✓ Call 1" in svg


def test_words_are_escaped_and_long_names_cut() -> None:
    svg = chart(matcher(label='<script>"&' + "x" * 500))
    assert "<script>" not in svg
    assert "x" * 100 not in svg
    ET.fromstring(svg)  # noqa: S314 - our own


def test_the_chosen_lead_is_drawn_even_behind_many_others_and_each_matcher_gets_its_share() -> None:
    many = [lead(9 * HOUR)] * 30
    names = [name for name, _, _ in bars(chart(matcher(*many), matcher(*many, lead(10 * HOUR, is_winner=True))))]
    assert names.count("window") == 2
    assert names.count("missed") == WINDOWS_MAX - 1
    assert names.index("window", 1) - 1 == 6
    assert names[-1] == "won"


@given(
    st.lists(
        st.tuples(st.none() | st.timedeltas(timedelta(0), timedelta(days=36_600)), st.lists(SPANS, max_size=3)),
        min_size=1,
        max_size=4,
    )
)
def test_everything_stands_inside_the_picture(matchers: list[tuple[timedelta | None, list[timedelta]]]) -> None:
    for _, left, width in bars(chart(*(matcher(*map(lead, leads), depth=depth) for depth, leads in matchers))):
        assert left >= SIDE
        assert left + width <= WIDTH
        assert width > 0
