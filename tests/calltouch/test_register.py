"""`orders/register`, as a client of the vendor's sees it."""

from cast import Player
from server import ServerProcess


def test_it_registers_a_deal(server: ServerProcess, owner: Player) -> None:
    answer = server.register(owner.token, orderNumber="K2018001")
    assert answer.status_code == 200
    assert answer.json()["orderNumber"] == "K2018001"
