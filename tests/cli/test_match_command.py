"""`dealtrace match`: all deals of a site are matched anew, beside a running server."""

from cast import Player, Stage, moscow
from commands import Terminal
from server import ServerProcess

PHONE = "79205550055"


def test_it_matches_the_past_after_the_switch(server: ServerProcess, served: Stage, beside: Terminal) -> None:
    player = served.open_site()
    call = served.call(player, moscow("2018-03-26", "09:50:00"), phone=PHONE)
    result = [server.register(player.token, orderNumber=f"n{item}", phoneNumber=PHONE).json() for item in range(3)]
    assert {item["callId"] for item in result} == {None}
    site_id = str(player.site.id)
    beside.done("site", "set", site_id, "contact_matching=on")
    assert beside.json("match", site_id, "--after", str(result[1]["orderId"]))["deals"] <= 1
    assert "3 deals" in beside.done("match", site_id).out
    assert beside.json("match", site_id) == {"siteId": player.site.id, "deals": 3, "changed": 0}
    for item in result:
        assert server.update(player.token, orderId=item["orderId"]).json()["order"]["callId"] == call.id


def test_a_site_without_deals_is_done_at_once(beside: Terminal, owner: Player) -> None:
    assert beside.json("match", str(owner.site.id)) == {"siteId": owner.site.id, "deals": 0, "changed": 0}


def test_it_refuses_a_site_there_is_not(beside: Terminal) -> None:
    assert "Site 999999 not found" in beside.refused("match", "999999")
