"""The pages of settings in a real Chromium."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from absent import leave_out
from browser import Browser, find_chromium
from cabinet_people import Person
from cast import Player, Stage
from dealtrace.accounts.site import Site
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.storage.accounts.sites import find_site
from engines import on_one_engine
from receiver import Receiver
from server import ServerProcess

PLACES = (
    "settings", "settings/site", "settings/tokens", "settings/fields", "settings/statuses", "settings/columns",
    "settings/hosts", "settings/webhooks", "settings/counter", "settings/imports", "settings/agreement", "costs",
    "settings/alerts", "settings/mail-reports",
)  # fmt: skip
WATCH = "window.broken = []; addEventListener('securitypolicyviolation', (e) => broken.push(e.violatedDirective));"
NAMELESS = """[...document.querySelectorAll('main input:not([type=hidden]), main select, main textarea, main button')]
  .filter((each) => !(each.labels && each.labels.length) && !each.ariaLabel && !each.textContent.trim())
  .map((each) => each.outerHTML)"""

pytestmark = on_one_engine


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Give one browser to all tests of the module."""
    if find_chromium() is None:
        leave_out("Chromium", "chromium")
    opened = Browser(tmp_path_factory.mktemp("browser"))
    opened.before_every_page(WATCH)
    yield opened
    opened.close()


@pytest.fixture
def boss(server: ServerProcess, served: Stage, owner: Player, chromium: Browser) -> Person:
    """Give the owner of the site, whom the browser is logged in as."""
    person = Person(server, served, owner)
    chromium.forget()
    chromium.open(f"{server.address}/cabinet/login")
    chromium.run(f"document.cookie = 'session={person.secret}; path=/'")
    return person


def address(server: ServerProcess, boss: Person, place: str) -> str:
    return f"{server.address}/cabinet/{boss.site_id}/{place}"


def stored(served: Stage, owner: Player) -> Site:
    with served.database.read() as connection:
        site = find_site(connection, owner.site.id)
    assert site is not None
    return site


def test_every_page_keeps_its_policy_fits_a_phone_and_names_its_fields(
    server: ServerProcess, boss: Person, chromium: Browser
) -> None:
    chromium.resize(360, 740)
    for place in PLACES:
        chromium.open(address(server, boss, place))
        assert chromium.run("broken") == [], place
        assert chromium.run("document.documentElement.scrollWidth") <= 360, place
        assert chromium.run(NAMELESS) == [], place
    chromium.resize(1280, 800)


def test_the_counter_page_follows_by_itself(
    server: ServerProcess, boss: Person, served: Stage, owner: Player, chromium: Browser
) -> None:
    chromium.open(address(server, boss, "settings/counter"))
    assert "shop.example" not in chromium.run("document.body.textContent")
    served.visit(owner, datetime.now(UTC), TrafficSource("vk", "cpc"), landing_url="https://shop.example/a")
    chromium.wait("document.getElementById('counter-state').textContent.includes('shop.example/a')")
    assert chromium.run("document.querySelectorAll('#counter-state').length") == 1
    assert chromium.run("broken") == []


def test_a_model_is_saved_after_its_forecast(
    server: ServerProcess, boss: Person, served: Stage, owner: Player, chromium: Browser
) -> None:
    chromium.open(address(server, boss, "settings/site"))
    chromium.run("document.querySelector('[name=attribution]').value = '4'")
    chromium.run("document.querySelector('main form').requestSubmit()")
    chromium.wait("document.getElementById('forecast') !== null")
    assert stored(served, owner).attribution == 1
    chromium.run("document.querySelector('main form').requestSubmit()")
    chromium.wait("location.search === '?done=saved' && document.querySelector('.done') !== null")
    assert stored(served, owner).attribution == 4


def test_a_webhook_is_tested_and_says_so(server: ServerProcess, boss: Person, chromium: Browser) -> None:
    receiver = Receiver()
    try:
        made = boss.send("settings/webhooks", url=receiver.url, style="form", event="deal.created")
        chromium.open(server.address + made.headers["location"])
        chromium.run("document.querySelector('[value=test]').click()")
        chromium.wait("location.search === '?done=testing'")
        chromium.wait("document.getElementById('webhook').textContent.includes('accepted')")
        assert chromium.run("broken") == []
    finally:
        receiver.vanish()


def test_a_file_is_uploaded_previewed_and_imported(
    server: ServerProcess, boss: Person, chromium: Browser, tmp_path: Path
) -> None:
    calls = "callId;date;clientPhoneNumber\n1;26.03.2018 10:00:00;79205550001\n"
    chromium.open(address(server, boss, "settings/imports"))
    chromium.run(
        f"""{{ const kept = new DataTransfer(); kept.items.add(new File([{calls!r}], 'calls.csv'));
        document.querySelector('[type=file]').files = kept.files;
        document.querySelector('main form').requestSubmit(); }}"""
    )
    chromium.wait("document.body.textContent.includes('79205550001')")
    chromium.run("document.querySelector('main form').requestSubmit()")
    chromium.wait("document.querySelector('.done') !== null")
    assert "Rows imported" in chromium.run("document.body.textContent")
