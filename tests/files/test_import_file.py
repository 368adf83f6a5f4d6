"""Files of leads: how tables are understood, and what is no table of leads."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from cast import MOSCOW, moscow
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.attribution.visit import VisitId
from dealtrace.calltouch.parameters import CALL_IMPORT, REQUEST_CREATE
from dealtrace.errors import FileUnreadable, InvalidParameters
from dealtrace.files import csv_reader, table_file
from dealtrace.files.call_import_columns import CALL_COLUMNS
from dealtrace.files.cell_types import TextCell
from dealtrace.files.csv_reader import CELL_TOO_LONG
from dealtrace.files.import_columns import ImportColumn, normalize_heading
from dealtrace.files.import_file import FORMATS, ImportFile, open_import_file
from dealtrace.files.import_formats import ImportNoun
from dealtrace.files.lead_request_import_columns import LEAD_REQUEST_COLUMNS
from dealtrace.files.unreadable import Cure, CureKind, cure_of
from dealtrace.http.parameter_types import Text
from dealtrace.leads.annotations import Annotations
from dealtrace.leads.call import Circumstances, IncomingCall
from dealtrace.leads.lead_request import IncomingLeadRequest
from spreadsheet import SHEET, repacked, write_xlsx

AT = moscow("2018-03-26", "09:50:01")
GOOD = "26.03.2018 09:50:01,79205550055"
PLAIN = "started_at,phone\n26.03.2018 09:50:01,79205550055\n"
CALL = IncomingCall(AT, timedelta(0), "79205550055")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "leads.csv"


def opened(
    path: Path, content: str | bytes, kind: ImportNoun = ImportNoun.CALL, encoding: str | None = None
) -> ImportFile:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return open_import_file(path, kind, encoding)


def leads_of(file: ImportFile, after: int = 0) -> list[Any]:
    return [lead.content for _, lead in file.rows(MOSCOW, after)]


def faults_of(file: ImportFile) -> list[tuple[int, list[str]]]:
    return [
        (lead.number, [violation.field for violation in lead.content.violations])
        for _, lead in file.rows(MOSCOW, 0)
        if isinstance(lead.content, InvalidParameters)
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1251"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_it_reads_what_spreadsheets_save(path: Path, delimiter: str, encoding: str, end: str) -> None:
    rows = [["Дата", "Телефон", "Имя"], ["26.03.2018 09:50:01", "79205550055", "Иван"]]
    file = opened(path, end.join(delimiter.join(row) for row in rows).encode(encoding))
    assert leads_of(file) == [IncomingCall(AT, timedelta(0), "79205550055", client_name="Иван")]
    assert file.encoding == encoding.removesuffix("-sig")
    assert (file.rows_total, file.layout.ignored_headings, file.layout.language) == (1, (), "ru")


@pytest.mark.parametrize("marks", [1, 2])
@pytest.mark.parametrize("quote", ["", '"'])
@pytest.mark.parametrize("codec", ["utf-8", "utf-16"])
def test_byte_order_marks_of_joined_files_belong_to_no_cell(path: Path, marks: int, quote: str, codec: str) -> None:
    mark = "\ufeff" * marks
    heading = f"{quote}started_at{quote},phone,fio"
    lines = [f"{mark}{heading}", f"{quote}26.03.2018 10:00{quote},79205550055,Иван"]
    second = [f"{mark}{quote}26.03.2018 11:00{quote},79205550066,Ольга", ""]
    first, other = leads_of(opened(path, "\n".join([*lines, *second]).encode(codec)))
    assert (first.client_name, other.client_name) == ("Иван", "Ольга")
    assert other.started_at == moscow("2018-03-26", "11:00:00")


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("headings", ["Дата;Телефон;Имя", "started_at;phone;fio"])
def test_utf_16_without_its_mark_is_known(path: Path, codec: str, headings: str) -> None:
    file = opened(path, f"{headings}\n26.03.2018 09:50:01;79205550055;Иван\n".encode(codec))
    assert (file.encoding, [lead.client_name for lead in leads_of(file)]) == (codec, ["Иван"])


@pytest.mark.parametrize("word", ["Ив\0ан", "И\0"])
def test_a_null_character_does_not_make_a_file_utf_16(path: Path, word: str) -> None:
    file = opened(path, f"started_at,phone,fio\n{GOOD},{word}\n")
    assert (file.encoding, faults_of(file)) == ("utf-8", [(2, ["fio"])])


def test_utf_32_is_refused_whole(path: Path) -> None:
    with pytest.raises(FileUnreadable):
        opened(path, PLAIN.encode("utf-32"))


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "SEP=;\r", "\ufeffsep=;"])
@pytest.mark.parametrize("codec", ["utf-8", "cp1251", "utf-16"])
def test_the_line_that_tells_excel_the_delimiter_is_no_row(path: Path, line: str, codec: str) -> None:
    if codec == "cp1251":
        line = line.removeprefix("\ufeff")
    table = "Дата;Телефон;Имя\n26.03.2018 09:50:01;79205550055;Иван, Ольга\n"
    file = opened(path, f"{line}\n{table}".encode(codec))
    assert [row.number for row, _ in file.rows(MOSCOW, 0)] == [2]
    assert [lead.client_name for lead in leads_of(file)] == ["Иван, Ольга"]
    piped = opened(path, f"sep=|\n{table.replace(';', '|')}".encode(codec))
    assert [lead.client_name for lead in leads_of(piped)] == ["Иван, Ольга"]


def test_the_end_mark_of_a_dos_file_is_no_row(path: Path) -> None:
    file = opened(path, f"{PLAIN}\x1a")
    assert (leads_of(file), file.rows_total) == ([CALL], 1)


@pytest.mark.parametrize("encoding", ["koi8-r", "cp866", "iso8859-5", "mac-cyrillic"])
def test_another_encoding_can_be_named(path: Path, encoding: str) -> None:
    content = "Дата;Телефон;Имя\n26.03.2018 09:50:01;79205550055;Иван\n".encode(encoding)
    assert leads_of(opened(path, content, encoding=encoding))[0].client_name == "Иван"
    with pytest.raises(FileUnreadable):
        opened(path, content)


def test_it_reads_every_column_of_a_call(path: Path) -> None:
    file = opened(
        path,
        "call_id,reference,sip_id,started_at,phone,client_name,duration_seconds,waiting_seconds,status,dialled_phone,"
        "answering_phone,record_url,manager,comment,tags,source,medium,campaign,content,term,visit_id\n"
        "12,a1,s1,2018-03-26 09:50:01,79205550055,Иван,300,10,да,74950000000,101,https://x.example/1,Коля,"
        '"ждёт, звонить","b2b, vip",yandex,cpc,brand,(not set),шины,1846408120\n',
    )
    assert leads_of(file) == [
        IncomingCall(
            AT,
            timedelta(minutes=5),
            "79205550055",
            "a1",
            "Иван",
            VisitId(1846408120),
            circumstances=Circumstances(
                sip_id="s1",
                is_successful=True,
                waiting=timedelta(seconds=10),
                dialled_phone="74950000000",
                answering_phone="101",
                record_url="https://x.example/1",
            ),
            annotations=Annotations(
                "Коля",
                "ждёт, звонить",
                ("b2b", "vip"),
                stated_source=TrafficSource("yandex", "cpc", "brand", "", "шины"),
            ),
            id=12,  # type: ignore[arg-type]
        )
    ]
    assert {place.column for place in file.layout.found_columns} == set(CALL_COLUMNS) - {
        column for column in CALL_COLUMNS if column.name == "time"
    }


def test_it_reads_every_column_of_a_lead_request(path: Path) -> None:
    file = opened(
        path,
        "requestId;requestNumber;dateStr;phoneNumber;email;fio;subject;requestUrl;manager;comment;tags;utmSource\n"
        "7;n1;26/03/2018 09:50:01;+7 920 555-00-55;ivan@example.ru;Иван;Форма;https://x.example;К;c;t;vk\n",
        ImportNoun.LEAD_REQUEST,
    )
    (lead,) = leads_of(file)
    assert lead == IncomingLeadRequest(
        AT, "+7 920 555-00-55", "ivan@example.ru", "Иван", "n1", "Форма", page_url="https://x.example",
        annotations=Annotations("К", "c", ("t",), stated_source=TrafficSource("vk")), id=7,  # type: ignore[arg-type]
    )  # fmt: skip


def test_it_reads_the_first_sheet_with_the_cells_of_spreadsheets(path: Path) -> None:
    at = datetime(2018, 3, 26, 9, 50, 1)  # noqa: DTZ001 - a wall clock
    write_xlsx(
        path,
        ["Дата", "Телефон", "Длительность", "Ожидание", "Состоялся", "Время", "Менеджер", "Теги"],
        [at, 79205550055, time(0, 5, 0), 10, True, "", "Коля", 5],
        [],
        [date(2018, 3, 26), "79205550055", timedelta(hours=1), "", False, time(9, 50, 1)],
        first_row=2,
    )
    file = open_import_file(path, ImportNoun.CALL, None)
    assert [row.number for row, _ in file.rows(MOSCOW, 0)] == [4, 6]
    first, second = leads_of(file)
    assert (first.started_at, first.phone, first.duration) == (AT, "79205550055", timedelta(minutes=5))
    assert (first.circumstances.is_successful, first.annotations.tags) == (True, ("5",))
    assert (second.started_at, second.duration) == (AT, timedelta(hours=1))
    assert (file.encoding, file.headings.number, file.rows_total) == (None, 3, 2)


def test_it_goes_on_behind_a_row_and_passes_over_blank_ones(path: Path) -> None:
    row = "26.03.2018 09:50:01,7920555005"
    file = opened(path, f"\n\nstarted_at,phone\n{row}0\n,\n\n{row}1\n{row}2")
    assert [lead.number for _, lead in file.rows(MOSCOW, 0)] == [4, 7, 8]
    assert [lead.number for _, lead in file.rows(MOSCOW, 7)] == [8]
    assert list(file.rows(MOSCOW, 8)) == []
    assert file.rows_total == 3


def test_a_cell_may_hold_lines_delimiters_and_quotes(path: Path) -> None:
    file = opened(path, PLAIN.replace("phone", "phone,comment").replace("055\n", '055,"a, ""b""\nc"\n'))
    assert leads_of(file)[0].annotations.comment == 'a, "b"\nc'


@pytest.mark.parametrize("kind", ImportNoun)
def test_every_heading_means_one_column(kind: ImportNoun) -> None:
    columns = FORMATS[kind].columns
    known = [{normalize_heading(item) for item in (column.name, *column.headings)} for column in columns]
    assert len(set().union(*known)) == sum(len(item) for item in known)
    assert len({column.name for column in columns}) == len(columns)


@pytest.mark.parametrize("heading", ["callStartTime", "CALLSTARTTIME", " call_start time ", "Call-Start-Time"])
def test_headings_are_known_however_they_are_spelt(path: Path, heading: str) -> None:
    assert leads_of(opened(path, PLAIN.replace("started_at", heading))) == [CALL]


def test_the_journal_of_calls_is_understood(path: Path) -> None:
    file = opened(
        path,
        "callId,date,duration,callerNumber,phoneNumber,successful,source,medium,utmSource,waitingConnect,city,"
        "callReferenceId\n"
        "1,26/03/2018 09:50:01,0,79205550055,74950000000,true,Яндекс,cpc,<не указано>,3,moscow,r1\n",
    )
    (call,) = leads_of(file)
    assert (call.id, call.phone, call.circumstances.dialled_phone) == (1, "79205550055", "74950000000")
    assert call.annotations.stated_source == TrafficSource("Яндекс", "cpc")
    assert file.layout.ignored_headings == ("utmSource", "city")


def _limits(parameters: Sequence[Any], columns: Sequence[ImportColumn]) -> Iterator[tuple[str, int, int]]:
    known = {normalize_heading(item): column for column in columns for item in (column.name, *column.headings)}
    for parameter in parameters:
        column = known[normalize_heading(parameter.name)]
        if isinstance(parameter.type, Text) and isinstance(column.type, TextCell):
            yield parameter.name, parameter.type.length_max, column.type.length_max


@pytest.mark.parametrize(
    ("parameters", "columns"), [(CALL_IMPORT, CALL_COLUMNS), (REQUEST_CREATE, LEAD_REQUEST_COLUMNS)]
)
def test_files_know_every_parameter_of_the_api_with_the_same_limit(
    parameters: Sequence[Any], columns: Sequence[ImportColumn]
) -> None:
    limits = list(_limits(parameters, columns))
    assert len(limits) > 5
    assert all(wire == file for _, wire, file in limits)


@pytest.mark.parametrize(
    ("row", "fields"),
    [
        (",79205550055", ["started_at"]),
        ("yesterday,79205550055", ["started_at"]),
        ("26.03.2018,79205550055", ["started_at"]),
        ("26.03.2018 10:00,7\0", ["phone"]),
        ("26.03.2018 10:00," + "7" * 65, ["phone"]),
        ('26.03.2018 10:00,"7,92E+10"', ["phone"]),
        ("never," + "7" * 65, ["started_at", "phone"]),
        ("26.03.2018 10:00,79205550055,,Иванов", ["row"]),
        ("26.03.2018 10:00,79205550055,0", ["call_id"]),
        (f"26.03.2018 10:00,79205550055,{2**53}", ["call_id"]),
    ],
)
def test_a_row_that_cannot_be_read_is_refused_by_its_cells(path: Path, row: str, fields: list[str]) -> None:
    file = opened(path, f"started_at,phone,call_id\n26.03.2018 10:00,1\n{row}\n26.03.2018 10:00\n")
    assert faults_of(file) == [(3, fields)]


@pytest.mark.parametrize(
    "word", ["NULL", "null", r"\N", "(null)", "[NULL]", "<null>", " NULL ", "nan", "None", "-", "—"]
)
def test_what_databases_and_exchanges_write_for_nothing_is_nothing(path: Path, word: str) -> None:
    headings = "started_at,phone,reference,sip_id,call_id,duration,waiting_seconds,status,sessionId,time,dialled_phone"
    row = ",".join(["26.03.2018 09:50:01", *[word] * headings.count(",")])
    assert leads_of(opened(path, f"{headings}\n{row}\n")) == [IncomingCall(AT, timedelta(0), "")]
    assert faults_of(opened(path, f"{headings}\n{word},79205550055\n")) == [(2, ["started_at"])]


@pytest.mark.parametrize(
    ("cell", "name"),
    [("NULL", None), (r"\N", None), ("-", "-"), ("Null", "Null"), ("'NULL", "NULL"), ("NULL NULL", "NULL NULL")],
)
def test_a_name_is_nothing_only_where_no_person_wrote_it(path: Path, cell: str, name: str | None) -> None:
    (call,) = leads_of(opened(path, f"started_at,phone,fio\n{GOOD},{cell}\n"))
    assert call.client_name == name


def test_json_has_a_null_of_its_own(path: Path) -> None:
    (call,) = leads_of(opened(path, '{"started_at": "26.03.2018 09:50:01", "phone": null, "fio": "NULL"}'))
    assert (call.phone, call.client_name) == ("", "NULL")


@pytest.mark.parametrize("row", ["26.03.2018 10:00,,", '26.03.2018 10:00," ",'])
def test_a_lead_request_of_nobody_is_refused(path: Path, row: str) -> None:
    assert faults_of(opened(path, f"date,phone,email\n{row}\n", ImportNoun.LEAD_REQUEST)) == [(2, ["row"])]


def test_a_hidden_caller_is_taken_in(path: Path) -> None:
    assert leads_of(opened(path, "started_at,phone\n26.03.2018 09:50:01,\n"))[0].phone == ""


UNREADABLE: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", "empty"),
    "blank": ("\n \n", "empty"),
    "no phone": ("started_at\n", "a column is missing: the client.s phone"),
    "no date": ("phone\n", "a column is missing: when the call began"),
    "no headings": ("26.03.2018 10:00,7\n", "is missing"),
    "old Excel": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel format"),
    "broken Excel": (b"PK\x03\x04 and no more", "damaged"),
    "neither encoding": (b"date,phone\n\x98", "not text in UTF-8"),
    "UTF-8 that is cut off": ("date,phone,fio\n26.03.2018 10:00,7,a\n26.03.2018 10:00,7,Пётр".encode()[:-1], "row 3"),
    "UTF-8 with one letter and half of another": ("date,phone,fio\n,,Zoë\n,,Zoë".encode()[:-1], "row 3"),
    "UTF-8 with half a sign": ("date,phone,fio\n,,Zoë\n,,😀".encode()[:-2], "row 3"),
    "UTF-8 with damage": ("date,phone,fio\n26.03.2018 10:00,7,П\n,,".encode() + b"\xe8\n" + "x,x,ёж".encode(), "row 3"),
    "UTF-8 with a mark, and damage": (b"\xef\xbb\xbfdate,phone,fio\n,,\xcf\xe5\n", "row 2"),
    "half of UTF-16": (b"\xff\xfed\x00a", "utf-16"),
    "an open quote": (PLAIN + '"26.03', "row 3"),
    "misplaced quotes among the headings": ('"started_at"x,phone\n', "row 1: misplaced quotes"),
    "a heading that is too long": (f"started_at,phone,{'x' * 200_000}\n{GOOD},1\n", "row 1: a cell has more than"),
    "an endless line": (PLAIN + "7" * (csv_reader.LINE_LENGTH_MAX + 1), "more than 1000000 characters"),
    "an endless first line": ("7" * (csv_reader.LINE_LENGTH_MAX + 1), "more than 1000000 characters"),
    "too many columns": ("started_at,phone" + ",x" * 256, "columns"),
}


def test_encodings_are_told_apart_by_most_of_their_letters(path: Path) -> None:
    for text in ("Пётр", "ООО «ЛУКОЙЛ», «О»", "№ 5", "ё"):
        content = f'date,phone,fio\n26.03.2018 10:00,7,"{text}"\n'
        assert leads_of(opened(path, content.encode("cp1251")))[0].client_name == text
        assert leads_of(opened(path, content.encode()))[0].client_name == text


def test_a_named_encoding_that_does_not_fit_names_the_row(path: Path) -> None:
    with pytest.raises(FileUnreadable, match="row 2"):
        opened(path, "date,phone,fio\n26.03.2018 10:00,7,Пётр\n".encode("cp1251"), encoding="utf-8")


@pytest.mark.parametrize(
    "line",
    [
        f'{GOOD},"Ромашка" ООО',
        f'{GOOD},"ООО "Ромашка"\'',
        f'{GOOD},"ООО "Ромашка", Москва"',
        f'{GOOD},"Ромашка ООО',
        f'"26.03"x,{GOOD}',
        f'{GOOD},""Ромашка""',
    ],
)
def test_misplaced_quotes_spoil_their_row_alone(path: Path, line: str) -> None:
    good = f'{GOOD},"ООО ""Лютик"""'
    file = opened(path, f"started_at,phone,fio\n{GOOD},a\n{line}\n{good}\n{GOOD},b\n")
    assert faults_of(file) == [(3, ["row"])]
    assert [lead.client_name for lead in leads_of(file) if isinstance(lead, IncomingCall)] == ["a", 'ООО "Лютик"', "b"]


def test_an_open_quote_spoils_its_row_alone_however_much_stands_behind_it(path: Path) -> None:
    file = opened(path, f'started_at,phone\n"{GOOD}\n' + f"{GOOD}\n" * 10_000)
    assert faults_of(file) == [(2, ["row"])]
    assert len(leads_of(file)) == 10_001


def test_a_cell_that_is_too_long_is_named_with_its_cure(path: Path) -> None:
    file = opened(path, f"started_at,phone,fio\n{GOOD},{'x' * 200_000}\n{GOOD},b\n")
    refused, good = leads_of(file)
    assert refused.violations == (CELL_TOO_LONG,)
    assert good.client_name == "b"


def test_quotes_inside_a_cell_are_part_of_it(path: Path) -> None:
    assert leads_of(opened(path, f'started_at,phone,fio\n{GOOD},ООО "Ромашка"\n'))[0].client_name == 'ООО "Ромашка"'


@pytest.mark.parametrize(
    ("moment", "seconds", "length"),
    [
        ("2026-05-04 10:00:00.700", "65", 65),
        ("2026-05-04 10:00:00.700", "65.5", 66),
        ("2026-05-04T07:00:00.999Z", "0", 0),
        ("1777878000700", "65.2", 65),
        ("2026-05-04T10:00:00.7+03:00", "1:05.9", 66),
    ],
)
def test_moments_are_cut_to_their_second(path: Path, moment: str, seconds: str, length: int) -> None:
    (call,) = leads_of(opened(path, f"started_at,phone,duration\n{moment},79205550055,{seconds}\n"))
    assert (call.started_at, call.duration) == (moscow("2026-05-04", "10:00:00"), timedelta(seconds=length))
    (sent,) = leads_of(opened(path, f"date,phone\n{moment},79205550055\n", ImportNoun.LEAD_REQUEST))
    assert sent.requested_at == moscow("2026-05-04", "10:00:00")


@pytest.mark.parametrize(
    ("time", "seconds", "lasting"),
    [("10:00:00.700", "65.5", 66), ("10:00:00,700", "65", 65), ("10:00:00.7", "0", 0), ("10:00", "65.9", 65)],
)
def test_times_in_a_column_of_their_own_are_cut_as_whole_moments_are(
    path: Path, time: str, seconds: str, lasting: int
) -> None:
    (call,) = leads_of(opened(path, f'date,time,phone,duration\n2026-05-04,"{time}",79205550055,{seconds}\n'))
    assert (call.started_at, call.duration) == (moscow("2026-05-04", "10:00:00"), timedelta(seconds=lasting))
    (sent,) = leads_of(opened(path, f'date,time,phone\n2026-05-04,"{time}",79205550055\n', ImportNoun.LEAD_REQUEST))
    assert sent.requested_at == moscow("2026-05-04", "10:00:00")


@pytest.mark.parametrize(
    ("cells", "seconds"),
    [
        (("1,234", "65,5"), [1, 65]),
        (("1,234", "65.5"), [1234, 65]),
        (("1,234", "0.850"), [1234, 0]),
        (("1,234", "2,345,678"), [1234, 2_345_678]),
        (("1,234.50", "2,345"), [1234, 2345]),
        (("1.234", "65,5"), [1234, 65]),
        (("1.234", "12.345"), [1, 12]),
        (("1.234", "65"), [1, 65]),
        (("1,234", "65"), ["duration", 65]),
        (("1,234", "65,5", "65.5"), ["duration", 65, 65]),
        (("1,234,5",), ["duration"]),
    ],
)
def test_a_thousand_seconds_or_a_little_more_than_one_is_decided_by_the_column(
    path: Path, cells: Sequence[str], seconds: Sequence[int | str]
) -> None:
    lines = "".join(f'2026-05-04 10:00:00,79205550055,"{cell}"\n' for cell in cells)
    calls = leads_of(opened(path, f"started_at,phone,duration\n{lines}"))
    found = [
        call.violations[0].field if isinstance(call, InvalidParameters) else call.duration // timedelta(seconds=1)
        for call in calls
    ]
    assert found == seconds


def _book(path: Path, fill: Callable[[Any, Any], None], **options: bool) -> ImportFile:
    with xlsxwriter.Workbook(path, options) as book:
        sheet = book.add_worksheet()
        for column, heading in enumerate(("started_at", "phone", "duration", "fio", "manager")):
            sheet.write_string(0, column, heading)
        fill(book, sheet)
    return open_import_file(path, ImportNoun.CALL, None)


@pytest.mark.parametrize("counts_from_1904", [True, False])
@pytest.mark.parametrize("form", ["General", "dd.mm.yyyy hh:mm:ss", "0.00"])
def test_days_are_counted_as_the_workbook_does(path: Path, form: str, counts_from_1904: bool) -> None:
    def fill(book: Any, sheet: Any) -> None:
        at = datetime(2026, 5, 4, 10, 0, 0, 700_000)  # noqa: DTZ001 - a wall clock
        sheet.write_datetime(1, 0, at, book.add_format({"num_format": form}))
        sheet.write_number(1, 1, 79205550055)
        sheet.write_datetime(1, 2, timedelta(seconds=65), book.add_format({"num_format": "[h]:mm:ss"}))

    (call,) = leads_of(_book(path, fill, date_1904=counts_from_1904))
    assert (call.started_at, call.phone) == (moscow("2026-05-04", "10:00:00"), "79205550055")
    assert call.duration == timedelta(seconds=65)


@pytest.mark.parametrize("column", [0, 1, 2, 3])
@pytest.mark.parametrize("value", ["", "#N/A", "#REF!", "#DIV/0!"])
def test_a_cell_without_a_value_is_no_empty_cell(path: Path, column: int, value: str) -> None:
    def fill(_: Any, sheet: Any) -> None:
        for row in (1, 2, 3):
            sheet.write_row(row, 0, ["26.03.2018 09:50:01", "79205550055", 5, "Иван"])
        sheet.write_formula(2, column, "=Sheet2!A1", None, value)

    file = _book(path, fill)
    assert faults_of(file) == [(3, [("started_at", "phone", "duration", "fio")[column]])]
    assert len(leads_of(file)) == 3


def test_a_formula_with_its_value_is_that_value_and_an_unknown_column_may_lack_them(path: Path) -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write_string(0, 5, "unknown")
        sheet.write_row(1, 0, ["26.03.2018 09:50:01", "", 5, "Иван"])
        sheet.write_formula(1, 1, '="7920555"&"0055"', None, "79205550055")
        sheet.write_formula(1, 5, "=NA()", None, "#N/A")

    (call,) = leads_of(_book(path, fill))
    assert (call.phone, call.client_name) == ("79205550055", "Иван")


def test_rows_of_formulas_alone_are_seen_below_a_table_and_above_it(path: Path) -> None:
    cell = '<c r="{}" t="{}"><f>A9</f><v>{}</v></c>'
    heading = '<c r="B2" t="inlineStr"><is><t>started_at</t></is></c><c t="inlineStr"><is><t>phone</t></is></c>'
    rows = f'<row r="2">{heading}</row>' + "".join(
        f'<row r="{row}"><c r="B{row}" t="inlineStr"><is><t>26.03.2018 09:50:01</t></is></c>{second}</row>'
        for row, second in ((3, cell.format("C3", "str", "")), (4, cell.format("C4", "n", "")), (5, "<c><f>1</f></c>"))
    )
    lone = f'<row r="9">{cell.format("C9", "e", "#NAME?")}</row>'
    file = open_import_file(repacked(path, SHEET.format(rows + lone)), ImportNoun.CALL, None)
    assert faults_of(file) == [(4, ["phone"]), (5, ["phone"]), (9, ["started_at", "phone"])]


def test_an_asterisk_cdr_is_understood(path: Path) -> None:
    file = opened(
        path,
        "calldate,clid,src,dst,did,duration,billsec,disposition,uniqueid\n"
        '2026-05-04 10:00:00,"""Ivan"" <79205550055>",79205550055,101,74950000000,75,65,ANSWERED,1777878000.42\n'
        "2026-05-04 11:00:00,,79205550055,101,74950000000,20,0,NO ANSWER,1777878000.43\n",
    )
    answered, missed = leads_of(file)
    assert (answered.phone, answered.duration, answered.reference) == (
        "79205550055", timedelta(seconds=65), "1777878000.42",
    )  # fmt: skip
    assert (answered.circumstances.is_successful, missed.circumstances.is_successful) == (True, False)
    assert answered.circumstances.dialled_phone == "74950000000"
    assert missed.duration == timedelta(0)


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_no_table_of_calls_is_refused_whole(path: Path, name: str) -> None:
    content, words = UNREADABLE[name]
    with pytest.raises(FileUnreadable, match=words) as refused:
        opened(path, content)
    assert refused.value.text("ru") != refused.value.text("en")


def test_a_lead_request_needs_a_column_that_states_who(path: Path) -> None:
    with pytest.raises(FileUnreadable, match=r"the client.s e-mail \(email\)"):
        opened(path, "date,comment\n26.03.2018,x\n", ImportNoun.LEAD_REQUEST)


def test_a_file_that_is_not_in_utf_16_as_it_should_be_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "calls.csv"
    path.write_text("Дата;Телефон\n26.03.2018 10:00;7\n")
    with pytest.raises(FileUnreadable, match="the file is not in utf-16") as caught:
        open_import_file(path, ImportNoun.CALL, "utf-16")
    assert cure_of(caught.value) == Cure(CureKind.OTHER_ENCODING)


def test_what_is_no_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    with pytest.raises(FileUnreadable, match="the file was not found"):
        open_import_file(tmp_path / "absent.csv", ImportNoun.CALL, None)
    with pytest.raises(FileUnreadable, match="not a file"):
        open_import_file(tmp_path, ImportNoun.CALL, None)
    monkeypatch.setattr(table_file, "FILE_BYTES_MAX", 10)
    with pytest.raises(FileUnreadable, match="larger"):
        opened(path, PLAIN)


@pytest.mark.parametrize("sheet", ["<worksheet><sheetData><row", "", SHEET.format(""), "not xml at all <<<"])
def test_a_broken_sheet_is_refused(path: Path, sheet: str) -> None:
    repacked(path, sheet)
    with pytest.raises(FileUnreadable):
        open_import_file(path, ImportNoun.CALL, None)


@pytest.mark.parametrize("share", range(5, 100, 10))
def test_a_torn_spreadsheet_is_refused(path: Path, share: int) -> None:
    whole = write_xlsx(path, ["started_at", "phone"], ["26.03.2018 10:00", "7"]).read_bytes()
    path.write_bytes(whole[: len(whole) * share // 100])
    with pytest.raises(FileUnreadable):
        open_import_file(path, ImportNoun.CALL, None)


def test_the_digest_tells_files_and_kinds_apart(path: Path) -> None:
    content = "date,phone,orderId,orderStatus,sessionId\n26.03.2018 10:00,7,1,new,1\n"
    digests = {opened(path, content + extra, kind).digest for extra in ("", "\n") for kind in ImportNoun}
    assert len(digests) == 2 * len(ImportNoun)
