"""The chart over time: what it draws, and that no word of it is markup."""

from fractions import Fraction
from xml.etree import ElementTree as ET

from dealtrace.cabinet.charts.bars import cell_bar
from dealtrace.cabinet.charts.lines import ChartNote, Point, line_chart

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "</title><script>alert(1)</script>"


def drawn(*points: Point, notes: tuple[ChartNote, ...] = ()) -> ET.Element:
    return ET.fromstring(line_chart(HOSTILE, points, str, notes))  # noqa: S314 - our own text


def paths(chart: ET.Element) -> dict[str | None, str | None]:
    return {path.get("class"): path.get("d") for path in chart.iter(f"{SVG}path")}


def test_a_line_and_a_ghost_are_drawn_and_every_point_says_what_it_is() -> None:
    chart = drawn(
        Point("1", Fraction(0), Fraction(10)), Point("2", Fraction(10), Fraction(0)), Point("3", Fraction(5), None)
    )
    assert paths(chart) == {"line": "M64.0 214.0L476.0 12.0L888.0 113.0", "ghost": "M64.0 12.0L476.0 214.0"}
    titles = [title.text for title in chart.iter(f"{SVG}title")]
    assert titles == [HOSTILE, "1: 0 (10)", "2: 10 (0)", "3: 5"]
    assert chart.get("role") == "img"
    assert list(chart.iter(f"{SVG}script")) == []


def test_a_narrow_page_shows_fewer_labels_of_time() -> None:
    chart = drawn(*(Point(str(number), Fraction(number)) for number in range(28)))
    labels = [text for text in chart.iter(f"{SVG}text") if (text.get("class") or "").startswith("x")]
    assert [text.text for text in labels] == ["0", "4", "8", "12", "16", "20", "24"]
    assert [text.text for text in labels if text.get("class") == "x"] == ["0", "12", "24"]


def test_an_unknown_value_interrupts_the_line() -> None:
    chart = drawn(Point("1", Fraction(1)), Point("2", None), Point("3", Fraction(1)))
    assert (paths(chart)["line"] or "").count("M") == 2
    assert "ghost" not in paths(chart)


def test_a_point_leads_to_what_is_behind_it_and_notes_stand_on_their_place() -> None:
    chart = drawn(Point("1", Fraction(1), url="/a?b=1&c=<"), notes=(ChartNote(0, HOSTILE),))
    (link,) = chart.iter(f"{SVG}a")
    assert link.get("href") == "/a?b=1&c=<"
    notes = [circle for circle in chart.iter(f"{SVG}circle") if circle.get("class") == "note"]
    assert [title.text for circle in notes for title in circle] == [HOSTILE]


def test_nothing_to_draw_is_an_empty_chart() -> None:
    assert paths(drawn()) == {"line": ""}


def test_a_bar_is_as_long_as_the_share_of_the_largest() -> None:
    assert 'x="50" width="50"' in cell_bar(Fraction(5), Fraction(10)), "it ends at the right edge"
    assert 'width="1"' in cell_bar(Fraction(1, 10**9), Fraction(10))
    for value, largest in ((None, 10), (Fraction(0), 10), (Fraction(-5), 10), (Fraction(5), 0)):
        assert cell_bar(value, Fraction(largest)) == ""
