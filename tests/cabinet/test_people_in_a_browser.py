"""The second factor in a real browser, with and without JavaScript, on a phone."""

import json
from datetime import UTC, datetime

import pyotp
import pytest

from browser import Browser
from cast import Stage
from dealtrace.accounts.user import User
from engines import on_one_engine
from guests import PASSWORD, new_user
from server import ServerProcess
from walker import faults_of

pytestmark = on_one_engine


@pytest.fixture(params=["with JavaScript", "without JavaScript"])
def phone(request: pytest.FixtureRequest, browser: Browser) -> Browser:
    """Give a browser on a phone."""
    browser.emulate(width=360, runs_scripts=request.param == "with JavaScript")
    return browser


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


def test_a_person_logs_in_sets_up_a_second_factor_and_comes_back_with_it(
    server: ServerProcess, phone: Browser, anna: User
) -> None:
    phone.run(f"location.href = {json.dumps(server.url + '/cabinet/profile')}")
    phone.wait("location.pathname === '/cabinet/login' && document.readyState === 'complete'")
    assert list(faults_of(phone)) == []
    fill_in(phone, "/login", login=anna.login, password=PASSWORD)
    assert path_of(phone) == "/cabinet/profile"
    assert list(faults_of(phone)) == []

    phone.open(f"{server.url}/cabinet/profile/second-factor")
    assert list(faults_of(phone)) == []
    assert phone.run("document.images[0].naturalWidth > 100"), "the policy lets the QR code in"
    secret = phone.run("document.querySelector('[name=secret]').value")
    fill_in(phone, "/profile/second-factor", code=pyotp.TOTP(secret).at(datetime.now(UTC)), password=PASSWORD)
    assert list(faults_of(phone)) == []
    code = phone.run("document.querySelector('.codes code').textContent")

    fill_in(phone, "/logout")
    assert path_of(phone) == "/cabinet/login"
    fill_in(phone, "/login", login=anna.login, password=PASSWORD)
    assert path_of(phone) == "/cabinet/login/code"
    assert list(faults_of(phone)) == []
    fill_in(phone, "/login/code", code=code)
    phone.open(f"{server.url}/cabinet/profile")
    assert phone.run("document.querySelector('h1').textContent") == anna.login
