"""The pages about people in a real browser: with and without JavaScript, on a phone, under their policy."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from absent import leave_out
from browser import Browser, find_chromium
from cast import Player, Stage
from dealtrace.accounts.user import User
from guests import PASSWORD, new_user
from server import ServerProcess

WATCH = (
    "window.faults = []; document.addEventListener('securitypolicyviolation', e => faults.push(e.violatedDirective))"
)


@pytest.fixture(params=["with JavaScript", "without JavaScript"])
def browser(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if find_chromium() is None:
        leave_out("Chromium", "chromium")
    opened = Browser(tmp_path_factory.mktemp("browser"))
    opened.before_every_page(WATCH)
    opened._ask("Emulation.setDeviceMetricsOverride", width=360, height=740, deviceScaleFactor=1, mobile=True)
    opened._ask("Emulation.setScriptExecutionDisabled", value=request.param == "without JavaScript")
    yield opened
    opened.close()


@pytest.fixture
def anna(served: Stage) -> User:
    return new_user(served.database)


def fill_in(browser: Browser, action: str, **values: str) -> None:
    """Fill in the form that leads to `action`, send it, and wait for the next page."""
    form = f"document.querySelector('form[action=\"/cabinet{action}\"]')"
    for name, value in values.items():
        browser.run(f"{form}.elements[{json.dumps(name)}].value = {json.dumps(value)}")
    browser.run("document.documentElement.dataset.isOld = 'yes'")
    browser.run(f"{form}.querySelector('button').click()")
    browser.wait("document.documentElement.dataset.isOld === undefined && document.readyState === 'complete'")


def path_of(browser: Browser) -> str:
    return str(browser.run("location.pathname"))


def is_well_made(browser: Browser) -> bool:
    """Whether a page fits the phone, has one heading and labels every field, and its policy stopped nothing."""
    return bool(
        browser.run("document.documentElement.scrollWidth <= 360")
        and browser.run("document.querySelectorAll('h1').length === 1")
        and browser.run(
            "[...document.querySelectorAll('main :is(input:not([type=hidden]), select, textarea)')]"
            ".every(field => field.labels.length || field.ariaLabel)"
        )
        and browser.run("(window.faults || []).length === 0")
    )


def test_a_person_logs_in_sets_up_a_second_factor_and_comes_back_with_it(
    server: ServerProcess, browser: Browser, anna: User
) -> None:
    browser.run(f"location.href = {json.dumps(server.address + '/cabinet/profile')}")
    browser.wait("location.pathname === '/cabinet/login' && document.readyState === 'complete'")
    assert is_well_made(browser)
    fill_in(browser, "/login", login=anna.login, password=PASSWORD)
    assert path_of(browser) == "/cabinet/profile"
    assert is_well_made(browser)

    browser.open(f"{server.address}/cabinet/profile/second-factor")
    assert is_well_made(browser)
    assert browser.run("document.images[0].naturalWidth > 100"), "the policy lets the QR code in"
    secret = browser.run("document.querySelector('[name=secret]').value")
    fill_in(browser, "/profile/second-factor", code=pyotp.TOTP(secret).at(datetime.now(UTC) - timedelta(seconds=30)))
    assert is_well_made(browser)
    code = browser.run("document.querySelector('.codes code').textContent")

    fill_in(browser, "/logout")
    assert path_of(browser) == "/cabinet/login"
    fill_in(browser, "/login", login=anna.login, password=PASSWORD)
    assert path_of(browser) == "/cabinet/login/code"
    assert is_well_made(browser)
    fill_in(browser, "/login/code", code=code)
    browser.open(f"{server.address}/cabinet/profile")
    assert browser.run("document.querySelector('h1').textContent") == anna.login


def test_an_owner_finds_users_on_a_phone(server: ServerProcess, browser: Browser, owner: Player, anna: User) -> None:
    browser.open(f"{server.address}/cabinet/login")
    fill_in(browser, "/login", login=anna.login, password=PASSWORD)
    for path in ("/users", f"/users/{anna.id}", f"/{owner.site.id}/settings/users"):
        browser.open(f"{server.address}/cabinet{path}")
        assert is_well_made(browser), path
    fill_in(browser, f"/{owner.site.id}/settings/users/invitation")
    assert "/cabinet/invitation?key=" in browser.run("document.querySelector('textarea').value")
    assert is_well_made(browser)
