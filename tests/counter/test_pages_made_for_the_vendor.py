"""Pages made for the vendor's script, in a real Chromium: each call that such pages make is answered."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import quote

import pytest

from browser import Browser, Pages
from cast import Player, Stage
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.attribution.visit import Visit
from dealtrace.storage.visits.visits import find_visits
from server import REST, ServerProcess
from stored import rows_of
from waiting import wait_until, wait_until_followed

KNOWN = "window.ct && window.ct('calltracking_params')[0].sessionId"
LOADER = """
window.CalltouchDataObject = "ct";
window.ct = function () { window.ct.callbacks.push(arguments); };
window.ct.callbacks = []; window.ct.loaded = false; window.ct.counters = ["{counter}"];
var made = document.createElement("script"); made.async = true; made.src = "{server}/init-min.js?id={counter}";
var before = document.getElementsByTagName("script")[0]; before.parentNode.insertBefore(made, before);
"""
"""What a loader of the vendor does: a queue of calls, and a script that takes it over."""


@pytest.fixture
def serve(browser: Browser, server: ServerProcess, owner: Player) -> Iterator[Callable[[str], str]]:
    """Serve a page, `{server}`, `{site}` and `{counter}` filled in; the visitor comes for the first time."""
    with ExitStack() as opened:

        def begin(page: str) -> str:
            named = {"{server}": server.url, "{site}": str(owner.site.id), "{counter}": owner.site.counter_code}
            for name, value in named.items():
                page = page.replace(name, value)
            pages = Pages({"/": f"<!doctype html><title>Shop</title>{page}"})
            opened.callback(pages.close)
            return f"{pages.url}/"

        yield begin


def visit_of(stage: Stage, player: Player, visit_id: int) -> Visit:
    with stage.database.read() as connection:
        return find_visits(connection, player.site.id, [visit_id])[visit_id]


LOADED = '<script async src="{server}/init.js?id={counter}"></script>'


@pytest.mark.parametrize(
    "page",
    [
        LOADED,
        '<script src="{server}/init-min.js?id={site}"></script>',
        '<script src="{server}/init.js?v=1&id={counter}#x"></script>',
        f"<script>{LOADER}</script>",
        (
            '<script src="http://127.0.0.1:9/init.js?id=another1"></script>'
            "<script>var made = document.createElement('script'); made.src = '{server}/init.js?id={counter}';"
            "document.head.appendChild(made); made.remove();</script>"
        ),
        (
            "<script>fetch('{server}/init.js?id={counter}').then(made => made.text())"
            ".then(made => (0, eval)(made));</script>"
        ),
    ],
    ids=["code", "number", "query", "loader", "removed", "evaluated"],
)
def test_the_vendors_urls_are_the_counter(
    browser: Browser, serve: Callable[[str], str], served: Stage, owner: Player, page: str
) -> None:
    browser.open(f"{serve(page)}?utm_source=vk&utm_medium=cpc")
    visit_id = browser.wait(KNOWN)
    assert visit_of(served, owner, visit_id).traffic_source == TrafficSource("vk", "cpc")
    wait_until(lambda: browser.cookies().get("_ct_session_id") == str(visit_id))


def test_calltracking_params_are_stated_in_every_way_pages_ask(
    browser: Browser, serve: Callable[[str], str], owner: Player
) -> None:
    browser.open(serve(LOADED))
    visit_id, code = browser.wait(KNOWN), owner.site.counter_code
    assert browser.run(f"ct('calltracking_params', '{code}')") == {
        "modId": code, "siteId": owner.site.id, "sessionId": visit_id,
    }  # fmt: skip
    assert browser.run("ct('calltracking_params')[0].modId") == code
    for asked in (f"ct('calltracking_params', '{code}')", "ct('calltracking_params')", "ct('calltracking_params')[0]"):
        assert browser.run(f"{asked}.sessionId") == visit_id
        assert browser.run(f"{asked}['phone']") == "", "numbers are not replaced"


def test_the_visit_stands_in_the_globals_and_is_told_to_the_page_once(
    browser: Browser, serve: Callable[[str], str], owner: Player
) -> None:
    listening = "<script>window.told = []; function onSessionCallValue(...words) { told.push(words); }</script>"
    browser.open(serve(listening + LOADED))
    visit_id = browser.wait(KNOWN)
    for name in ("call_value", f"call_value_{owner.site.id}", f"call_value_{owner.site.counter_code}"):
        assert browser.run(f"window['{name}']") == visit_id
    browser.run("ct('set_attrs', {step: 2})")
    browser.wait(
        "performance.getEntriesByType('resource').filter(it => it.name.endsWith('/counter/visit')).length === 2"
    )
    assert browser.run("told") == [[visit_id, ""]]


@pytest.mark.parametrize("attrs", ["{plan: 'gold'}", '\'{"plan": "gold"}\''], ids=["object", "text"])
def test_attributes_are_attached_as_object_or_text(
    browser: Browser, serve: Callable[[str], str], served: Stage, owner: Player, attrs: str
) -> None:
    browser.open(serve(LOADED))
    visit_id = browser.wait(KNOWN)
    browser.run(f"ct('set_attrs', {attrs})")
    wait_until(lambda: visit_of(served, owner, visit_id).attrs == {"plan": "gold"})


def test_attributes_are_attached_without_the_script(
    browser: Browser, serve: Callable[[str], str], served: Stage, owner: Player
) -> None:
    browser.open(serve(LOADED))
    visit_id = browser.wait(KNOWN)
    answer = browser.run(
        f"fetch(document.querySelector('script').src.split('/init')[0] + '/set_attrs_by_get.php?siteId={owner.site.id}"
        f"&sessionId={visit_id}&attrs={quote(json.dumps({'roistat_visit': 1}))}').then(answer => answer.json())"
    )
    assert answer == {"success": True}
    assert visit_of(served, owner, visit_id).attrs == {"roistat_visit": 1}


def test_modules_never_throw_and_answer_their_error_at_once(browser: Browser, serve: Callable[[str], str]) -> None:
    browser.open(serve(LOADED))
    browser.wait(KNOWN)
    browser.run("window.said = []; ct('modules', 'widgets', 'openExternal', 'key', answer => said.push(answer))")
    assert browser.run("said") == [{"error": True}]
    for call in (
        "'widgets', 'subscribeToEvent', [{object: 'w', action: 'a', callback: () => said.push('event')}]",
        "'widgets', 'goalObserver', () => said.push('goal')",
        "'widgets', 'init', {}",
        "'widgets', 'openExternal', 'key', () => { throw new Error('broken'); }",
        "",
    ):
        assert browser.run(f"ct('modules'{',' if call else ''} {call})") is None
    assert browser.run("said") == [{"error": True}], "what did not happen is not told"


def create(browser: Browser, call: str, *, widget: str = "ctw") -> Any:
    """Let the page call `createRequest`, and return what it is called back with."""
    return browser.run(f"new Promise(done => window['{widget}'].createRequest({call}))")


def record_of(server: ServerProcess, player: Player, answer: Any) -> dict[str, Any]:
    done, content = answer
    assert done, content
    asked = {"clientApiId": player.token, "withRequestTags": "true"}
    path = f"{REST}/requests/{content['callbackRequestId']}"
    return dict(server.http.get(path, params=asked).json())


CALLED_BACK = "(...words) => done(words)"
FIELDS = "[{name: 'Имя', value: 'Иван'}, {name: 'mail', value: 'i@example.ru'}, {name: 'Город', value: 'Тверь'}]"
CALLS = {
    "as documented": f"'form', '79205550055', {FIELDS}, {CALLED_BACK}, '26-03-2018 10:00:00', ['a', 'b'], null, false",
    "synchronous": f"'form', '79205550055', {FIELDS}, {CALLED_BACK}, '26-03-2018 10:00:00', ['a', 'b'], null, true",
    "custom fields": (
        f"'form', '79205550055', [{{name: 'x', value: 'i@example.ru'}}, {{name: 'fio', value: 'Иван'}}], {CALLED_BACK},"
        " '26-03-2018 10:00:00', ['a', 'b'], null, [{field: 'Город', value: 'Тверь'}]"
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_form_of_the_widget_becomes_a_lead_request(
    browser: Browser, serve: Callable[[str], str], server: ServerProcess, owner: Player, name: str
) -> None:
    address = serve(LOADED)
    browser.open(f"{address}?utm_source=vk&utm_medium=cpc")
    visit_id = browser.wait(KNOWN)
    record = record_of(server, owner, create(browser, CALLS[name]))
    assert (record["subject"], record["client"]["fio"]) == ("form", "Иван")
    assert record["client"]["phones"][0]["phoneNumber"] == "79205550055"
    assert record["client"]["contacts"][0]["contactValue"] == "i@example.ru"
    assert record["comments"][0]["comment"] == "Город: Тверь\nscheduleTime: 26-03-2018 10:00:00"
    assert record["RequestTags"][0]["names"] == ["a", "b"]
    assert record["requestUrl"] == f"{address}?utm_source=vk&utm_medium=cpc"
    assert (record["session"]["sessionId"], record["session"]["source"]) == (visit_id, "vk")


@pytest.mark.parametrize("call", [f"'form', 79205550055, {CALLED_BACK}", f"'form', '79205550055', [], {CALLED_BACK}"])
def test_the_callback_may_come_third_and_everything_else_be_left_out(
    browser: Browser, serve: Callable[[str], str], server: ServerProcess, owner: Player, call: str
) -> None:
    browser.open(serve(LOADED))
    browser.wait(KNOWN)
    for widget in ("ctw", f"ctw_{owner.site.counter_code}", f"ctw_{owner.site.id}"):
        record = record_of(server, owner, create(browser, call, widget=widget))
        assert (record["subject"], record["comments"]) == ("form", [])


def test_half_an_emoji_loses_no_field_of_a_form(
    browser: Browser, serve: Callable[[str], str], server: ServerProcess, owner: Player
) -> None:
    browser.open(serve(LOADED))
    browser.wait(KNOWN)
    cut = "'Z'.repeat(255) + '\\u{1f600}'"
    fields = f"[{{name: 'fio', value: {cut}}}, {{name: 'a', value: 'b\\udc00c'}}]"
    record = record_of(server, owner, create(browser, f"{cut}, '79205550055', {fields}, {CALLED_BACK}"))
    assert (record["subject"], record["client"]["fio"]) == ("Z" * 255 + "\ufffd",) * 2
    assert record["comments"][0]["comment"] == "a: b\ufffdc"


def test_a_form_that_is_refused_says_why(browser: Browser, serve: Callable[[str], str]) -> None:
    browser.open(serve(LOADED))
    browser.wait(KNOWN)
    done, content = create(browser, f"'form', '', [], {CALLED_BACK}")
    assert (done, content["type"]) == (False, "validation_error")
    assert "phoneNumber" in content["message"]
    assert content["details"]["violations"][0]["field"] == "phoneNumber"


def test_a_form_without_its_server_is_called_back_too(browser: Browser, serve: Callable[[str], str]) -> None:
    browser.open(serve("<script>window.DealtraceServer = 'http://127.0.0.1:9';</script>" + LOADED))
    browser.wait("typeof window.ctw === 'object'")
    done, content = create(browser, f"'form', '79205550055', [], {CALLED_BACK}")
    assert (done, content["type"]) == (False, "unknown_error")


def test_the_key_of_a_widget_is_always_found(browser: Browser, serve: Callable[[str], str]) -> None:
    browser.open(serve(LOADED))
    browser.wait(KNOWN)
    success, content = browser.run("new Promise(done => ctw.getRouteKeyData('key', (...words) => done(words)))")
    assert (success, content["widgetFound"]) == (True, True)
    assert content["widgetData"]["callCenterWorkingMode"] == "working_hours"


def test_a_widget_of_somebody_else_is_left_alone(browser: Browser, serve: Callable[[str], str]) -> None:
    browser.open(serve("<script>window.ctw = {createRequest: () => 'theirs'};</script>" + LOADED))
    browser.wait(KNOWN)
    assert browser.run("ctw.createRequest()") == "theirs"


@pytest.mark.parametrize(
    "path", ["/init.js?id=zzzzzzzz", "/init-min.js?id=999999999", "/init.js", "/init.js?id=%3Cx%3E"]
)
def test_an_unknown_counter_gets_a_harmless_script_and_a_line_in_the_log(server: ServerProcess, path: str) -> None:
    answer = server.http.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/javascript;charset=UTF-8")
    assert answer.content.startswith(b"/*")
    assert b"<x>" not in answer.content
    wait_until(lambda: "counter_unknown" in server.logged)


def test_the_code_may_be_the_one_the_site_has_with_the_vendor(server: ServerProcess, served: Stage) -> None:
    player = served.open_site()
    code = player.site.counter_code[::-1].replace(player.site.counter_code[0], "q")[:7] + "z"
    server.command("site", "set", str(player.site.id), f"counter={code}")
    wait_until_followed(server)
    answer = server.http.get(f"/init.js?id={code}")
    assert f"SITE = {player.site.id}," in answer.text
    assert server.http.get(f"/init.js?id={code}", headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
    assert b"no known counter" in server.http.get(f"/init.js?id={player.site.counter_code}").content


ATTRS = {"attrs": '{"a": 1}'}


@pytest.mark.parametrize(
    "sent", [{"sessionId": "1", **ATTRS}, {"sessionId": "abc", **ATTRS}, ATTRS, {"attrs": "{"}], ids=str
)
def test_attributes_of_no_visit_are_dropped(server: ServerProcess, owner: Player, sent: dict[str, str]) -> None:
    answer = server.http.get("/set_attrs_by_get.php", params={"siteId": owner.site.id, **sent})
    assert (answer.status_code, answer.json()) == (200, {"success": False})
    assert answer.headers["access-control-allow-origin"] == "*"


def test_attributes_of_a_neighbours_visit_are_dropped(
    server: ServerProcess, served: Stage, owner: Player, stranger: Player
) -> None:
    hit = {"siteId": stranger.site.id, "url": "https://shop.example/"}
    visit_id = server.http.post("/counter/visit", data=hit, headers={"User-Agent": "Mozilla/5.0 Firefox/130.0"}).json()
    sent = {"siteId": owner.site.id, "sessionId": visit_id["sessionId"], **ATTRS}
    assert server.http.get("/set_attrs_by_get.php", params=sent).json() == {"success": False}
    assert "visit" not in rows_of(served.database, owner)
