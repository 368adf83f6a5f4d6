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


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("page", REPORTS)
def test_no_list_is_wider_than_a_phone_and_a_long_source_leaves_its_row_on_one_screen(
    host: ServerProcess, site: FilledSite, browser: Browser, page: str, language: str
) -> None:
    browser.emulate(width=WIDTH, language=language)
    browser.keep_cookie("session", site.owner.secret, host.url)
    path, mark, query = page.partition("?")
    browser.open(f"{host.url}{site.path_of(path)}{mark}{query}")
    is_wider = browser.run("document.documentElement.scrollWidth > innerWidth")
    assert not is_wider, browser.run(TOO_WIDE)[:5]
    assert 0 < browser.run(ROWS_TALLEST) < HEIGHT
