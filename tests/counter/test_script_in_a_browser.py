"""The counter's script in a real Chromium, on pages of another origin than the server's."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from browser import Browser, Pages
from cast import Player, Stage
from dealtrace.attribution.traffic_source import DIRECT, TrafficSource
from dealtrace.attribution.visit import Visit
from dealtrace.storage.visits.visits import find_visits
from server import REST, ServerProcess
from stored import rows_of
from waiting import wait_until

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


@pytest.fixture
def site(server: ServerProcess, owner: Player, browser: Browser) -> Iterator[Pages]:
    """Serve pages that load the counter of the owner's site; the visitor comes for the first time."""
    script = f'<script async src="{server.url}/counter/{owner.site.id}.js"></script>'
    pages = {
        "/": f"<title>Shop</title>{script}<script>{FORM}</script>",
        "/loader": f"<script>{LOADER}</script>{script}",
        "/away": '<script async src="http://127.0.0.1:9/counter/1.js"></script><p id="text">still here</p>',
    }
    opened = Pages(pages)
    yield opened
    opened.close()


def visit_of(stage: Stage, player: Player, visit_id: int) -> Visit:
    with stage.database.read() as connection:
        return find_visits(connection, player.site.id, [visit_id])[visit_id]


def test_a_first_page_begins_a_visit_with_all_that_can_be_stated(
    browser: Browser, site: Pages, served: Stage, owner: Player
) -> None:
    browser.open(f"{site.url}/?utm_source=yandex&utm_medium=cpc&utm_campaign={quote('весна')}&yclid=77")
    visit_id = browser.wait(KNOWN)
    visit = visit_of(served, owner, visit_id)
    source = TrafficSource("yandex", "cpc", "весна")
    assert (visit.traffic_source, visit.utm, visit.click_ids) == (source, source, {"yclid": "77"})
    assert visit.landing_url.startswith(f"{site.url}/?utm_source=yandex")
    assert (visit.device, visit.ip) == ("desktop", "127.0.0.1")
    assert "Chrome" in visit.user_agent
    assert "Chrome" in visit.browser
    assert abs(datetime.now(UTC) - visit.started_at).total_seconds() < 60
    wait_until(lambda: browser.cookies() == {"_ct": visit.visitor_id, "_ct_session_id": str(visit_id)})
    assert browser.run("window.call_value") == visit_id


def test_it_answers_as_existing_forms_expect(browser: Browser, site: Pages, owner: Player) -> None:
    browser.open(f"{site.url}/")
    visit_id = browser.wait(KNOWN)
    assert browser.run("window.ct('calltracking_params')") == [
        {"modId": str(owner.site.id), "siteId": owner.site.id, "sessionId": visit_id}
    ]
    assert browser.run("window.ct('calltracking_params', 'abcd1234')")["modId"] == "abcd1234"
    assert browser.run("window.ct('unknown', 1)") is None


def test_the_next_page_goes_on_and_knows_the_visit_at_once(
    browser: Browser, site: Pages, served: Stage, owner: Player
) -> None:
    browser.open(f"{site.url}/?utm_source=vk")
    visit_id = browser.wait(KNOWN)
    browser.open(f"{site.url}/?page=2", referrer=f"{site.url}/?utm_source=vk")
    assert browser.wait(KNOWN) == visit_id
    browser.wait("performance.getEntriesByType('resource').some(one => one.name.endsWith('/counter/visit'))")
    seen = visit_of(served, owner, visit_id)
    assert seen.traffic_source.source == "vk"
    assert seen.landing_url.endswith("?utm_source=vk")


def test_another_advertisement_begins_another_visit_of_the_same_visitor(
    browser: Browser, site: Pages, served: Stage, owner: Player
) -> None:
    browser.open(f"{site.url}/?utm_source=vk")
    first = browser.wait(KNOWN)
    browser.open(f"{site.url}/?utm_source=google&utm_medium=cpc")
    second = browser.wait(f"({KNOWN}) !== {first} && ({KNOWN})")
    assert visit_of(served, owner, first).visitor_id == visit_of(served, owner, second).visitor_id
    assert visit_of(served, owner, second).traffic_source == TrafficSource("google", "cpc")


def test_it_takes_over_the_queue_of_the_vendors_loader_and_states_ids_of_others(
    browser: Browser, site: Pages, served: Stage, owner: Player
) -> None:
    browser.open(f"{site.url}/")
    browser.run("document.cookie = '_ga=GA1.2.123.456'; document.cookie = '_ym_uid=16000000001'")
    browser.open(f"{site.url}/loader")
    visit_id = browser.wait(KNOWN)
    browser.run("window.ct('set_attrs', {step: 2})")
    wait_until(lambda: visit_of(served, owner, visit_id).attrs == {"plan": "gold", "step": 2})
    visit = visit_of(served, owner, visit_id)
    assert (visit.google_client_id, visit.yandex_client_id) == ("123.456", "16000000001")


def test_who_comes_back_after_the_visit_has_ended_begins_another(
    browser: Browser, site: Pages, served: Stage, owner: Player
) -> None:
    browser.open(f"{site.url}/?utm_source=vk")
    first = browser.wait(KNOWN)
    browser.run("document.cookie = '_ct_session_id=;max-age=0;path=/'; window.dispatchEvent(new Event('popstate'))")
    again = browser.wait("document.cookie.includes('_ct_session_id=') && " + KNOWN)
    assert again == first, "the server goes by the clock: the visit is not over"
    assert visit_of(served, owner, first).seen_at is not None


@pytest.mark.parametrize("respects", [True, False])
def test_who_asks_not_to_be_tracked_is_left_alone_where_the_site_respects_that(
    server: ServerProcess, served: Stage, browser: Browser, *, respects: bool
) -> None:
    player = served.open_site(respects_do_not_track=respects)
    pages = Pages({"/": f'<script src="{server.url}/counter/{player.site.id}.js"></script>'})
    try:
        browser.before_every_page(NO_TRACKING)
        browser.open(f"{pages.url}/")
        if not respects:
            assert browser.wait(KNOWN)
            return
        assert browser.run("window.ct('calltracking_params', 'x').sessionId") is None
        sent = browser.run("performance.getEntriesByType('resource').map(one => one.name)")
        assert [item for item in sent if "visit" in item] == []
        assert browser.cookies() == {}
    finally:
        pages.close()


def test_a_page_goes_on_when_the_server_is_away(browser: Browser, site: Pages) -> None:
    browser.open(f"{site.url}/away")
    assert browser.run("document.getElementById('text').textContent") == "still here"
    assert browser.run("typeof window.ct") == "undefined"


def test_a_form_that_sends_the_visit_gets_its_source_and_so_does_the_deal(
    browser: Browser, site: Pages, server: ServerProcess, owner: Player
) -> None:
    browser.open(f"{site.url}/?utm_source=yandex&utm_medium=cpc&utm_campaign=autumn")
    visit_id = browser.wait(KNOWN)
    taken: dict[str, Any] = browser.run(f"send('{server.url}{REST}/requests/{owner.site.id}/register/')")
    assert (taken["session"]["source"], taken["session"]["utmCampaign"]) == ("yandex", "autumn")
    deal = server.register(owner.token, requestNumber="from-page", orderNumber=f"page-{visit_id}").json()
    result = server.update(owner.token, orderId=deal["orderId"], status="won").json()["session"]
    assert (result["sessionId"], result["source"], result["medium"]) == (visit_id, "yandex", "cpc")


def test_who_types_the_address_is_direct(browser: Browser, site: Pages, served: Stage, owner: Player) -> None:
    browser.open(f"{site.url}/")
    assert visit_of(served, owner, browser.wait(KNOWN)).traffic_source == DIRECT


HOSTILE = {
    "functions of JSON that fail": "JSON.parse = JSON.stringify = function () { throw new Error('broken'); };",
    "texts that know JSON": "String.prototype.toJSON = Array.prototype.toJSON = function () { return 'x'; };",
    "no XMLHttpRequest": "window.XMLHttpRequest = function () { throw new Error('broken'); };",
    "lists that fail": "['forEach', 'map', 'filter', 'indexOf', 'join'].forEach(function (name) {"
    " Array.prototype[name] = function () { throw new Error('broken'); }; });",
    "objects that have more": "Object.prototype.evil = function () { return 1; };",
    "a name that is none": "window.CalltouchDataObject = {};",
    "a ct that stays": "Object.defineProperty(window, 'ct', {value: 1, writable: false});",
    "a ct of something else": "window.ct = 'carbon'; ",
    "a queue that is none": "window.ct = {callbacks: 7};",
    "a queue with rubbish": "window.ct = {callbacks: [7, null, ['set_attrs', '{broken'], ['set_attrs', null]]};",
    "no console": "window.console = undefined;",
    "cookies that fail": "Object.defineProperty(document, 'cookie', {get() { throw new Error('broken'); }});",
    "no listeners": "window.addEventListener = document.addEventListener = null;",
    "a server that is none": "window.DealtraceServer = {};",
    "no current script": "Object.defineProperty(document, 'currentScript', {value: null});",
    "a current script that fails": "Object.defineProperty(document, 'currentScript', {get() { throw 1; }});",
    "elements named like properties": "document.write('<img name=cookie><img name=referrer><img name=currentScript>"
    "<form name=querySelector></form><form name=addEventListener></form><img name=prerendering>');",
    "broken cookies": "document.cookie = '_ga=%E0%A4%A'; document.cookie = '_ym_uid=%'; document.cookie = '_ct=%D0';"
    " document.cookie = '_ct_session_id=%zz';",
    "cookies of another kind": "document.cookie = '_ct_session_id=1e999'; document.cookie = '_ct=abc'; ",
    "a property that fails": "Object.defineProperty(Document.prototype, 'prerendering', {get() { throw 1; }});",
    "texts that fail": "String.prototype.replace = function () { throw new Error('broken'); };",
    "patterns that fail": "window.RegExp = function () { throw new Error('broken'); };",
    "cookies that are long": "document.cookie = '_ga=' + Array(3900).join('x'); document.cookie = '_ct=' +"
    " Array(3900).join('9'); document.cookie = '_ym_uid=' + Array(3900).join('%');",
    "cookies without a name or value": "['_ga = ', '=_ct=5', '_ct='].forEach(words => document.cookie = words);",
    "a frozen call_value": "Object.defineProperty(window, 'call_value', {value: 1, writable: false});",
    "a frame of another origin named ct": "document.write('<iframe name=ct sandbox></iframe>');",
    "frames of another origin named like all we read": "['ct', 'ctw', 'CalltouchDataObject', 'DealtraceServer',"
    " 'call_value', 'onSessionCallValue'].forEach(function (name) {"
    " document.write('<iframe name=' + name + ' sandbox></iframe>'); });",
    "a ct that fails": "Object.defineProperty(window, 'ct', {get() { throw 1; }, set() { throw 1; }});",
    "a ct in which all fails": "window.ct = new Proxy({}, {get() { throw 1; }, has() { throw 1; }});",
    "a name that fails": "Object.defineProperty(window, 'CalltouchDataObject', {get() { throw 1; }});",
    "preferences that fail": "['doNotTrack', 'globalPrivacyControl'].forEach(function (name) {"
    " Object.defineProperty(Navigator.prototype, name, {get() { throw 1; }}); });",
    "a queue whose first command fails": "window.ct = {callbacks: [{get length() { throw 1; }}, ['set_attrs', {}]]};",
    "requests that answer with text": "Object.defineProperty(XMLHttpRequest.prototype, 'response', {get() {"
    " return this.responseText; }}); Object.defineProperty(XMLHttpRequest.prototype, 'responseType', {set() {},"
    " get() { return ''; }});",
    "numbers that are none": "window.Number = window.String = window.Promise = undefined;"
    " Object.freeze(Navigator.prototype);",
    "half of an emoji": "window.ct = {callbacks: [['set_attrs', {a: '\\ud83d'}]]};",
    "attrs that fail": "window.ct = {callbacks: [['set_attrs', {get a() { throw 1; }}]]};",
    "cookies that an old browser keeps in the document": "Object.defineProperty(document, 'cookie',"
    " Object.getOwnPropertyDescriptor(Document.prototype, 'cookie')); delete Document.prototype.cookie;",
    "functions without call": "Function.prototype.call = function () { throw new Error('broken'); };",
}
CAPTURED = "window.captured = Object.getOwnPropertyDescriptor(Document.prototype, 'cookie').get;"
ASKED = "performance.getEntriesByType('resource').filter(one => one.name.endsWith('/counter/visit'))"
WARNINGS = "<script>window.said = []; console.warn = function (words) { said.push(words); };</script>"


@pytest.fixture
def serve(browser: Browser) -> Iterator[Callable[[str], str]]:
    """Serve a page of a shop and return its address; the visitor comes for the first time."""
    with ExitStack() as opened:

        def begin(page: str, script: str = "") -> str:
            pages = Pages({"/": f"<!doctype html><title>Shop</title>{page}", "/js/stat.js": script})
            opened.callback(pages.close)
            return f"{pages.url}/"

        browser.forget()
        yield begin


def script_of(server: ServerProcess, player: Player) -> str:
    return server.http.get(f"/counter/{player.site.id}.js").text


@pytest.mark.parametrize("evil", HOSTILE)
def test_nothing_in_a_page_stops_it(
    browser: Browser, serve: Callable[..., str], served: Stage, server: ServerProcess, evil: str
) -> None:
    player = served.open_site(respects_do_not_track=True)
    source = f"{server.url}/counter/{player.site.id}.js"
    address = serve(f"<script>window.onerror = function (words) {{ window.broke = words; }};{CAPTURED}{HOSTILE[evil]}"
                    f'</script><script src="{source}"></script>')  # fmt: skip
    browser.open(f"{address}?utm_source=vk")
    (_, visit_id) = browser.wait("Reflect.apply(captured, document, []).match(/_ct_session_id=([1-9][0-9]*)(?:;|$)/)")
    visit = visit_of(served, player, int(visit_id))
    assert visit.landing_url == f"{address}?utm_source=vk"
    assert (visit.google_client_id, visit.yandex_client_id) == (None, None)
    assert browser.run("window.broke") is None


def test_a_command_that_fails_costs_none_behind_it(
    browser: Browser, serve: Callable[..., str], served: Stage, server: ServerProcess, owner: Player
) -> None:
    queue = "window.ct = {callbacks: [{get length() { throw 1; }}, 7, ['set_attrs', {plan: 'gold'}]]};"
    script = f'<script src="{server.url}/counter/{owner.site.id}.js"></script>'
    browser.open(serve(f"<script>{queue}</script>{script}"))
    assert visit_of(served, owner, browser.wait(KNOWN)).attrs == {"plan": "gold"}


def test_elements_named_like_properties_do_not_hide_the_visitor(
    browser: Browser, serve: Callable[..., str], served: Stage, server: ServerProcess, owner: Player
) -> None:
    script = f'<script src="{server.url}/counter/{owner.site.id}.js"></script>'
    address = serve(f"<script>{CAPTURED}</script><img name=cookie><img name=referrer>{script}")
    known = "Reflect.apply(captured, document, []).match(/_ct_session_id=(?!{})([1-9][0-9]*)(?:;|$)/)"
    browser.open(f"{address}?utm_source=vk")
    (_, first) = browser.wait(known.format("0"))
    browser.open(f"{address}?utm_source=ok")
    (_, second) = browser.wait(known.format(first))
    visitors = [visit_of(served, owner, int(visit_id)).visitor_id for visit_id in (first, second)]
    assert visitors[0] == visitors[1]


@pytest.mark.parametrize(
    "page",
    [
        '<script async src="{server}/counter/{site}.js?v=1/2#x"></script>',
        '<script type="module" src="{server}/counter/{site}.js"></script>',
        "<script>window.DealtraceServer = '{server}/';</script><script>{code}</script>",
        '<script data-server="{server}">{code}</script>',
        '<script src="/js/stat.js" data-server="{server}/"></script>',
        "<script>window.DealtraceServer = '{server}';</script><script async src='/js/stat.js'></script>",
        (
            "<script>var one = document.createElement('script'); one.src = '{server}/counter/{site}.js';"
            "document.head.appendChild(one); one.remove();</script>"
        ),
        "<script>fetch('{server}/counter/{site}.js').then(one => one.text()).then(one => (0, eval)(one));</script>",
    ],
    ids=["query", "module", "inline", "inline-attribute", "path-attribute", "path", "removed", "evaluated"],
)
def test_it_finds_its_server_however_it_is_loaded(
    browser: Browser, serve: Callable[..., str], served: Stage, server: ServerProcess, owner: Player, page: str
) -> None:
    code = script_of(server, owner)
    named = {"{server}": server.url, "{site}": str(owner.site.id), "{code}": code}
    for name, value in named.items():
        page = page.replace(name, value)
    browser.open(f"{serve(page, code)}?utm_source=vk")
    assert visit_of(served, owner, browser.wait(KNOWN)).traffic_source.source == "vk"


@pytest.mark.parametrize("page", ["<script>{code}</script>", "<script src=/js/stat.js></script>"])
def test_it_says_once_what_to_do_when_it_cannot_know_its_server(
    browser: Browser, serve: Callable[..., str], server: ServerProcess, owner: Player, page: str
) -> None:
    code = script_of(server, owner)
    browser.open(serve(f"{WARNINGS}{page}{page}".replace("{code}", code), code))
    (words,) = browser.run("said")
    assert f"/counter/{owner.site.id}.js" in words
    assert "window.DealtraceServer" in words
    assert browser.run("ct('calltracking_params', 'x').sessionId") is None, "forms of the page still work"
    assert browser.run(ASKED) == []


def test_a_page_that_loads_it_twice_counts_once(
    browser: Browser, serve: Callable[..., str], server: ServerProcess, owner: Player
) -> None:
    script = f'<script src="{server.url}/counter/{owner.site.id}.js"></script>'
    browser.open(serve(f"{WARNINGS}{script}{script}"))
    browser.wait(KNOWN)
    assert len(browser.run(ASKED)) == 1
    assert browser.run("said") == []


def test_a_visitor_whom_another_counter_named_keeps_that_name_and_cookie(
    browser: Browser, site: Pages, served: Stage, owner: Player
) -> None:
    name = "1400000000123456789"
    browser.open(f"{site.url}/away")
    browser.run(f"document.cookie = '_ct={name};path=/'")
    browser.open(f"{site.url}/?utm_source=vk")
    visit_id = browser.wait(KNOWN)
    assert visit_of(served, owner, visit_id).visitor_id == name
    assert browser.lifetimes()["_ct"] == -1, "it lives as long as the other counter said"
    assert browser.lifetimes()["_ct_session_id"] > 0
    browser.open(f"{site.url}/?page=2", referrer=f"{site.url}/")
    assert browser.wait(KNOWN) == visit_id
    assert browser.cookies()["_ct"] == name


def test_a_browser_without_a_window_is_a_robot(
    server: ServerProcess, served: Stage, browser: Browser, tmp_path: Path
) -> None:
    del browser  # is there, or this is left out
    player = served.open_site()
    pages = Pages({"/": f'<script src="{server.url}/counter/{player.site.id}.js"></script>'})
    robot = Browser(tmp_path, user_agent=None)
    try:
        robot.open(f"{pages.url}/")
        robot.wait(f"{ASKED}[0].responseEnd > 0")
        assert robot.cookies() == {}
        assert "visit" not in rows_of(served.database, player)
        wait_until(lambda: 'dealtrace_tally_total{kind="robot",what="hit"}' in server.http.get("/metrics").text)
    finally:
        robot.close()
        pages.close()
