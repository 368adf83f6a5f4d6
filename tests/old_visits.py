"""Visits under ids from before ids were keyed, and for how long such an id may be named without a token."""

from datetime import timedelta

import pytest

from cast import Player, Stage
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.attribution.visit import Visit, VisitId
from dealtrace.operations.visits.store_visits import store_visits
from write_commands import NOON

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
OLD_ID = VisitId(10**10 + 7)
for_a_day_after_the_last_page = pytest.mark.parametrize(
    ("started", "seen", "counts"),
    [
        (timedelta(0), None, True),
        (DAY, None, True),
        (DAY + SECOND, None, False),
        (3 * DAY, DAY, True),
        (3 * DAY, DAY + SECOND, False),
        (-SECOND, None, True),
    ],
)
"""How long before noon a visit started and was last seen, and whether its id counts at noon."""


def store_old(stage: Stage, player: Player, started: timedelta, seen: timedelta | None = None) -> None:
    """Store a visit under an id from before ids were keyed, as old as it says."""
    visit = Visit(OLD_ID, "v", NOON - started, TrafficSource("yandex"), seen_at=None if seen is None else NOON - seen)
    stage.ids.ensure(100)
    with stage.database.write() as connection:
        store_visits(stage.work(connection, player), [visit])
