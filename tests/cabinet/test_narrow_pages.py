"""Every page in a window of 360 px, with long names that nothing breaks in everything that has a name."""

import pytest

from browser import Browser
from dealtrace.cabinet.routes import PAGES
from filled_site import FilledSite
from server import ServerProcess
from walker import TOO_WIDE

WIDTH, HEIGHT = 360, 740
SHOWN = [page.path for page in PAGES if page.method == "GET" and "." not in page.path.rpartition("/")[2]]
REPORTS = [
    "/{site:int}/reports?by=source,medium,campaign&metrics=visits,deals&period=28d",
    "/{site:int}/reports?by=landing_page&metrics=visits&models=all&period=28d",
    "/{site:int}/reports?by=source&pivot=campaign&metrics=visits&period=28d",
    "/{site:int}/reports/rows?metrics=deals&period=28d",
    "/{site:int}/reports/rows?metrics=visits&period=28d",
    "/{site:int}/deals?period=28d",
    "/{site:int}/leads?period=28d",
]
ROWS_TALLEST = "Math.max(0, ...[...document.querySelectorAll('.scroll tbody tr')].map(row => row.clientHeight))"


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("page", [*SHOWN, *REPORTS])
def test_no_page_is_wider_than_a_phone(
    host: ServerProcess, site: FilledSite, browser: Browser, page: str, language: str
) -> None:
    browser.emulate(width=WIDTH, language=language)
    if page != "/login":
        browser.keep_cookie("session", site.owner.secret, host.url)
    path, mark, query = page.partition("?")
    browser.open(f"{host.url}{site.path_of(path)}{mark}{query}")
    browser.resize(WIDTH, HEIGHT)
    is_wider = browser.run("document.documentElement.scrollWidth > innerWidth")
    assert not is_wider, browser.run(TOO_WIDE)[:5]


@pytest.mark.parametrize("page", REPORTS)
def test_a_long_source_leaves_its_row_on_one_screen(
    host: ServerProcess, site: FilledSite, browser: Browser, page: str
) -> None:
    browser.emulate(width=WIDTH)
    browser.keep_cookie("session", site.owner.secret, host.url)
    path, mark, query = page.partition("?")
    browser.open(f"{host.url}{site.path_of(path)}{mark}{query}")
    browser.resize(WIDTH, HEIGHT)
    assert 0 < browser.run(ROWS_TALLEST) < HEIGHT
