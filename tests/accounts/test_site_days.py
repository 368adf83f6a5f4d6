"""The days of a site: which day an instant falls on, and when a day begins and ends."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealtrace.accounts.site_days import day_end, day_start, site_day

ZONES = ("Europe/Moscow", "Asia/Vladivostok", "Europe/Berlin", "America/Sao_Paulo", "America/Havana", "Pacific/Apia")


@pytest.mark.parametrize(
    ("now", "zone", "day"),
    [
        ("2018-03-25T20:59:59+00:00", "Europe/Moscow", date(2018, 3, 25)),
        ("2018-03-25T21:00:00+00:00", "Europe/Moscow", date(2018, 3, 26)),
        ("2018-03-25T14:00:00+00:00", "Asia/Vladivostok", date(2018, 3, 26)),
        ("2018-03-26T00:00:00+00:00", "America/Havana", date(2018, 3, 25)),
        ("2018-03-26T00:00:00+00:00", "UTC", date(2018, 3, 26)),
        ("2011-12-30T09:59:59+00:00", "Pacific/Apia", date(2011, 12, 29)),
        ("2011-12-30T10:00:00+00:00", "Pacific/Apia", date(2011, 12, 31)),
    ],
)
def test_a_day_is_the_sites_own(now: str, zone: str, day: date) -> None:
    assert site_day(datetime.fromisoformat(now), ZoneInfo(zone)) == day


@pytest.mark.parametrize(
    ("day", "zone", "start"),
    [
        (date(2018, 3, 26), "Europe/Moscow", "2018-03-25T21:00:00+00:00"),
        (date(2018, 3, 26), "Asia/Vladivostok", "2018-03-25T14:00:00+00:00"),
        (date(2018, 11, 4), "America/Sao_Paulo", "2018-11-04T03:00:00+00:00"),
        (date(2018, 11, 4), "America/Havana", "2018-11-04T04:00:00+00:00"),
    ],
    ids=["Moscow", "Vladivostok", "midnight is skipped", "midnight comes an hour before it comes again"],
)
def test_a_day_begins_at_the_midnight_of_the_site(day: date, zone: str, start: str) -> None:
    assert day_start(day, ZoneInfo(zone)) == datetime.fromisoformat(start)


@given(st.timedeltas(timedelta(0), timedelta(days=8400)), st.sampled_from(ZONES))
def test_an_instant_is_within_the_day_it_falls_on(since_2012: timedelta, name: str) -> None:
    at, zone = datetime(2012, 1, 1, tzinfo=UTC) + since_2012, ZoneInfo(name)
    day = site_day(at, zone)
    assert day_start(day, zone) <= at < day_end(day, zone)
