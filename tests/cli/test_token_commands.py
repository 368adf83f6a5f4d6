"""`dealtrace token`."""

from cast import Player
from commands import Terminal
from server import ServerProcess
from waiting import wait_until


def test_it_issues_lists_and_revokes(terminal: Terminal) -> None:
    terminal.done("site", "create", "Shop")
    issued = terminal.json("token", "create", "1", "--label", "1С")
    assert list(issued) == ["tokenId", "siteId", "clientApiId"]
    first, second = terminal.json("token", "list", "1")
    assert (first["label"], second["label"]) == ("first", "1С")
    assert second["tokenId"] == issued["tokenId"]
    assert second["revokedAt"] is None
    assert "Site 2 not found" in terminal.refused("token", "list", "2")
    terminal.done("token", "revoke", str(issued["tokenId"]))
    assert terminal.json("token", "list")[1]["revokedAt"] is not None
    assert "1С" in terminal.done("token", "list").out


def test_it_refuses_what_is_not_there(terminal: Terminal) -> None:
    assert "Site 9 not found" in terminal.refused("token", "create", "9")
    assert "No active token 9" in terminal.refused("token", "revoke", "9")
    made = terminal.json("site", "create", "Shop")
    token_id = str(terminal.json("token", "list")[0]["tokenId"])
    terminal.done("token", "revoke", token_id)
    assert "No active token" in terminal.refused("token", "revoke", token_id)
    assert "token" in terminal.refused("site", "create", "Other", "--token", made["clientApiId"])


def test_a_running_server_follows(server: ServerProcess, beside: Terminal, owner: Player) -> None:
    issued = beside.json("token", "create", str(owner.site.id))
    assert server.register(issued["clientApiId"], orderNumber="fresh token").status_code == 200
    beside.done("token", "revoke", str(issued["tokenId"]))
    wait_until(lambda: server.register(issued["clientApiId"], orderNumber="old token").status_code == 403)
    assert server.register(owner.token, orderNumber="other token").status_code == 200
