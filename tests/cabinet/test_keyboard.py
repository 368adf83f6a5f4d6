"""The keyboard alone: every control of the pages with figures is reached, seen and used, and `?` names the keys."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from browser import Browser
from cast import Stage
from dealtrace.accounts.api_request import ApiRequest
from dealtrace.accounts.rights import Role
from dealtrace.cabinet.keyboard_shortcuts import KEYS, OF_BROWSERS
from dealtrace.storage.database.engine import open_database
from filled_site import FilledSite
from guests import member_of
from server import ServerProcess
from stored import journal

PAGES = (
    "/?period=90d",
    "/reports?by=source,medium&period=90d&compare=previous&filter=source:is:yandex",
    "/reports?period=90d&compare=previous&tree=yes&open=yandex/cpc",
    "/reports?by=source&period=90d&models=all&compare=previous&metrics=deals,amount",
    "/reports?by=source&period=90d&pivot=status&metrics=deals,amount",
    "/reports/rows?metrics=match_rate&period=90d",
    "/reports/rows?metrics=deals&period=90d",
    "/settings/columns",
)
CONTROLS = """[...document.querySelectorAll(
 'a[href], button, input:not([type=hidden]), select, textarea, summary, .scroll'
)].filter(each => each.checkVisibility() && !each.disabled)"""
OPEN_FOLDS = "document.querySelectorAll('details').forEach(each => { each.open = true })"
LOOK = """(each => { if (getComputedStyle(each).outlineStyle !== 'none') each.dataset.seen = 'yes';
 return each.matches('.last-control') })(document.activeElement)"""
"""Mark the control that has the focus if that is seen; the button inside a date has a mark of its own."""
TAKEN = "document.addEventListener('keydown', each => { document.body.dataset.taken = each.defaultPrevented }) || 0"
"""Tell of each key from now on whether a script of the page took it."""
TABS_MAX = 500


@pytest.fixture
def root(host: ServerProcess, site: FilledSite, browser: Browser) -> str:
    """Log the owner of the site in, and give the URL of the site."""
    browser.emulate()
    browser.keep_cookie("session", site.owner.secret, host.url)
    return f"{host.url}/cabinet/{site.player.site.id}"


@pytest.mark.parametrize("page", PAGES)
def test_the_tabulator_reaches_every_control_and_shows_where_it_is(browser: Browser, root: str, page: str) -> None:
    browser.open(root + page)
    browser.run(OPEN_FOLDS)
    browser.run(f"{CONTROLS}.at(-1).classList.add('last-control')")
    for _ in range(TABS_MAX):
        browser.press("Tab")
        if browser.run(LOOK):
            break
    missed = browser.run(
        f"{CONTROLS}.filter(each => !each.dataset.seen && !(each.type === 'radio' && !each.checked))"
        ".map(each => each.outerHTML.slice(0, 200))"
    )
    assert missed == []


def tab_to(browser: Browser, selector: str) -> None:
    for _ in range(TABS_MAX):
        if browser.run(f"document.activeElement?.matches({json.dumps(selector)})"):
            return
        browser.press("Tab")
    raise AssertionError(selector)


def set_time(browser: Browser, milliseconds: int) -> None:
    """Give all events of the page this time from now on, so that no key is too late on a busy machine."""
    browser.run(
        f"Object.defineProperty(Event.prototype, 'timeStamp', {{configurable: true, get: () => {milliseconds}}}) && 0"
    )


def press_and_wait(browser: Browser, *keys: str) -> str:
    """Press keys, and return the path and query of the page that they lead to."""
    browser.run("document.documentElement.dataset.isOld = 'yes'")
    set_time(browser, 0)
    for key in keys:
        browser.press(key)
    browser.wait("document.documentElement.dataset.isOld === undefined && document.readyState === 'complete'")
    return str(browser.run("location.pathname + location.search"))


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_points_of_charts_folds_and_figures_are_used_by_keys(browser: Browser, root: str, *, scripts: bool) -> None:
    browser.emulate(runs_scripts=scripts)
    browser.open(f"{root}/reports?by=source&metrics=deals&period=90d&compare=previous")
    tab_to(browser, "form.card > details > summary")
    browser.press("Enter")
    assert browser.run("document.activeElement.parentElement.open")
    tab_to(browser, "svg a")
    assert "/reports/rows" in press_and_wait(browser, "Enter")
    browser.open(f"{root}/?period=90d")
    tab_to(browser, "a.value")
    assert "/reports/rows?metrics=match_rate" in press_and_wait(browser, "Enter")
    tab_to(browser, "td.value a")
    assert "/reports/rows?by=&" not in press_and_wait(browser, "Enter")


def test_a_question_mark_names_the_keys_which_work_in_any_layout_and_not_in_fields(browser: Browser, root: str) -> None:
    browser.open(f"{root}/")
    assert press_and_wait(browser, "?") == "/cabinet/keys"
    assert browser.run("[...document.querySelectorAll('main kbd')].map(each => each.innerText)") == [
        keys for keys, _ in (*KEYS, *OF_BROWSERS)
    ]
    browser.open(f"{root}/")
    assert "/reports?" in press_and_wait(browser, "g", "r")
    browser.open(f"{root}/")
    assert "/reports?" in press_and_wait(browser, "g", "к")
    assert press_and_wait(browser, "g", "s") == f"{root[root.index('/cabinet') :]}/settings"
    browser.open(f"{root}/deals")
    browser.press("/")
    assert browser.run("document.activeElement.closest('main') && document.activeElement.tagName") in (
        "INPUT",
        "SELECT",
    )
    browser.run("document.activeElement.blur()")
    set_time(browser, 0)
    browser.press("g")
    set_time(browser, 2000)
    browser.press("/")
    assert browser.run("document.activeElement.closest('main') !== null"), "a `g` that no letter followed is forgotten"
    browser.open(f"{root}/settings/columns")
    tab_to(browser, "main [name=name]")
    for key in ("?", "g", "r"):
        browser.press(key)
    assert browser.run("document.activeElement.value") == "?gr"


def test_the_keys_are_a_plain_page_for_everybody_who_is_logged_in(
    host: ServerProcess, site: FilledSite, browser: Browser, root: str
) -> None:
    database = open_database(host.database_url)
    reader = member_of(host, Stage(database), site.player.site.id, Role.READER)
    database.close()
    browser.emulate(runs_scripts=False)
    browser.keep_cookie("session", reader.secret, host.url)
    browser.open(f"{root}/")
    tab_to(browser, "header [data-key='?']")
    assert press_and_wait(browser, "Enter") == "/cabinet/keys"
    for language, words in (("en", "next rows"), ("ru", "следующие строки")):
        browser.emulate(language=language)
        browser.open(f"{host.url}/cabinet/keys")
        assert words in browser.run("document.querySelector('main').innerText")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_the_keys_of_single_characters_are_turned_off_and_on(
    host: ServerProcess, site: FilledSite, browser: Browser, root: str, *, scripts: bool
) -> None:
    """WCAG 2.1.4 (A): people who speak their text would open pages by it."""
    database = open_database(host.database_url)
    person = member_of(host, Stage(database), site.player.site.id, Role.ANALYST)
    database.close()
    browser.emulate(runs_scripts=scripts)
    browser.keep_cookie("session", person.secret, host.url)
    for word, has_keys in (("off", False), ("on", True)):
        browser.open(f"{host.url}/cabinet/profile")
        tab_to(browser, "[name=has_keys]")
        browser.press(" ")
        tab_to(browser, "form[action$='/profile/keys'] button")
        assert press_and_wait(browser, "Enter") == "/cabinet/profile?done=saved"
        assert browser.run("document.querySelector('[name=has_keys]').checked") is has_keys
        browser.open(f"{host.url}/cabinet/keys")
        assert browser.run(f"document.querySelector('main').innerText.includes('{word}')")
        if scripts and has_keys:
            browser.open(f"{root}/")
            assert "/reports?" in press_and_wait(browser, "g", "r")
        elif scripts:
            browser.open(f"{root}/")
            browser.run(
                "document.addEventListener('keydown', each => { document.body.dataset.taken = each.defaultPrevented })"
            )
            set_time(browser, 0)
            for key in ("g", "r", "/", "?"):
                browser.press(key)
                assert browser.run("document.body.dataset.taken") == "false", key


def test_n_and_p_turn_the_pages_of_requests(host: ServerProcess, site: FilledSite, browser: Browser, root: str) -> None:
    database = open_database(host.database_url)
    at = datetime(2018, 3, 26, 9, tzinfo=UTC)
    requests = [
        ApiRequest(
            site.player.site.id, at, f"k{number:03}", None, "GET", "/turned", {}, 200, None, None, None, timedelta()
        )
        for number in range(101)
    ]  # fmt: skip
    journal(database, requests)
    database.close()
    browser.open(f"{root}/requests?path=turned")
    assert "before_id" in press_and_wait(browser, "n")
    assert press_and_wait(browser, "p").endswith("/requests?path=turned")
