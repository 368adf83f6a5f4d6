"""What a cell says, whatever a spreadsheet made of it."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from cast import MOSCOW, moscow
from dealtrace.dates_and_times import whole_span
from dealtrace.errors import InvalidValue
from dealtrace.files.annotation_import_columns import SOURCE_CELL
from dealtrace.files.cell_types import (
    EXACT_NUMBERS_BELOW,
    AnsweredCell,
    CellType,
    CodeCell,
    DurationCell,
    FieldCell,
    IntegerCell,
    PhoneCell,
    TagsCell,
    TextCell,
    cell_text,
)
from dealtrace.files.deal_import_columns import ContactsCell
from dealtrace.files.pbx_vocabulary import PBXS, Pbx
from dealtrace.files.row import LostValue, NestedValue, NumberOf1904, StatedText
from dealtrace.files.timestamp_cells import TimeOfDayCell, TimestampCell, utc_of_timestamp
from dealtrace.files.visit_import_columns import VisitRefCell
from dealtrace.leads.limits import TAG_LENGTH_MAX, TAGS_MAX
from dealtrace.whole_number import ID_MAX

DAY = date(2018, 3, 26)
AT = datetime(2018, 3, 26, 9, 50, 1)  # noqa: DTZ001 - a wall clock
LASTING = DurationCell(most=timedelta(days=30))


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("  Иван \u00a0", "Иван"),
        (79205550055.0, "79205550055"),
        (300, "300"),
        (1.5, "1.5"),
        (True, "true"),
        (False, "false"),
        (AT, "2018-03-26 09:50:01"),
        (DAY, "2018-03-26"),
        ("'+7 920", "+7 920"),
        ("'=1+1", "=1+1"),
        ("'twas", "'twas"),
        ("'00125", "00125"),
        ("''00125", "'00125"),
        ("'1E5", "1E5"),
        ("'01.02", "01.02"),
        ("'90s", "'90s"),
        (StatedText("'00125"), "'00125"),
        (float(EXACT_NUMBERS_BELOW - 1), "999999999999999"),
    ],
)
def test_it_is_stated_as_text(cell: Any, text: str) -> None:
    assert cell_text(cell) == text


@pytest.mark.parametrize("cell", [float(EXACT_NUMBERS_BELOW), -1e15, float("inf"), float("nan"), "a\0b"])
def test_it_is_refused_as_text(cell: Any) -> None:
    with pytest.raises(InvalidValue):
        cell_text(cell)


FORMULAS = (
    "=A1", "=$B$12", "=-A1", "=SUM(A1:A9)", "=СУММ(A1)", "=Лист1!A1", "='Лист 1'!A1", "=1+1", '="a"&"b"', "=(1)",
    " =a1 ", "=[1]x",
)  # fmt: skip


@pytest.mark.parametrize("cell", [*FORMULAS, True, False, NestedValue('{"a": 1}')])
@pytest.mark.parametrize("kind", [TextCell(50), CodeCell(50), PhoneCell(50), TagsCell(), ContactsCell(50), SOURCE_CELL])
def test_a_formula_or_a_value_that_is_no_text_is_refused_in_every_column_of_text(kind: CellType, cell: Any) -> None:
    with pytest.raises(InvalidValue) as refused:
        kind.read(cell)
    assert str(cell_text(cell)) in refused.value.en


@pytest.mark.parametrize("cell", ["=)", "=", "==== сделка ====", "= ООО", "'=A1", "a=A1", "=>", '="00125"'])
def test_text_that_only_begins_like_a_formula_is_read(cell: str) -> None:
    assert TextCell(50).read(cell) == cell_text(cell)


@pytest.mark.parametrize("cell", [DAY, AT, time(1), timedelta(1), "'=A1", "=)", LostValue("#N/A")])
@pytest.mark.parametrize("kind", [PhoneCell(50), ContactsCell(50)])
def test_a_phone_is_neither_a_date_nor_a_guarded_formula(kind: CellType, cell: Any) -> None:
    with pytest.raises(InvalidValue):
        kind.read(cell)


@pytest.mark.parametrize(("cell", "text"), [(True, "true"), (NestedValue('["a"]'), '["a"]'), ("'=A1", "=A1")])
def test_custom_fields_keep_checkboxes_and_lists(cell: Any, text: str) -> None:
    assert FieldCell(50).read(cell) == text
    with pytest.raises(InvalidValue):
        FieldCell(50).read("=A1")


READ: list[tuple[CellType, Any, Any]] = [
    (TextCell(4), "Иван", "Иван"),
    (CodeCell(20), "+7 (920) 555-00-55", "+7 (920) 555-00-55"),
    (CodeCell(20), 79205550055.0, "79205550055"),
    (IntegerCell(1, 10), "10", 10),
    (IntegerCell(1, 2000), "1 200", 1200),
    (IntegerCell(1, 10), 3.0, 3),
    (IntegerCell(1, 10), "3.0", 3),
    (IntegerCell(1, 2000), "\u200e1\u2009200\u00a0", 1200),
    (IntegerCell(0, ID_MAX), "7811141.0", 7811141),
    (IntegerCell(0, ID_MAX), "781\u00ad1141", 7811141),
    (IntegerCell(0, ID_MAX), "７８", 78),
    (IntegerCell(1, 10), "٣", 3),
    (IntegerCell(1, 2000), "1\u2007200", 1200),
    (LASTING, "5\u200b:03", timedelta(minutes=5, seconds=3)),
    (VisitRefCell(), "1846408120.0", 1846408120),
    (VisitRefCell(), "1846408120", 1846408120),
    (VisitRefCell(), "1 846\u00a0408\u202f120.0", 1846408120),
    (VisitRefCell(), "null", None),
    (VisitRefCell(), "0", None),
    (VisitRefCell(), "0.0", None),
    (VisitRefCell(), 0.0, None),
    (VisitRefCell(), "<не указано>", None),
    (AnsweredCell(), "1.0", True),
    (AnsweredCell(), "0.0", False),
    (LASTING, " 1200\u00a0", timedelta(seconds=1200)),
    (LASTING, "1\u00a0200", timedelta(seconds=1200)),
    (LASTING, "\u200e5:03\u200f", timedelta(minutes=5, seconds=3)),
    (LASTING, "0", timedelta(0)),
    (LASTING, 300.0, timedelta(minutes=5)),
    (LASTING, "5:03", timedelta(minutes=5, seconds=3)),
    (LASTING, "90:00", timedelta(minutes=90)),
    (LASTING, "01:05:03", timedelta(hours=1, minutes=5, seconds=3)),
    (LASTING, time(1, 5, 3), timedelta(hours=1, minutes=5, seconds=3)),
    (LASTING, timedelta(hours=30, milliseconds=900), timedelta(hours=30, milliseconds=900)),
    (LASTING, "65.5", timedelta(seconds=65.5)),
    (LASTING, 65.5, timedelta(seconds=65.5)),
    (LASTING, "65,50", timedelta(seconds=65.5)),
    (LASTING, "0.9", timedelta(seconds=0.9)),
    (LASTING, "0.0000", timedelta(0)),
    (LASTING, "1:05.25", timedelta(seconds=65.25)),
    (LASTING, "01:01:05,5", timedelta(seconds=3665.5)),
    (PhoneCell(20), "7.9205550055E10", "7.9205550055E10"),
    (PhoneCell(20), "7,9205550055E+10", "7,9205550055E+10"),
    *((TextCell(30), text, text) for text in ("#SALE!", "#1", "Error", "Err: 5", "Ошибка: не дозвонился", "#ошибка")),
    *((TextCell(30), text, text) for text in ("Ошибка: 404", "err: 502", "Err:404", "Ошибка: 508")),
    (PhoneCell(20), '="79205550055"', "79205550055"),
    (CodeCell(20), '="00123"', "00123"),
    (LASTING, "2592000", timedelta(days=30)),
    (TagsCell(), "a, b,,a ", ("a", "b")),
    (TagsCell(), "VIP,\u200bVIP\u00a0,\u200e,", ("VIP",)),
    (TagsCell(), ",".join(str(item) for item in range(TAGS_MAX)), tuple(str(item) for item in range(TAGS_MAX))),
    (AnsweredCell(), "Да", True),
    (AnsweredCell(), "successful", True),
    (AnsweredCell(), True, True),
    (AnsweredCell(), 1.0, True),
    (AnsweredCell(), "не состоялся", False),
    (AnsweredCell(), "UNSUCCESSFUL", False),
    (TimestampCell(), "26.03.2018 09:50:01", AT),
    (TimestampCell(), "26.3.2018, 9:50", AT.replace(second=0)),
    (TimestampCell(), "26/03/2018 09:50:01", AT),
    (TimestampCell(), "26-03-2018 09:50:01", AT),
    (TimestampCell(), "2018-03-26 09:50:01", AT),
    (TimestampCell(), "2018-03-26T09:50:01.400", AT.replace(microsecond=400_000)),
    (TimestampCell(), "26.03.2018 09:50:01.999", AT.replace(microsecond=999_000)),
    (TimestampCell(), "\u200e26.3.2018\u00a09:50:01", AT),
    (TimestampCell(), "2018-3-26 9:50:01", AT),
    (TimestampCell(), "2018/03/26 09:50:01", AT),
    (TimestampCell(), "2018-03-26T06:50:01.7Z", AT.replace(tzinfo=MOSCOW, microsecond=700_000)),
    (TimestampCell(), "1522047001700", AT.replace(tzinfo=MOSCOW, microsecond=700_000)),
    (TimestampCell(), 43185.40973379630 - 1462, AT.replace(year=2014, day=25)),
    (TimestampCell(), NumberOf1904(43185.40973379630 - 1462), AT),
    (TimestampCell(), "2018-03-26T06:50:01Z", AT.replace(tzinfo=MOSCOW)),
    (TimestampCell(), "2018-03-26T09:50:01+03:00", AT.replace(tzinfo=MOSCOW)),
    (TimestampCell(), "1522047001", AT.replace(tzinfo=MOSCOW)),
    (TimestampCell(), "1522047001000", AT.replace(tzinfo=MOSCOW)),
    (TimestampCell(), 1522047001000.0, AT.replace(tzinfo=MOSCOW)),
    (TimestampCell(), AT, AT),
    (TimestampCell(), 43185.40973379630, AT),
    (TimestampCell(), "26.03.2018", DAY),
    (TimestampCell(), "2018-03-26", DAY),
    (TimestampCell(), DAY, DAY),
    (TimeOfDayCell(), "9:50", time(9, 50)),
    (TimeOfDayCell(), "09:50:01", time(9, 50, 1)),
    (TimeOfDayCell(), "\u00a09:50:01.9", time(9, 50, 1, 900_000)),
    (TimeOfDayCell(), time(9, 50, 1, 9), time(9, 50, 1, 9)),
    (TimeOfDayCell(), AT, time(9, 50, 1)),
]


@pytest.mark.parametrize(("kind", "cell", "value"), READ)
def test_it_is_read(kind: CellType, cell: Any, value: Any) -> None:
    assert kind.read(cell) == value
    assert kind.form


MALFORMED: list[tuple[CellType, Any]] = [
    (TextCell(4), "Иванов"),
    (CodeCell(20), "7,92056E+10"),
    (CodeCell(20), "7.92E10"),
    (CodeCell(20), "8E+10"),
    (CodeCell(20), "7.9205550055E10"),
    (PhoneCell(20), "7,92056E+10"),
    (PhoneCell(20), "8E+10"),
    (PhoneCell(20), LostValue("#N/A")),
    (TextCell(20), "#Н/Д"),
    (TextCell(20), "#REF!"),
    *(
        (TextCell(30), cell)
        for cell in (
            *("#ERROR!", "#ОШИБКА!", "Err:502", "err:508", "Ошибка:508", "Err:522", "#BLOCKED!", "#FIELD!", "#ПОЛЕ!"),
            *("#BUSY!", "#CONNECT!", "#UNKNOWN!", "#GETTING_DATA", "#EXTERNAL!", "#PYTHON!", "#TIMEOUT!", "#MACRO?"),
            *("#ЗАБЛОКИРОВАНО!", "#НЕИЗВЕСТНО!", "#ССЫЛ!", " #Error!\u00a0"),
        )
    ),
    (PhoneCell(20), "Err:502"),
    (PhoneCell(20), "#BUSY!"),
    *(
        (VisitRefCell(), cell)
        for cell in ("abc", "781114\n781115", "781\n115", "-5", "1.5", str(ID_MAX + 1), "=A1", True)
    ),
    (TagsCell(), LostValue("=…")),
    (IntegerCell(1, 10), LostValue("=…")),
    (AnsweredCell(), "#ЗНАЧ!"),
    (TimestampCell(), LostValue("#N/A")),
    (TimeOfDayCell(), LostValue("#N/A")),
    (LASTING, LostValue("#N/A")),
    (LASTING, 0.000752314814814815),
    (LASTING, 0.5),
    (LASTING, "0.000752"),
    (LASTING, "65.5.5"),
    (LASTING, "6.5E1"),
    (CodeCell(20), 1e15),
    (IntegerCell(1, 10), "0"),
    (IntegerCell(1, 10), "11"),
    (IntegerCell(1, 10), "-1"),
    (IntegerCell(1, 10), "1.5"),
    (IntegerCell(1, 2000), "1.000"),
    (IntegerCell(0, ID_MAX), "1 20"),
    (IntegerCell(0, ID_MAX), "1 2000"),
    (IntegerCell(0, ID_MAX), "1  200"),
    (IntegerCell(0, ID_MAX), "1 200 30"),
    (IntegerCell(0, ID_MAX), "781\t114"),
    (IntegerCell(0, ID_MAX), "781114 115"),
    (IntegerCell(0, ID_MAX), "1 200.0 .0"),
    (LASTING, "10 30"),
    (IntegerCell(1, 2000), "1,0"),
    (AnsweredCell(), "1.5"),
    (IntegerCell(1, 10), "²"),
    (IntegerCell(1, 10), "③"),
    (IntegerCell(1, 10), "9" * 5000),
    (LASTING, "2592001"),
    (LASTING, "9" * 16),
    (LASTING, "-1"),
    (LASTING, "5:60"),
    (LASTING, "five"),
    (LASTING, timedelta(days=-1)),
    (TagsCell(), ",".join(str(item) for item in range(TAGS_MAX + 1))),
    (TagsCell(), "a" * (TAG_LENGTH_MAX + 1)),
    (AnsweredCell(), "maybe"),
    (TimestampCell(), "03/26/2018 10:00"),
    (TimestampCell(), "26.03-2018 10:00"),
    (TimestampCell(), "26.03.18 10:00"),
    (TimestampCell(), "30.02.2018 10:00"),
    (TimestampCell(), "26.03.2018 24:00"),
    (TimestampCell(), "26.03.2018 10"),
    (TimestampCell(), "2018-W12-1"),
    (TimestampCell(), "yesterday"),
    (TimestampCell(), "2018-03-26T09:50:01+15:00"),
    (TimestampCell(), "2018-03-26T09:50:01+03:60"),
    (TimestampCell(), "2018-03-26Z"),
    (TimestampCell(), "26.03.2018 +03:00"),
    (TimestampCell(), "152204700.5"),
    (TimestampCell(), "15220470011"),
    (TimestampCell(), "152204700"),
    (TimestampCell(), 1.0),
    (TimestampCell(), 1e9 - 1),
    (TimestampCell(), float("nan")),
    (TimestampCell(), float("-inf")),
    (TimestampCell(), True),
    (TimestampCell(), date(1989, 12, 31)),
    (TimestampCell(), date(2101, 1, 1)),
    (TimestampCell(), time(9, 50)),
    (TimeOfDayCell(), "25:00"),
    (TimeOfDayCell(), "noon"),
    (TimeOfDayCell(), 9.5),
]


@pytest.mark.parametrize(("kind", "cell"), MALFORMED)
def test_it_is_refused_in_both_languages(kind: CellType, cell: Any) -> None:
    with pytest.raises(InvalidValue) as fault:
        kind.read(cell)
    assert fault.value.ru
    assert fault.value.en


def test_a_moment_is_on_the_clock_of_the_site() -> None:
    assert utc_of_timestamp(AT, None, MOSCOW) == moscow("2018-03-26", "09:50:01")
    assert utc_of_timestamp(AT.replace(tzinfo=UTC), None, MOSCOW) == AT.replace(tzinfo=UTC)


def test_a_day_takes_its_time_from_a_column_of_its_own() -> None:
    assert utc_of_timestamp(DAY, time(9, 50), MOSCOW) == moscow("2018-03-26", "09:50:00")
    midnight = datetime.combine(DAY, time.min)
    assert utc_of_timestamp(midnight, time(9, 50), MOSCOW) == moscow("2018-03-26", "09:50:00")
    assert utc_of_timestamp(midnight, None, MOSCOW) == moscow("2018-03-26")
    assert utc_of_timestamp(AT, time(7, 0), MOSCOW) == moscow("2018-03-26", "09:50:01")
    assert utc_of_timestamp(DAY, None, MOSCOW) is None


@pytest.mark.parametrize("pbx", PBXS, ids=lambda pbx: pbx.name)
def test_the_words_of_every_exchange_are_known(pbx: Pbx) -> None:
    for word in pbx.answered:
        assert AnsweredCell().read(word.upper()) is True
    for word in pbx.missed:
        assert AnsweredCell().read(word.title()) is False


def test_no_word_means_both() -> None:
    answered = {word for pbx in PBXS for word in pbx.answered}
    assert not answered & {word for pbx in PBXS for word in pbx.missed}


@pytest.mark.parametrize(
    ("cell", "answered"),
    [
        ("NO ANSWER", False),
        *((word, True) for word in ("t", "OK", "ОК", "COMPLETECALLER", "Дозвон", "Разговор")),
        *(
            (word, False)
            for word in ("f", "Недозвон", "EXITWITHTIMEOUT", "Непринят", "Неотвечен", "SERVICE_UNAVAILABLE")
        ),
        ("NORMAL_CLEARING", True),
        ("USER_BUSY", False),
        ("NO_USER_RESPONSE", False),
        ("ORIGINATOR_CANCEL", False),
        ("CALL_REJECTED", False),
        ("Без ответа", False),
        ("Соединён", True),
        ("соединен", True),
        ("Не соединён", False),
        ("NO_ANSWER", False),
        ("no  answer", False),
        ("BUSY", False),
        ("Принят", True),
        ("ИСТИНА", True),
        ("Ложь", False),
        ("ANSWERED", True),
        ("Не принят", False),
        ("success", True),
        ("missed", False),
        ("NotAvailable", False),
        ("not answered", False),
        ("unanswered", False),
        ("completed", True),
        ("abandoned", False),
        ("cancelled", False),
        ("canceled", False),
        ("Отменён", False),
        ("Отменен", False),
        ("Недоступен", False),
        ("принята", True),
        ("не отвечено", False),
        ("Пропущенный вызов", False),
        ("\u200eПринят\u200e", True),
        ("При\u00adнят", True),
    ],
)
def test_statuses_are_known_however_they_are_spelt(cell: str, answered: bool) -> None:
    assert AnsweredCell().read(cell) is answered


@pytest.mark.parametrize(
    ("fraction", "duration", "seconds"),
    [(0, 65, 65), (0.7, 65, 65), (0.7, 65.5, 66), (0, 65.9, 65), (0.999, 0.001, 1), (0.5, 0, 0)],
)
def test_a_start_is_cut_and_nothing_ends_early(fraction: float, duration: float, seconds: int) -> None:
    start, whole = whole_span(AT + timedelta(seconds=fraction), timedelta(seconds=duration))
    assert (start, whole) == (AT, timedelta(seconds=seconds))
