"""`dealtrace import list` and `undo`: what a file has brought in is listed and taken back."""

import signal
from pathlib import Path

import pytest

from commands import Terminal, start
from dealtrace.operations.take_back_import import ROWS_PER_STEP
from dealtrace.storage.database.engine import open_database
from engines import on_one_engine
from waiting import wait_until

MANY = 6_000
LONG_SECONDS = 120
STEPS_WAITED_MAX = 3
"""A write waits for the step that has begun, and for another if the machine is busy."""
LEFT = "SELECT count(*) FROM imported_row"


@pytest.fixture
def site(terminal: Terminal) -> str:
    return str(terminal.json("site", "create", "Shop")["siteId"])


def deals(folder: Path, *numbers: object, name: str = "deals.csv") -> str:
    """Write a file of deals, and return its name."""
    rows = [f"{number};26.03.2018 10:00;new;100" for number in numbers]
    (folder / name).write_text("\n".join(("number;happened_at;status;amount", *rows)) + "\n")
    return name


def test_an_import_is_listed_and_taken_back_after_a_question(terminal: Terminal, site: str) -> None:
    file = deals(terminal.folder, "a", "b")
    terminal.done("import", "deals", file, "--site", site)
    (listed,) = terminal.json("import", "list", "--site", site)
    assert listed == {
        "importId": 1, "siteId": int(site), "kind": "deal", "file": "deals.csv", "begunAt": listed["begunAt"],
        "added": 2, "left": 2, "takenBack": 0, "stayed": 0, "undoneAt": None,
    }  # fmt: skip
    assert "deals.csv" in terminal.done("import", "list", "--site", site).out
    shown = terminal.done("import", "undo", "1", "--site", site, "--dry-run").out
    assert "2 deals would be deleted." in shown
    assert "(no source): 2 deals, 200" in shown
    assert terminal.run("import", "undo", "1", "--site", site, typed="n\n").status != 0
    assert terminal.json("import", "list", "--site", site) == [listed], "nothing is done without a yes"
    done = terminal.done("import", "undo", "1", "--site", site, typed="y\n").out
    assert "Import 1 taken back: 2 deals deleted, 0 kept." in done
    assert "has no import 1 to take back" in terminal.refused("import", "undo", "1", "--site", site, "--yes")
    assert terminal.json("import", "deals", file, "--site", site)["takenIn"] == 2
    assert [each["importId"] for each in terminal.json("import", "list", "--site", site)] == [2]


def test_an_unknown_import_is_refused(terminal: Terminal, site: str) -> None:
    said = terminal.refused("import", "undo", "9", "--site", site, "--dry-run")
    assert f"dealtrace import list --site {site}" in said


def test_it_goes_on_where_it_was_killed(terminal: Terminal, site: str) -> None:
    file = deals(terminal.folder, *range(MANY))
    terminal.done("import", "deals", file, "--site", site)

    def left() -> int:
        database = open_database(terminal.url)
        try:
            with database.read() as connection:
                return int(connection.exec_driver_sql(LEFT).scalar() or 0)
        finally:
            database.close()

    process = start(terminal, "import", "undo", "1", "--site", site, "--yes")
    wait_until(lambda: left() < MANY or process.poll() is not None)
    process.send_signal(signal.SIGKILL)
    assert process.wait(LONG_SECONDS) != 0
    assert 0 < left() < MANY
    assert terminal.run("import", "deals", file, "--site", site).status != 0, "it is being taken back"
    assert terminal.json("import", "undo", "1", "--site", site, "--yes")["takenBack"] == MANY
    assert terminal.json("export", "deals", "out.csv", "--site", site)["rows"] == 0


@on_one_engine
def test_others_can_write_between_its_steps(terminal: Terminal, site: str) -> None:
    terminal.done("import", "deals", deals(terminal.folder, *range(MANY)), "--site", site)
    database = open_database(terminal.url)
    waited: list[int] = []
    process = start(terminal, "import", "undo", "1", "--site", site, "--yes")
    try:
        while process.poll() is None:
            with database.read() as connection:
                before = int(connection.exec_driver_sql(LEFT).scalar_one())
            with database.write() as connection:
                waited.append(before - int(connection.exec_driver_sql(LEFT).scalar_one()))
    finally:
        database.close()
    assert process.wait(LONG_SECONDS) == 0
    assert max(waited) > 0
    assert max(waited) <= STEPS_WAITED_MAX * ROWS_PER_STEP, "a write waits for a step, not for the end of the command"
