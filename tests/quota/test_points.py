"""A site's daily points: which day, when it ends, what a call costs."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealtrace.accounts.site_days import site_day
from dealtrace.quota.points import PaidMethod, points_cost, seconds_to_reset

HOUR = 3600
DAY = 24 * HOUR
ZONES = ("Europe/Moscow", "Asia/Vladivostok", "Europe/Berlin", "America/Sao_Paulo", "America/Havana", "Pacific/Apia")
MOSCOW = ZoneInfo("Europe/Moscow")


def instant(text: str, zone: str = "Europe/Moscow") -> datetime:
    """Tell the instant of a wall clock; of an hour that comes twice, the first."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "seconds"),
    [
        (instant("2018-03-26T00:00:00"), DAY),
        (instant("2018-03-26T00:00:01"), DAY - 1),
        (instant("2018-03-26T23:59:59"), 1),
        (instant("2018-03-26T23:59:59.000001"), 1),
        (instant("2018-03-26T23:59:59.999999"), 1),
        (instant("2018-03-26T23:59:58.999999"), 2),
        (instant("2018-12-31T23:00:00"), HOUR),
        (instant("2020-02-28T12:00:00"), 12 * HOUR),
    ],
)
def test_it_counts_the_seconds_to_midnight_rounded_up(now: datetime, seconds: int) -> None:
    assert seconds_to_reset(now, MOSCOW) == seconds


@pytest.mark.parametrize(
    ("now", "zone", "hours"),
    [
        ("2018-03-25T00:00:00", "Europe/Berlin", 23),
        ("2018-10-28T00:00:00", "Europe/Berlin", 25),
        ("2014-10-26T00:00:00", "Europe/Moscow", 25),
        ("2018-11-03T00:00:00", "America/Sao_Paulo", 24),
        ("2018-11-03T23:00:00", "America/Sao_Paulo", 1),
        ("2018-02-17T00:00:00", "America/Sao_Paulo", 25),
        ("2018-11-03T00:00:00", "America/Havana", 24),
        ("2018-11-04T00:00:00", "America/Havana", 25),
        ("2011-12-29T00:00:00", "Pacific/Apia", 24),
    ],
    ids=[
        "an hour is skipped",
        "an hour comes twice",
        "Moscow gave up summer time",
        "the day before its midnight is skipped",
        "an hour before a midnight that is skipped",
        "the last hour comes twice",
        "midnight comes twice the next day",
        "midnight comes twice this day",
        "the next day is skipped",
    ],
)
def test_a_day_may_be_shorter_or_longer_than_others(now: str, zone: str, hours: int) -> None:
    assert seconds_to_reset(instant(now, zone), ZoneInfo(zone)) == hours * HOUR


@given(st.timedeltas(timedelta(0), timedelta(days=8400)), st.sampled_from(ZONES))
def test_a_new_day_begins_when_it_said_and_not_a_second_earlier(since_2012: timedelta, name: str) -> None:
    now, zone = datetime(2012, 1, 1, tzinfo=UTC) + since_2012, ZoneInfo(name)
    seconds = seconds_to_reset(now, zone)
    today = site_day(now, zone)
    assert 1 <= seconds <= 26 * HOUR
    assert site_day(now + timedelta(seconds=seconds), zone) > today
    assert site_day(now + timedelta(seconds=seconds - 1), zone) == today


@pytest.mark.parametrize("method", list(PaidMethod))
def test_a_call_costs_one_unless_the_site_says_otherwise(method: PaidMethod) -> None:
    assert points_cost(method, {}) == 1
    assert points_cost(method, {method.value: 5}) == 5
    assert points_cost(method, {method.value: 0}) == 0
    assert points_cost(method, {other.value: 5 for other in PaidMethod if other is not method}) == 1


def test_the_methods_are_named_as_in_their_urls() -> None:
    deals = {"register", "update-by-id", "delete-by-id"}
    leads = {"request-create", "requests-orders-register", "widget-request-create", "call-import", "inbound-call"}
    annotations = {"tag-lead-add", "manager-lead-add", "comment-lead-add", "customfield-lead-add", "customfield-delete"}
    journals = {"orders-diary", "calls-diary", "requests", "statistics", "download"}
    costs = {"costs-import-add", "costs-import-update"}
    of_deals_2 = {f"client-order-{verb}" for verb in ("create", "update", "delete", "search")}
    assert {method.value for method in PaidMethod} == deals | leads | annotations | journals | costs | of_deals_2 | {
        "explanation",
        "report",
    }
