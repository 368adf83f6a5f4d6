"""`GET /api/deals/{orderId}/explanation`, over HTTP to a real server."""

from typing import Any

import httpx
import pytest

from cast import Player, Stage, moscow
from commands import Terminal
from described import check_answer
from server import ServerProcess

PHONE = "79160000077"


def ask(server: ServerProcess, deal_id: object, token: str, **headers: str) -> httpx.Response:
    return server.http.get(f"/api/deals/{deal_id}/explanation", headers={"Access-Token": token, **headers})


def register(server: ServerProcess, player: Player, **sent: Any) -> int:
    deal_id: int = server.register(player.token, **sent).json()["orderId"]
    return deal_id


def test_it_states_every_rule_each_candidate_and_why_the_winner_won(
    server: ServerProcess, served: Stage, owner: Player, beside: Terminal
) -> None:
    early = served.call(owner, moscow("2018-03-26", "07:00:00"), seconds=60, phone=PHONE)
    near = served.call(owner, moscow("2018-03-26", "09:55:00"), seconds=60, phone=PHONE)
    nearer = served.call(owner, moscow("2018-03-26", "09:56:00"), seconds=60, phone=PHONE)
    late = served.call(owner, moscow("2018-03-26", "10:00:01"), seconds=60, phone=PHONE)
    deal_id = register(server, owner, callReferenceId="nobody", phoneNumber=PHONE, linkTimeThreshold=600)
    result = ask(server, deal_id, owner.token).json()
    check_answer(server, "/api/deals/{orderId}/explanation", result)
    winner = {"kind": "call", "id": nearer.id}
    assert (result["orderId"], result["lead"], result["verdict"]) == (deal_id, winner, "found by contact")
    assert result["namings"] == [{"kind": "call", "by": "reference", "value": "nobody", "lead": None}]
    (step,) = result["steps"]
    assert (step["winner"], step["wonBy"]) == (winner, "latest start")
    assert [
        (candidate["lead"]["id"], candidate["secondsBeforeDeal"], candidate["missedBySeconds"], candidate["missedEnd"])
        for candidate in step["candidates"]
    ] == [
        (nearer.id, 240, 0, None),
        (near.id, 300, 0, None),
        (late.id, -1, -1, "opening"),
        (early.id, 3 * 3600, 3 * 3600 - 660, "closing"),
    ]
    assert beside.json("explain", str(deal_id)) == result


@pytest.mark.parametrize(
    ("sent", "matching", "verdict"),
    [
        ({}, True, "nothing identifies the lead"),
        ({"callId": 77}, True, "no lead fits"),
        ({"phoneNumber": "79160000078"}, True, "no lead fits"),
        ({"phoneNumber": "79160000078"}, False, "contact matching is off"),
        ({"requestNumber": "form-78"}, False, "named by the caller"),
    ],
)
def test_it_says_in_a_word_why(
    server: ServerProcess, served: Stage, sent: dict[str, Any], matching: bool, verdict: str
) -> None:
    player = served.open_site(contact_matching=matching)
    served.lead_request(player, moscow("2018-03-20"), number="form-78", email="a@example.org")
    result = ask(server, register(server, player, **sent), player.token).json()
    assert result["verdict"] == verdict
    assert (result["lead"] is not None) is (verdict == "named by the caller")


def test_a_pinned_and_a_deleted_deal_are_explained_too(
    server: ServerProcess, served: Stage, owner: Player, beside: Terminal
) -> None:
    deal_id = register(server, owner)
    beside.done("deal", "pin", str(deal_id), "--none")
    server.delete(owner.token, orderId=deal_id)
    result = ask(server, deal_id, owner.token).json()
    assert result["verdict"] == "pinned by hand"
    assert result["pinnedAt"] is not None
    assert result["deletedAt"] is not None


def test_only_the_site_of_the_deal_may_ask(server: ServerProcess, owner: Player, stranger: Player) -> None:
    deal_id = register(server, owner)
    for token, status, code in ((stranger.token, 404, "10041"), ("", 403, "10020"), ("x", 403, "10020")):
        refused = ask(server, deal_id, token)
        assert (refused.status_code, refused.json()["errorCode"]) == (status, code)
        assert "data" in refused.json()
    in_query = server.http.get(f"/api/deals/{deal_id}/explanation", params={"Access-Token": owner.token})
    assert in_query.status_code == 403


@pytest.mark.parametrize("deal_id", ["1", "0", "-1", "x", "9" * 30, "%00", "1.0"])
def test_what_is_no_deal_is_refused(server: ServerProcess, owner: Player, deal_id: str) -> None:
    refused = ask(server, deal_id, owner.token)
    assert refused.status_code in (400, 404)
    assert refused.json()["errorCode"] in ("10007", "10041")


def test_it_costs_what_the_site_says_and_nothing_when_refused(server: ServerProcess, served: Stage) -> None:
    player = served.open_site(points_per_day=4, point_costs={"explanation": 2})
    deal_id = register(server, player)
    assert ask(server, 1, player.token).status_code == 404
    assert ask(server, deal_id, player.token).status_code == 200
    assert ask(server, deal_id, player.token).status_code == 429
    assert server.http.post(f"/api/deals/{deal_id}/explanation").status_code == 405


def test_it_names_the_smallest_change_of_a_matcher_that_would_flip_the_deal(
    server: ServerProcess, served: Stage, owner: Player, beside: Terminal
) -> None:
    call = served.call(owner, moscow("2018-03-26", "07:25:30"), seconds=60, phone=PHONE)
    matching = [
        {"type": "chat", "chatParams": {"chatId": "7"}},
        {
            "type": "callContact",
            "callContactParams": {"phones": [PHONE], "date": "26-03-2018 10:00:00", "searchDepth": 120},
        },
    ]
    order = {
        "matching": matching,
        "orderNumber": "flipped",
        "status": "new",
        "statusDate": "26-03-2018 10:00:00",
        "orderDate": "26-03-2018 10:00:00",
        "revenue": "1",
    }
    created = server.http.post(
        "/lead-service/v1/api/client-order/create",
        json={"crm": "1C", "orders": [order]},
        headers={"Access-Token": owner.token, "SiteId": str(owner.site.id)},
    ).json()
    deal_id = created["data"]["orders"][0]["calltouchOrderId"]
    result = ask(server, deal_id, owner.token).json()
    check_answer(server, "/api/deals/{orderId}/explanation", result)
    assert result["lead"] is None
    assert result["flips"] == []
    (flip,) = result["matcherFlips"]
    assert {name: value for name, value in flip.items() if value is not None} == {
        "lead": {"kind": "call", "id": call.id},
        "matcher": 2,
        "searchDepthMin": 155,
    }
    assert beside.json("explain", str(deal_id)) == result
    said = beside.done("explain", str(deal_id)).out
    assert f"  matcher 2:\n    searchDepth ≥ 155 min\n    gives call {call.id}\n" in said
