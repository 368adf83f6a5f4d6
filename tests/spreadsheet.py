"""Spreadsheets as people make them, for what reads them."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import xlsxwriter

FORMATS: dict[type, str] = {
    datetime: "dd.mm.yyyy hh:mm:ss",
    date: "dd.mm.yyyy",
    time: "hh:mm:ss",
    timedelta: "[h]:mm:ss",
}


def write_xlsx(path: Path, *rows: Sequence[Any], first_row: int = 0) -> Path:
    """Write a table into the first of two sheets, dates and times in the formats people choose."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("leads")
        book.add_worksheet("other").write(0, 0, "not this one")
        formats = {kind: book.add_format({"num_format": form}) for kind, form in FORMATS.items()}
        for number, row in enumerate(rows, first_row):
            for position, cell in enumerate(row):
                if type(cell) in formats:
                    sheet.write_datetime(number, position, cell, formats[type(cell)])
                else:
                    sheet.write(number, position, cell)
    return path


SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
)
FIRST_SHEET = "xl/worksheets/sheet1.xml"
RELATIONS = "xl/_rels/workbook.xml.rels"


def repacked(path: Path, content: str, entry: str = "worksheets/sheet1") -> Path:
    """Write a spreadsheet that says in an entry, most often the first sheet, what no spreadsheet program would."""
    return pack(path, entries_of(path) | {f"xl/{entry}.xml": content.encode()})


def entries_of(path: Path) -> dict[str, bytes]:
    """Write an honest spreadsheet, and return its entries."""
    with ZipFile(write_xlsx(path, ["started_at", "phone"])) as packed:
        return {entry.filename: packed.read(entry) for entry in packed.infolist()}


def pack(path: Path, entries: dict[str, bytes]) -> Path:
    """Write a spreadsheet with the given entries."""
    with ZipFile(path, "w", ZIP_DEFLATED) as packed:
        for name, content in entries.items():
            packed.writestr(name, content)
    return path
