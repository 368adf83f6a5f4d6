"""`dealtrace export`: what is kept comes out whole, and goes in again."""

import csv
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from python_calamine import load_workbook

from cast import MOSCOW, Player, Stage, moscow
from commands import Terminal, run_on_screen
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.deals.deal_key import DealKey
from dealtrace.deals.matchers import WITHOUT_SOURCE
from dealtrace.files import row_writers
from dealtrace.leads.annotations import Annotations
from dealtrace.leads.call import Circumstances
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.operations.deals.delete import delete_deals
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.leads.delete import delete_lead
from dealtrace.storage.deals.deals import list_deals_by_key
from spreadsheet import write_xlsx
from stored import rows_of
from waiting import wait_until
from write_commands import by_call, by_contact, registration

MADE_AT = moscow("2018-03-26", "10:00:00")
PHONE = "79205556001"
FORMULA = "=HYPERLINK(1)"
TRIES = 9


@pytest.fixture
def kept(served: Stage) -> Player:
    """Keep a site with a visit, a call, a lead request, three deals, and what is hidden of each."""
    player = served.open_site(contact_matching=True, fields=["margin"])
    visit = served.visit(player, MADE_AT - timedelta(hours=1), TrafficSource("yandex", "cpc", "весна"), visitor="7")
    said = Annotations("Коля", FORMULA, ("опт", "срочно"), {"margin": "15"})
    served.call(
        player, MADE_AT - timedelta(minutes=10), seconds=61, phone=PHONE, reference="pbx-1", client_name="Иван",
        visit_id=visit.id, annotations=said,
        circumstances=Circumstances("sip-1", is_successful=True, waiting=timedelta(seconds=9), dialled_phone="7495"),
    )  # fmt: skip
    served.lead_request(
        player, MADE_AT - timedelta(days=2), phone=PHONE, email="i@x.ru", number="form-1", form_name="Форма",
        annotations=Annotations(stated_source=TrafficSource("avito", "cpa")),
    )  # fmt: skip
    hidden = served.call(player, MADE_AT, phone="79205556002")
    with served.database.write() as connection:
        delete_lead(served.work(connection, player, MADE_AT), LeadRef(LeadKind.CALL, hidden.id))
    outcomes = served.perform(
        register_deals,
        player,
        registration(
            "К-1", clue=by_contact(PHONE), happened_at=MADE_AT, amount_rub=Decimal("1000.5"), comment='a;b\n"c"'
        ),
        registration("К-2", happened_at=MADE_AT + timedelta(days=1), stated_source=TrafficSource("vk", "social")),
        registration("gone", happened_at=MADE_AT),
    )
    served.perform(delete_deals, player, DealKey(outcomes[2].deal_id, None))
    return player


def export(beside: Terminal, player: Player, what: str, name: str, *options: str) -> Path:
    result = beside.done("export", what, name, "--site", str(player.site.id), *options, "--json").json
    path = beside.folder / name
    assert result["file"] == name
    assert path.is_file()
    return path


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_deals_come_with_their_leads_and_sources(beside: Terminal, kept: Player) -> None:
    first, second = lines(export(beside, kept, "deals", "deals.jsonl"))
    assert (first["orderNumber"], first["orderSum"], first["orderDate"]) == ("К-1", "1000.5000", "2018-03-26T10:00:00")
    assert (first["leadType"], first["fio"], first["phones"]) == ("call", "Иван", PHONE)
    assert (first["source"], first["medium"], first["campaign"]) == ("yandex", "cpc", "весна")
    assert (second["orderNumber"], second["source"], second["leadType"]) == ("К-2", "vk", None)
    assert "custom[margin]" in second


def test_a_deal_with_a_lead_of_no_known_source_has_none_whatever_it_states_itself(
    beside: Terminal, served: Stage
) -> None:
    player = served.open_site()
    call = served.call(player, MADE_AT, phone=PHONE)
    served.perform(
        register_deals, player, registration("К-1", clue=by_call(call.id), stated_source=TrafficSource("mysource"))
    )
    (deal,) = lines(export(beside, player, "deals", "deals.jsonl"))
    assert (deal["leadType"], deal["source"], deal["medium"]) == ("call", "", "")


def test_calls_and_requests_come_with_all_that_is_stated(beside: Terminal, kept: Player) -> None:
    (call,) = lines(export(beside, kept, "calls", "calls.jsonl"))
    assert (call["callReferenceId"], call["sipCallId"], call["duration"], call["waitingConnect"]) == (
        "pbx-1",
        "sip-1",
        61,
        9,
    )
    assert (call["uniqueCall"], call["targetCall"], call["successful"]) == (True, True, True)
    assert (call["comment"], call["tags"], call["custom[margin]"]) == (FORMULA, "опт, срочно", "15")
    assert call["source"] == "yandex"
    (sent,) = lines(export(beside, kept, "requests", "requests.jsonl"))
    assert (sent["requestNumber"], sent["subject"], sent["email"]) == ("form-1", "Форма", "i@x.ru")
    assert (sent["source"], sent["sessionId"], sent["uniqueRequest"]) == ("avito", None, True)


def test_a_csv_is_for_programs_or_for_a_russian_excel(beside: Terminal, kept: Player) -> None:
    plain = export(beside, kept, "deals", "plain.csv").read_bytes().decode()
    rows = list(csv.DictReader(plain.splitlines(keepends=True)))
    assert (rows[0]["orderSum"], rows[0]["orderDate"]) == ("1000.5000", "2018-03-26 10:00:00")
    assert rows[0]["comment"] == 'a;b\n"c"'
    written_for_excel = export(beside, kept, "calls", "excel.csv", "--excel").read_bytes()
    assert written_for_excel.startswith(b"\xef\xbb\xbf")
    (row,) = csv.DictReader(written_for_excel.decode("utf-8-sig").splitlines(keepends=True), delimiter=";")
    assert (row["Дата"], row["Длительность"], row["Состоялся"]) == ("26.03.2018 09:50:00", "61", "да")
    assert row["Комментарий"] == "'" + FORMULA


def test_a_workbook_holds_texts_numbers_and_moments_and_no_formula(beside: Terminal, kept: Player) -> None:
    path = export(beside, kept, "calls", "calls.xlsx")
    headings, row = load_workbook(str(path)).get_sheet_by_index(0).to_python()
    result = dict(zip(headings, row, strict=False))
    assert result["Дата"] == datetime(2018, 3, 26, 9, 50)  # noqa: DTZ001 - a sheet has no zones
    assert (result["Длительность"], result["Комментарий"], result["Уникальный"]) == (61, "'" + FORMULA, True)
    assert b"<f>" not in path.read_bytes()


def test_days_are_the_sites_and_both_belong_to_them(beside: Terminal, kept: Player) -> None:
    def numbers(name: str, *days: str) -> list[str]:
        return [line["orderNumber"] for line in lines(export(beside, kept, "deals", name, *days))]

    assert numbers("a.jsonl", "--from", "2018-03-26", "--to", "2018-03-26") == ["К-1"]
    assert numbers("b.jsonl", "--from", "2018-03-27") == ["К-2"]
    assert numbers("c.jsonl", "--to", "2018-03-25") == []
    assert MADE_AT.astimezone(MOSCOW).day == 26


def test_what_is_taken_away_can_be_brought_in_again(beside: Terminal, served: Stage, kept: Player) -> None:
    path = export(beside, kept, "calls", "again.csv", "--excel")
    text = path.read_text(encoding="utf-8-sig")
    path.write_text("\n".join(line.partition(";")[2] for line in text.splitlines()), encoding="utf-8-sig")
    other = served.open_site()
    result = beside.json("import", "calls", "again.csv", "--site", str(other.site.id))
    assert (result["takenIn"], result["refused"]) == (1, 0)
    (row,) = rows_of(served.database, other)["call"]
    assert {"pbx-1", "sip-1", PHONE, "Коля", FORMULA} <= {value for value in row if isinstance(value, str)}


@pytest.mark.parametrize("name", ["deals.csv", "deals.xlsx", "deals.jsonl", "excel.csv"])
def test_deals_are_brought_in_again_in_their_currencies(beside: Terminal, served: Stage, name: str) -> None:
    player, other = served.open_site(), served.open_site()
    sums = [("10.5", "usd"), ("1000000", "тенге"), ("7", "rub"), ("8", None)]
    deals = [
        registration(f"{number}", amount_rub=Decimal(amount), currency=currency, matchers=(WITHOUT_SOURCE,))
        for number, (amount, currency) in enumerate(sums)
    ]
    served.perform(register_deals, player, *deals)
    path = export(beside, player, "deals", name, *(["--excel"] if name == "excel.csv" else []))
    assert beside.run("agree", name, "--site", str(player.site.id)).status == 0
    if path.suffix == ".jsonl":
        kept = [{key: value for key, value in line.items() if key != "orderId"} for line in lines(path)]
        path.write_text("".join(json.dumps(line) + "\n" for line in kept))
    elif path.suffix == ".csv":
        separator = ";" if name == "excel.csv" else ","
        text = path.read_text(encoding="utf-8-sig")
        path.write_text("\n".join(line.partition(separator)[2] for line in text.splitlines()), encoding="utf-8-sig")
    else:
        headings, *rows = load_workbook(str(path)).get_sheet_by_index(0).to_python()
        write_xlsx(path, [str(heading) for heading in headings[1:]], *([*row[1:]] for row in rows))
    assert beside.json("import", "deals", name, "--site", str(other.site.id))["takenIn"] == len(sums)
    with served.database.read() as connection:
        stored = [
            list_deals_by_key(connection, site.site.id, ids=[], numbers=["0", "1", "2", "3"], lock=False)
            for site in (player, other)
        ]
    said, imported = ([(deal.amount_rub, deal.currency) for deal in deals] for deals in stored)
    assert said == [(Decimal(amount), currency) for amount, currency in sums]
    assert imported == [(amount, None if currency == "rub" else currency) for amount, currency in said]
    assert beside.run("agree", name, "--site", str(other.site.id)).status == 0
    assert beside.json("import", "deals", name, "--site", str(other.site.id))["takenIn"] == len(sums)


def test_a_large_site_comes_out_whole_and_in_order(beside: Terminal, served: Stage) -> None:
    player = served.open_site()
    commands = [
        registration(f"n{number}", happened_at=MADE_AT + timedelta(seconds=number // 3)) for number in range(2500)
    ]
    served.perform(register_deals, player, *commands)
    result = lines(export(beside, player, "deals", "large.jsonl"))
    assert sorted(item["orderNumber"] for item in result) == sorted(f"n{number}" for number in range(2500))
    keys = [(item["orderDate"], item["orderId"]) for item in result]
    assert keys == sorted(keys)


def test_a_person_at_a_terminal_sees_how_far_it_is(beside: Terminal, kept: Player) -> None:
    command = ("export", "deals", "deals.csv", "--site", str(kept.site.id))
    shown = run_on_screen(beside, *command, stream="err", COLUMNS="100")
    assert "Rows" in shown
    assert "100%" in shown


def test_a_full_sheet_is_followed_by_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_writers, "SHEET_ROWS_MAX", 3)
    with row_writers.open_writer(tmp_path / "x.xlsx", ["a"], ["A"], for_excel=False) as file:
        for number in range(5):
            file.add([number])
        file.add(["x" * 40_000])
    book = load_workbook(str(tmp_path / "x.xlsx"))
    sheets = [book.get_sheet_by_index(number).to_python() for number in range(3)]
    assert [sheet[0][0] for sheet in sheets] == ["A", "A", "A"]
    assert [len(sheet) for sheet in sheets] == [3, 3, 3]
    assert file.cut == 1


def _written(path: Path, value: Any, *, for_excel: bool = False) -> Any:
    with row_writers.open_writer(path, ["a"], ["A"], for_excel=for_excel) as file:
        file.add([value])
    if path.suffix == ".xlsx":
        return load_workbook(str(path)).get_sheet_by_index(0).to_python()[1][0]
    with path.open(encoding="utf-8-sig", newline="") as result:
        _, (cell,) = csv.reader(result, delimiter=";" if for_excel else ",")
    return cell


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\t=1", "\r=1", "\n=1", "+7 920 555-00-55"])
def test_no_text_of_a_file_for_people_is_a_formula(tmp_path: Path, text: str) -> None:
    assert _written(tmp_path / "x.csv", text, for_excel=True) == f"'{text}"
    assert _written(tmp_path / "x.xlsx", text) == f"'{text}"


@pytest.mark.parametrize("text", ["+79205550055", "-100.00", "@a", "a\r=1+1", "\n=1", "00123", "=)", "a\r\nb"])
def test_a_file_for_programs_holds_texts_as_they_are(tmp_path: Path, text: str) -> None:
    assert _written(tmp_path / "x.csv", text) == text


@pytest.mark.parametrize("text", ["=1", '="1"', "'00123", "=A1"])
def test_a_file_for_programs_protects_only_what_an_import_would_misread(tmp_path: Path, text: str) -> None:
    assert _written(tmp_path / "x.csv", text) == f"'{text}"


@pytest.mark.parametrize(
    ("name", "for_excel", "cell"), [("x.csv", True, "-100,00"), ("x.csv", False, "-100.00"), ("x.xlsx", False, -100)]
)
def test_numbers_are_never_guarded(tmp_path: Path, name: str, for_excel: bool, cell: object) -> None:
    assert _written(tmp_path / name, Decimal("-100.00"), for_excel=for_excel) == cell


@pytest.mark.parametrize("value", ["00123456", "12345678901234567890", "79205550055", 9007199254740991])
def test_excel_keeps_digits(tmp_path: Path, value: Any) -> None:
    assert _written(tmp_path / "x.csv", value, for_excel=True) == f'="{value}"'
    assert _written(tmp_path / "x.xlsx", value) == str(value)


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("x.txt", [], "expected .csv, .xlsx or .jsonl"),
        ("x", [], "expected .csv, .xlsx or .jsonl"),
        ("nowhere/x.csv", [], "Cannot write"),
        ("nowhere/x.xlsx", [], "Cannot write"),
        ("there.csv", [], "already exists"),
        ("x.xlsx", ["--excel"], ".csv"),
        ("x.csv", ["--from", "2018-03-02", "--to", "2018-03-01"], "after --to"),
        ("x.csv", ["--site", "999999"], "Site 999999 not found"),
    ],
)
def test_what_cannot_be_done_is_stated(
    beside: Terminal, owner: Player, name: str, options: list[str], words: str
) -> None:
    (beside.folder / "there.csv").write_text("mine")
    site = [] if "--site" in options else ["--site", str(owner.site.id)]
    assert words in beside.refused("export", "deals", name, *site, *options)
    assert (beside.folder / "there.csv").read_text() == "mine"


def test_an_existing_file_is_overwritten_only_on_request(beside: Terminal, owner: Player) -> None:
    (beside.folder / "old.csv").write_text("old")
    beside.done("export", "deals", "old.csv", "--site", str(owner.site.id), "--force")
    assert "orderId" in (beside.folder / "old.csv").read_text()


@pytest.fixture
def large(served: Stage) -> Player:
    player = served.open_site()
    served.perform(register_deals, player, *(registration(f"n{number}", happened_at=MADE_AT) for number in range(2500)))
    return player


def _yield_and_die_of(signal_number: signal.Signals) -> None:
    """Let the process that sends the signal run first."""
    os.nice(5)
    signal.signal(signal_number, signal.SIG_DFL)


def _start(beside: Terminal, player: Player, name: str, prepare: Callable[[], object]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "dealtrace", "export", "deals", name, "--site", str(player.site.id), "--force"],
        cwd=beside.folder,
        env={**os.environ, "DEALTRACE_DATABASE_URL": beside.url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=prepare,  # noqa: PLW1509 - the child sets its own signals and limits
    )


def _writes_or_has_ended(process: "subprocess.Popen[str]", folder: Path) -> bool:
    return process.poll() is not None or any(folder.glob(".*.partial"))


def _ended_once_it_writes(
    beside: Terminal, player: Player, name: str, ended_by: signal.Signals
) -> tuple[int, str, str]:
    """End an export while it writes; return its status and what it said.

    One that was ready before this process was woken is started again.
    """
    for _ in range(TRIES):
        (beside.folder / name).write_text("the earlier one")
        process = _start(beside, player, name, lambda: _yield_and_die_of(ended_by))
        wait_until(partial(_writes_or_has_ended, process, beside.folder), pause_seconds=0.001)
        process.send_signal(ended_by)
        out, err = process.communicate(timeout=120)
        if process.returncode:
            break
    return process.returncode, out, err


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("name", "ended_by"), [("x.csv", signal.SIGINT), ("x.jsonl", signal.SIGTERM), ("x.xlsx", signal.SIGHUP)]
)
def test_an_export_that_is_stopped_leaves_nothing_and_names_the_place(
    beside: Terminal, large: Player, name: str, ended_by: signal.Signals
) -> None:
    status, out, err = _ended_once_it_writes(beside, large, name, ended_by)
    assert status == 128 + ended_by, err
    assert (out, err.startswith("Stopped after "), err.endswith(f" rows; {name} was not written.\n")) == (
        "",
        True,
        True,
    )
    assert (beside.folder / name).read_text() == "the earlier one"
    assert not list(beside.folder.glob(".*.partial"))


@pytest.mark.few(1)
@pytest.mark.parametrize("name", ["x.csv", "x.xlsx", "x.jsonl"])
def test_an_export_that_finds_no_room_leaves_nothing_and_names_the_reason(
    beside: Terminal, large: Player, name: str
) -> None:
    process = _start(
        beside, large, name, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
    )
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (1, ""), err
    assert f"Cannot write {name}" in err
    assert "too large" in err
    assert "Stopped after " in err
    assert "Traceback" not in err
    assert not list(beside.folder.glob("*x.*"))


def test_nobody_else_reads_an_export(beside: Terminal, owner: Player) -> None:
    earlier = os.umask(0)
    try:
        for name in ("x.csv", "x.xlsx", "x.jsonl"):
            assert export(beside, owner, "deals", name).stat().st_mode & 0o777 == 0o600
    finally:
        os.umask(earlier)
