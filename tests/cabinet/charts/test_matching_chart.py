"""The time line of a match: where its parts stand, whatever the times."""

import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from dealtrace.cabinet.charts.match_windows import SIDE, WIDTH, WINDOWS_MAX, DrawnCandidate, matching_chart
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.matching.explanation import Candidate
from dealtrace.matching.window import Window

NOON = datetime(2018, 3, 26, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SPANS = st.timedeltas(timedelta(days=-4000), timedelta(days=4000))


def drawn(opens: timedelta, length: timedelta, *, label: str = "Call 1", is_winner: bool = False) -> DrawnCandidate:
    window = Window(NOON + opens, NOON + opens + length)
    candidate = Candidate(LeadRef(LeadKind.CALL, 1), window, -opens, window.missed_by(NOON))
    return DrawnCandidate(candidate, label, f"words of {label}", is_winner)


def chart(*candidates: DrawnCandidate) -> Markup:
    return matching_chart("Title", "Deal", NOON, candidates, lambda moment: f"{moment:%d.%m %H:%M}")


def bars(svg: Markup) -> list[tuple[str, float, float]]:
    return [
        (bar.attrib["class"], float(bar.attrib["x"]), float(bar.attrib["width"]))
        for bar in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}rect")  # noqa: S314 - our own
    ]


def test_each_window_has_its_kind_and_the_deal_its_line() -> None:
    svg = chart(drawn(-HOUR, 2 * HOUR, is_winner=True), drawn(-2 * HOUR, 3 * HOUR), drawn(-9 * HOUR, 2 * HOUR))
    assert [name for name, _, _ in bars(svg)] == ["won", "inside", "missed"]
    deal = re.search(r'<line class="deal" x1="([0-9.]+)"', svg)
    assert deal is not None
    (_, won, width), _, (_, missed, missed_width) = bars(svg)
    assert won < float(deal[1]) < won + width
    assert missed + missed_width < float(deal[1])
    assert "✓ Call 1" in svg


def test_words_are_escaped() -> None:
    svg = chart(drawn(-HOUR, HOUR, label='<script>"&'))
    assert "<script>" not in svg
    ET.fromstring(svg)  # noqa: S314 - our own


def test_the_chosen_lead_is_drawn_even_after_many_others() -> None:
    missed = [drawn(-9 * HOUR, HOUR)] * (WINDOWS_MAX + 2)
    names = [name for name, _, _ in bars(chart(*missed, drawn(-HOUR, 2 * HOUR, is_winner=True)))]
    assert names == ["missed"] * (WINDOWS_MAX - 1) + ["won"]


def test_only_the_first_windows_are_drawn() -> None:
    assert len(bars(chart(*[drawn(-HOUR, HOUR)] * 50))) == WINDOWS_MAX


@given(st.lists(st.tuples(SPANS, st.timedeltas(timedelta(0), timedelta(days=4000))), max_size=5))
def test_everything_stands_inside_the_picture(windows: list[tuple[timedelta, timedelta]]) -> None:
    for _, left, width in bars(chart(*(drawn(opens, length) for opens, length in windows))):
        assert left >= SIDE
        assert left + width <= WIDTH
        assert width > 0
