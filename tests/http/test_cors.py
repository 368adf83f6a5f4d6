"""Which pages may call endpoints that need a token, and read their answers, over HTTP to a real server."""

from typing import Any

import httpx
import pytest

from cast import Player, Stage
from server import REGISTER, REST, ServerProcess
from waiting import wait_until, wait_until_followed

SHOP, OTHER = "https://shop.example", "https://other.example"
LEAD_SERVICE = "/lead-service/v1/api"
ANSWERED = "access-control-allow-origin"


@pytest.fixture
def named(server: ServerProcess, served: Stage) -> Player:
    """Open a site that lets the pages of a shop ask."""
    player = served.open_site(cors_origins=(SHOP,))
    wait_until_followed(server)
    return player


def paths_of(player: Player) -> list[str]:
    site = player.site.id
    return [
        f"{REST}/{site}/calls-diary/calls",
        f"{REST}/{site}/orders-diary/orders/",
        f"{REST}/statistics/{site}/calls/total-count",
        f"{REST}/requests/",
        f"{LEAD_SERVICE}/request/create",
        f"{LEAD_SERVICE}/customfield/delete",
        *(f"{LEAD_SERVICE}/client-order/{verb}" for verb in ("create", "update", "delete", "search")),
    ]


def preflight(server: ServerProcess, path: str, origin: str, method: str = "GET") -> httpx.Response:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "access-token",
    }
    return server.http.options(path, headers=asked)


def methods_of(path: str) -> str:
    return "POST" if path.startswith(LEAD_SERVICE) else "GET"


def test_a_preflight_is_allowed_for_the_pages_that_a_site_names(server: ServerProcess, named: Player) -> None:
    for path in paths_of(named):
        answer = preflight(server, path, SHOP, methods_of(path))
        assert (answer.status_code, answer.headers[ANSWERED]) == (200, SHOP), path
        assert methods_of(path) in answer.headers["access-control-allow-methods"]
        assert answer.headers["access-control-allow-headers"] == "access-token"
        assert answer.headers["vary"] == "Origin"


def test_a_preflight_of_any_other_page_is_refused(server: ServerProcess, named: Player) -> None:
    for path in paths_of(named):
        for origin in (OTHER, "null", f"{SHOP}:8443", "http://shop.example"):
            answer = preflight(server, path, origin, methods_of(path))
            assert (answer.status_code, ANSWERED in answer.headers) == (405, False), (path, origin)


def test_a_preflight_for_a_method_that_does_not_work_is_refused(server: ServerProcess, named: Player) -> None:
    assert preflight(server, f"{REST}/requests", SHOP, "DELETE").status_code == 405


def test_a_preflight_that_addresses_a_site_goes_by_that_site_alone(
    server: ServerProcess, named: Player, owner: Player
) -> None:
    assert preflight(server, f"{REST}/{owner.site.id}/calls-diary/calls", SHOP).status_code == 405
    assert preflight(server, f"{REST}/requests?siteId={owner.site.id}", SHOP).status_code == 405
    assert preflight(server, f"{REST}/requests?siteId={named.site.id}", SHOP).status_code == 200
    assert preflight(server, f"{REST}/999999/calls-diary/calls", SHOP).status_code == 405


def ask(server: ServerProcess, token: str, origin: str | None) -> httpx.Response:
    asked = {"clientApiId": token, "dateFrom": "03/26/2018", "dateTo": "03/26/2018", "page": "1"}
    return server.http.get(f"{REST}/requests", params=asked, headers={"Origin": origin} if origin is not None else {})


def test_an_answer_goes_by_the_tokens_site(server: ServerProcess, named: Player, owner: Player) -> None:
    readable = ask(server, named.token, SHOP)
    assert (readable.status_code, readable.headers[ANSWERED], readable.headers["vary"]) == (200, SHOP, "Origin")
    assert "X-Total-Count" in readable.headers["access-control-expose-headers"]
    unreadable = ask(server, owner.token, SHOP)
    assert (unreadable.status_code, ANSWERED in unreadable.headers, unreadable.headers["vary"]) == (
        200,
        False,
        "Origin",
    )
    assert ANSWERED not in ask(server, named.token, OTHER).headers
    assert not {ANSWERED, "vary"} & set(ask(server, named.token, None).headers)


@pytest.mark.parametrize(("changed", "status"), [({"clientApiId": "unknown"}, 403), ({"dateFrom": "soon"}, 400)])
def test_a_page_reads_why_it_is_refused(
    server: ServerProcess, named: Player, changed: dict[str, Any], status: int
) -> None:
    asked = {"clientApiId": named.token, "dateFrom": "03/26/2018", "dateTo": "03/26/2018", **changed}
    answer = server.http.get(f"{REST}/requests", params=asked, headers={"Origin": SHOP})
    assert (answer.status_code, answer.headers[ANSWERED]) == (status, SHOP)
    assert ANSWERED not in server.http.get(f"{REST}/requests", params=asked, headers={"Origin": OTHER}).headers


def test_a_list_of_leads_from_a_page_is_answered(server: ServerProcess, named: Player) -> None:
    headers = {"Origin": SHOP, "Access-Token": named.token}
    answer = server.http.post(f"{LEAD_SERVICE}/request/create", json={"requests": [{"fio": "Иван"}]}, headers=headers)
    assert answer.json()["data"]["requests"][0]["imported"] is True
    assert answer.headers[ANSWERED] == SHOP


def test_deals_are_no_matter_of_pages(server: ServerProcess, named: Player) -> None:
    assert preflight(server, REGISTER, SHOP).status_code == 405
    answer = server.http.get(REGISTER, params={"clientApiId": named.token}, headers={"Origin": SHOP})
    assert ANSWERED not in answer.headers


def test_a_running_server_follows_the_setting(server: ServerProcess, served: Stage) -> None:
    player = served.open_site()
    path = f"{REST}/{player.site.id}/calls-diary/calls"
    assert preflight(server, path, SHOP).status_code == 405
    server.command("site", "set", str(player.site.id), f"cors_origins={SHOP}/, {OTHER}")
    wait_until(lambda: preflight(server, path, OTHER).status_code == 200)
    server.command("site", "set", str(player.site.id), "cors_origins=")
    wait_until(lambda: preflight(server, path, OTHER).status_code == 405)
