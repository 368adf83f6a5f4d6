"""Whatever the bytes of a file are, its readers return rows or a refusal, never a trace."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cast import MOSCOW
from dealtrace.errors import FileUnreadable, InvalidParameters
from dealtrace.files.costs.cost_file import CostReading, read_cost_file
from dealtrace.files.costs.currency_rates import read_rates
from dealtrace.files.import_file import open_import_file
from dealtrace.files.import_formats import ImportNoun
from examples import examples
from spreadsheet import SHEET, entries_of, pack, repacked

HEADS = {
    "calls": "started_at,phone,duration,session_id,callId,answered,tags,cost\n",
    "lead requests": "date,phone,email,client_name,requestId\n",
    "deals": "orderId,orderNumber,orderDate,orderStatus,orderSum,leadId,callId,leadType,tags,custom[x]\n",
    "visits": "sessionId,date,source,medium,visitorId,url,ip\n",
    "costs": "Дата,Источник,Кампания,Расход,Валюта,Клики\n",
    "rates": "currency,date,rate\n",
}


def imported(noun: ImportNoun) -> Callable[[Path, str | None], None]:
    """Return a function that reads every row of a file to import."""

    def read(path: Path, encoding: str | None) -> None:
        for _, row in open_import_file(path, noun, encoding, ("x",)).rows(MOSCOW, 0):
            if isinstance(row.content, InvalidParameters):
                assert row.content.text("ru") != row.content.text("en")

    return read


def read_costs(path: Path, encoding: str | None) -> None:
    """Read a whole file of costs."""
    read_cost_file(path, encoding, CostReading())


READERS: dict[str, Callable[[Path, str | None], object]] = {
    "calls": imported(ImportNoun.CALL),
    "lead requests": imported(ImportNoun.LEAD_REQUEST),
    "deals": imported(ImportNoun.DEAL),
    "visits": imported(ImportNoun.VISIT),
    "costs": read_costs,
    "rates": read_rates,
}
KIND = st.sampled_from(sorted(READERS))
ENCODING = st.sampled_from([None, "utf-8", "utf-16", "cp1251", "koi8-r", "cp866", "iso8859-5", "mac-cyrillic"])
CELLS = st.sampled_from(
    [
        "", "0", "1", "5.5", "20260326", "26.03.2018", "26.03.2018 10:00:00", "79205550055", "usd", "call", "1e999",
        "0" * 5000 + "5", "9" * 5000, "x" * 200_000, '"', '""', '"a', "\0", "\ufeff", "\ud7ff", "nan", "inf", "1:1:1",
        "-", "9999999999999999", "#N/A", '="1"', "'=1", "a@b.ru", "{}", "[", "0,5", "1,234.5", "٣", "fe80::1%x",
    ]
)  # fmt: skip
LINES = st.lists(st.lists(CELLS, max_size=10).map(",".join), max_size=6).map("\n".join)


def read(kind: str, path: Path, encoding: str | None) -> None:
    """Read a file, which may be refused."""
    with suppress(FileUnreadable):
        READERS[kind](path, encoding)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("any") / "file"


@settings(max_examples=examples(200), suppress_health_check=list(HealthCheck))
@given(KIND, ENCODING, st.sampled_from(["", "\ufeff", "{", "PK\x03\x04"]), st.binary(max_size=200))
def test_any_bytes_are_a_table_or_refused(
    path: Path, kind: str, encoding: str | None, opening: str, content: bytes
) -> None:
    path.write_bytes(opening.encode() + content)
    read(kind, path, encoding)


@settings(max_examples=examples(200), suppress_health_check=list(HealthCheck))
@given(KIND, ENCODING, LINES, st.binary(max_size=20), st.integers(0, 10**6))
@example("calls", None, "x" * 200_000 + ",1", b"", 0)
def test_any_cells_below_known_headings_are_read_or_refused(
    path: Path, kind: str, encoding: str | None, lines: str, noise: bytes, at: int
) -> None:
    content = (HEADS[kind] + lines).encode()
    path.write_bytes(content[: at % len(content)] + noise + content[at % len(content) :] if noise else content)
    read(kind, path, encoding)


JSON = st.recursive(
    st.sampled_from(
        [
            "null", "true", "1", "-5.5", "1e999", "NaN", "3" * 5000, '""', '"x"', r'"\ud800"', r'"\u0000"', '"usd"',
            '"26.03.2018 10:00:00"', '"79205550055"', '"', "[" * 2000, '{"field": "x", "value": 1}', '{"names": [1]}',
        ]
    ),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{','.join(items)}]") | st.builds('{{"x": {}}}'.format, inner)
    ),
    max_leaves=5,
)  # fmt: skip


@settings(max_examples=examples(200), suppress_health_check=list(HealthCheck))
@given(KIND, st.lists(st.lists(JSON, max_size=6), min_size=1, max_size=3))
def test_any_objects_are_read_or_refused(path: Path, kind: str, lines: list[list[str]]) -> None:
    names = HEADS[kind].strip().split(",")
    members = [",".join(f'"{name}": {value}' for name, value in zip(names, line, strict=False)) for line in lines]
    path.write_text("\n".join(f"{{{each}}}" for each in members))
    read(kind, path, None)


XML_CELL = st.builds(
    '<c r="{}{}" t="{}"><v>{}</v></c>'.format,
    st.sampled_from(["A", "B", "C", "H", "XFD", ""]),
    st.sampled_from(["1", "2", "3", "1048576", "9" * 5000, "0" * 5000 + "2", ""]),
    st.sampled_from(["n", "str", "b", "e", "s", "d", "inlineStr", "?"]),
    st.sampled_from(["", "1", "0", "1e999", "NaN", "-1e5", "20260326", "2.00005", "79205550055", "date", "2018-03-26"]),
)
ROWS = st.builds(
    '<row r="{}">{}</row>'.format,
    st.sampled_from(["1", "2", "7", "9" * 5000, "0" * 5000 + "1", "-1", "x", ""]),
    st.lists(XML_CELL, max_size=4).map("".join),
)
HEADINGS = "".join(
    f'<c r="{column}1" t="str"><v>{heading}</v></c>'
    for column, heading in zip("ABCDEFGHIJ", HEADS["deals"].strip().split(","), strict=True)
)


@settings(max_examples=examples(200), suppress_health_check=list(HealthCheck))
@given(KIND, st.lists(ROWS, max_size=4).map("".join), st.booleans())
def test_any_sheet_is_read_or_refused(path: Path, kind: str, rows: str, has_headings: bool) -> None:
    repacked(path, SHEET.format((f'<row r="1">{HEADINGS}</row>' if has_headings else "") + rows))
    read(kind, path, None)


@settings(max_examples=examples(100), suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_spreadsheet_with_damaged_parts_is_read_or_refused(path: Path, data: st.DataObject) -> None:
    entries = entries_of(path)
    name = data.draw(st.sampled_from(sorted(entries)))
    at, noise = data.draw(st.integers(0, len(entries[name]))), data.draw(st.binary(max_size=9))
    entries[name] = entries[name][:at] + noise + entries[name][at + data.draw(st.integers(0, 9)) :]
    read("calls", pack(path, entries), None)
