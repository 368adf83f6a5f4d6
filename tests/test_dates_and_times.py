"""Wall clocks and days mean the same in every spelling of one form, and nothing in another form."""

from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealtrace.dates_and_times import YEAR_MAX, YEAR_MIN, ClockForm, FirstPart, read_clock, read_day, read_time

DOTTED = ClockForm(FirstPart.DAY, ".")
ANY_MARK = ClockForm(FirstPart.DAY, "./-")
DASHED_YEAR_FIRST = ClockForm(FirstPart.YEAR, "-")
SLASHED_MONTH_FIRST = ClockForm(FirstPart.MONTH, "/")
AT_NINE = datetime.fromisoformat("2026-03-06T09:00:00")


@pytest.mark.parametrize(
    "text",
    [
        "06.03.2026 09:00:00",
        "6.3.2026 9:00:00",
        "06.3.2026 9:00",
        "06.03.2026 09:00",
        "06.03.2026, 09:00:00",
        "06.03.2026T09:00:00",
        "06.03.2026  09:00:00",
        " 06.03.2026 9:00:00 ",
        "\t06.03.2026 9:00:00\r\n",
        "\u00a006.03.2026\u00a09:00:00\u202f",
        "\u200e06.03.2026 9:00:00\u200f",
        "\u202a06.03.2026\u202c \u20689:00:00\u2069",
        "\ufeff06.03.2026 09:00:00",
        "06.03.2026 9:00:00.999",
        "06.03.2026 9:00:00,999999999",
    ],
)
def test_a_clock_is_read_in_every_spelling(text: str) -> None:
    assert read_clock(text, DOTTED) == AT_NINE


@pytest.mark.parametrize(
    "text",
    [
        "06.03.2026",
        "06.03.26 09:00:00",
        "06-03-2026 09:00:00",
        "2026.03.06 09:00:00",
        "06.03.202609:00:00",
        "06.03.2026 9",
        "06.03.2026 9:0:0",
        "06.03.2026 09:00:",
        "06.03.2026 09:00:00.",
        "06.03.2026 09:00:00Z",
        "06.03.2026 09:00:60",
        "06.03.2026 24:00:00",
        "31.04.2026 09:00:00",
        "0.03.2026 09:00:00",
        "06.13.2026 09:00:00",
        "006.03.2026 09:00:00",
        f"06.03.{YEAR_MIN - 1} 09:00:00",
        f"06.03.{YEAR_MAX + 1} 09:00:00",
        "٠٦.03.2026 09:00:00",
        "",
        " ",
    ],
)
def test_anything_else_is_no_clock(text: str) -> None:
    assert read_clock(text, DOTTED) is None


def test_separators_of_a_day_are_the_same() -> None:
    assert read_day("6/3/2026", ANY_MARK) == read_day("6-3-2026", ANY_MARK) == date(2026, 3, 6)
    assert read_day("6/3-2026", ANY_MARK) is None


@pytest.mark.parametrize(
    "midnight", [" 0:00:00", " 00:00", "T00:00:00", ", 0:00", "  0:00:00.000\u00a0", "\u00a00:00:00"]
)
def test_midnight_behind_a_day_is_ignored(midnight: str) -> None:
    assert read_day(f"06.03.2026{midnight}", DOTTED) == date(2026, 3, 6)
    assert read_day(f"06.03.2026{midnight}1", DOTTED) is None


@pytest.mark.parametrize("time", [" 0:00:01", " 10:00", " 00", " 0:0", "0:00", " 000:00", " 0:00:00Z"])
def test_any_other_time_behind_a_day_is_refused(time: str) -> None:
    assert read_day(f"06.03.2026{time}", DOTTED) is None


def test_the_form_decides_which_part_is_which() -> None:
    assert read_clock("2026-3-6 9:00", DASHED_YEAR_FIRST) == AT_NINE
    assert read_day("3/6/2026", SLASHED_MONTH_FIRST) == date(2026, 3, 6)
    assert read_day("2026-3-6", SLASHED_MONTH_FIRST, DASHED_YEAR_FIRST) == date(2026, 3, 6)
    assert read_day("13/6/2026", SLASHED_MONTH_FIRST) is None


@pytest.mark.parametrize("text", ["6.3.2026", "\u00a006.03.2026", "\u200e6.03.2026 "])
def test_a_day_is_read_likewise(text: str) -> None:
    assert read_day(text, DOTTED) == date(2026, 3, 6)


@pytest.mark.parametrize("text", ["9:00", "09:00:00", " 9:00:00 ", "\u200e9:00\u00a0", "09:00:00.5"])
def test_a_time_is_read_likewise(text: str) -> None:
    assert read_time(text) == time(9)


@pytest.mark.parametrize("text", ["", "9", "24:00", "9:60", "9:5", "9:00:61", "9-00"])
def test_anything_else_is_no_time(text: str) -> None:
    assert read_time(text) is None


BLANKS = st.text(" \t\u00a0\u202f\u200e\u200f\u202a\u202c\ufeff", max_size=3)


@given(
    st.datetimes(datetime(YEAR_MIN, 1, 1), datetime(YEAR_MAX, 12, 31, 23, 59, 59)),  # noqa: DTZ001 - wall clocks
    BLANKS,
    BLANKS,
)
def test_every_second_is_read_with_and_without_zeros_and_cut(clock: datetime, before: str, after: str) -> None:
    short = f"{clock.day}.{clock.month}.{clock.year} {clock.hour}:{clock.minute:02}:{clock.second:02}"
    for written in (f"{clock:%d.%m.%Y %H:%M:%S}", short, f"{short}.{clock.microsecond:06}"):
        assert read_clock(f"{before}{written}{after}", DOTTED) == clock.replace(microsecond=0)


@given(st.text(max_size=40))
def test_no_text_raises(text: str) -> None:
    read_clock(text, DOTTED)
    read_day(text, DOTTED, ANY_MARK)
    read_time(text)
