"""A small XLSX file cannot make the library that reads it allocate more memory than there is, which ends the process.

The library is given 3 GB in a process of its own, so that a fault ends that process and not the tests.
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from struct import pack as pack_struct
from zlib import crc32

import pytest

from dealtrace.errors import FileUnreadable
from dealtrace.files.import_file import open_import_file
from dealtrace.files.import_formats import ImportNoun
from dealtrace.files.xlsx import sheet_traits, size
from dealtrace.files.xlsx.reader import read_xlsx
from spreadsheet import FIRST_SHEET, RELATIONS, SHEET, entries_of, pack, repacked

CELL = '<row r="{1}"><c r="{0}{1}"><v>1</v></c></row>'
FAR = CELL.format("A", 1) + CELL.format("XFD", 1048576)
WIDE_AND_LONG = "<row>" + "<c><v>1</v></c>" * 250 + "</row>" + "<row><c><v>1</v></c></row>" * 500_000
TEXTS = '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>{}</t></si></sst>'
SHARED = "<row>" + '<c t="s"><v>0</v></c>' * 200 + "</row>"
DOCTYPE = '<!DOCTYPE worksheet [<!ATTLIST c r CDATA "A1"><!ATTLIST row r CDATA "1">]>'
ODS = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"><office:body><office:spreadsheet>'
    '<table:table table:name="a"><table:table-row table:number-rows-repeated="1000000">'
    '<table:table-cell office:value-type="float" office:value="1" table:number-columns-repeated="16000"/>'
    "</table:table-row></table:table></office:spreadsheet></office:body></office:document-content>"
)
LISTING_BYTES = 46
"""The bytes that stand before the name of an entry in the list of the archive: its checksum and its size among them."""
READ = """
import resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
from dealtrace.errors import FileUnreadable
from dealtrace.files.xlsx.reader import read_xlsx
try:
    next(read_xlsx(Path(sys.argv[1])), None)
except FileUnreadable as refusal:
    print(refusal.text("en"))
"""


def sheet_at(target: str) -> Callable[[Path], Path]:
    """Return a writer of a spreadsheet whose first sheet is another entry."""

    def write(path: Path) -> Path:
        entries = entries_of(path)
        del entries[FIRST_SHEET]
        relations = entries[RELATIONS].replace(b"worksheets/sheet1.xml", target.encode())
        return pack(path, entries | {RELATIONS: relations, f"xl/{target}": SHEET.format(FAR).encode()})

    return write


def shared_texts(path: Path, number: str = "0") -> Path:
    content = SHEET.format(SHARED.replace("<v>0</v>", f"<v>{number}</v>") * 750)
    texts = TEXTS.format("a" * 32_000 + "</t></si>" + "<si><t>b</t></si>" * 99 + "<si><t>b")
    return pack(path, entries_of(path) | {FIRST_SHEET: content.encode(), "xl/sharedStrings.xml": texts.encode()})


def understated(path: Path) -> Path:
    """Write a spreadsheet whose archive states a size of the sheet that ends before its cells."""
    head, cells = SHEET.split("{}")[0].removesuffix("<sheetData>").encode(), f"<sheetData>{FAR}</sheetData>".encode()
    visible = head + b"</worksheet>"
    pack(path, entries_of(path) | {FIRST_SHEET: visible + cells})
    packed = bytearray(path.read_bytes())
    listed = packed.index(FIRST_SHEET.encode(), packed.index(b"PK\x01\x02")) - LISTING_BYTES
    packed[listed + 16 : listed + 20] = pack_struct("<I", crc32(visible))
    packed[listed + 24 : listed + 28] = pack_struct("<I", len(visible))
    path.write_bytes(packed)
    return path


HOSTILE: dict[str, Callable[[Path], Path]] = {
    "cells that state no place": lambda path: repacked(path, SHEET.format(WIDE_AND_LONG)),
    "cells that state a place in attributes of another document type": lambda path: repacked(
        path, DOCTYPE + SHEET.format(WIDE_AND_LONG)
    ),
    "cells of another namespace": lambda path: repacked(
        path, '<x:worksheet xmlns:x="a"><x:sheetData>' + FAR.replace("<", "<x:").replace("<x:/", "</x:")
        + "</x:sheetData></x:worksheet>",
    ),
    "cells in what another encoding would not show": lambda path: pack(
        path, entries_of(path) | {FIRST_SHEET: "\ufeff<a>".encode("utf-16-le") + SHEET.format(FAR + " ").encode()
                                  + "</a>".encode("utf-16-le")},
    ),
    "a sheet that is not called .xml": sheet_at("worksheets/sheet1.dat"),
    "a sheet in another folder": sheet_at("other/sheet1.xml"),
    "a sheet whose stated size ends before its cells": understated,
    "a long text in many cells": shared_texts,
    "a long text by a number with a comment inside": lambda path: shared_texts(path, "0<!-- -->7"),
    "a long text by a number with a reference inside": lambda path: shared_texts(path, "0&#55;"),
    "a table of another format": lambda path: pack(
        path, {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": ODS.encode()}
    ),
}  # fmt: skip


@pytest.mark.parametrize("write", HOSTILE.values(), ids=HOSTILE)
def test_a_small_file_does_not_end_the_process(tmp_path: Path, write: Callable[[Path], Path]) -> None:
    path = write(tmp_path / "calls.xlsx")
    assert path.stat().st_size < 1 << 20
    read = subprocess.run([sys.executable, "-c", READ, path], capture_output=True, text=True, check=False)
    assert read.returncode == 0, read.stderr
    assert "Cannot read calls.xlsx" in read.stdout


def test_a_picture_whose_bytes_look_like_texts_or_cells_is_not_read(tmp_path: Path) -> None:
    picture = b"\x89PNG\r\n\x1a\n" + b"\0<si> sheetData \xff"
    path = pack(tmp_path / "calls.xlsx", entries_of(tmp_path / "calls.xlsx") | {"xl/media/image1.png": picture})
    assert [cell for cell in next(read_xlsx(path)).cells if cell] == ["started_at", "phone"]


def test_every_text_counts_as_long_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(size, "SHARED_STRINGS_MAX", 10_000)
    texts = TEXTS.format("x</t></si><si><t>" + "long" * 500 + "</t></si>" + "<si><t>short</t></si>" * 97 + "<si><t>z")
    cells = "<row>" + "".join(f'<c t="s"><v>{number}</v></c>' for number in range(100)) + "</row>"
    entries = {FIRST_SHEET: SHEET.format(cells).encode(), "xl/sharedStrings.xml": texts.encode()}
    path = pack(tmp_path / "calls.xlsx", entries_of(tmp_path / "calls.xlsx") | entries)
    assert len(next(read_xlsx(path)).cells) == 100


@pytest.mark.parametrize("name", ["table.ods", "table"])
def test_a_table_of_another_format_is_refused_under_every_name(tmp_path: Path, name: str) -> None:
    path = HOSTILE["a table of another format"](tmp_path / "calls.xlsx").rename(tmp_path / name)
    with pytest.raises(FileUnreadable, match="not XLSX"):
        next(read_xlsx(path))


@pytest.mark.parametrize("far", [("XFD", 1048576), ("A", 10**9), ("IW", 1), ("A", 10**18)])
def test_a_cell_that_is_too_far_away_is_refused(tmp_path: Path, far: tuple[str, int]) -> None:
    path = repacked(tmp_path / "calls.xlsx", SHEET.format(CELL.format("A", 1) + CELL.format(*far)))
    with pytest.raises(FileUnreadable, match="too large"):
        open_import_file(path, ImportNoun.CALL, None)


def test_a_count_that_nothing_could_hold_is_not_believed(tmp_path: Path) -> None:
    texts = '<sst count="2" uniqueCount="499999999999"><si><t>phone</t></si></sst>'
    path = repacked(tmp_path / "calls.xlsx", texts, "sharedStrings")
    with pytest.raises(FileUnreadable, match="too large"):
        open_import_file(path, ImportNoun.CALL, None)


def test_a_file_that_unpacks_into_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(size, "UNPACKED_BYTES_MAX", 1 << 20)
    path = repacked(tmp_path / "calls.xlsx", SHEET.format(" " * (1 << 20)))
    with pytest.raises(FileUnreadable, match="too large"):
        open_import_file(path, ImportNoun.CALL, None)


def test_too_many_cells_without_a_value_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_traits, "LOST_MAX", 2)
    cells = "".join(f'<c r="{letter}1" t="e"><v>#N/A</v></c>' for letter in "ABC")
    path = repacked(tmp_path / "calls.xlsx", SHEET.format(f'<row r="1">{cells}</row>'))
    with pytest.raises(FileUnreadable, match="more than 2 cells"):
        next(read_xlsx(path))


def test_cells_that_state_no_place_are_read_where_they_stand(tmp_path: Path) -> None:
    rows = "<row><c><v>1</v></c><c><v>2</v></c></row>" * 300
    table = list(read_xlsx(repacked(tmp_path / "calls.xlsx", SHEET.format(rows))))
    assert [row.number for row in table] == list(range(1, 301))
    assert {tuple(row.cells) for row in table} == {(1.0, 2.0)}


def test_the_widest_table_that_is_allowed_is_read(tmp_path: Path) -> None:
    row = '<row r="1"><c r="A1"><v>1</v></c><c r="IV1"><v>2</v></c></row>'
    table = list(read_xlsx(repacked(tmp_path / "calls.xlsx", SHEET.format(row))))
    assert len(table[0].cells) == 256
