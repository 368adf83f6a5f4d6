"""Waiting for a condition instead of for a time."""

import asyncio
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from dealtrace.accounts.site_days import site_day
from dealtrace.storage.accounts.revision import find_revision
from dealtrace.storage.database.engine import open_database
from server import ServerProcess

PATIENCE_SECONDS = 90
"""Long enough for a busy machine; how fast something should be is measured, not tested."""
PAUSE_SECONDS = 0.02


def wait_until(condition: Callable[[], object], pause_seconds: float = PAUSE_SECONDS) -> None:
    """Return as soon as a condition holds; fail if it does not within `PATIENCE_SECONDS`."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, condition
        time.sleep(pause_seconds)


def wait_out(seconds: float) -> None:
    """Wait until a time has passed that the product itself states: `Retry-After`, or the window of a rate limit."""
    ends_at = time.monotonic() + seconds
    wait_until(lambda: time.monotonic() >= ends_at)


async def until(condition: Callable[[], object]) -> None:
    """Wait as `wait_until` does, while the tasks of the event loop run."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, condition
        await asyncio.sleep(PAUSE_SECONDS)


def wait_until_followed(server: ServerProcess) -> None:
    """Wait until every process of a server follows the settings, tokens, fields and webhooks of its database."""
    database = open_database(server.database_url)
    with database.read() as connection:
        revision = find_revision(connection)
    database.close()
    processes = int(server.settings.get("workers", 1))
    event = re.compile(rf'"revision":{revision},"pid":(\d+),"event":"settings_followed"')
    wait_until(lambda: len(set(event.findall(server.logged))) >= processes)


def wait_for_a_day_that_lasts(time_zone: ZoneInfo) -> None:
    """In the last minute of a day in a zone, wait for the next day: points of a day come back at midnight."""
    wait_until(lambda: site_day(now := datetime.now(UTC), time_zone) == site_day(now + timedelta(minutes=1), time_zone))
