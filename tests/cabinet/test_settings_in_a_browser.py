"""The pages of settings in a real Chromium."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from browser import Browser
from cast import Player, Stage
from dealtrace.attribution.traffic_source import TrafficSource
from engines import on_one_engine
from guests import Guest, member_of
from receiver import Receiver
from server import ServerProcess
from stored import site_of

pytestmark = on_one_engine


@pytest.fixture
def boss(server: ServerProcess, served: Stage, owner: Player, browser: Browser) -> Guest:
    """Give the owner of the site, whom the browser is logged in as."""
    person = member_of(server, served, owner.site.id)
    browser.keep_cookie("session", person.secret, server.url)
    return person


def url(server: ServerProcess, boss: Guest, place: str) -> str:
    return f"{server.url}/cabinet/{boss.site_id}/{place}"


def test_the_counter_page_follows_by_itself(
    server: ServerProcess, boss: Guest, served: Stage, owner: Player, browser: Browser
) -> None:
    browser.open(url(server, boss, "settings/counter"))
    assert "shop.example" not in browser.run("document.body.textContent")
    served.visit(owner, datetime.now(UTC), TrafficSource("vk", "cpc"), landing_url="https://shop.example/a")
    browser.wait("document.getElementById('counter-state').textContent.includes('shop.example/a')")
    assert browser.run("document.querySelectorAll('#counter-state').length") == 1
    assert browser.complaints == []


def test_a_model_is_saved_after_its_forecast(
    server: ServerProcess, boss: Guest, served: Stage, owner: Player, browser: Browser
) -> None:
    browser.open(url(server, boss, "settings/site"))
    browser.run("document.querySelector('[name=attribution]').value = '4'")
    browser.run("document.querySelector('main form').requestSubmit()")
    browser.wait("document.getElementById('forecast') !== null && document.readyState === 'complete'")
    assert site_of(served.database, owner).attribution == 1
    browser.run("document.querySelector('main form').requestSubmit()")
    browser.wait("location.search === '?done=saved' && document.querySelector('.done') !== null")
    assert site_of(served.database, owner).attribution == 4


def test_a_webhook_is_tested_and_says_so(server: ServerProcess, boss: Guest, browser: Browser) -> None:
    receiver = Receiver()
    try:
        made = boss.send("settings/webhooks", url=receiver.url, style="form", event="deal.created")
        browser.open(server.url + made.headers["location"])
        browser.run("document.querySelector('[value=test]').click()")
        browser.wait("location.search === '?done=testing'")
        browser.wait("document.getElementById('webhook').textContent.includes('accepted')")
        assert browser.complaints == []
    finally:
        receiver.vanish()


def test_a_file_is_uploaded_previewed_and_imported(
    server: ServerProcess, boss: Guest, browser: Browser, tmp_path: Path
) -> None:
    calls = "callId;date;clientPhoneNumber\n1;26.03.2018 10:00:00;79205550001\n"
    browser.open(url(server, boss, "settings/imports"))
    browser.run(
        f"""{{ const kept = new DataTransfer(); kept.items.add(new File([{calls!r}], 'calls.csv'));
        document.querySelector('[type=file]').files = kept.files;
        document.querySelector('main form').requestSubmit(); }}"""
    )
    browser.wait("document.body.textContent.includes('79205550001') && document.readyState === 'complete'")
    browser.run("document.querySelector('main form').requestSubmit()")
    browser.wait("document.querySelector('.done') !== null && document.readyState === 'complete'")
    assert "Rows imported" in browser.run("document.body.textContent")
