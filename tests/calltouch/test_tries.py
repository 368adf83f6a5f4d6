"""`/api/try/…`: what a registration would become, over HTTP to a real server, with nothing stored."""

from datetime import timedelta
from typing import Any

import pytest

from cast import Player, Stage
from client_orders import MADE_AT, ORDER, PHONE, RECEPTION, WITHOUT, by, create
from described import check_answer
from server import ServerProcess
from stored import points_of, rows_of

TRY = "/api/try"
DEAL = {
    "orderNumber": "K-1",
    "orderSum": "1000",
    "orderStatus": "new",
    "orderDate": "25.03.2018 11:00:00",
    "service": "AmoCRM",
}


def tried(server: ServerProcess, player: Player, status: int = 200, **more: str) -> Any:
    parameters = {"clientApiId": player.token, **DEAL, **more}
    answer = server.http.get(f"{TRY}/orders/register/", params=parameters, headers={"Accept-Language": "en"})
    assert answer.status_code == status, answer.text
    return answer.json()


def tried_list(server: ServerProcess, player: Player, *orders: Any) -> list[dict[str, Any]]:
    headers = {"Access-Token": player.token, "Accept-Language": "en"}
    answer = server.http.post(f"{TRY}/client-order/create", headers=headers, json={"orders": list(orders)})
    assert answer.status_code == 200, answer.text
    check_answer(server, f"{TRY}/client-order/create", answer.json())
    listed: list[dict[str, Any]] = answer.json()["data"]["orders"]
    return listed


@pytest.mark.parametrize("contact_matching", [True, False])
def test_a_trial_explains_the_deal_and_stores_nothing(
    server: ServerProcess, served: Stage, *, contact_matching: bool
) -> None:
    player = served.open_site(contact_matching=contact_matching, points_per_day=1)
    call = served.call(player, MADE_AT - timedelta(hours=1), phone=PHONE)
    before = rows_of(served.database, player)
    answer = tried(server, player, phoneNumber=PHONE, **{"custom[unknown]": "x"})
    assert (answer["stored"], answer["isNew"], answer["orderId"]) == (False, True, None)
    assert answer["unknownFields"] == ["unknown"]
    lead = {"kind": "call", "id": call.id}
    assert answer["explanation"]["lead"] == (lead if contact_matching else None)
    assert answer["explanation"]["steps"][0]["winner"] == lead
    assert answer["explanation"]["verdict"] == ("found by contact" if contact_matching else "contact matching is off")
    tried(server, player)
    assert rows_of(served.database, player) == before
    assert points_of(served.database, player) == 0


def test_a_trial_knows_a_retry_and_is_refused_as_the_registration_would_be(
    server: ServerProcess, owner: Player
) -> None:
    registered = server.register(owner.token, **DEAL).json()
    again = tried(server, owner)
    assert (again["isNew"], again["orderId"]) == (False, registered["orderId"])
    refused = tried(server, owner, 400, orderSum="7")
    assert refused["data"]["apiErrorData"]["errorCode"] == 10042
    assert tried(server, owner, 400, orderDate="soon")["data"]["apiErrorData"]["errorCode"] == 10007
    assert tried(server, owner, 403, clientApiId="nobody")


def test_a_list_is_tried_item_by_item(server: ServerProcess, served: Stage) -> None:
    player = served.open_site()
    call = served.call(player, MADE_AT - timedelta(hours=1), phone=PHONE)
    order = {**ORDER, "matching": [by("callContact", phones=[PHONE]), WITHOUT, RECEPTION]}
    (stored,) = create(server, player, order)
    assert "matching[2]: never tried, because withoutSource" in stored["warning"]
    before = rows_of(served.database, player)
    known, new, twice, bad = tried_list(
        server,
        player,
        {**order, "crm": "1C"},
        {**order, "orderNumber": "2"},
        {**order, "orderNumber": "2"},
        {"orderNumber": "3"},
    )
    assert (known["isNew"], known["calltouchOrderId"]) == (False, stored["calltouchOrderId"])
    assert (new["isNew"], new["calltouchOrderId"], new["warning"]) == (True, None, stored["warning"])
    assert new["matched"] == {"type": "callContact", "leadType": "call", "id": call.id}
    outcomes = [step["outcome"] for step in new["explanation"]["matchers"]]
    assert outcomes == ["decided", "not tried", "never reached"]
    assert (twice["isNew"], bad["errorCode"]) == (False, 10007)
    assert rows_of(served.database, player) == before


def test_an_update_is_warned_of_the_same(server: ServerProcess, owner: Player) -> None:
    assert "warning" not in create(server, owner, ORDER)[0]
    headers = {"Access-Token": owner.token}
    update = {"orderNumber": "A-1", "reMatching": [RECEPTION, WITHOUT]}
    answer = server.http.post(
        "/lead-service/v1/api/client-order/update", headers=headers, json={"orders": [update]}
    ).json()
    assert answer["data"]["orders"][0]["warning"].startswith("reMatching[1]: не проверяется")
