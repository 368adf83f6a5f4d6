"""The counter's script in a real Chromium, on pages of another origin than the server's."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from browser import Browser, Pages, find_chromium
from cast import Player, Stage
from dealtrace.attribution.traffic_source import DIRECT, TrafficSource
from dealtrace.attribution.visit import Visit
from dealtrace.storage.visits.visits import find_visits
from server import REST, ServerProcess

LOADER = """
(function(w,n){w.CalltouchDataObject=n;w[n]=function(){w[n].callbacks.push(arguments)};w[n].callbacks=[];})(window,"ct");
ct('set_attrs', '{"plan":"gold","step":1}');
"""
FORM = """
async function send(address) {
  const sent = new URLSearchParams({phoneNumber: "79205559911", requestNumber: "from-page", subject: "Form",
    sessionId: window.ct('calltracking_params', 'abcd1234').sessionId});
  const answer = await fetch(address, {method: "POST", body: sent});
  return answer.json();
}
"""
KNOWN = "window.ct && window.ct('calltracking_params', 'abcd1234').sessionId"
NO_TRACKING = "Object.defineProperty(Navigator.prototype, 'doNotTrack', {get: () => '1'});"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if find_chromium() is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is not installed: `make test` installs it for root")
        pytest.skip("Chromium is not installed: apt-get install chromium")
    opened = Browser(tmp_path_factory.mktemp("browser"))
    yield opened
    opened.close()


@pytest.fixture
def site(server: ServerProcess, owner: Player, browser: Browser) -> Iterator[Pages]:
    """Serve pages that load the counter of the owner's site; the visitor comes for the first time."""
    script = f'<script async src="{server.address}/counter/{owner.site.id}.js"></script>'
    pages = {
        "/": f"<title>Shop</title>{script}<script>{FORM}</script>",
        "/loader": f"<script>{LOADER}</script>{script}",
        "/away": '<script async src="http://127.0.0.1:9/counter/1.js"></script><p id="text">still here</p>',
    }
    opened = Pages(pages)
    browser.forget()
    yield opened
    opened.close()


def visit_of(stage: Stage, player: Player, visit_id: int) -> Visit:
    with stage.database.read() as connection:
        return find_visits(connection, player.site.id, [visit_id])[visit_id]


def test_a_first_page_begins_a_visit_with_all_that_can_be_told(
    browser: Browser, site: Pages, served: Stage, owner: Player
) -> None:
    browser.open(f"{site.address}/?utm_source=yandex&utm_medium=cpc&utm_campaign={quote('весна')}&yclid=77")
    visit_id = browser.wait(KNOWN)
    visit = visit_of(served, owner, visit_id)
    source = TrafficSource("yandex", "cpc", "весна")
    assert (visit.traffic_source, visit.utm, visit.click_ids) == (source, source, {"yclid": "77"})
    assert visit.landing_url.startswith(f"{site.address}/?utm_source=yandex")
    assert (visit.device, visit.ip) == ("desktop", "127.0.0.1")
    assert "Chrome" in visit.user_agent
    assert "Chrome" in visit.browser
    assert abs(datetime.now(UTC) - visit.started_at).total_seconds() < 60
    assert browser.cookies() == {"_ct": visit.visitor_id, "_ct_session_id": str(visit_id)}
    assert browser.run("window.call_value") == visit_id


def test_it_answers_as_existing_forms_expect(browser: Browser, site: Pages, owner: Player) -> None:
    browser.open(f"{site.address}/")
    visit_id = browser.wait(KNOWN)
    assert browser.run("window.ct('calltracking_params')") == [
        {"modId": str(owner.site.id), "siteId": owner.site.id, "sessionId": visit_id}
    ]
    assert browser.run("window.ct('calltracking_params', 'abcd1234')")["modId"] == "abcd1234"
    assert browser.run("window.ct('unknown', 1)") is None


def test_the_next_page_goes_on_and_knows_the_visit_at_once(
    browser: Browser, site: Pages, served: Stage, owner: Player
) -> None:
    browser.open(f"{site.address}/?utm_source=vk")
    visit_id = browser.wait(KNOWN)
    browser.open(f"{site.address}/?page=2", referrer=f"{site.address}/?utm_source=vk")
    assert browser.wait(KNOWN) == visit_id
    browser.wait("performance.getEntriesByType('resource').some(one => one.name.endsWith('/counter/visit'))")
    seen = visit_of(served, owner, visit_id)
    assert seen.traffic_source.source == "vk"
    assert seen.landing_url.endswith("?utm_source=vk")


def test_another_advertisement_begins_another_visit_of_the_same_visitor(
    browser: Browser, site: Pages, served: Stage, owner: Player
) -> None:
    browser.open(f"{site.address}/?utm_source=vk")
    first = browser.wait(KNOWN)
    browser.open(f"{site.address}/?utm_source=google&utm_medium=cpc")
    second = browser.wait(f"({KNOWN}) !== {first} && ({KNOWN})")
    assert visit_of(served, owner, first).visitor_id == visit_of(served, owner, second).visitor_id
    assert visit_of(served, owner, second).traffic_source == TrafficSource("google", "cpc")


def test_it_takes_over_the_queue_of_the_vendors_loader_and_tells_ids_of_others(
    browser: Browser, site: Pages, served: Stage, owner: Player
) -> None:
    browser.open(f"{site.address}/")
    browser.run("document.cookie = '_ga=GA1.2.123.456'; document.cookie = '_ym_uid=16000000001'")
    browser.open(f"{site.address}/loader")
    visit_id = browser.wait(KNOWN)
    browser.run("window.ct('set_attrs', {step: 2})")
    wanted = {"plan": "gold", "step": 2}
    visit = wait_for(lambda: visit_of(served, owner, visit_id), lambda visit: visit.attrs == wanted)
    assert (visit.google_client_id, visit.yandex_client_id) == ("123.456", "16000000001")


def test_who_comes_back_after_the_visit_has_ended_begins_another(
    browser: Browser, site: Pages, served: Stage, owner: Player
) -> None:
    browser.open(f"{site.address}/?utm_source=vk")
    first = browser.wait(KNOWN)
    browser.run("document.cookie = '_ct_session_id=;max-age=0;path=/'; window.dispatchEvent(new Event('popstate'))")
    again = browser.wait("document.cookie.includes('_ct_session_id=') && " + KNOWN)
    assert again == first, "the server goes by the clock: the visit is not over"
    assert visit_of(served, owner, first).seen_at is not None


@pytest.mark.parametrize("respects", [True, False])
def test_who_asks_not_to_be_tracked_is_left_alone_where_the_site_respects_that(
    server: ServerProcess, served: Stage, tmp_path: Path, browser: Browser, *, respects: bool
) -> None:
    del browser  # is there, or this is left out
    player = served.open_site(respects_do_not_track=respects)
    pages = Pages({"/": f'<script src="{server.address}/counter/{player.site.id}.js"></script>'})
    shy = Browser(tmp_path)
    try:
        shy.before_every_page(NO_TRACKING)
        shy.open(f"{pages.address}/")
        if not respects:
            assert shy.wait(KNOWN)
            return
        assert shy.run("window.ct('calltracking_params', 'x').sessionId") is None
        sent = shy.run("performance.getEntriesByType('resource').map(one => one.name)")
        assert [one for one in sent if "visit" in one] == []
        assert shy.cookies() == {}
    finally:
        shy.close()
        pages.close()


def test_a_page_goes_on_when_the_server_is_away(browser: Browser, site: Pages) -> None:
    browser.open(f"{site.address}/away")
    assert browser.run("document.getElementById('text').textContent") == "still here"
    assert browser.run("typeof window.ct") == "undefined"


def test_a_form_that_sends_the_visit_gets_its_source_and_so_does_the_deal(
    browser: Browser, site: Pages, server: ServerProcess, owner: Player
) -> None:
    browser.open(f"{site.address}/?utm_source=yandex&utm_medium=cpc&utm_campaign=autumn")
    visit_id = browser.wait(KNOWN)
    taken: dict[str, Any] = browser.run(f"send('{server.address}{REST}/requests/{owner.site.id}/register/')")
    assert (taken["session"]["source"], taken["session"]["utmCampaign"]) == ("yandex", "autumn")
    deal = server.register(owner.token, requestNumber="from-page", orderNumber=f"page-{visit_id}").json()
    told = server.update(owner.token, orderId=deal["orderId"], status="won").json()["session"]
    assert (told["sessionId"], told["source"], told["medium"]) == (visit_id, "yandex", "cpc")


def test_who_types_the_address_is_direct(browser: Browser, site: Pages, served: Stage, owner: Player) -> None:
    browser.open(f"{site.address}/")
    assert visit_of(served, owner, browser.wait(KNOWN)).traffic_source == DIRECT


def wait_for(look: Callable[[], Any], holds: Callable[[Any], bool]) -> Any:
    deadline = datetime.now(UTC).timestamp() + 20
    while True:
        found = look()
        if holds(found):
            return found
        assert datetime.now(UTC).timestamp() < deadline, found
