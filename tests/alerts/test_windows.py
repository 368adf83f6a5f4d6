"""The windows of alerts: which one is over, which come next, and what of the facts they look at."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cast import MOSCOW, moscow
from dealtrace.alerts.windows import (
    SETTLING,
    TRIAL_DAYS,
    WEEKS_BACK,
    WINDOWS,
    Slot,
    following,
    last_slot,
    next_check,
    slots_before,
    slots_of_trial,
)

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("window", "clock", "last_on", "end_hour"),
    [
        ("1h", "12:10:00", "2026-11-10", 12),
        ("1h", "12:09:59", "2026-11-10", 11),
        ("3h", "12:10:00", "2026-11-10", 12),
        ("3h", "14:59:00", "2026-11-10", 12),
        ("3h", "00:10:00", "2026-11-09", 24),
        ("3h", "03:09:00", "2026-11-09", 24),
        ("12h", "23:59:00", "2026-11-10", 12),
        ("day", "00:09:59", "2026-11-08", 24),
        ("day", "00:10:00", "2026-11-09", 24),
        ("week", "18:00:00", "2026-11-09", 24),
    ],
)
def test_a_window_counts_once_it_is_over_and_settled(window: str, clock: str, last_on: str, end_hour: int) -> None:
    slot = last_slot(WINDOWS[window], MOSCOW, moscow("2026-11-10", clock))
    assert (slot.last_on, slot.end_hour) == (date.fromisoformat(last_on), end_hour)


@pytest.mark.parametrize("window", WINDOWS.values(), ids=WINDOWS)
def test_the_next_look_finds_the_next_window_and_a_moment_before_the_same(window: object) -> None:
    changes = {
        "Asia/Kathmandu": "2026-10-24", "Europe/Berlin": "2026-03-28", "Europe/Berlin ": "2026-10-24",
        "Australia/Lord_Howe": "2026-10-03", "America/Santiago": "2026-09-05", "America/Santiago ": "2026-04-04",
        "America/Havana": "2026-10-31", "Asia/Tehran": "2022-03-21",
    }  # fmt: skip
    for name, day in changes.items():
        zone, now = ZoneInfo(name.strip()), moscow(day, "09:00:00")
        for _ in range(60):
            slot = last_slot(window, zone, now)  # type: ignore[arg-type]
            look = next_check(slot, zone)
            assert look > now
            assert last_slot(window, zone, look - timedelta(microseconds=1)) == slot  # type: ignore[arg-type]
            assert last_slot(window, zone, look) == following(slot, zone)  # type: ignore[arg-type]
            now = look


@pytest.mark.parametrize(
    ("zone", "now", "end_hour", "next_look"),
    [
        ("Europe/Berlin", "2026-03-29T03:10+02:00", 2, "2026-03-29T04:10+02:00"),
        ("America/Santiago", "2026-09-06T01:10-03:00", 24, "2026-09-06T02:10-03:00"),
    ],
)
def test_an_hour_that_clocks_skip_is_not_checked_but_the_hour_before_it_is(
    zone: str, now: str, end_hour: int, next_look: str
) -> None:
    slot = last_slot(WINDOWS["1h"], ZoneInfo(zone), datetime.fromisoformat(now))
    span = slot.span(ZoneInfo(zone))
    assert (slot.end_hour, span.until - span.since) == (end_hour, timedelta(hours=1))
    assert next_check(slot, ZoneInfo(zone)) == datetime.fromisoformat(next_look)


def test_a_window_of_hours_is_local_and_knows_no_costs() -> None:
    span = Slot(WINDOWS["3h"], date(2026, 11, 10), 12).span(MOSCOW)
    assert (span.since, span.until) == (moscow("2026-11-10", "09:00:00"), moscow("2026-11-10", "12:00:00"))
    assert span.days is None


def test_a_week_is_seven_days_that_end_with_its_last() -> None:
    span = Slot(WINDOWS["week"], date(2026, 11, 9)).span(MOSCOW)
    assert (span.since, span.until) == (moscow("2026-11-03"), moscow("2026-11-10"))
    assert span.days is not None
    assert span.days.days == 7


def test_a_day_of_25_hours_ends_an_hour_later() -> None:
    span = Slot(WINDOWS["day"], date(2026, 10, 25)).span(BERLIN)
    assert span.until - span.since == timedelta(hours=25)


def test_the_weeks_before_have_the_same_weekday_and_hours() -> None:
    slot = Slot(WINDOWS["3h"], date(2026, 11, 10), 12)
    before = slots_before(slot)
    assert len(before) == WEEKS_BACK
    assert {(each.last_on.weekday(), each.end_hour) for each in before} == {(1, 12)}
    assert [before[0].last_on, before[-1].last_on] == [date(2026, 9, 15), date(2026, 11, 3)]


@pytest.mark.parametrize(("name", "per_day"), [("1h", 24), ("3h", 8), ("6h", 4), ("12h", 2), ("day", 1), ("week", 1)])
def test_a_trial_has_every_window_of_30_days(name: str, per_day: int) -> None:
    now = datetime.fromisoformat("2026-11-10T12:00:00+03:00")
    slots = slots_of_trial(WINDOWS[name], MOSCOW, now)
    assert len(slots) == len(set(slots)) == TRIAL_DAYS * per_day
    assert slots[-1] == last_slot(WINDOWS[name], MOSCOW, now)
    assert slots[-1].span(MOSCOW).until + SETTLING <= now
