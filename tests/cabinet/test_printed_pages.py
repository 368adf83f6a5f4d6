"""Pages on paper: what can be read stays, what can only be pressed is left out."""

import pytest

from browser import Browser
from cast import Stage
from engines import on_one_engine
from filled_site import FilledSite, fill_site
from server import ServerProcess

SHOWN = "[...document.querySelectorAll(%r)].filter(each => each.checkVisibility()).length"
PAGES_TO_PRINT = (
    "/{site}/reports",
    "/{site}/deals/{deal}",
    "/{site}/settings/webhooks/{webhook}",
    "/{site}/settings/statuses",
)


@pytest.fixture(scope="module")
def filled(server: ServerProcess, served: Stage) -> FilledSite:
    """Give a site with something on every page."""
    return fill_site(server, served)


@on_one_engine
@pytest.mark.parametrize("page", PAGES_TO_PRINT)
def test_tables_are_printed_without_menus_and_buttons(
    server: ServerProcess, filled: FilledSite, browser: Browser, page: str
) -> None:
    browser.emulate()
    browser.keep_cookie("session", filled.owner.secret, server.address)
    browser.open(server.address + filled.path_of(page))
    tables = browser.run(SHOWN % "main table")
    assert tables > 0
    assert browser.run(SHOWN % "main button") > 0
    browser.print()
    assert browser.run(SHOWN % "main table") == tables
    assert browser.run(SHOWN % ".top, nav, button, .bar") == 0
