"""`POST /counter/visit` and the script, over HTTP to a real server."""

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cast import Player, Stage
from dealtrace.attribution.traffic_source import DIRECT
from dealtrace.attribution.visit import Visit
from dealtrace.counter.visit import TABLE
from dealtrace.storage.database.engine import open_database
from dealtrace.storage.visits.visits import find_visits
from engines import on_one_engine
from examples import examples
from server import ServerProcess
from stored import rows_of
from waiting import wait_until

URL = "https://shop.ru/?utm_source=yandex&utm_medium=cpc&gclid=9"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"
ROBOT = "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)"


def hit(server: ServerProcess, player: Player, headers: dict[str, str] | None = None, **sent: Any) -> httpx.Response:
    data = {"siteId": player.site.id, "url": URL, **sent}
    return server.http.post("/counter/visit", data=data, headers={"User-Agent": BROWSER, **(headers or {})})


def counted(server: ServerProcess, stage: Stage, player: Player, **sent: Any) -> Visit:
    answer = hit(server, player, **sent)
    assert answer.status_code == 200, answer.text
    result = answer.json()
    assert list(result) == ["sessionId", "visitorId", "dropped"]
    with stage.database.read() as connection:
        return find_visits(connection, player.site.id, [result["sessionId"]])[result["sessionId"]]


def test_it_keeps_all_that_is_stated(server: ServerProcess, served: Stage, owner: Player) -> None:
    visit = counted(
        server, served, owner, referrer="https://ya.ru/?text=x", visitorId="77", googleClientId="1.2",
        yandexClientId="160", attrs='{"plan": "gold", "n": 1, "on": true, "none": null}',
    )  # fmt: skip
    assert (visit.visitor_id, visit.landing_url, visit.referrer) == ("77", URL, "https://ya.ru/?text=x")
    assert (visit.ip, visit.user_agent, visit.browser) == ("127.0.0.1", BROWSER, "Firefox 133")
    assert (visit.google_client_id, visit.yandex_client_id, visit.click_ids) == ("1.2", "160", {"gclid": "9"})
    assert visit.attrs == {"plan": "gold", "n": 1, "on": True, "none": None}
    assert (visit.traffic_source.source, visit.traffic_source.medium) == ("yandex", "cpc")


def test_a_site_may_report_for_its_visitor(server: ServerProcess, served: Stage, owner: Player) -> None:
    said = (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Version/17.0 Mobile/1 Safari/604"
    )
    visit = counted(server, served, owner, ip="2001:DB8::1", userAgent=said)
    assert (visit.ip, visit.user_agent, visit.device) == ("2001:db8::1", said, "mobile")


@pytest.mark.parametrize("visitor_id", ["", "0", "-1", "abc", "９", "1.5", "1" * 21])
def test_a_visitor_whose_name_is_no_number_gets_one(
    server: ServerProcess, served: Stage, owner: Player, visitor_id: str
) -> None:
    visit = counted(server, served, owner, visitorId=visitor_id)
    assert 0 < int(visit.visitor_id) < 2**53
    assert visit.visitor_id != visitor_id
    assert counted(server, served, owner, visitorId=visit.visitor_id).id == visit.id


@pytest.mark.parametrize(
    "referrer",
    ["https://accounts.google.com/", "https://yookassa.ru/", "https://blog.shop.ru/", "https://www.shop.ru/cart", ""],
)
def test_a_page_that_sends_nobody_continues_the_visit_of_an_advertisement(
    server: ServerProcess, served: Stage, owner: Player, referrer: str
) -> None:
    first = counted(server, served, owner, url="https://shop.ru/?utm_source=yandex&utm_medium=cpc")
    after = counted(server, served, owner, url="https://shop.ru/thanks", referrer=referrer, visitorId=first.visitor_id)
    assert (after.id, after.traffic_source.medium) == (first.id, "cpc")
    alone = counted(server, served, owner, url="https://shop.ru/thanks", referrer=referrer)
    assert alone.traffic_source == DIRECT


@pytest.mark.parametrize("header", ["DNT", "Sec-GPC"])
def test_who_asks_is_left_alone_unless_the_site_says_otherwise(
    server: ServerProcess, served: Stage, header: str
) -> None:
    shy, bold = served.open_site(), served.open_site(respects_do_not_track=False)
    left_alone = hit(server, shy, {header: "1"})
    assert left_alone.json() == {"sessionId": None, "visitorId": None, "dropped": "do_not_track"}
    assert left_alone.headers["access-control-allow-origin"] == "*"
    assert "visit" not in rows_of(served.database, shy)
    assert hit(server, shy, {header: "0"}).json()["sessionId"] is not None
    assert hit(server, bold, {header: "1"}).json()["sessionId"] is not None


def test_robots_are_not_counted(server: ServerProcess, served: Stage) -> None:
    player = served.open_site()
    before = tally_of(server, "hit")["robot"]
    for result in (hit(server, player, {"User-Agent": ROBOT}), hit(server, player, userAgent=ROBOT)):
        assert result.json()["dropped"] == "robot"
    assert "visit" not in rows_of(served.database, player)
    wait_until(lambda: tally_of(server, "hit")["robot"] - before == 2)


@pytest.mark.parametrize("visitor_id", ["1400000000123456789", "9007199254740992", "99999999999999999999"])
def test_a_visitor_whom_another_counter_named_keeps_that_name(
    server: ServerProcess, served: Stage, owner: Player, visitor_id: str
) -> None:
    visit = counted(server, served, owner, visitorId=visitor_id)
    assert visit.visitor_id == visitor_id
    answer = hit(server, owner, visitorId=visitor_id, url="https://shop.ru/next")
    assert answer.json() == {"sessionId": visit.id, "visitorId": visitor_id, "dropped": None}


HEADLESS = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/142.0.0.0 Safari/537.36"
)


@pytest.mark.parametrize(
    ("header", "sent", "dropped", "kept"),
    [
        (HEADLESS, {}, "robot", ""),
        (BROWSER, {"userAgent": HEADLESS}, "robot", ""),
        (BROWSER, {"userAgent": "python-requests/2.31"}, "robot", ""),
        ("python-requests/2.31", {"userAgent": ROBOT, "ip": "192.0.2.1"}, "robot", ""),
        ("python-requests/2.31", {"userAgent": BROWSER}, None, BROWSER),
        ("python-requests/2.31", {"userAgent": "okhttp/4.12.0"}, None, "okhttp/4.12.0"),
        ("okhttp/4.12.0", {}, None, "okhttp/4.12.0"),
        ("python-requests/2.31", {}, None, ""),
        ("WordPress/6.4; https://shop.ru", {}, None, ""),
        ("GuzzleHttp/7", {}, None, ""),
        ("1C+Enterprise/8.3", {}, None, ""),
        ("Mozilla/3.0 (compatible; Indy Library)", {}, None, ""),
        (BROWSER, {"userAgent": "GuzzleHttp/7"}, None, "GuzzleHttp/7"),
        ("curl/8.5.0", {"ip": "192.0.2.1"}, None, ""),
        ("", {}, None, ""),
        ("", {"userAgent": ""}, None, ""),
        (HEADLESS, {"ip": "192.0.2.1"}, None, ""),
        ("Some-Crm/1.0", {"ip": "192.0.2.1"}, None, ""),
        (BROWSER, {}, None, BROWSER),
    ],
)
def test_a_browser_is_judged_and_a_sites_server_is_not(
    server: ServerProcess, served: Stage, header: str, sent: dict[str, str], dropped: str | None, kept: str
) -> None:
    player = served.open_site()
    answer = hit(server, player, {"User-Agent": header}, **sent).json()
    assert answer["dropped"] == dropped
    if dropped is None:
        with served.database.read() as connection:
            visits = find_visits(connection, player.site.id, [answer["sessionId"]])
        assert visits[answer["sessionId"]].user_agent == kept


@pytest.mark.parametrize("sent", [{"url": ""}, {"url": "\0"}, {"siteId": ""}])
def test_what_is_required_is_named_and_nothing_is_kept(
    server: ServerProcess, served: Stage, sent: dict[str, str]
) -> None:
    player = served.open_site()
    refused = hit(server, player, **sent)
    assert refused.status_code == 400
    assert refused.headers["access-control-allow-origin"] == "*"
    violations = refused.json()["data"]["validationErrorData"]["violations"]
    assert [violation["field"] for violation in violations] == list(sent)
    assert "visit" not in rows_of(served.database, player)


def test_what_cannot_be_read_is_passed_over_and_counted(server: ServerProcess, served: Stage, owner: Player) -> None:
    before = passed_over(server)
    visit = counted(
        server, served, owner, ip="300.1.1.1", attrs='{"a": {"b": 1}, "c": 2}', userAgent=BROWSER + " " * 2000,
        googleClientId="x" * 101, yandexClientId="160", referrer="https://forum.ru/" + "x" * 9000, visitorId="abc",
    )  # fmt: skip
    assert (visit.ip, visit.attrs, visit.google_client_id, visit.yandex_client_id) == ("", {"c": 2}, None, "160")
    assert (visit.browser, len(visit.referrer), visit.traffic_source.source) == ("Firefox 133", 8192, "yandex")
    added = {"ip": 1, "attrs": 1, "userAgent": 1, "googleClientId": 1, "referrer": 1, "visitorId": 1}
    wait_until(lambda: passed_over(server) - before == added)


def test_a_landing_url_that_is_too_long_is_cut_and_counted(server: ServerProcess, served: Stage, owner: Player) -> None:
    before = passed_over(server)
    visit = counted(server, served, owner, url="https://shop.ru/?utm_source=forum&text=" + "x" * 9000)
    assert (len(visit.landing_url), visit.traffic_source.source) == (8192, "forum")
    wait_until(lambda: passed_over(server) - before == {"url": 1})


@pytest.mark.parametrize(
    "sent",
    [
        {"url": "https://a\0.ru/?utm_source=a\0"},
        {"ip": "fe80::1%\0"},
        {"userAgent": "Mozilla\0", "referrer": "https://a.ru/?text=\0&utm_source=%00"},
        {"url": "https://a%00.ru/?utm_source=%00&gclid=%00&utm_term=%E0%00", "referrer": "https://b%00.ru/%00"},
        {"attrs": '{"a\\u0000": 1, "b": "\\u0000", "c": 2}', "googleClientId": "\0", "yandexClientId": "1\0"},
    ],
)
def test_null_characters_cost_no_visit(
    server: ServerProcess, served: Stage, owner: Player, sent: dict[str, str]
) -> None:
    assert counted(server, served, owner, **sent).visitor_id


def passed_over(server: ServerProcess) -> Counter[str]:
    """Count the values of each name that were passed over."""
    return tally_of(server, "hit_value_passed_over")


def tally_of(server: ServerProcess, what: str) -> Counter[str]:
    """Count each kind of what the counter tallies."""
    result = re.findall(
        rf'dealtrace_tally_total{{kind="(\w+)",what="{what}"}} ([0-9.]+)', server.http.get("/metrics").text
    )
    return Counter({name: int(float(count)) for name, count in result})


@pytest.mark.parametrize("site_id", ["999999", "x", "01", "-1", "1" * 40])
def test_a_site_that_is_not_there_is_stated(server: ServerProcess, owner: Player, site_id: str) -> None:
    assert hit(server, owner, siteId=site_id).status_code == 404
    assert server.http.get(f"/counter/{site_id}.js").status_code == 404


def test_pages_of_any_site_may_ask_first(server: ServerProcess) -> None:
    sent = server.http.options("/counter/visit", headers={"Access-Control-Request-Headers": "content-type"})
    assert (sent.status_code, sent.headers["access-control-allow-methods"]) == (200, "POST")
    assert server.http.get("/counter/visit").status_code == 405


@on_one_engine
def test_it_has_limits_of_its_own(start_server: Callable[..., ServerProcess]) -> None:
    server = start_server(visit_rate_per_minute=3, rate_per_second=1)
    database = open_database(server.database_url)
    player = Stage(database).open_site()
    assert [hit(server, player).status_code for _ in range(4)] == [200, 200, 200, 429]
    assert server.register(player.token).status_code == 200, "deals are counted by themselves"
    database.close()


class TestTheScript:
    """`/counter/{siteId}.js`."""

    def test_it_is_small_and_holds_the_site_and_nothing_else(self, server: ServerProcess, owner: Player) -> None:
        script = server.http.get(f"/counter/{owner.site.id}.js")
        assert script.status_code == 200
        assert script.headers["content-type"].startswith("text/javascript")
        assert len(script.content) < 10_240
        assert f"SITE = {owner.site.id}, RESPECTS = true" in script.text
        assert "{{" not in script.text
        assert "/* " not in script.text
        assert owner.token not in script.text

    def test_a_browser_that_has_it_is_stated_so_until_a_setting_changes(
        self, server: ServerProcess, served: Stage
    ) -> None:
        shy, bold = served.open_site(), served.open_site(respects_do_not_track=False)
        first = server.http.get(f"/counter/{shy.site.id}.js")
        again = server.http.get(f"/counter/{shy.site.id}.js", headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert "max-age=3600" in first.headers["cache-control"]
        other = server.http.get(f"/counter/{bold.site.id}.js", headers={"If-None-Match": first.headers["etag"]})
        assert "RESPECTS = false" in other.text


@settings(max_examples=examples(80), suppress_health_check=list(HealthCheck))
@given(
    sent=st.dictionaries(st.sampled_from(sorted(TABLE.named)), st.text(max_size=40), max_size=6),
    user_agent=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60),
)
def test_whatever_is_sent_is_answered(
    server: ServerProcess, owner: Player, sent: dict[str, str], user_agent: str
) -> None:
    answer = hit(server, owner, {"User-Agent": user_agent.strip()}, **sent)
    assert answer.status_code in (200, 400, 404), answer.text
