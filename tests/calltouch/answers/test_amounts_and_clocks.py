"""How sums and instants are written."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from cast import MOSCOW, moscow
from dealtrace.calltouch.answers.formats import (
    dotted_day,
    epoch_ms,
    four_decimals,
    plain_number,
    slashed_clock,
    utc_of_wall_clock,
)
from dealtrace.http.replies import success

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("amount", "number", "text"),
    [
        ("1000", b"1000", "1000.0000"),
        ("1000.5", b"1000.5", "1000.5000"),
        ("0.0001", b"0.0001", "0.0001"),
        ("-7.2500", b"-7.25", "-7.2500"),
        ("900000000000000", b"900000000000000", "900000000000000.0000"),
        ("899999999999999.9999", b"899999999999999.9999", "899999999999999.9999"),
        ("0", b"0", "0.0000"),
    ],
)
def test_sums_lose_no_digit(amount: str, number: bytes, text: str) -> None:
    assert success(plain_number(Decimal(amount)), "told").body == number
    assert four_decimals(Decimal(amount)) == text


def test_an_erased_sum_is_null() -> None:
    assert four_decimals(None) is None


def test_instants_are_milliseconds_and_site_days() -> None:
    at = moscow("2018-03-26", "00:30:00")
    assert epoch_ms(at) == 1522013400000
    assert epoch_ms(datetime(1990, 1, 1, tzinfo=UTC)) == 631152000000
    assert (dotted_day(at, MOSCOW), dotted_day(at, BERLIN)) == ("26.03.2018", "25.03.2018")
    assert slashed_clock(at, MOSCOW) == "26/03/2018 00:30:00"


def test_an_hour_that_comes_twice_is_the_first() -> None:
    wall_clock = datetime.fromisoformat("2018-10-28T02:30:00")
    assert utc_of_wall_clock(wall_clock, BERLIN) == datetime(2018, 10, 28, 0, 30, tzinfo=UTC)


def test_an_hour_that_is_skipped_moves_forward() -> None:
    wall_clock = datetime.fromisoformat("2018-03-25T02:30:00")
    assert slashed_clock(utc_of_wall_clock(wall_clock, BERLIN), BERLIN) == "25/03/2018 03:30:00"


def test_moscow_was_four_hours_ahead_before_october_2014() -> None:
    assert utc_of_wall_clock(datetime.fromisoformat("2014-03-26T10:00:00"), MOSCOW).hour == 6
    assert utc_of_wall_clock(datetime.fromisoformat("2018-03-26T10:00:00"), MOSCOW).hour == 7
