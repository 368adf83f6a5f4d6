"""The only reader of the time."""

from datetime import UTC, datetime, timedelta

from dealtrace import clock


def test_it_tells_the_present_instant_in_utc() -> None:
    before = datetime.now(UTC)
    told = clock.now()
    after = datetime.now(UTC)
    assert before <= told <= after
    assert told.tzinfo is UTC
    assert told.utcoffset() == timedelta(0)
