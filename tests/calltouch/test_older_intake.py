"""Older addresses of the intake: `{siteId}/requests/orders/register`, `requests/orders/register`, `requests/{id}`."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from cast import Player, Stage, moscow
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.operations.leads.delete import delete_lead
from described import check_answer
from server import REST, ServerProcess
from stored import points_of, rows_of
from waiting import wait_until_followed

PHONE = "79205550055"
SHOP = "https://shop.example"
ORDERS = f"{REST}/requests/orders/register"
LEAD = {"phoneNumber": PHONE, "fio": "Иван", "requestDate": "26.03.2018 10:00:00"}
DEAL = {"orderSum": "1000,50", "orderStatus": "new", "orderDate": "26.03.2018 11:00:00", "service": "CRM"}
Send = Callable[[ServerProcess, str, dict[str, str]], httpx.Response]
WAYS: dict[str, Send] = {
    "query": lambda server, path, sent: server.http.get(path, params=sent),
    "form": lambda server, path, sent: server.http.post(path, data=sent),
    "multipart": lambda server, path, sent: server.http.post(
        path, files={name: (None, text) for name, text in sent.items()}
    ),
    "json": lambda server, path, sent: server.http.post(path, json=sent),
    "json as a form": lambda server, path, sent: server.http.post(
        path,
        content=httpx.Request("POST", "http://x", json=sent).content,
        headers={"content-type": "application/x-www-form-urlencoded; charset=UTF-8"},
    ),
}


def register(server: ServerProcess, player: Player, way: str = "form", **sent: str) -> httpx.Response:
    return WAYS[way](server, f"{ORDERS}/", {"clientApiId": player.token, **LEAD, **sent})


def taken(answer: httpx.Response, server: ServerProcess) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    check_answer(server, ORDERS, answer.json())
    return dict(answer.json())


def counted(served: Stage, player: Player) -> tuple[int, int]:
    stored = rows_of(served.database, player)
    return len(stored.get("lead_request", [])), len(stored.get("deal", []))


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("way", WAYS)
def test_a_form_at_the_older_url_is_taken_in_without_a_token(
    server: ServerProcess, owner: Player, way: str, slash: str
) -> None:
    path = f"{REST}/{owner.site.id}/requests/orders/register{slash}"
    answer = WAYS[way](server, path, {**LEAD, "subject": "Корзина", "tags": "a,b"})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["subject"], answer.json()["client"]["fio"]) == ("Корзина", "Иван")
    assert answer.headers["access-control-allow-origin"] == "*"


def test_any_page_may_send_to_the_older_url(server: ServerProcess, owner: Player) -> None:
    asked = {"Origin": SHOP, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    answer = server.http.options(f"{REST}/{owner.site.id}/requests/orders/register/", headers=asked)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "*")


@pytest.mark.parametrize("way", WAYS)
def test_a_lead_request_without_a_deal_is_registered_alone(
    server: ServerProcess, served: Stage, owner: Player, way: str
) -> None:
    record = taken(register(server, owner, way), server)
    assert (record["client"]["fio"], record["orders"], record["dateStr"]) == ("Иван", [], "26/03/2018 10:00:00")
    assert counted(served, owner) == (1, 0)


@pytest.mark.parametrize("way", WAYS)
def test_with_all_that_a_deal_needs_its_deal_is_registered_too(
    server: ServerProcess, served: Stage, owner: Player, way: str
) -> None:
    more = {"orderNumber": "K-1", "orderComment": "звонить", "manager": "Коля"}
    record = taken(register(server, owner, way, **DEAL, **more), server)
    (order,) = record["orders"]
    assert (order["orderNumber"], order["sum"], order["status"]) == ("K-1", "1000.5000", "new")
    assert (order["orderComments"], order["callId"]) == ("звонить", None)
    assert counted(served, owner) == (1, 1)
    (deal,) = server.journal(owner.token, owner.site.id).json()["records"]
    assert deal["orderSource"] == {"type": "REQUEST", "requestId": record["requestId"], "formName": ""}


@pytest.mark.parametrize("name", DEAL)
def test_a_deal_that_lacks_something_leaves_the_lead_request(
    server: ServerProcess, served: Stage, owner: Player, name: str
) -> None:
    sent = {key: text for key, text in DEAL.items() if key != name}
    assert taken(register(server, owner, **sent), server)["orders"] == []
    assert counted(served, owner) == (1, 0)


def test_the_deal_has_the_source_of_the_visit(server: ServerProcess, served: Stage, owner: Player) -> None:
    visit = served.visit(owner, moscow("2018-03-26", "09:00:00"), TrafficSource("yandex", "cpc"))
    record = taken(register(server, owner, sessionId=str(visit.id), orderNumber="K-1", **DEAL), server)
    session = server.update(owner.token, orderNumber="K-1").json()["session"]
    assert (session["sessionId"], session["source"]) == (visit.id, "yandex")
    assert record["session"]["sessionId"] == visit.id


@pytest.mark.parametrize(
    "numbers",
    [{"requestNumber": "R"}, {"orderNumber": "K"}, {"requestNumber": "R", "orderNumber": "K"}],
    ids="+".join,
)
def test_the_same_again_is_a_safe_retry(
    server: ServerProcess, served: Stage, owner: Player, numbers: dict[str, str]
) -> None:
    sent = {**DEAL, **numbers} if "orderNumber" in numbers else numbers
    first = taken(register(server, owner, **sent), server)
    spent, stored = points_of(served.database, owner), counted(served, owner)
    assert taken(register(server, owner, "query", **sent), server) == first
    assert (points_of(served.database, owner), counted(served, owner)) == (spent, stored)


def test_a_number_that_another_deal_has_stores_nothing(server: ServerProcess, served: Stage, owner: Player) -> None:
    server.register(owner.token, orderNumber="K-1")
    spent = points_of(served.database, owner)
    refused = register(server, owner, orderNumber="K-1", **DEAL)
    assert (refused.status_code, refused.json()["errorCode"]) == (400, "10042")
    assert (counted(served, owner), points_of(served.database, owner)) == ((0, 1), spent)
    assert taken(register(server, owner, orderNumber="K-2", **DEAL), server)["orders"][0]["orderNumber"] == "K-2"


def test_a_lead_request_whose_number_is_taken_makes_no_deal(
    server: ServerProcess, served: Stage, owner: Player
) -> None:
    register(server, owner, requestNumber="R")
    refused = register(server, owner, requestNumber="R", comment="другое", **DEAL)
    assert (refused.status_code, refused.json()["errorCode"]) == (400, "10047")
    assert counted(served, owner) == (1, 0)


@pytest.mark.parametrize("deal", [{}, DEAL], ids=["alone", "with a deal"])
def test_it_costs_a_point_and_without_any_stores_nothing(
    server: ServerProcess, served: Stage, deal: dict[str, str]
) -> None:
    poor = served.open_site(points_per_day=1)
    assert [register(server, poor, **deal).status_code for _ in range(2)] == [200, 429]
    assert counted(served, poor) == (1, 1 if deal else 0)


def test_it_needs_the_token(server: ServerProcess, owner: Player) -> None:
    refused = server.http.post(ORDERS, data=LEAD)
    assert (refused.status_code, refused.json()["errorCode"]) == (403, "10020")


def test_pages_that_the_site_names_read_the_answer(server: ServerProcess, served: Stage) -> None:
    player = served.open_site(cors_origins=(SHOP,))
    wait_until_followed(server)
    sent = {"clientApiId": player.token, **LEAD}
    for origin, allowed in ((SHOP, SHOP), ("https://other.example", None)):
        answer = server.http.post(ORDERS, data=sent, headers={"Origin": origin})
        assert (answer.status_code, answer.headers.get("access-control-allow-origin")) == (200, allowed)


def test_one_lead_request_is_shown_by_its_id(server: ServerProcess, owner: Player, stranger: Player) -> None:
    made = taken(register(server, owner, requestNumber="R", tags="a", **DEAL), server)
    path = f"{REST}/requests/{made['requestId']}"
    shown = server.http.get(f"{path}/", params={"clientApiId": owner.token})
    assert (shown.status_code, shown.json()) == (200, made)
    tagged = server.http.get(path, params={"clientApiId": owner.token, "withRequestTags": "true"}).json()
    check_answer(server, f"{REST}/requests/{{requestId}}", tagged)
    assert tagged["RequestTags"][0]["names"] == ["a"]
    theirs = server.http.get(path, params={"clientApiId": stranger.token})
    assert (theirs.status_code, theirs.json()["errorCode"]) == (404, "10045")
    wrong = server.http.get(path, params={"clientApiId": owner.token, "siteId": str(stranger.site.id)})
    assert wrong.json()["errorCode"] == "10021"


@pytest.mark.parametrize("asked", ["1", "abc", "-1", "9" * 30, "%D0%90"])
def test_one_that_is_not_there_is_404(server: ServerProcess, owner: Player, asked: str) -> None:
    refused = server.http.get(f"{REST}/requests/{asked}", params={"clientApiId": owner.token})
    assert (refused.status_code, refused.json()["errorCode"]) == (404, "10045")


def test_a_hidden_one_is_not_shown(server: ServerProcess, served: Stage, owner: Player) -> None:
    made = served.lead_request(owner, moscow("2018-03-26"))
    with served.database.write() as connection:
        delete_lead(served.work(connection, owner, moscow("2018-03-30")), LeadRef(LeadKind.LEAD_REQUEST, made.id))
    assert server.http.get(f"{REST}/requests/{made.id}", params={"clientApiId": owner.token}).status_code == 404
