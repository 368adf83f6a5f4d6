"""JSON Lines are read as a table: nested objects become columns, and every line has the same ones."""

import json
from pathlib import Path
from typing import Any

import pytest

from cast import MOSCOW, moscow
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.errors import FileUnreadable, InvalidParameters
from dealtrace.files.import_file import open_import_file
from dealtrace.files.import_formats import ImportNoun
from dealtrace.files.json_lines_reader import is_json_lines, read_json_lines
from dealtrace.leads.call import IncomingCall


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rows.jsonl"


def table_of(path: Path, *lines: Any) -> list[list[Any]]:
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
    return [[row.number, *row.cells] for row in read_json_lines(path)]


def test_every_line_has_the_columns_of_all(path: Path) -> None:
    assert table_of(path, {"a": 1}, "", {"b": "x", "a": None}) == [[0, "a", "b"], [1, "1", ""], [3, "", "x"]]


@pytest.mark.parametrize("marks", ["\ufeff", "\ufeff\ufeff", "\ufeff \ufeff", " \ufeff"])
def test_byte_order_marks_of_joined_files_belong_to_nothing(path: Path, marks: str) -> None:
    lines = [f'{marks}{{"date": "26.03.2018 10:00", "phone": "1"}}', f'{marks}{{"phone": "2"}}', marks]
    assert table_of(path, *lines) == [[0, "date", "phone"], [1, "26.03.2018 10:00", "1"], [2, "", "2"]]
    assert is_json_lines(path)


@pytest.mark.parametrize(
    ("value", "cells"),
    [
        ({"k": {"l": {"m": 1}}}, {"k.l.m": "1"}),
        ({"k": [1, "two", 3.50]}, {"k": "1,two,3.5"}),
        ({"k": [], "l": {}, "m": True}, {"k": "", "m": True}),
        ({"tags": [{"category": "", "type": "API", "names": ["опт", "vip"]}]}, {"tags": "опт,vip"}),
        ({"customFields": [{"field": "margin", "value": "5"}]}, {"custom[margin]": "5", "customFields": ""}),
        ({"phone": 79205550055, "big": 12345678901234567890}, {"phone": "79205550055", "big": "12345678901234567890"}),
    ],
)
def test_nested_values_become_columns(path: Path, value: Any, cells: dict[str, str]) -> None:
    headings, row = table_of(path, value)
    assert dict(zip(headings[1:], row[1:], strict=True)) == cells


def test_an_object_where_others_have_text_is_no_empty_cell(path: Path) -> None:
    headings, first, second = table_of(path, {"k": "x"}, {"k": {"a": 1}})
    assert (headings[1:], first[1:]) == (["k", "k.a"], ["x", ""])
    assert (str(second[1]), second[2]) == ('{"a": "1"}', "1")
    assert table_of(path, {"k": None}, {"k": {"a": 1}})[0] == [0, "k.a"], "as journals write what is missing"


@pytest.mark.parametrize("value", [True, {"a": 1}, [True], [{"a": 1}], "=A1", "'=A1", '="A1"'])
def test_a_phone_that_is_no_text_is_refused(path: Path, value: Any) -> None:
    lines = [{"date": "2018-03-26 10:00:00", "callerNumber": phone, "duration": 1} for phone in ("79205550055", value)]
    path.write_text("\n".join(map(json.dumps, lines)))
    contents: list[Any] = [read.content for _, read in open_import_file(path, ImportNoun.CALL, None).rows(MOSCOW, 0)]
    taken, refused = contents
    assert taken.phone == "79205550055"
    assert isinstance(refused, InvalidParameters)
    assert "callerNumber" in str(refused)


def test_text_of_json_is_what_it_is(path: Path) -> None:
    texts = ["=A1+1", "'00125", '="00125"', "'=x", "=СУММ(A1)"]
    lines = [{"date": "2018-03-26 10:00:00", "callerNumber": "", "comment": text} for text in texts]
    path.write_text("\n".join(map(json.dumps, lines)))
    rows: list[Any] = [read.content for _, read in open_import_file(path, ImportNoun.CALL, None).rows(MOSCOW, 0)]
    assert [row.annotations.comment for row in rows] == texts


@pytest.mark.parametrize(
    ("sent", "read"), [("4.0", "4"), ("-4.00", "-4"), ("4.50", "4.50"), ('"4.0"', "4.0"), ("4e0", "4e0")]
)
def test_a_whole_number_is_read_without_its_zero(path: Path, sent: str, read: str) -> None:
    assert table_of(path, f'{{"requestNumber": {sent}, "l": [{sent}]}}')[1][1:] == [read, read]


def test_numbers_keep_the_digits_they_were_written_with(path: Path) -> None:
    assert table_of(path, '{"sum": 1000.5000, "x": 0.1}')[1] == [1, "1000.5000", "0.1"]


@pytest.mark.parametrize(
    "line",
    ["[1]", "1", "{", '{"a": 1} {"a": 2}', '{"a": "\\ud800"}', '{"\\udfff": 1}', '{"a":' * 100_000, "{'a': 1}"],
)
def test_a_line_that_is_no_object_is_named(path: Path, line: str) -> None:
    with pytest.raises(FileUnreadable, match="line 2"):
        table_of(path, {"a": 1}, line)


@pytest.mark.parametrize(
    "lines", [[{f"k{n}": 1 for n in range(300)}], [{f"k{n}": 1} for n in range(300)], [{"k": "x" * 1_000_000}]]
)
def test_a_file_has_bounds(path: Path, lines: list[Any]) -> None:
    with pytest.raises(FileUnreadable):
        table_of(path, *lines)


def test_a_file_is_known_by_its_first_sign_whatever_its_name(tmp_path: Path) -> None:
    path = tmp_path / "calls.csv"
    line = {"date": "2018-03-26 10:00:00", "callerNumber": 79205550055, "duration": 60, "sessionId": 0, "x": {"y": 1}}
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(line).encode())
    file = open_import_file(path, ImportNoun.CALL, None)
    ((row, read),) = file.rows(MOSCOW, 0)
    assert (file.encoding, file.rows_total, file.layout.ignored_headings, row.number) == ("utf-8", 1, ("x.y",), 1)
    assert isinstance(read.content, IncomingCall)
    assert (read.content.started_at, read.content.phone) == (moscow("2018-03-26", "10:00:00"), "79205550055")
    assert read.content.visit_id is None


def test_requests_are_read_as_the_journal_of_the_vendor_writes_them(path: Path) -> None:
    line = {
        "requestId": 12, "requestNumber": "n1", "dateStr": "26.03.2018 10:00:00", "phoneNumber": "79205550055",
        "session": {"sessionId": 1846408120, "source": "yandex"}, "subject": "Форма",
    }  # fmt: skip
    path.write_text(json.dumps(line))
    ((_, read),) = open_import_file(path, ImportNoun.LEAD_REQUEST, None).rows(MOSCOW, 0)
    content: Any = read.content
    assert (content.id, content.visit_id, content.form_name) == (12, 1846408120, "Форма")


def test_visits_are_read_as_the_journal_of_the_vendor_writes_them(path: Path) -> None:
    line = {
        "sessionId": 1846408120, "sessionDate": "26/03/2018 09:50:00", "date": "26/03/2018 10:00:00",
        "url": "https://shop.example/?utm_source=vk", "source": "<не указано>", "city": "Тула",
    }  # fmt: skip
    path.write_text(json.dumps(line))
    ((_, read),) = open_import_file(path, ImportNoun.VISIT, None).rows(MOSCOW, 0)
    visit: Any = read.content
    assert (visit.id, visit.started_at, visit.city) == (1846408120, moscow("2018-03-26", "09:50:00"), "Тула")
    assert visit.traffic_source == TrafficSource("vk", "(not set)")
