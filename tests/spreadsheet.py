"""Spreadsheets as people make them, for what reads them."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

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
