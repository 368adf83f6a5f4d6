"""Through which day costs are known: until the regular account that is furthest behind and has not ended."""

from datetime import date, timedelta

from dealtrace.attribution.cost import CostAccount
from dealtrace.attribution.known_costs import ENDED_AFTER, LATE_DAYS_MAX, USUAL_DAYS_MIN, KnownCosts, find_known

TODAY = date(2026, 11, 28)
MAIN, OTHER = CostAccount("yandex", "main"), CostAccount("vk", "other")


def until(ago: int, days: int = 14, every: int = 1) -> list[date]:
    """List days with costs, the last of them `ago` days before today."""
    return [TODAY - timedelta(days=ago + every * number) for number in range(days)]


def test_without_costs_nothing_is_known() -> None:
    assert find_known({}, TODAY) is None
    assert find_known({MAIN: []}, TODAY) is None


def test_the_regular_account_that_is_furthest_behind_decides() -> None:
    known = find_known({MAIN: until(1), OTHER: until(3)}, TODAY)
    assert known == KnownCosts(date(2026, 11, 25), {OTHER: date(2026, 11, 25)}, {})
    assert find_known({MAIN: until(1), OTHER: until(1)}, TODAY) == KnownCosts(date(2026, 11, 27), {}, {})


def test_an_account_with_few_days_holds_up_no_others() -> None:
    few = USUAL_DAYS_MIN - 1
    for rare in (until(9, few), until(9, 3, every=30), until(9, 14, every=3)):
        known = find_known({MAIN: until(1), OTHER: rare}, TODAY)
        assert known == KnownCosts(date(2026, 11, 27), {}, {})
    weekdays = [day for day in until(9) if day.isoweekday() <= 5]
    known = find_known({MAIN: until(1), OTHER: weekdays}, TODAY)
    assert known is not None
    assert known.until == max(weekdays)


def test_an_account_that_has_ended_holds_up_no_others() -> None:
    edge = ENDED_AFTER.days
    for ago, days in ((edge, edge), (edge + 1, 1)):
        known = find_known({MAIN: until(1), OTHER: until(ago)}, TODAY)
        assert known is not None
        assert known.until == TODAY - timedelta(days=days)


def test_without_a_regular_account_the_last_day_with_any_cost_is_known() -> None:
    assert find_known({MAIN: until(9, 2), OTHER: until(300, 1)}, TODAY) == KnownCosts(date(2026, 11, 19), {}, {})


def test_the_import_of_an_account_has_stopped_once_more_than_a_long_weekend_is_missing() -> None:
    for ago in range(1, 8):
        known = find_known({MAIN: until(ago), OTHER: until(1)}, TODAY)
        assert known is not None
        assert set(known.stopped) == ({MAIN} if ago - 1 > LATE_DAYS_MAX else set())
    tuesday, friday = date(2026, 12, 1), date(2026, 11, 27)
    working = [friday - timedelta(days=ago) for ago in range(14) if (friday - timedelta(days=ago)).isoweekday() <= 5]
    known = find_known({MAIN: working}, tuesday)
    assert known is not None
    assert not known.stopped
