"""When a deal may have grown out of a lead: both ends belong to the window."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dealtrace.leads.lead import LeadSpan
from dealtrace.matching.window import Window, window_of
from domain_records import NOON, SECOND, call_span, lead_request_span

MINUTE = timedelta(minutes=1)
AT_FIVE = datetime(2018, 3, 26, 17, tzinfo=ZoneInfo("Europe/Moscow")).astimezone(UTC)
CALL = call_span(AT_FIVE, seconds=300)
LEAD_REQUEST = lead_request_span(AT_FIVE)


@pytest.mark.parametrize(
    ("lead", "after_start", "threshold_seconds", "held"),
    [
        (CALL, 10 * MINUTE, 600, True),
        (CALL, 10 * MINUTE, 7200, True),
        (CALL, 10 * MINUTE, 300, True),
        (CALL, 10 * MINUTE, 299, False),
        (CALL, 0 * SECOND, 0, True),
        (CALL, -SECOND, 0, False),
        (CALL, -SECOND, 10**9, False),
        (CALL, 5 * MINUTE, 0, True),
        (CALL, 5 * MINUTE + SECOND, 0, False),
        (CALL, 5 * MINUTE + SECOND, 1, True),
        (LEAD_REQUEST, 10 * MINUTE, 600, True),
        (LEAD_REQUEST, 10 * MINUTE, 599, False),
        (LEAD_REQUEST, 0 * SECOND, 0, True),
        (LEAD_REQUEST, SECOND, 0, False),
        (LEAD_REQUEST, -SECOND, 10**9, False),
    ],
)
def test_it_holds_a_deal_from_the_start_of_a_lead_to_the_threshold_after_its_end(
    lead: LeadSpan, after_start: timedelta, threshold_seconds: int, held: bool
) -> None:
    window = window_of(lead, timedelta(seconds=threshold_seconds))
    assert window.holds(AT_FIVE + after_start) is held


@pytest.mark.parametrize(
    ("after_opening", "missed_by"),
    [
        (timedelta(0), timedelta(0)),
        (MINUTE, timedelta(0)),
        (2 * MINUTE, timedelta(0)),
        (2 * MINUTE + SECOND, SECOND),
        (-SECOND, -SECOND),
        (timedelta(days=400), timedelta(days=400) - 2 * MINUTE),
        (timedelta(days=-400), timedelta(days=-400)),
    ],
)
def test_it_is_missed_by_the_way_to_its_nearer_end(after_opening: timedelta, missed_by: timedelta) -> None:
    window = Window(NOON, NOON + 2 * MINUTE)
    assert window.missed_by(NOON + after_opening) == missed_by
    assert window.holds(NOON + after_opening) is not bool(missed_by)


def test_a_window_of_no_length_holds_its_one_instant() -> None:
    window = window_of(lead_request_span(NOON), timedelta(0))
    assert window == Window(NOON, NOON)
    assert window.holds(NOON)


def test_it_compares_instants_whatever_zone_they_are_stated_in() -> None:
    """Both are 02:30 on a Berlin wall, an hour apart, in the night that has this hour twice."""
    berlin = ZoneInfo("Europe/Berlin")
    first = datetime(2018, 10, 28, 2, 30, tzinfo=berlin).astimezone(UTC)
    second = datetime(2018, 10, 28, 2, 30, fold=1, tzinfo=berlin).astimezone(UTC)
    assert not window_of(lead_request_span(first), timedelta(seconds=3599)).holds(second)
    assert window_of(lead_request_span(first), timedelta(seconds=3600)).holds(second)
    assert not window_of(lead_request_span(second), timedelta(hours=2)).holds(first)
