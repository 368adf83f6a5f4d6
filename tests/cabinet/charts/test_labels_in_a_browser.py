"""The labels of line charts in a browser: none covers its neighbour, and none leaves the card of the chart."""

from itertools import pairwise
from pathlib import Path

import pytest

import dealtrace.cabinet
from browser import Browser, Pages

STYLE = (Path(dealtrace.cabinet.__file__).parent / "static" / "cabinet.css").read_text()
GOLDEN = Path(__file__).parent / "golden"
CARD = "document.querySelector('figure.card').getBoundingClientRect()"
BOXES = """[...document.querySelectorAll('svg.chart text.%s')].filter(text => getComputedStyle(text).display !== 'none')
 .map(text => text.getBoundingClientRect()).map(box => [box.left, box.right])"""


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("name", ["line-ru", "line-notes", "line-weeks-ru", "line-weeks-en", "line-many-points"])
def test_labels_stand_apart_and_inside_the_card(browser: Browser, name: str, width: int) -> None:
    chart = (GOLDEN / f"{name}.svg").read_text()
    pages = Pages({"/": f"<!doctype html><style>{STYLE}</style><main><figure class='card'>{chart}</figure></main>"})
    try:
        browser.emulate(width=width)
        browser.open(f"{pages.url}/")
        left, right = browser.run(f"[{CARD}.left, {CARD}.right]")
        times, values = browser.run(BOXES % "x"), browser.run(BOXES % "y")
    finally:
        pages.close()
    assert len(times) >= 2
    assert all(end < start for (_, end), (start, _) in pairwise(times)), times
    assert all(left <= start and end <= right for start, end in (*times, *values)), (left, right, times, values)
