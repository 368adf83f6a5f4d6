"""The page of imports lists them, and takes one back after a preview, without a script."""

import pytest

from cast import Player, Stage
from dealtrace.accounts.rights import Role
from guests import Guest, member_of, text_of
from server import ServerProcess
from waiting import wait_until

DEALS = """orderNumber;orderDate;orderStatus;sum;source;medium
A-1;26.03.2018 10:00:00;Paid;1000;yandex;cpc
A-2;26.03.2018 11:00:00;New;2000;;
"""


@pytest.fixture
def boss(server: ServerProcess, served: Stage, owner: Player) -> Guest:
    """Give the owner of the site, in English."""
    return member_of(server, served, owner.site.id)


def bring(boss: Guest) -> str:
    """Import the file, and return the place of the result below the site."""
    sent = boss.send("settings/imports", files={"file": ("deals.csv", DEALS.encode())}, noun="deal", encoding="")
    place: str = sent.headers["location"].removeprefix(f"/cabinet/{boss.site_id}/")
    assert boss.send(place).status_code == 303
    return text_of(boss.get(place).text)


def test_an_import_is_taken_back_after_a_preview(boss: Guest, server: ServerProcess, owner: Player) -> None:
    assert "Rows imported 2" in bring(boss)
    listed = boss.get("settings/imports").text
    assert "deals.csv Deals" in text_of(listed)
    assert boss.login in text_of(listed)
    assert f'href="/cabinet/{owner.site.id}/settings/imports/undo/1"' in listed
    assert server.update(owner.token, orderNumber="A-2", status="Won").status_code == 200
    shown = text_of(boss.get("settings/imports/undo/1").text)
    assert "Will be deleted 1 Will stay, changed since 1" in shown
    assert "yandex / cpc 1 1 000 ₽" in shown
    assert boss.send("settings/imports/undo/1").headers["location"].endswith("/settings/imports/undo/1")
    wait_until(lambda: "Taken back." in text_of(boss.get("settings/imports/undo/1").text))
    assert "Deleted 1 Stayed 1" in text_of(boss.get("settings/imports/undo/1").text)
    assert f"{boss.login} Import taken back: deals, deleted: 1" in text_of(boss.get("settings/changes").text)
    assert boss.send("settings/imports/undo/1").status_code == 303, "again does nothing"
    assert "Rows imported 2" in bring(boss)
    assert "Rows added 1 Will be deleted 1" in text_of(boss.get("settings/imports/undo/2").text), "it comes in anew"


def test_the_pages_are_in_russian_too(server: ServerProcess, served: Stage, owner: Player) -> None:
    boss = member_of(server, served, owner.site.id, language="ru")
    bring(boss)
    assert "Отменить" in text_of(boss.get("settings/imports").text)
    assert "Удалится 2" in text_of(boss.get("settings/imports/undo/1").text)


def test_only_owners_take_imports_back(boss: Guest, server: ServerProcess, served: Stage, owner: Player) -> None:
    bring(boss)
    analyst = member_of(server, served, owner.site.id, role=Role.ANALYST)
    assert analyst.get("settings/imports/undo/1").status_code == 403
    assert analyst.send("settings/imports/undo/1").status_code == 403
    assert boss.get("settings/imports/undo/2").status_code == 404
