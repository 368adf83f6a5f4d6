"""Every kind of chart against a picture of it that people have looked at, and the size of the package that draws them.

The pictures are `golden/*.svg`. After a wanted change, write them anew, and look at them in a browser and in the diff:
`WRITE_GOLDEN=1 .venv/bin/pytest -n 0 tests/cabinet/charts/test_golden_charts.py`.
"""

import os
import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from markupsafe import Markup

import dealtrace.cabinet.charts
from cast import MOSCOW
from dealtrace.attribution.credit import AttributionModel
from dealtrace.cabinet.charts.bars import cell_bar
from dealtrace.cabinet.charts.lines import ChartNote, Point, line_chart
from dealtrace.cabinet.charts.match_windows import DrawnCandidate, matching_chart
from dealtrace.cabinet.formats import clock_time, metric_value
from dealtrace.cabinet.reports.report_url import ReportUrl
from dealtrace.cabinet.reports.time_chart import time_line
from dealtrace.errors import Language
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.matching.explanation import Candidate
from dealtrace.matching.window import Window
from dealtrace.reports.answer import Report, ReportLine
from dealtrace.reports.dimensions import DIMENSIONS
from dealtrace.reports.metrics import METRICS
from dealtrace.reports.periods import Period
from dealtrace.reports.question import Question
from dealtrace.reports.time_keys import keys_of_period

PACKAGE = Path(dealtrace.cabinet.charts.__file__).parent
STYLE = (PACKAGE.parent / "static" / "cabinet.css").read_text()
GOLDEN = Path(__file__).parent / "golden"
IS_WRITING = os.environ.get("WRITE_GOLDEN") == "1"
LINES_MAX = 400
AMOUNT, ROMI = METRICS["amount"], METRICS["romi"]
MODEL = AttributionModel.LAST_NON_DIRECT
PERIOD = Period(date(2026, 11, 2), date(2026, 11, 5))
NOON = datetime(2018, 3, 26, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
HOSTILE = '</title><script>alert("1")</script>'


def report_over_time(language: Language) -> Markup:
    """Return the chart of a report as its page draws it: with a comparison, links, and amounts of its language."""
    amounts = (
        (Fraction(1250_000), Fraction(900_000)),
        (Fraction(0), Fraction(310_000)),
        (Fraction(1_730_500, 2), None),
    )
    rows = [
        ReportLine((f"2026-11-0{place}",), {MODEL: (value,)}, {MODEL: (compared,)})
        for place, (value, compared) in enumerate(amounts, 2)
    ]
    question = Question((DIMENSIONS["day"],), (AMOUNT,), PERIOD, MODEL)
    report = Report(question, rows, len(rows), ReportLine((), {MODEL: (None,)}, {MODEL: (None,)}), PERIOD)
    url = ReportUrl("/cabinet/1/reports", (("metrics", "amount"),), ())
    return time_line(report, url, "/cabinet/1/reports/rows", language).svg


def weeks(language: Language, count: int, largest: int) -> Markup:
    """Return the chart of amounts of consecutive weeks, which rise evenly to the largest."""
    period = Period(date(2026, 1, 1), date(2026, 1, 1) + timedelta(days=7 * count - 1))
    question = Question((DIMENSIONS["week"],), (AMOUNT,), period, MODEL)
    rows = [
        ReportLine((key,), {MODEL: (Fraction(largest * place, count),)}, None)
        for place, key in enumerate(keys_of_period("week", period))
    ]
    report = Report(question, rows, len(rows), ReportLine((), {MODEL: (None,)}, None), None)
    return time_line(report, None, "", language).svg


def line(*values: tuple[int | None, int | None], notes: Iterable[ChartNote] = ()) -> Markup:
    """Return a chart without links of values and compared values, in per cent."""
    points = [
        Point(f"{place}", *(Fraction(value, 100) if value is not None else None for value in pair))
        for place, pair in enumerate(values, 1)
    ]
    return line_chart("ROMI", points, lambda value: metric_value("en", ROMI, value), list(notes))


def match(language: Language, label: str, deal: str) -> Markup:
    """Return the chart of a match: a lead that was chosen, one that also fits, and one that misses its window."""
    spans = ((-2 * HOUR, 3 * HOUR, True), (-5 * HOUR, 8 * HOUR, False), (-30 * HOUR, 4 * HOUR, False))
    drawn = []
    for number, (opens, length, is_winner) in enumerate(spans, 1):
        window = Window(NOON + opens, NOON + opens + length)
        candidate = Candidate(LeadRef(LeadKind.CALL, number), window, -opens, window.missed_by(NOON))
        drawn.append(DrawnCandidate(candidate, f"{label} {number}", f"{label} {number}", is_winner))
    return matching_chart(label, deal, NOON, drawn, lambda at: clock_time(language, at, MOSCOW))


CHARTS: dict[str, Callable[[], Markup]] = {
    "line-ru": lambda: report_over_time("ru"),
    "line-en": lambda: report_over_time("en"),
    "line-empty": line,
    "line-of-zeros": lambda: line((0, None), (0, None), (0, None)),
    "line-one-point": lambda: line((40, 25)),
    "line-negative": lambda: line((-90, -10), (-15, 20), (35, -60)),
    "line-interrupted": lambda: line((10, None), (None, 20), (30, None)),
    "line-many-points": lambda: line(*((place * 3 % 40, None) for place in range(62))),
    "line-weeks-ru": lambda: weeks("ru", 48, 48_000_000),
    "line-weeks-en": lambda: weeks("en", 7, 7_700_000),
    "line-notes": lambda: line(
        (10, 5), (20, 15), (15, 30), notes=(ChartNote(1, "File imported"), ChartNote(2, HOSTILE))
    ),
    "bar-half": lambda: cell_bar(Fraction(5), Fraction(10)),
    "bar-least": lambda: cell_bar(Fraction(1, 1000), Fraction(10)),
    "bar-negative": lambda: cell_bar(Fraction(-5), Fraction(10)),
    "matching-ru": lambda: match("ru", "Звонок", "Сделка 1"),
    "matching-en": lambda: match("en", "Call", "Deal 1"),
    "matching-without-leads": lambda: matching_chart("No lead", "Deal 1", NOON, (), lambda at: f"{at:%H:%M}"),
}


def in_lines(svg: Markup) -> str:
    """Return an SVG with an element a line, so that a diff shows what has changed."""
    return re.sub("><(?!/)", ">\n<", svg) + "\n" if svg else ""


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_looks_as_its_golden_file(name: str) -> None:
    file, drawn = GOLDEN / f"{name}.svg", in_lines(CHARTS[name]())
    if IS_WRITING:
        file.write_text(drawn)
    assert drawn == file.read_text(), f"see the docstring of {Path(__file__).name}"


def test_every_golden_file_is_of_a_chart() -> None:
    assert {file.stem for file in GOLDEN.glob("*.svg")} == set(CHARTS)


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_takes_its_colours_from_the_style_of_the_page_and_so_is_dark_with_it(name: str) -> None:
    if not (svg := CHARTS[name]()):
        return
    chart = ET.fromstring(svg)  # noqa: S314 - our own
    painted = {part.get(how) for part in chart.iter() for how in ("fill", "stroke", "color", "style")}
    assert painted <= {None, "currentColor"}
    for part in chart.iter():
        is_shape = part.tag.rpartition("}")[2] in ("path", "line", "circle", "rect")
        for name_of_class in (part.get("class") or "").split() if is_shape else ():
            rules = re.findall(rf"\.{name_of_class}\b[^{{}}]*{{([^}}]*)}}", STYLE)
            assert any("var(--" in rule or "currentColor" in rule for rule in rules), name_of_class


def test_the_package_of_charts_stays_small() -> None:
    modules = sorted(PACKAGE.glob("*.py"))
    assert sum(len(module.read_text().splitlines()) for module in modules) <= LINES_MAX
