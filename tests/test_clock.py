"""The only reader of the time."""

from datetime import UTC, datetime, timedelta

from dealtrace import clock


def test_it_states_the_present_instant_in_utc() -> None:
    before = datetime.now(UTC)
    result = clock.now()
    after = datetime.now(UTC)
    assert before <= result <= after
    assert result.tzinfo is UTC
    assert result.utcoffset() == timedelta(0)
