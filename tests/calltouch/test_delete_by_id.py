"""`orders/delete-by-id`: a deal disappears from every list, and what freed stays free."""

import pytest

from cast import Player
from server import DELETE, ServerProcess


@pytest.fixture
def deal_id(server: ServerProcess, owner: Player) -> int:
    """Register a deal with a number."""
    found: int = server.register(owner.token, orderNumber="1C-1").json()["orderId"]
    return found


def total(server: ServerProcess, player: Player) -> int:
    """Count the deals of the journal."""
    found: int = server.journal(player.token, player.site.id).json()["recordsTotal"]
    return found


@pytest.mark.parametrize("by", ["orderId", "orderNumber"])
def test_it_deletes_and_states_which(server: ServerProcess, owner: Player, deal_id: int, by: str) -> None:
    answer = server.delete(owner.token, **{by: {"orderId": deal_id, "orderNumber": "1C-1"}[by]})
    assert (answer.status_code, list(answer.json().items())) == (200, [("orderId", deal_id), ("orderNumber", "1C-1")])
    assert total(server, owner) == 0
    assert server.journal(owner.token, owner.site.id, orderId=deal_id).json()["records"] == []
    assert server.journal(owner.token, owner.site.id, orderNumber="1C-1").json()["records"] == []


def test_the_id_is_tried_before_the_number(server: ServerProcess, owner: Player, deal_id: int) -> None:
    other = server.register(owner.token, orderNumber="1C-2").json()["orderId"]
    assert server.delete(owner.token, orderId=other, orderNumber="1C-1").json()["orderId"] == other
    assert server.delete(owner.token, orderId=other, orderNumber="1C-1").json()["orderId"] == deal_id


def test_deleting_twice_is_400(server: ServerProcess, owner: Player, deal_id: int) -> None:
    assert server.delete(owner.token, orderId=deal_id).status_code == 200
    for named in ({"orderId": deal_id}, {"orderNumber": "1C-1"}):
        refused = server.delete(owner.token, **named)
        assert (refused.status_code, refused.json()["errorCode"]) == (400, "10041")


@pytest.mark.parametrize(
    ("named", "code"), [({}, "10040"), ({"orderId": 1}, "10041"), ({"orderId": "abc"}, "10007"), ({"id": 1}, "10040")]
)
def test_a_deal_that_is_not_named_or_not_found_is_400(
    server: ServerProcess, owner: Player, deal_id: int, named: dict[str, str], code: str
) -> None:
    refused = server.delete(owner.token, **named)
    assert (refused.status_code, refused.json()["errorCode"]) == (400, code)
    assert total(server, owner) == 1


def test_a_neighbour_cannot_delete(server: ServerProcess, owner: Player, stranger: Player, deal_id: int) -> None:
    for named in ({"orderId": deal_id}, {"orderNumber": "1C-1"}):
        assert server.delete(stranger.token, **named).status_code == 400
    assert total(server, owner) == 1


@pytest.mark.parametrize("method", ["POST", "HEAD", "DELETE", "PUT", "OPTIONS"])
def test_only_get_deletes(server: ServerProcess, owner: Player, deal_id: int, method: str) -> None:
    refused = server.http.request(method, DELETE, params={"clientApiId": owner.token, "orderId": deal_id})
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET")
    assert total(server, owner) == 1
