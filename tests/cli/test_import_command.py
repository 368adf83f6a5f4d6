"""`dealtrace import calls|requests`: files come in, whole or not at all, and go on where they stopped."""

import csv
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cast import Player
from commands import Terminal
from dealtrace.cli.import_leads import refresh_statistics
from dealtrace.storage.database.engine import open_database
from server import ServerProcess
from spreadsheet import write_xlsx

PHONE = "79205550055"
MANY = 12_000
BAD_EVERY = 500
LONG_SECONDS = 120


@pytest.fixture
def site(terminal: Terminal) -> str:
    return str(terminal.json("site", "create", "Shop")["siteId"])


def calls(folder: Path, *rows: str, name: str = "calls.csv") -> str:
    (folder / name).write_text("\n".join(("started_at;phone;reference", *rows)) + "\n")
    return name


def refused_rows(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.reader(opened, delimiter=";"))


def count(terminal: Terminal, table: str) -> tuple[int, int]:
    """Count the rows of a table, and their different names."""
    database = open_database(terminal.url)
    name = {"call": "reference", "lead_request": "number"}[table]
    try:
        with database.read() as connection:
            row = connection.exec_driver_sql(f'SELECT count(*), count(DISTINCT {name}) FROM "{table}"').one()
            return row[0], row[1]
    finally:
        database.close()


def test_it_takes_calls_in_and_says_so(terminal: Terminal, site: str) -> None:
    file = calls(terminal.folder, f"26.03.2018 10:00;{PHONE};a", f"26.03.2018 11:00;{PHONE};b")
    assert terminal.json("import", "calls", file, "--site", site) == {
        "siteId": int(site),
        "rows": 2,
        "takenIn": 2,
        "refused": 0,
        "refusedFile": None,
        "encoding": "utf-8",
        "columnsPassedOver": [],
        "finishedBefore": False,
    }
    assert count(terminal, "call") == (2, 2)
    again = terminal.done("import", "calls", file, "--site", site).out
    assert "Nothing was changed" in again
    assert count(terminal, "call") == (2, 2)
    assert not list(terminal.folder.glob("*.refused.csv*"))


def test_postgresql_plans_by_what_came_in(terminal: Terminal, site: str) -> None:
    file = calls(terminal.folder, f"26.03.2018 10:00;{PHONE};a")
    terminal.done("import", "calls", file, "--site", site)
    database = open_database(terminal.url)
    with database.read() as connection:
        if not database.is_sqlite:
            counted = connection.exec_driver_sql("SELECT reltuples FROM pg_class WHERE relname = 'call'").scalar_one()
            assert counted == 1, "-1 stands for a table nobody has looked at"
    database.close()


def test_it_takes_a_spreadsheet_of_lead_requests_in(terminal: Terminal, site: str) -> None:
    write_xlsx(
        terminal.folder / "заявки.xlsx",
        ["Дата", "Имя", "Почта", "Номер заявки", "Город"],
        ["26.03.2018 10:00", "Иван", "ivan@example.ru", "n1", "Тула"],
        ["26.03.2018 10:00", "", "", "n2", "Тула"],
    )
    done = terminal.run("import", "requests", "заявки.xlsx", "--site", site)
    assert done.status == 1
    assert "1 imported, 1 refused" in done.out
    assert "Ignored columns: Город." in done.out
    assert "заявки.xlsx.refused.csv" in done.err
    assert count(terminal, "lead_request") == (1, 1)
    _, (number, why, *cells) = refused_rows(terminal.folder / "заявки.xlsx.refused.csv")
    assert (number, cells) == ("3", ["26.03.2018 10:00", "", "", "n2", "Тула"])
    assert "ни почты" in why


def test_refused_rows_are_mended_and_brought_in(terminal: Terminal, site: str) -> None:
    file = calls(
        terminal.folder, f"26.03.2018 10:00;{PHONE};a", f"yesterday;+{PHONE};=b", f"27.03.2018 10:00;{PHONE};a"
    )
    done = terminal.run("import", "calls", file, "--site", site, "--json")
    assert (done.status, done.json["takenIn"], done.json["refused"]) == (1, 1, 2)
    beside = terminal.folder / done.json["refusedFile"]
    heading, first, second = refused_rows(beside)
    assert heading == ["row of the file", "what is wrong", "started_at", "phone", "reference"]
    assert (first[0], first[2:]) == ("3", ["yesterday", f"'+{PHONE}", "'=b"])
    assert "a is already used by" in second[1]
    beside.write_text(beside.read_text().replace("yesterday", "26.03.2018 12:00").replace(";a\n", ";c\n"))
    assert terminal.json("import", "calls", beside.name, "--site", site)["takenIn"] == 2
    assert count(terminal, "call") == (3, 3)


def test_an_encoding_that_was_found_out_is_told(terminal: Terminal, site: str) -> None:
    (terminal.folder / "c.csv").write_bytes("Дата;Телефон;Имя\n26.03.2018 10:00;7;Иван\n".encode("cp1251"))
    assert "cp1251" in terminal.done("import", "calls", "c.csv", "--site", site).out


@pytest.mark.parametrize("content", [b"", b"phone\n7\n", b"PK\x03\x04", b"a,b\n\x98", b'started_at;phone\n"26'])
def test_what_is_no_table_changes_nothing(terminal: Terminal, site: str, content: bytes) -> None:
    (terminal.folder / "c.csv").write_bytes(content)
    assert "c.csv" in terminal.refused("import", "calls", "c.csv", "--site", site)


@pytest.mark.parametrize("name", ["absent.csv", "."])
def test_what_is_no_file_is_refused(terminal: Terminal, site: str, name: str) -> None:
    assert "Cannot read" in terminal.refused("import", "calls", name, "--site", site)


def test_it_refuses_a_site_there_is_not(terminal: Terminal, site: str) -> None:
    assert "Site 999 not found" in terminal.refused("import", "calls", calls(terminal.folder), "--site", "999")


def test_it_overwrites_nobodys_file(terminal: Terminal, site: str) -> None:
    file = calls(terminal.folder, "yesterday;7;a")
    diary = terminal.folder / "diary.txt"
    diary.write_text("dear diary")
    for beside in (diary.name, file):
        assert terminal.refused("import", "calls", file, "--site", site, "--refused", beside)
    assert diary.read_text() == "dear diary"
    assert terminal.run("import", "calls", file, "--site", site, "--refused", "elsewhere.csv").status == 1
    assert len(refused_rows(terminal.folder / "elsewhere.csv")) == 2


def test_a_deal_that_waits_finds_its_call(server: ServerProcess, owner: Player, beside: Terminal) -> None:
    deal = server.register(owner.token, phoneNumber=PHONE).json()
    assert deal["callId"] is None
    rows = ("started_at;phone;callId", "26.03.2018 09:50;8 (920) 555-00-55;77")
    (beside.folder / "calls.csv").write_text("\n".join(rows))
    beside.done("import", "calls", "calls.csv", "--site", str(owner.site.id))
    assert server.update(owner.token, orderId=deal["orderId"]).json()["order"]["callId"] == 77


def start(terminal: Terminal, *arguments: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "dealtrace", *arguments],
        cwd=terminal.folder,
        env={**os.environ, "DEALTRACE_DATABASE_URL": terminal.url},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def wait_until(happened: Callable[[], Any]) -> None:
    deadline = time.monotonic() + LONG_SECONDS
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def last_row(terminal: Terminal) -> int:
    database = open_database(terminal.url)
    try:
        with database.read() as connection:
            return int(connection.exec_driver_sql("SELECT max(last_row) FROM file_import").scalar() or 0)
    finally:
        database.close()


@pytest.mark.parametrize("ended_by", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_it_goes_on_where_it_was_ended_and_takes_each_row_in_once(
    terminal: Terminal, site: str, ended_by: signal.Signals
) -> None:
    rows = [
        f"26.03.2018 10:00;7920{number:07};{'a' * 101 if number % BAD_EVERY == 0 else number}" for number in range(MANY)
    ]
    file = calls(terminal.folder, *rows)
    process = start(terminal, "import", "calls", file, "--site", site)
    wait_until(lambda: last_row(terminal) or process.poll() is not None)
    process.send_signal(ended_by)
    assert process.wait(LONG_SECONDS) != 0
    stopped_at = last_row(terminal)
    assert 0 < stopped_at < MANY
    done = terminal.run("import", "calls", file, "--site", site, "--json")
    bad = MANY // BAD_EVERY
    assert done.json == {**done.json, "rows": MANY, "takenIn": MANY - bad, "refused": bad, "finishedBefore": False}
    assert count(terminal, "call") == (MANY - bad, MANY - bad)
    numbers = [int(row[0]) for row in refused_rows(terminal.folder / f"{file}.refused.csv")[1:]]
    assert numbers == [number + 2 for number in range(0, MANY, BAD_EVERY)]


def test_two_commands_do_not_take_a_file_in_twice(terminal: Terminal, site: str) -> None:
    file = calls(terminal.folder, *(f"26.03.2018 10:00;7920{number:07};" for number in range(MANY)))
    processes = [start(terminal, "import", "calls", file, "--site", site) for _ in range(2)]
    assert {process.wait(LONG_SECONDS) for process in processes} <= {0, 1}
    assert terminal.json("import", "calls", file, "--site", site)["takenIn"] == MANY
    assert count(terminal, "call")[0] == MANY


def test_an_import_stays_a_success_though_statistics_cannot_be_refreshed(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """As when a worker of a cluster is away: every row of this site is stored by then."""
    away = open_database(f"postgresql://dealtrace@/away?host={tmp_path}")
    refresh_statistics(away)
    assert "statistics" in capfd.readouterr().err
