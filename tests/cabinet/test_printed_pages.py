"""Pages on paper: what can be read stays whole and dark on white, what can only be pressed is left out.

They are Russian, whose words are the longest, and are looked at on a phone first.
"""

import re
import zlib

import pytest

from browser import Browser
from cast import Stage, moscow
from dealtrace.accounts.rights import Role
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.cabinet.docs.guides import GUIDES
from dealtrace.cabinet.routes import PAGES
from engines import on_one_engine
from filled_site import FilledSite, fill_site
from guests import member_of
from server import ServerProcess
from walker import faults_of

PHONE = (360, 740)
SHEET = (718, 1000)
"""The size of a sheet of A4 in CSS pixels, within the margins that Chromium leaves."""
SHOWN = "[...document.querySelectorAll(%r)].filter(each => each.checkVisibility()).length"
CHOSEN = (
    "main table :is(select, textarea, input:not([type=hidden], [type=checkbox], [name=new_name]), [aria-pressed=true])"
)
"""What is chosen or written in a table, and can be changed there.

A new name is not a value yet, and a box to tick says how a row is removed, as in the table of demos.
"""
CHOSEN_VALUES = {"/{site}/settings/statuses": "won", "/{site}/settings/users": "reader"}
"""Pages where people choose in a table, and what somebody has chosen there."""
VALUES = f"""[...document.querySelectorAll({CHOSEN!r})].filter(each => each.checkVisibility()).map(
  each => each.selectedOptions?.[0]?.text ?? each.innerText)"""
FRAMED = f"""[...document.querySelectorAll({CHOSEN!r})].filter(
  each => parseFloat(getComputedStyle(each).borderTopWidth)).length"""
PAGES_WITH_BUTTONS = (
    "/{site}/reports",
    "/{site}/deals/{deal}",
    "/{site}/settings/webhooks/{webhook}",
    "/{site}/settings/statuses",
)
PRINTED = [page.path for page in PAGES if page.method == "GET" and not page.path.endswith((".csv", ".xlsx", ".json"))]
ASKED = (
    "/{site}/reports?period=28d&by=source,medium,campaign&metrics=visits,leads,deals,won,amount,cost,drr&compare=previous",
    "/{site}/reports?period=28d&metrics=visits,leads,deals,won,amount,cost,drr&compare=previous&tree=yes&open=yandex/cpc",
    "/{site}/reports?period=28d&by=source&metrics=deals&models=all&compare=previous",
    "/{site}/reports?period=28d&by=source&pivot=day&metrics=deals",
    "/{site}/reports?period=28d&by=day&metrics=deals,amount&compare=weekdays",
    "/{site}/reports/rows?period=28d&metrics=deals",
    "/{site}/reports/rows?period=28d&metrics=leads",
    "/{site}/leads?tab=missed",
    "/{site}/leads?tab=requests",
    "/{site}/leads?tab=visits",
    "/{site}/deals/{matched}",
)
"""What pages show when they are asked for more."""
WIDE = (
    "from=2024-11-11&to=2024-11-11&compare=previous&by=source,medium,campaign"
    "&metrics=visits,visitors,leads,deals,won,amount,cost"
)
DIFFERENCES = "document.querySelector('main .scroll table').innerText.match(/\\(\\+1\\)/g)?.length"
"""How many changes of a table are seen with their difference, of one visit or visitor."""
DOCUMENTS = ("/docs", "/docs/errors", "/docs/methods/register", *(f"/docs/guides/{name}" for name in GUIDES))
OF_NOBODY = ("/login", "/welcome", "/invitation", "/password")
BOXES = """[...document.querySelectorAll('main table')].filter(table => {
  for (let box = table; box; box = box.parentElement) if (getComputedStyle(box).overflowX !== 'visible') return true;
  return getComputedStyle(table.tHead ?? table.createTHead()).display !== 'table-header-group';
}).map(table => table.outerHTML.slice(0, 150))"""
"""Tables in a box that scrolls, whose heads are not repeated on the next sheet and whose edge is cut off."""
WITHOUT_WHAT_FOLLOWS = """document.querySelectorAll('#report > .scroll ~ *, #report ~ *').forEach(
  (each) => each.remove())"""
"""Remove what follows the table, which may stand alone on the last sheet."""
FAULTS = """(() => {
  const shown = (selector) => [...document.querySelectorAll(selector)].filter((each) => each.checkVisibility());
  const luminance = (colour) => {
    const [red, green, blue, alpha = 1] = colour.match(/[\\d.]+/g).map(Number);
    const [r, g, b] = [red, green, blue].map((part) => ((part / 255 + 0.055) / 1.055) ** 2.4);
    return alpha ? 0.2126 * r + 0.7152 * g + 0.0722 * b : 1;
  };
  const hasText = (each) => [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  const found = {
    'it can only be pressed': shown('.top, nav, button:not(td [aria-pressed=true]), .button, .bar:not(td *), .skip,'
      + 'details:not([open]) > summary'),
    'it is a field': shown('input:not([type=hidden]), select, textarea').filter((each) => !each.closest('table')),
    'it is a form without a table': shown('form:not(td *)').filter((each) => !each.querySelector('table')),
    'it is cut off': shown('body *').filter((each) => !each.closest('svg')
      && each.getBoundingClientRect().width && each.getBoundingClientRect().right > innerWidth),
    'it is too pale for white paper': shown('body *').filter((each) => hasText(each)
      && !each.closest('svg') && luminance(getComputedStyle(each).color) > 0.183),
    'its ground is dark': shown('html, body, body *').filter((each) =>
      luminance(getComputedStyle(each).backgroundColor) < 0.8),
    'a chart is pale': shown('svg.chart text').filter((each) => luminance(getComputedStyle(each).fill) > 0.183),
  };
  return Object.entries(found).flatMap(([name, each]) =>
    each.slice(0, 3).map((e) => name + ': ' + e.outerHTML.slice(0, 150)));
})()"""
"""What is wrong with a printed page; text has a contrast of 4.5 to white from a luminance of 0.183 down."""

pytestmark = on_one_engine


@pytest.fixture(scope="module")
def filled(server: ServerProcess, served: Stage) -> FilledSite:
    """Give a site with something on every page."""
    return fill_site(server, served)


def open_page(server: ServerProcess, filled: FilledSite, browser: Browser, page: str, *, language: str = "en") -> None:
    browser.emulate(is_dark=True, language=language)
    if page not in OF_NOBODY:
        browser.keep_cookie("session", filled.owner.secret, server.url)
    browser.open(server.url + (page if page in DOCUMENTS else filled.path_of(page)))


@pytest.mark.parametrize("page", PAGES_WITH_BUTTONS)
def test_tables_are_printed_without_menus_and_buttons(
    server: ServerProcess, filled: FilledSite, browser: Browser, page: str
) -> None:
    open_page(server, filled, browser, page)
    tables = browser.run(SHOWN % "main table")
    assert tables > 0
    assert browser.run(SHOWN % "main button") > 0
    browser.print()
    assert browser.run(SHOWN % "main table") == tables
    assert browser.run(SHOWN % ".top, nav, button:not(td [aria-pressed=true]), .bar:not(td *)") == 0


@pytest.mark.few(15)
@pytest.mark.parametrize("page", [*(page for page in PRINTED if page != "/login/code"), *ASKED, *DOCUMENTS])
def test_a_page_in_russian_fits_a_phone_and_is_printed_whole_and_dark_on_white(
    server: ServerProcess, filled: FilledSite, browser: Browser, page: str
) -> None:
    open_page(server, filled, browser, page, language="ru")
    tables, words = browser.run(SHOWN % "main table"), browser.run("document.querySelector('h1').innerText")
    chosen = browser.run(SHOWN % CHOSEN)
    browser.resize(*PHONE)
    assert list(faults_of(browser)) == []
    browser.print(is_dark=True)
    browser.resize(*SHEET)
    assert browser.run(FAULTS) == []
    assert browser.run(BOXES) == []
    assert browser.run(SHOWN % "main table") == tables
    assert browser.run(SHOWN % CHOSEN) == chosen
    assert browser.run("document.querySelector('h1').innerText") == words


@pytest.mark.parametrize(("page", "value"), CHOSEN_VALUES.items())
def test_what_is_chosen_in_a_table_is_printed(
    server: ServerProcess, filled: FilledSite, browser: Browser, page: str, value: str
) -> None:
    filled.owner.send("settings/statuses", name="bought", meaning="won", agreed="bought=won")
    open_page(server, filled, browser, page)
    browser.print()
    assert value in browser.run(VALUES)
    assert browser.run(FRAMED) == 0


def test_changes_in_a_wide_table_are_stated_whole_on_a_screen_a_phone_and_paper(
    server: ServerProcess, served: Stage, browser: Browser
) -> None:
    player = served.open_site()
    for place, day in enumerate(("2024-11-10", "2024-11-11", "2024-11-11")):
        served.visit(player, moscow(day, "12:00:00"), TrafficSource("yandex", "cpc", "brand"), visitor=f"v{place}")
    site = player.site.id
    browser.emulate(is_dark=False, language="ru")
    browser.keep_cookie("session", member_of(server, served, site, Role.OWNER).secret, server.url)
    browser.open(f"{server.url}/cabinet/{site}/reports?{WIDE}")
    assert browser.run("document.querySelectorAll('main .scroll thead th').length") >= 10
    assert browser.run(DIFFERENCES) == 4
    browser.resize(*PHONE)
    assert browser.run(DIFFERENCES) == 4
    browser.print()
    browser.resize(*SHEET)
    assert browser.run(DIFFERENCES) == 4


def test_the_head_of_a_long_table_is_printed_on_every_sheet(
    server: ServerProcess, filled: FilledSite, browser: Browser
) -> None:
    open_page(server, filled, browser, "/{site}/reports?period=90d&by=day&metrics=deals,amount")
    browser.run(WITHOUT_WHAT_FOLLOWS)
    headings = browser.run("document.querySelectorAll('main .scroll thead th').length")
    sheets = texts_of_sheets(browser.pdf())
    assert len(sheets) > 1
    browser.run("document.querySelector('main .scroll thead').remove()")
    without = texts_of_sheets(browser.pdf())
    heads = set.intersection(*sheets) - set.intersection(*without)
    assert len(heads) >= headings == 3


def texts_of_sheets(pdf: bytes) -> list[set[bytes]]:
    """Return what is written on each sheet: runs of glyphs, the same for the same words in the same font."""
    streams = []
    for packed in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            streams.append(zlib.decompress(packed))
        except zlib.error:
            continue  # a font or a picture
    return [set(re.findall(rb"<([0-9A-F]+)> ?Tj", stream)) for stream in streams if b"\nBT" in stream]
