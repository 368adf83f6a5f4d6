"""A call, from its start to its end."""

from datetime import timedelta

import pytest

from dealtrace.leads.call import Call, CallId
from trade import NOON


@pytest.mark.parametrize("duration", [timedelta(0), timedelta(seconds=1), timedelta(minutes=5), timedelta(hours=13)])
def test_it_ends_when_the_talking_ends(duration: timedelta) -> None:
    assert Call(CallId(1), None, NOON, duration).ended_at == NOON + duration
