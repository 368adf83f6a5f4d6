"""Refused rows in a file of their own, which can be mended and brought in again."""

import csv
import os
from pathlib import Path
from typing import Any

import pytest

from dealtrace.errors import FileUnreadable, InvalidParameters, LeadTaken, Refusal, Violation
from dealtrace.files.cell_types import cell_text
from dealtrace.files.import_file import open_import_file
from dealtrace.files.import_formats import ImportNoun
from dealtrace.files.refused_rows import RefusedRows
from dealtrace.files.row import FileRow, StatedText

FAULT = InvalidParameters([Violation("Дата", "пусто", "empty"), Violation("Телефон", "длинно", "long")])
HEADINGS = ("Дата", "Телефон")


@pytest.fixture
def refused(tmp_path: Path) -> RefusedRows:
    return RefusedRows(tmp_path / "calls.csv.refused.csv", HEADINGS, "ru")


def row(number: int, *cells: Any, reason: Refusal = FAULT) -> tuple[FileRow, Refusal]:
    return FileRow(number, cells), reason


def written(refused: RefusedRows) -> list[list[str]]:
    with refused.path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file, delimiter=";"))


def test_it_says_of_each_row_what_is_wrong(refused: RefusedRows) -> None:
    refused.begin(0)
    refused.add([])
    assert not refused.path.exists()
    refused.add([row(2, "", "79205550055"), row(3, "26.03.2018", 7.0, reason=LeadTaken(name="a", lead_id=5))])
    refused.add([row(9, "a;b", 'c"d\ne')])
    assert written(refused) == [
        ["Строка файла", "Что не так", "Дата", "Телефон"],
        ["2", "столбец «Дата»: пусто; столбец «Телефон»: длинно", "", '="79205550055"'],
        ["3", "a уже занят звонком или заявкой 5", "26.03.2018", "7"],
        ["9", "столбец «Дата»: пусто; столбец «Телефон»: длинно", "a;b", 'c"d\ne'],
    ]
    assert refused.path.read_bytes().startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("cell", ["=1+1", "+7920", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_becomes_a_formula(refused: RefusedRows, cell: str) -> None:
    refused.add([row(2, cell)])
    assert written(refused)[1][2] == f"'{cell}"


@pytest.mark.parametrize("cell", ["'+7920", "'=A1", "'00125", '="00125"', StatedText("'00125"), StatedText("=A1")])
def test_text_that_is_protected_already_means_the_same_when_it_is_read_again(refused: RefusedRows, cell: str) -> None:
    refused.add([row(2, cell)])
    again = written(refused)[1][2]
    assert cell_text(again) == cell_text(cell)
    assert not again.startswith("=A")


@pytest.mark.parametrize("cell", [1e300, "a\0b"])
def test_it_writes_what_could_not_be_read(refused: RefusedRows, cell: Any) -> None:
    refused.add([row(2, cell)])
    assert written(refused)[1][2] in ("1e+300", "ab")


def test_it_keeps_of_an_earlier_attempt_what_was_committed(refused: RefusedRows) -> None:
    refused.add([row(2, "a"), row(5, "=b"), row(6, "c")])
    with refused.path.open("ab") as file:
        file.write('7;"torn и'.encode()[:-1])
    refused.begin(5)
    assert [line[0] for line in written(refused)] == ["Строка файла", "2", "5"]
    refused.add([row(6, "c")])
    assert [line[2] for line in written(refused)] == ["Дата", "a", "'=b", "c"]


def test_a_cell_of_any_length_does_not_end_an_import_that_is_continued(refused: RefusedRows) -> None:
    refused.add([row(2, '"' * 1_000_000), row(3, "9" * 5000)])
    with refused.path.open("a") as file:
        file.write(f"{'9' * 5000};x;y\r\n{'0' * 5000}4;x;y\r\n")
    refused.begin(3)
    assert [cells[0] for cells in written(refused)[1:]] == ["2", "3"]


def test_it_begins_anew_with_the_import(refused: RefusedRows) -> None:
    refused.add([row(2, "a")])
    refused.begin(0)
    assert not refused.path.exists()


@pytest.mark.parametrize("last_row", [0, 7])
def test_it_leaves_other_peoples_files_alone(refused: RefusedRows, last_row: int) -> None:
    refused.path.write_text("my dear diary\n")
    with pytest.raises(FileUnreadable, match="not a file of refused rows"):
        refused.begin(last_row)
    assert refused.path.read_text() == "my dear diary\n"


@pytest.mark.parametrize("cell", ["NULL", " null ", "NaN", "0000-00-00", "-", "—"])
def test_a_value_that_was_missing_is_missing_when_the_row_is_read_again(refused: RefusedRows, cell: str) -> None:
    refused.add([row(2, cell)])
    assert written(refused)[1][2] == cell.strip()


@pytest.mark.parametrize("cell", ["NULL", "-"])
def test_a_text_that_only_looks_missing_stays_text(refused: RefusedRows, cell: str) -> None:
    refused.add([row(2, StatedText(cell))])
    assert written(refused)[1][2] == f"'{cell}"


def test_it_can_be_brought_in_again(refused: RefusedRows) -> None:
    refused.add([row(2, "26.03.2018 10:00", "+7 920 555-00-55")])
    file = open_import_file(refused.path, ImportNoun.CALL, None)
    assert file.layout.ignored_headings == ("Строка файла", "Что не так")
    values = file.layout.read(FileRow(2, written(refused)[1]))
    assert values["phone"] == "+7 920 555-00-55"
    assert values["started_at"].hour == 10


def test_nobody_else_reads_it(refused: RefusedRows) -> None:
    earlier = os.umask(0)
    try:
        refused.add([row(2, "a"), row(3, "b")])
        assert refused.path.stat().st_mode & 0o777 == 0o600
        refused.path.chmod(0o644)
        refused.begin(2)
        assert refused.path.stat().st_mode & 0o777 == 0o600
    finally:
        os.umask(earlier)
