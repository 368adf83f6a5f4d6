"""Each type reads its text, or says in both languages what would fit."""

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealtrace.calltouch.wire_types import (
    DASHED,
    Amount,
    AnsweredStatus,
    DayClock,
    Seconds,
    SlashDay,
    Tags,
    VisitRef,
    WallClock,
)
from dealtrace.dates_and_times import YEAR_FIRST
from dealtrace.deals.amount import AMOUNT_MAX, AMOUNT_STEP
from dealtrace.errors import InvalidValue
from dealtrace.http.parameter_types import Choice, Flag, Integer, Text, WireType
from dealtrace.whole_number import ID_MAX

CHOICE = Choice({"calls": 1, "requests": 2})


@pytest.mark.parametrize(
    ("wire_type", "text", "value"),
    [
        (Text(3), "абв", "абв"),
        (Text(3), " a ", " a "),
        (Integer(), "0", 0),
        (Integer(), " 12 ", 12),
        (Integer(), "007", 7),
        (Integer(), "\u202a5\u202c", 5),
        (Integer(), "\u00a0５", 5),
        (Integer(), "٣", 3),
        (Integer(), "1\u00a0000\u00a0000\u00a0005", 1_000_000_005),
        (Integer(), "\u200e7 200 ", 7200),
        (Integer(), "12\u202f500.00", 12500),
        (Integer(), "1000000005.0", 1_000_000_005),
        (Integer(-5000, 5), "−1 000", -1000),
        (VisitRef(), "1\u00a0846\u00a0408\u00a0120", 1846408120),
        (Seconds(timedelta(hours=1)), "1\u00a0200", timedelta(seconds=1200)),
        (Seconds(timedelta(hours=1)), "1 200,5", timedelta(seconds=1200.5)),
        (Amount(), "٣", Decimal(3)),
        (Integer(-5, 5), "−5", -5),
        (VisitRef(), "\u200e5", 5),
        (VisitRef(), "1846408120.0", 1846408120),
        (VisitRef(), '"1846408120"', 1846408120),
        (VisitRef(), "5.5", None),
        (VisitRef(), ".0", None),
        (Integer(), str(ID_MAX), ID_MAX),
        (Integer(-5, 5), "-5", -5),
        (Amount(), "1000", Decimal(1000)),
        (Amount(), "1 000,50", Decimal("1000.5")),
        (Amount(), "1\u00a0000\u202f000\u2009.5", Decimal("1000000.5")),
        (Amount(), "-0", Decimal(0)),
        (Amount(), "+5.", Decimal(5)),
        (Amount(), ".5", Decimal("0.5")),
        (Amount(), "0.00005", Decimal("0.0001")),
        (Amount(), "-0.00005", Decimal("-0.0001")),
        (Amount(), "0.000049", Decimal(0)),
        (Amount(), "900000000000000", AMOUNT_MAX),
        (WallClock(), "26.03.2018 10:00:00", datetime.fromisoformat("2018-03-26T10:00:00")),
        (WallClock(), "29.02.2020 23:59:59", datetime.fromisoformat("2020-02-29T23:59:59")),
        (WallClock(), "01.01.1990 00:00:00", datetime.fromisoformat("1990-01-01")),
        (WallClock(), "6.3.2018 9:00", datetime.fromisoformat("2018-03-06T09:00:00")),
        (WallClock(DASHED), "\u200e6-3-2018 9:00:00.7", datetime.fromisoformat("2018-03-06T09:00:00")),
        (WallClock(YEAR_FIRST), "2018-3-6 9:00:00\u00a0", datetime.fromisoformat("2018-03-06T09:00:00")),
        (SlashDay(), "26/03/2018", date(2018, 3, 26)),
        (SlashDay(), " 26/3/2018\u00a0", date(2018, 3, 26)),
        (SlashDay(), "6/3/2018", date(2018, 3, 6)),
        (SlashDay(month_first=True), "03/26/2018", date(2018, 3, 26)),
        (SlashDay(month_first=True), "3/6/2018", date(2018, 3, 6)),
        (SlashDay(month_first=True), "2018/03/06", date(2018, 3, 6)),
        (DayClock(), "09:30:15", time(9, 30, 15)),
        (DayClock(), "9:30", time(9, 30)),
        (DayClock(), "23:59:59", time(23, 59, 59)),
        (Tags(), "a, b,,a ,", ("a", "b")),
        (Tags(), " , ", ()),
        (Tags(), "VIP,\u200bVIP\u00a0,\u200e,", ("VIP",)),
        (CHOICE, "requests", 2),
        (CHOICE, "\u200eCalls ", 1),
        (AnsweredStatus(), "successful", True),
        (AnsweredStatus(), "Unsuccessful ", False),
        (AnsweredStatus(), "NO ANSWER", False),
        (AnsweredStatus(), "ANSWERED", True),
        (AnsweredStatus(), "no-answer", False),
        (AnsweredStatus(), "BUSY", False),
        (AnsweredStatus(), "Принят", True),
        (AnsweredStatus(), "1.0", True),
        (Flag(), "TRUE", True),
        (Flag(), " true\u00a0", True),
        (Flag(), "1", True),
        (Flag(), "False", False),
        (Flag(), "0", False),
    ],
)
def test_it_reads(wire_type: WireType, text: str, value: Any) -> None:
    assert wire_type.read(text) == value


@pytest.mark.parametrize(
    ("wire_type", "text"),
    [
        (Text(3), "абвг"),
        (Integer(), "-1"),
        (Integer(), "--1"),
        (Integer(), "1.5"),
        (Integer(), ".0"),
        (Integer(), "1.000"),
        (Integer(), "1 00"),
        (Integer(), "1000 000"),
        (Integer(), "1\t000"),
        (Integer(), "1  000"),
        (Integer(), "1,000"),
        (Seconds(timedelta(hours=1)), "12 00"),
        (Integer(), "²"),
        (Integer(), "③"),
        (Integer(), str(ID_MAX + 1)),
        (Integer(), "0" * 17),
        (Integer(), " "),
        (Integer(1, 5), "6"),
        (Amount(), "NaN"),
        (Amount(), "1e3"),
        (Amount(), "1,000.50"),
        (Amount(), "."),
        (Amount(), "-"),
        (Amount(), " "),
        (Amount(), "²"),
        (Amount(), "③"),
        (Amount(), "900000000000000.0001"),
        (Amount(), "0." + "1" * 100),
        (WallClock(), "26.03.2018"),
        (WallClock(DASHED), "2018-03-26 10:00:00"),
        (WallClock(YEAR_FIRST), "26-03-2018 10:00:00"),
        (WallClock(), "31.04.2018 10:00:00"),
        (WallClock(), "26.03.1989 10:00:00"),
        (WallClock(), "26.03.2101 10:00:00"),
        (WallClock(), "٢٦.03.2018 10:00:00"),
        (SlashDay(), "30/02/2018"),
        (SlashDay(), "26/03/18"),
        (SlashDay(), "26/03/1989"),
        (SlashDay(), "26.03.2018"),
        (SlashDay(), "2018/03/26"),
        (SlashDay(month_first=True), "26/03/2018"),
        (SlashDay(month_first=True), "2018/26/03"),
        (SlashDay(month_first=True), "1989/03/26"),
        (DayClock(), "24:00:00"),
        (DayClock(), "12:60"),
        (DayClock(), "noon"),
        (DayClock(), "9"),
        (Tags(), ",".join(map(str, range(101)))),
        (Tags(), "x" * 257),
        (Flag(), "yes"),
        (CHOICE, "call"),
        (AnsweredStatus(), "maybe"),
    ],
)
def test_it_says_what_would_fit(wire_type: WireType, text: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        wire_type.read(text)
    assert refused.value.ru
    assert refused.value.en
    assert refused.value.ru != refused.value.en


@given(st.text(max_size=60))
def test_nothing_but_malformed_is_raised(text: str) -> None:
    for wire_type in (Text(10), Integer(), Amount(), WallClock(), SlashDay(), DayClock(), Tags(), CHOICE, Flag()):
        try:
            wire_type.read(text)
        except InvalidValue:
            continue


@given(st.decimals(-AMOUNT_MAX, AMOUNT_MAX, places=4))
def test_every_sum_of_four_decimals_is_read_exactly(amount: Decimal) -> None:
    assert Amount().read(f"{amount:f}") == amount
    assert Amount().read(f"{amount:f}".replace(".", ",")).as_tuple().exponent == AMOUNT_STEP.as_tuple().exponent


@pytest.mark.parametrize(
    ("wire_type", "erased"),
    [
        (Text(3), ""),
        (Integer(), None),
        (Amount(), None),
        (Tags(), ()),
        (WallClock(), None),
        (SlashDay(), None),
        (DayClock(), None),
    ],
)
def test_it_knows_what_erased_means(wire_type: WireType, erased: Any) -> None:
    assert wire_type.erased == erased


@pytest.mark.parametrize(
    ("wire_type", "schema"),
    [
        (Text(3), {"type": "string", "maxLength": 3}),
        (Integer(1, 5), {"type": "integer", "minimum": 1, "maximum": 5}),
        (Tags(), {"type": "string"}),
        (CHOICE, {"type": "string", "enum": ["calls", "requests"]}),
        (Flag(), {"type": "string", "enum": ["true", "false", "True", "False", "1", "0"]}),
    ],
)
def test_it_describes_itself(wire_type: WireType, schema: dict[str, Any]) -> None:
    assert wire_type.schema() == schema


@pytest.mark.parametrize(
    ("wire_type", "text"),
    [
        (Amount(), "-1 000,50"),
        (WallClock(), "26.03.2018 10:00:00"),
        (WallClock(), "6.3.2018 9:00"),
        (SlashDay(), "6/3/2018"),
        (DayClock(), "9:00:00.5"),
    ],
)
def test_its_pattern_fits_what_it_reads(wire_type: WireType, text: str) -> None:
    wire_type.read(text)
    assert re.search(wire_type.schema()["pattern"], text)
