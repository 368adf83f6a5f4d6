"""Reports and lists in a window of 360 px, with long names that nothing breaks in everything that has a name.

`test_walk.py` has every page on a phone in English, `test_printed_pages.py` in Russian.
"""

import pytest

from browser import Browser
from filled_site import FilledSite
from server import ServerProcess
from walker import TOO_WIDE

WIDTH, HEIGHT = 360, 740
REPORTS = [
    "/{site:int}/reports?by=source,medium,campaign&metrics=visits,deals&period=28d",
    "/{site:int}/reports?metrics=visits,deals&period=28d&tree=yes&open=yandex/cpc",
    "/{site:int}/reports?by=landing_page&metrics=visits&models=all&period=28d",
    "/{site:int}/reports?by=source&pivot=campaign&metrics=visits&period=28d",
    "/{site:int}/reports/rows?metrics=deals&period=28d",
    "/{site:int}/reports/rows?metrics=visits&period=28d",
    "/{site:int}/deals?period=28d",
    "/{site:int}/leads?period=28d",
]
ROWS_TALLEST = "Math.max(0, ...[...document.querySelectorAll('.scroll tbody tr')].map(row => row.clientHeight))"


def open_narrow(host: ServerProcess, site: FilledSite, browser: Browser, page: str, language: str) -> None:
    """Open a page as the owner of the site sees it on a phone."""
    browser.emulate(width=WIDTH, language=language)
    browser.keep_cookie("session", site.owner.secret, host.url)
    path, mark, query = page.partition("?")
    browser.open(f"{host.url}{site.path_of(path)}{mark}{query}")


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("page", REPORTS)
def test_no_list_is_wider_than_a_phone_and_a_long_source_leaves_its_row_on_one_screen(
    host: ServerProcess, site: FilledSite, browser: Browser, page: str, language: str
) -> None:
    open_narrow(host, site, browser, page, language)
    is_wider = browser.run("document.documentElement.scrollWidth > innerWidth")
    assert not is_wider, browser.run(TOO_WIDE)[:5]
    assert 0 < browser.run(ROWS_TALLEST) < HEIGHT


CUT_OFF = """
[...document.querySelectorAll('main .scroll')].filter(each => each.scrollWidth > each.clientWidth)
.concat([...document.querySelectorAll('main tbody button')].filter(each => each.getBoundingClientRect().right > 360))
.map(each => each.outerHTML.slice(0, 200))
"""
GAPS = """
[...document.querySelectorAll('#import .checks > div')].slice(1).map((each, place) =>
each.querySelector('label').getBoundingClientRect().top
- document.querySelectorAll('#import .checks > div input')[place].getBoundingClientRect().bottom)
"""


@pytest.mark.parametrize("language", ["ru", "en"])
def test_what_was_changed_and_its_button_are_on_a_phone_without_scrolling(
    host: ServerProcess, site: FilledSite, browser: Browser, language: str
) -> None:
    open_narrow(host, site, browser, "/{site:int}/settings/changes", language)
    assert browser.run("document.querySelectorAll('main tbody button').length") > 0
    assert browser.run(CUT_OFF) == []


def test_fields_of_the_form_for_costs_stand_apart_on_a_phone_and_the_form_is_a_click_away(
    host: ServerProcess, site: FilledSite, browser: Browser
) -> None:
    open_narrow(host, site, browser, "/{site:int}/costs", "ru")
    browser.run("document.querySelectorAll('#import details').forEach(each => { each.open = true })")
    assert min(browser.run(GAPS)) >= 6, "a label is nearer to its own field than to the one above"
    browser.run("document.querySelector('main a[href=\\'#import\\']').click()")
    browser.wait("Math.abs(document.querySelector('#import').getBoundingClientRect().top) < innerHeight / 2")


CAPTION_EDGES = """
(() => {
  const caption = document.querySelector('.scroll caption');
  caption.parentElement.parentElement.scrollLeft = 200;
  const box = caption.getBoundingClientRect();
  return [caption.parentElement.parentElement.scrollLeft, box.left, box.right];
})()
"""


def test_the_caption_of_a_wide_table_stays_on_a_phone(host: ServerProcess, site: FilledSite, browser: Browser) -> None:
    open_narrow(host, site, browser, REPORTS[0], "ru")
    scrolled, left, right = browser.run(CAPTION_EDGES)
    assert scrolled > 100
    assert (left >= 0, right <= WIDTH) == (True, True)


CHART_HEIGHT_LEAST, LETTERS_LEAST = 140, 11
OPEN_TABLE = "document.querySelector('figure details').open = true"
IN_CARD = """
(() => {
  const card = document.querySelector('figure').getBoundingClientRect();
  const table = document.querySelector('figure details .sideways').getBoundingClientRect();
  return table.left >= card.left && table.right <= card.right;
})()
"""
LETTERS = """
(() => {
  const svg = document.querySelector('figure > svg.chart');
  const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
  return parseFloat(getComputedStyle(svg.querySelector('text')).fontSize) * scale;
})()
"""


@pytest.mark.parametrize("language", ["ru", "en"])
def test_a_chart_on_a_phone_can_be_read_and_its_table_stays_in_its_card(
    host: ServerProcess, site: FilledSite, browser: Browser, language: str
) -> None:
    browser.emulate(width=WIDTH, language=language)
    browser.keep_cookie("session", site.owner.secret, host.url)
    browser.open(f"{host.url}{site.path_of('/{site:int}/')}")
    assert browser.run("document.querySelector('figure > svg.chart').clientHeight") >= CHART_HEIGHT_LEAST
    assert browser.run(LETTERS) >= LETTERS_LEAST
    browser.run(OPEN_TABLE)
    assert browser.run("document.documentElement.scrollWidth <= innerWidth"), browser.run(TOO_WIDE)[:5]
    assert browser.run(IN_CARD)


LINES_OF_FIRST_COLUMN = """
[...document.querySelectorAll('.scroll tbody tr > th:first-child')].map(cell => {
  const key = cell.querySelector('a, span') ?? cell;
  const range = document.createRange();
  range.selectNodeContents(key);
  return new Set([...range.getClientRects()].map(line => Math.round(line.top))).size;
})
"""


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize(
    "page",
    [
        "/{site:int}/reports?by=day&metrics=visits,leads,deals,won,amount,cost,drr&period=90d",
        "/{site:int}/reports?by=month&metrics=visits,leads,deals,won,amount,cost,drr&period=year",
    ],
)
def test_dates_in_the_first_column_are_not_broken_on_a_phone(
    host: ServerProcess, site: FilledSite, browser: Browser, page: str, language: str
) -> None:
    open_narrow(host, site, browser, page, language)
    lines = browser.run(LINES_OF_FIRST_COLUMN)
    assert lines
    assert set(lines) == {1}
