"""`dealtrace status`."""

from sqlalchemy import insert

from cast import Stage
from commands import Terminal
from dealtrace.accounts.rights import Role
from dealtrace.reports.statuses import STATUSES_MAX
from dealtrace.storage.schema.tables.reports import deal_status
from guests import member_of
from server import ServerProcess
from write_commands import NOON


def test_it_lists_statuses_with_their_deals_and_sets_their_meaning(
    server: ServerProcess, beside: Terminal, served: Stage
) -> None:
    player = served.open_site()
    site = str(player.site.id)
    assert beside.json("status", "list", site) == []
    for number, status in enumerate(["Новая", "новая", "Новая", "Оплачена "]):
        server.register(player.token, orderNumber=f"s{number}", orderStatus=status)
    assert beside.done("status", "set", site, "НОВАЯ", "lost").out == f"Site {site}: status “НОВАЯ” now means lost.\n"
    beside.done("status", "set", site, "оплачена", "won")
    new, paid = beside.json("status", "list", site)
    assert new == {"name": "Новая", "meaning": "lost", "deals": 3, "spellings": ["Новая", "новая", "НОВАЯ"]}
    assert (paid["name"], paid["meaning"], paid["deals"]) == ("Оплачена", "won", 1)
    server.register(player.token, orderNumber="s5", orderStatus="ОПЛАЧЕНА")
    _, paid = beside.json("status", "list", site)
    assert (paid["meaning"], paid["deals"]) == ("won", 2)
    shown = beside.done("status", "list", site).out
    assert [word in shown for word in ("Новая", "lost", "ОПЛАЧЕНА", "won")] == [True] * 4


def test_a_status_that_was_never_seen_is_set_with_a_warning(
    server: ServerProcess, beside: Terminal, served: Stage
) -> None:
    player = served.open_site()
    site = str(player.site.id)
    server.register(player.token, orderStatus="Выиграна")
    finished = beside.run("status", "set", site, "Выигрна", "won")
    assert finished.status == 0
    assert f"No deal of site {site} has had this status yet. Did you mean Выиграна?" in finished.err
    beside.done("status", "set", site, "Выигрна", "open")


def test_a_status_that_a_site_has_no_room_for_is_set_in_all_spellings_by_command_and_page(
    server: ServerProcess, beside: Terminal, served: Stage
) -> None:
    player = served.open_site()
    site = player.site.id
    row = {"site_id": site, "meaning": "open", "first_seen_at": NOON}
    with served.database.write() as connection:
        rows = [{**row, "spelling": str(n), "key": str(n)} for n in range(STATUSES_MAX)]
        connection.execute(insert(deal_status), rows)
    for number, status in enumerate(["Paid", "PAID ", "Gone", " gone"]):
        server.register(player.token, orderNumber=f"f{number}", orderStatus=status)
    finished = beside.run("status", "set", str(site), "paid", "won")
    assert (finished.status, finished.err) == (0, ""), "deals have had the status"
    analyst = member_of(server, served, site, Role.ANALYST)
    assert analyst.send("settings/statuses", name="GONE", meaning="lost", agreed="GONE=lost").status_code == 303
    listed = {each["name"]: each for each in beside.json("status", "list", str(site)) if each["deals"]}
    assert {name: (each["meaning"], each["deals"], len(each["spellings"])) for name, each in listed.items()} == {
        "PAID": ("won", 2, 3), "gone": ("lost", 2, 3),
    }  # fmt: skip


def test_it_refuses_what_does_not_fit(terminal: Terminal) -> None:
    terminal.done("site", "create", "Shop")
    assert "Site 7 not found" in terminal.refused("status", "set", "7", "new", "won")
    assert "Site 7 not found" in terminal.refused("status", "list", "7")
    assert "won, lost, open" in terminal.refused("status", "set", "1", "new", "paid")
    assert "cannot be empty" in terminal.run("status", "set", "1", " ", "won").err
    assert "1 to 256" in terminal.refused("status", "set", "1", "x" * 257, "won")


def test_a_changed_status_is_stored_by_the_server(server: ServerProcess, beside: Terminal, served: Stage) -> None:
    player = served.open_site()
    deal_id = server.register(player.token, orderStatus="new").json()["orderId"]
    server.update(player.token, orderId=deal_id, status="paid")
    listed = beside.json("status", "list", str(player.site.id))
    assert {each["name"]: each["deals"] for each in listed} == {"paid": 1, "new": 0}
