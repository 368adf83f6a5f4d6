"""The sheet of a workbook that has the table, and the cells of it that have no value."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
import xlsxwriter

from cast import MOSCOW
from dealtrace.errors import FileUnreadable, InvalidParameters
from dealtrace.files.import_file import open_import_file
from dealtrace.files.import_formats import ImportNoun
from dealtrace.files.row import LostValue
from dealtrace.files.xlsx.reader import read_xlsx
from dealtrace.files.xlsx.sheet_traits import WORKBOOK
from spreadsheet import FIRST_SHEET, SHEET, entries_of, pack, repacked

HEADINGS = ("started_at", "phone")
STARTED = "26.03.2018 09:50:01"
HEAD = "<row><c t='str'><v>started_at</v></c><c t='str'><v>phone</v></c></row>"
ROW = f"<row><c t='str'><v>{STARTED}</v></c>{{}}</row>"


def phones_of(path: Path) -> list[object]:
    """List the phones of a file of calls, or the headings of refused cells."""
    contents = [row.content for _, row in open_import_file(path, ImportNoun.CALL, None).rows(MOSCOW, 0)]
    return [
        [violation.field for violation in content.violations]
        if isinstance(content, InvalidParameters)
        else content.phone  # type: ignore[attr-defined]
        for content in contents
    ]


def write_calls(sheet: xlsxwriter.worksheet.Worksheet, phone: str) -> None:
    sheet.write_row(0, 0, HEADINGS)
    sheet.write_row(1, 0, [STARTED, phone])


def hidden(book: xlsxwriter.Workbook) -> None:
    sheet = book.add_worksheet()
    write_calls(sheet, "74950000000")
    sheet.hide()


def very_hidden(book: xlsxwriter.Workbook) -> None:
    sheet = book.add_worksheet()
    write_calls(sheet, "74950000000")
    sheet.very_hidden()


def chart(book: xlsxwriter.Workbook) -> None:
    drawn = book.add_chart({"type": "line"})
    drawn.add_series({"values": "=calls!$A$1:$A$2"})
    book.add_chartsheet().set_chart(drawn)


@pytest.mark.parametrize("before", [hidden, very_hidden, chart])
@pytest.mark.filterwarnings("ignore:Unknown worksheet reference")
def test_the_table_is_on_the_first_sheet_that_people_see(
    tmp_path: Path, before: Callable[[xlsxwriter.Workbook], None]
) -> None:
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path) as book:
        before(book)
        sheet = book.add_worksheet("calls")
        write_calls(sheet, "79205550055")
        sheet.write_formula(2, 0, '="26.03.2018 10:00"', None, "26.03.2018 10:00")
        sheet.write_formula(2, 1, "=B2", None, "")
        sheet.activate()
        sheet.set_first_sheet()
        book.add_worksheet("other").write(0, 0, "not this one")
    assert phones_of(path) == ["79205550055", ["phone"]]


@pytest.mark.parametrize(
    ("formula", "phones"),
    [
        ("<c t='str'><f>A1</f></c>", [["phone"]]),
        ("<c t='s'><f>A1</f></c>", [["phone"]]),
        ("<c t='b'><f>A1</f></c>", [["phone"]]),
        ("<c><f t='shared' si='0'/></c>", [["phone"]]),
        ("<c t='str'><f>A1</f><v></v></c>", [""]),
        ("<c t='str'><f>A1</f><v/></c>", [""]),
        ("<c t='inlineStr'><f>A1</f><is><t>79205550055</t></is></c>", ["79205550055"]),
        ("<c t='str'><f>A1</f><v>79205550055</v></c>", ["79205550055"]),
    ],
)
def test_a_formula_of_any_type_without_a_value_is_refused(tmp_path: Path, formula: str, phones: list[object]) -> None:
    assert phones_of(repacked(tmp_path / "a.xlsx", SHEET.format(HEAD + ROW.format(formula)))) == phones


def test_a_zero_that_a_program_wrote_for_a_formula_it_cannot_calculate_is_no_value(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, [1, 0])
        sheet.write_formula(1, 0, "=A1*2")
        sheet.write_formula(1, 1, "=A1*2", None, 2)
        sheet.write_formula(1, 2, "=A1<0", None, value=False)
        sheet.write_datetime(1, 3, datetime(2018, 3, 26), book.add_format({"num_format": "dd.mm.yyyy"}))  # noqa: DTZ001
    _, calculated = read_xlsx(path)
    assert calculated.cells[:3] == [LostValue("=…"), 2.0, False]


def test_a_zero_that_a_spreadsheet_calculated_is_zero(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    entries = entries_of(path)
    assert b'fullCalcOnLoad="1"' in entries[WORKBOOK]
    entries[WORKBOOK] = entries[WORKBOOK].replace(b'fullCalcOnLoad="1"', b"")
    entries[FIRST_SHEET] = SHEET.format("<row><c><f>A2</f><v>0</v></c></row>").encode()
    (row,) = read_xlsx(pack(path, entries))
    assert row.cells == [0.0]


@pytest.mark.parametrize("inside", ["<!-- -->", "<![CDATA[0]]>", "<?a b?>"])
@pytest.mark.parametrize("before", [0, 1 << 20])
def test_a_value_that_would_be_cut_is_refused(tmp_path: Path, inside: str, before: int) -> None:
    cell = f"<c><v>7920555{inside}0055</v></c>"
    path = repacked(tmp_path / "a.xlsx", SHEET.format(" " * (before - 200) + HEAD + ROW.format(cell)))
    with pytest.raises(FileUnreadable):
        phones_of(path)
