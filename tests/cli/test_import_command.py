"""`dealtrace import calls|requests`: files come in, whole or not at all, and go on where they stopped."""

import csv
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy.exc import TimeoutError as NoFreeConnection

from cast import Player
from commands import CommandLine, Terminal, start
from dealtrace.cli.import_files import report_stale_statistics
from dealtrace.operations.refresh_statistics import refresh_statistics
from dealtrace.storage.database.engine import Database, open_database
from server import ServerProcess
from spreadsheet import write_xlsx
from waiting import wait_until

PHONE = "79205550055"
MANY = 6_000
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
    name = {"call": "reference", "lead_request": "number", "webhook_outbox": "webhook_id"}[table]
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


def test_an_encoding_that_was_found_out_is_stated(terminal: Terminal, site: str) -> None:
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


DEALS = "orderId;orderNumber;orderDate;orderStatus;orderSum"


def lay_deals(folder: Path, *rows: str, name: str = "deals.csv") -> str:
    (folder / name).write_text("\n".join((DEALS, *rows)) + "\n")
    return name


def test_deals_with_ids_of_ours_are_set_aside_until_ids_begin_higher(terminal: Terminal, site: str) -> None:
    file = lay_deals(terminal.folder, "7;a;26.03.2018 10:00;new;5", "1500000000;b;26.03.2018 10:00;new;5")
    done = terminal.run("import", "deals", file, "--site", site, "--json")
    assert (done.status, done.json["takenIn"], done.json["refused"]) == (1, 1, 1)
    _, row = refused_rows(terminal.folder / "deals.csv.refused.csv")
    assert row[1] == "column “orderId”: the server assigns ids from 1000000000 on, so 1500000000 cannot be imported"
    terminal.done("site", "create", "Second", "--first-id", "2000000000")
    assert terminal.json("import", "deals", "deals.csv.refused.csv", "--site", site)["takenIn"] == 1


def test_what_is_exported_can_be_imported_elsewhere(
    terminal: Terminal, command_line: CommandLine, new_database_url: Callable[[], str], tmp_path: Path
) -> None:
    first = str(terminal.json("site", "create", "Shop")["siteId"])
    terminal.done("field", "add", first, "Маржа")
    (terminal.folder / "visits.csv").write_text(
        "sessionId,date,visitorId,url,city\n1846408120,26.03.2018 09:00:00,v,https://shop.example/?utm_source=vk,Тула\n"
    )
    (terminal.folder / "calls.csv").write_text(
        f"date,phone,callReferenceId,callId,sessionId,custom[Маржа]\n26.03.2018 10:00:00,{PHONE},a,12,1846408120,7\n"
    )
    rows = ("7;a;26.03.2018 11:00;new;5;12;опт, vip;'=1+1;12 %", "8;b;26.03.2018 12:00;;;;;;")
    (terminal.folder / "deals.csv").write_text(
        "\n".join((f"{DEALS};callId;tags;comment;Маржа", *rows)), encoding="utf-8"
    )
    for noun in ("visits", "calls", "deals"):
        assert not terminal.json("import", noun, f"{noun}.csv", "--site", first)["refused"]
    other = Terminal(command_line, new_database_url(), tmp_path)
    second = str(other.json("site", "create", "Shop")["siteId"])
    other.done("field", "add", second, "Маржа")
    other.done("import", "visits", "visits.csv", "--site", second)
    for name, flags in (("out.csv", ()), ("excel.csv", ("--excel",)), ("out.xlsx", ()), ("out.jsonl", ())):
        for noun in ("calls", "deals"):
            written, again = f"{noun}-{name}", f"{noun}-again-{name}"
            terminal.done("export", noun, written, "--site", first, *flags)
            done = other.run("import", noun, written, "--site", second, "--json").json
            assert done["refused"] == (0 if noun == "deals" or name == "out.csv" else 1), done
            other.done("export", noun, again, "--site", second, *flags)
            if name != "out.xlsx":
                assert (tmp_path / again).read_text() == (tmp_path / written).read_text()


def test_a_deal_that_differs_from_the_one_there_is_set_aside(terminal: Terminal, site: str) -> None:
    terminal.done("import", "deals", lay_deals(terminal.folder, "7;a;26.03.2018 10:00;new;5"), "--site", site)
    rows = ("7;a;26.03.2018 10:00;won;5", "8;a;26.03.2018 10:00;new;5", "7;a;26.03.2018 10:00:00;new;5.0000")
    done = terminal.run("import", "deals", lay_deals(terminal.folder, *rows, name="b.csv"), "--site", site, "--json")
    assert (done.json["takenIn"], done.json["refused"]) == (1, 2)
    _, other, taken = refused_rows(terminal.folder / "b.csv.refused.csv")
    assert other[1] == "column “orderId”: 7 already exists, with other values"
    assert "orderNumber a is already used by deal orderId 7" in taken[1]


def test_an_import_of_deals_goes_on_where_it_was_ended(terminal: Terminal, site: str) -> None:
    rows = [f"{number + 1};n{number};26.03.2018 10:00;new;{number}" for number in range(MANY)]
    file = lay_deals(terminal.folder, *rows)
    process = start(terminal, "import", "deals", file, "--site", site)
    wait_until(lambda: last_row(terminal) or process.poll() is not None)
    process.send_signal(signal.SIGKILL)
    assert process.wait(LONG_SECONDS) != 0
    assert 0 < last_row(terminal) < MANY
    assert terminal.json("import", "deals", file, "--site", site)["takenIn"] == MANY
    assert terminal.json("export", "deals", "out.csv", "--site", site)["rows"] == MANY


@pytest.mark.parametrize(("flags", "messages"), [((), 0), (("--tell-webhooks",), 2)])
def test_webhooks_hear_of_imported_deals_only_if_they_are_to(
    terminal: Terminal, site: str, flags: tuple[str, ...], messages: int
) -> None:
    terminal.done("webhook", "create", site, "https://crm.example.com/hook", "--events", "deal")
    file = lay_deals(terminal.folder, "7;a;26.03.2018 10:00;new;5", "8;b;26.03.2018 10:00;new;5")
    terminal.done("import", "deals", file, "--site", site, *flags)
    terminal.done("import", "deals", lay_deals(terminal.folder, "7;a;26.03.2018 10:00;new;5"), "--site", site, *flags)
    assert count(terminal, "webhook_outbox")[0] == messages


@pytest.mark.parametrize("content", ['[{"orderId": 1}]', '[\n  {"orderId": 1}\n]', '{\n"orderId": 1}', '{"a": 1}\n[]'])
def test_json_that_is_not_an_object_per_line_is_refused_with_the_cure(
    terminal: Terminal, site: str, content: str
) -> None:
    (terminal.folder / "deals.json").write_text(content)
    refused = terminal.refused("import", "deals", "deals.json", "--site", site)
    assert "is not a JSON object: write one object per line" in refused


def test_an_import_stays_a_success_though_statistics_cannot_be_refreshed(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """As when a worker of a cluster is away: every row of this site is stored by then."""
    away = open_database(f"postgresql://dealtrace@/away?host={tmp_path}")
    report_stale_statistics(refresh_statistics(away))
    assert "statistics" in capfd.readouterr().err


def test_an_import_stays_a_success_though_no_connection_gets_free_for_statistics(tmp_path: Path) -> None:
    """As in a server whose connections for writing are all in use."""

    @dataclass(frozen=True)
    class Busy(Database):
        def gather_statistics(self) -> None:
            raise NoFreeConnection

    fields = vars(open_database(f"sqlite:///{tmp_path / 'busy.db'}"))
    assert refresh_statistics(Busy(**fields)) == "no connection to the database became free"
