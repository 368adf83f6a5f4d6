"""Texts stay what they are through a spreadsheet, and come back as they were."""

import csv
import io
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dealtrace.files.cell_types import cell_text
from dealtrace.files.row_writers import CsvFile, CsvLines
from dealtrace.files.spreadsheet_text import (
    NO_VALUE,
    guard_formula,
    is_formula,
    spreadsheet_text,
    unguarded_text,
)

TEXTS = st.text(st.sampled_from("'=+-@\t\r\n\"0123456789.,/ aеEмай;Ё"), max_size=20)


@pytest.mark.parametrize(
    "text",
    [
        "00123456", "0012", "12345678901234567890", "79205550055", "8 (920) 555-00-55", "79205550055, 79205550056",
        "1E5", "1е5", "1/2", "12-05", "3.14", "5 мая", "май 18", "1-янв", "Jan 5", "10:30", "10 AM", "15%", "100р.",
        "100 ₽", "26.03.2018 10:00", "1234567890", "1 000",
    ],
)  # fmt: skip
def test_what_a_spreadsheet_would_convert_stays_text(text: str) -> None:
    assert spreadsheet_text(text) == f'="{text}"'
    assert cell_text(spreadsheet_text(text)) == text


@pytest.mark.parametrize(
    "text", ["", "Иван", "0", "12345", "К-1", "дом 5", "b2b, vip", "x0012", "https://x.ru/1", "май"]
)
def test_what_a_spreadsheet_leaves_alone_is_written_as_it_is(text: str) -> None:
    assert spreadsheet_text(text) == text


@pytest.mark.parametrize("start", "=+-@\t\r\n＝＋－＠")
@pytest.mark.parametrize("rest", ["1", "HYPERLINK(1)", '"x"&A1', ""])
def test_no_text_runs_as_a_formula(start: str, rest: str) -> None:
    assert spreadsheet_text(start + rest) == guard_formula(start + rest) == f"'{start}{rest}"


@pytest.mark.parametrize("text", ['="a"&HYPERLINK("b")', '="a"+"b"', '="a"b"', '="'])
def test_only_a_constant_passes_for_one(text: str) -> None:
    assert spreadsheet_text(text) == f"'{text}"
    assert unguarded_text(text) == text


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('="00123"', "00123"),
        (' ="00123" ', "00123"),
        ('="a ""b"""', 'a "b"'),
        ('="+7 920"', "+7 920"),
        ("\t00123", "00123"),
        ("'00123", "00123"),
        ('\'="00123"', "00123"),
        ('=""', ""),
    ],
)
def test_what_programs_wrap_for_a_spreadsheet_is_unwrapped(cell: str, text: str) -> None:
    assert cell_text(cell) == text


@given(TEXTS)
@example("NULL")
@example("'NULL")
def test_every_text_comes_back(text: str) -> None:
    if re.fullmatch('\'*="([^"]|"")*"', text) is None:
        assert unguarded_text(spreadsheet_text(text)) == text.strip() or unguarded_text(spreadsheet_text(text)) == text
        assert unguarded_text(guard_formula(text)) == text


@given(TEXTS)
@example(r"\N")
@example("''null")
def test_every_text_comes_back_from_csv_for_programs(text: str) -> None:
    if re.fullmatch('\'*="([^"]|"")*"', text) is None:
        file = io.StringIO()
        CsvFile(file, ["text"]).add([text])
        _, (written,) = csv.reader(io.StringIO(file.getvalue(), newline=""), strict=True)
        assert unguarded_text(written) == text
        assert not is_formula(written)
        assert written.strip() not in NO_VALUE
        assert written == text or text[:1] in ("'", "=") or text.strip() in NO_VALUE


@given(st.lists(TEXTS, min_size=1, max_size=4), st.sampled_from([",", ";"]), st.sampled_from(["\n", "\r\n"]))
def test_every_row_is_one_line_for_a_reader_of_csv(cells: list[str], delimiter: str, end: str) -> None:
    lines = CsvLines(delimiter, end)
    written = lines.format(cells) + lines.format(["next"])
    rows = list(csv.reader(re.findall(r"[^\r\n]*(?:\r\n|\r|\n)", written), delimiter=delimiter, strict=True))
    assert rows == [cells, ["next"]]


@pytest.mark.parametrize("text", ["a\r=1+1", "a\n=1+1", "\r\n", "a\rb", 'a"b\r'])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_part_of_a_line_end_is_quoted(text: str, end: str) -> None:
    doubled = text.replace('"', '""')
    assert CsvLines(",", end).format(["1", text]) == f'1,"{doubled}"{end}'


@pytest.mark.parametrize("text", ["1" * 200 + "x", "мая" * 80 + "1ж", "1" + "р" * 250 + "ж"])
def test_a_long_text_is_judged_without_going_back_again_and_again(text: str) -> None:
    """A pattern that tries every way to divide these texts would not end in the lifetime of this machine."""
    assert spreadsheet_text(text) in {text, f"'{text}"}
