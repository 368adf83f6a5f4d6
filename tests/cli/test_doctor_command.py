"""`dealtrace doctor`."""

import shlex
from typing import Any

from sqlalchemy import insert, update

from cast import Player, Stage
from commands import Terminal
from dealtrace.storage.schema.tables.leads import contact, contact_reading, lead_contact
from server import ServerProcess
from write_commands import NOON


def findings(terminal: Terminal, kind: str, **wanted: Any) -> list[dict[str, Any]]:
    """List what the doctor finds of a kind."""
    return [
        one
        for one in terminal.json("doctor")
        if one["kind"] == kind and all(one[name] == value for name, value in wanted.items())
    ]


def test_it_misses_a_site_and_a_user_and_then_nothing(terminal: Terminal) -> None:
    assert [one["kind"] for one in terminal.json("doctor")] == ["sites", "users"]
    said = terminal.done("doctor").out
    assert "dealtrace site create NAME" in said
    assert "dealtrace user create LOGIN" in said
    terminal.done("site", "create", "Shop")
    terminal.done("user", "create", "anna", new_password="correct horse battery")
    assert terminal.json("doctor") == []
    assert terminal.done("doctor").out == "No problems found.\n"


def test_it_counts_unknown_fields_and_its_cure_adds_them(
    server: ServerProcess, beside: Terminal, owner: Player
) -> None:
    names = ("it's", "цвет кожи", "$(rm -rf)")
    for number in range(3):
        sent = {f"custom[{name}]": "x" for name in names[: number + 1]}
        server.register(owner.token, orderNumber=f"doctor{number}", **{"custom[margin]": "1"}, **sent)
    found = findings(beside, "unknown_field", site_id=owner.site.id)
    assert {one["name"]: one["seen"] for one in found} == dict(zip(names, (3, 2, 1), strict=True))
    for one in found:
        assert one["cure"] in beside.done("doctor").out
        program, *arguments = shlex.split(one["cure"])
        assert program == "dealtrace"
        beside.done(*arguments)
    assert not findings(beside, "unknown_field", site_id=owner.site.id)
    assert set(beside.json("field", "list", str(owner.site.id))) == {"margin", *names}


def test_it_counts_contacts_that_match_nothing(server: ServerProcess, beside: Terminal, owner: Player) -> None:
    server.register(owner.token, orderNumber="bad phone", phoneNumber="soon")
    server.register(owner.token, orderNumber="bad e-mail", phoneNumber="79160000004", email="nowhere")
    deal_id = server.register(owner.token, orderNumber="gone", phoneNumber="later").json()["orderId"]
    server.delete(owner.token, orderId=deal_id)
    (found,) = findings(beside, "unusable_contact", site_id=owner.site.id)
    assert found["seen"] == 2


def test_it_counts_leads_with_contacts_that_match_nothing(beside: Terminal, served: Stage) -> None:
    player = served.open_site()
    served.call(player, NOON, phone="+7 (___) ___-__-__")
    served.call(player, NOON, phone="")
    served.lead_request(player, NOON, phone="89205550055", email="нет почты")
    served.lead_request(player, NOON, phone="soon", email="ivan@example.ru")
    served.lead_request(player, NOON, email="ivan@example.ru")
    served.lead_request(player, NOON, phone="89205550055, 89205550066", email="mailto:ivan@example.ru")
    (found,) = findings(beside, "unusable_lead", site_id=player.site.id)
    assert found["seen"] == 3


def test_it_counts_contacts_in_the_old_form_and_its_cure_reads_them_again(beside: Terminal, served: Stage) -> None:
    player = served.open_site()
    served.call(player, NOON, phone="8 (495) 123-45-67 вн.5")
    with served.database.write() as connection:
        for table in (contact, lead_contact):
            mine = update(table).where(table.c.site_id == player.site.id)
            connection.execute(mine.values(contact="849512345675"))
        connection.execute(insert(contact_reading).values(site_id=player.site.id, stage="calls", last_id=0))
    (found,) = findings(beside, "old_contacts", site_id=player.site.id)
    assert (found["seen"], found["cure"]) == (2, "dealtrace db renormalise")
    assert f"Site {player.site.id}: 1 set of contacts changed" in beside.done("db", "renormalise").out
    assert not findings(beside, "old_contacts", site_id=player.site.id)
    assert f"Site {player.site.id}: 0 sets of contacts changed" in beside.done("db", "renormalise").out


def test_it_names_contacts_that_join_nobody(beside: Terminal, served: Stage) -> None:
    player = served.open_site()
    served.lead_request(player, NOON, email="1@1.ru")
    (found,) = findings(beside, "set_apart", site_id=player.site.id)
    assert found["name"] == "1@1.ru"


def test_it_tells_when_the_points_of_the_day_are_nearly_spent(
    server: ServerProcess, beside: Terminal, served: Stage
) -> None:
    player = served.open_site(points_per_day=10)
    for number in range(8):
        server.register(player.token, orderNumber=f"point{number}")
    assert not findings(beside, "points", site_id=player.site.id)
    server.register(player.token, orderNumber="point8")
    (found,) = findings(beside, "points", site_id=player.site.id)
    assert found["spent"] == 9
    assert f"dealtrace site set {player.site.id} points_per_day=" in found["cure"]
