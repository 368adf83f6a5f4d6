"""`dealtrace field`."""

from cast import Player, Stage
from commands import Terminal
from server import ServerProcess
from waiting import wait_until_followed


def test_it_adds_and_lists(terminal: Terminal) -> None:
    terminal.done("site", "create", "Shop")
    assert terminal.json("field", "list", "1") == []
    terminal.done("field", "add", "1", "маржа")
    terminal.done("field", "add", "1", "a b")
    assert terminal.json("field", "list", "1") == ["a b", "маржа"]
    assert terminal.done("field", "list", "1").out == "a b\nмаржа\n"


def test_it_refuses_what_does_not_fit(terminal: Terminal) -> None:
    assert "Site 1 not found" in terminal.refused("field", "add", "1", "margin")
    assert "Site 1 not found" in terminal.refused("field", "list", "1")
    terminal.done("site", "create", "Shop")
    terminal.done("field", "add", "1", "margin")
    assert "margin" in terminal.refused("field", "add", "1", "margin")
    assert "1 to" in terminal.refused("field", "add", "1", "x" * 101)


def test_a_running_server_keeps_the_new_field(server: ServerProcess, beside: Terminal, stranger: Player) -> None:
    site_id = stranger.site.id
    server.register(stranger.token, orderNumber="before", **{"custom[city]": "Владивосток"})
    beside.done("field", "add", str(site_id), "city")
    wait_until_followed(server)
    server.register(stranger.token, orderNumber="after", **{"custom[city]": "Находка"})
    kept = {
        number: server.journal(stranger.token, site_id, orderNumber=number).json()["records"][0]["customFields"]
        for number in ("before", "after")
    }
    assert kept == {"before": [], "after": [{"field": "city", "value": "Находка"}]}


def test_a_removed_field_is_not_stored_any_more(server: ServerProcess, beside: Terminal, served: Stage) -> None:
    player = served.open_site(fields=["city", "margin"])
    site_id = str(player.site.id)
    server.register(player.token, orderNumber="before", **{"custom[city]": "Омск"})
    beside.done("field", "remove", site_id, "city")
    wait_until_followed(server)
    server.register(player.token, orderNumber="after", **{"custom[city]": "Томск", "custom[margin]": "7"})
    kept = {
        number: server.journal(player.token, player.site.id, orderNumber=number).json()["records"][0]["customFields"]
        for number in ("before", "after")
    }
    assert kept == {
        "before": [{"field": "city", "value": "Омск"}],
        "after": [{"field": "margin", "value": "7"}],
    }
    assert beside.json("field", "list", site_id) == ["margin"]
    assert "field list" in beside.refused("field", "remove", site_id, "city")
    assert "not found" in beside.refused("field", "remove", "999999", "city")
