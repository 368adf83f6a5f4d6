"""The page of imports lists them, and takes one back after a preview, without a script."""

import pytest
from sqlalchemy import insert

from cast import Player, Stage
from dealtrace.accounts.rights import Role
from dealtrace.operations.take_back_import import ROWS_COUNTED_MAX
from dealtrace.storage.schema.tables.file_imports import imported_row
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
    assert "Will be deleted 1 Will stay, changed after the import 1" in shown
    assert "yandex / cpc 1 1 000 ₽" in shown
    assert boss.send("settings/imports/undo/1").headers["location"].endswith("/settings/imports/undo/1")
    wait_until(lambda: "The import has been undone." in text_of(boss.get("settings/imports/undo/1").text))
    assert "Deleted 1 Stayed 1" in text_of(boss.get("settings/imports/undo/1").text)
    assert f"{boss.login} Import undone: deals, deleted: 1" in text_of(boss.get("settings/changes").text)
    assert boss.send("settings/imports/undo/1").status_code == 303, "again does nothing"
    assert "Rows imported 2" in bring(boss)
    assert "Rows of the import 1 Will be deleted 1" in text_of(boss.get("settings/imports/undo/2").text), (
        "it comes in anew"
    )


def test_the_preview_says_which_rows_another_import_has_too(boss: Guest, server: ServerProcess, served: Stage) -> None:
    bring(boss)
    again = DEALS + "A-3;26.03.2018 11:00:00;New;2000;;\n"
    sent = boss.send("settings/imports", files={"file": ("more.csv", again.encode())}, noun="deal", encoding="")
    boss.send(sent.headers["location"].removeprefix(f"/cabinet/{boss.site_id}/"))
    shown = text_of(boss.get("settings/imports/undo/2").text)
    assert "Rows of the import 3 Will be deleted 1" in shown
    assert "Will stay: another import has them too 2" in shown
    russian = member_of(server, served, boss.site_id, language="ru")
    assert "Останется: есть и в другом импорте 2" in text_of(russian.get("settings/imports/undo/2").text)


def test_a_long_import_is_counted_in_part(boss: Guest, served: Stage, owner: Player) -> None:
    bring(boss)
    with served.database.write() as connection:
        rows = [{"site_id": owner.site.id, "import_number": 1, "row_id": -number} for number in range(ROWS_COUNTED_MAX)]
        connection.execute(insert(imported_row), rows)
    shown = text_of(boss.get("settings/imports/undo/1").text)
    assert "Counted in the first 20 000 rows; the rest are checked when their turn comes." in shown


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
