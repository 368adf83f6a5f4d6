"""The clock of a whole server jumps ahead and back: what it counts, sends, checks and whom it knows goes on."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from cast import Player, Stage, zone_at_noon
from dealtrace.accounts.site_days import site_day
from dealtrace.alerts.windows import NEXT_CHECK_MAX
from dealtrace.storage.accounts.points import find_points_spent
from dealtrace.storage.database.engine import Database, open_database
from dealtrace.storage.schema.tables.alerts import alert
from guests import Guest, logged_in
from receiver import Answer, Receiver
from server import ServerProcess
from waiting import wait_until, wait_until_followed

STEPPED = """
import datetime
import pathlib

from dealtrace import clock

FILE = pathlib.Path({file!r})
real_now = clock.now
clock.now = lambda: real_now() + datetime.timedelta(seconds=int(FILE.read_text()))
"""
"""Makes the clock of a process wrong by as many seconds as a file says."""
HOUR, DAY = 3600, 86_400
STEPS = (3 * HOUR, -3 * HOUR, 40 * 60, -40 * 60, 0)
"""No step leaves the day of a site at noon."""


class SteppedServer:
    """A server whose clock is wrong, a site on it, and a person who is logged in."""

    def __init__(self, server: ServerProcess, database: Database, file: Path) -> None:
        self.server = server
        self.database = database
        self.request_ids: list[str] = []
        self._file = file
        stage = Stage(database)
        self.player: Player = stage.open_site(time_zone=zone_at_noon(), points_per_day=1000)
        self.guest: Guest = logged_in(server, database)
        self._number = 0

    def step(self, seconds: int) -> None:
        """Set the clock ahead of the true time by this many seconds, or back."""
        new = self._file.with_suffix(".new")
        new.write_text(str(seconds))
        new.replace(self._file)

    def register(self) -> httpx.Response:
        """Register a deal."""
        self._number += 1
        answer = self.server.register(self.player.token, orderNumber=f"n{self._number}")
        self.request_ids.append(answer.headers["x-request-id"])
        return answer

    def points_spent(self, *, days_ahead: int = 0) -> int:
        """Return how many points the site has spent on the true day, or on one after it."""
        today = site_day(datetime.now(UTC), self.player.site.time_zone)
        with self.database.read() as connection:
            return find_points_spent(connection, self.player.site.id, today + timedelta(days=days_ahead))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    opened = Receiver()
    yield opened
    opened.vanish()


@pytest.fixture
def stepped(
    start_server: Callable[..., ServerProcess], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SteppedServer]:
    """Start a server whose clock a test sets."""
    file = tmp_path / "seconds"
    file.write_text("0")
    (tmp_path / "sitecustomize.py").write_text(STEPPED.format(file=str(file)))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    server = start_server(is_fork=False, rate_per_second=2, webhook_private_targets="127.0.0.0/8")
    with closing(open_database(server.database_url)) as database:
        yield SteppedServer(server, database, file)


def test_people_tokens_limits_and_ids_go_on(stepped: SteppedServer) -> None:
    ids: list[int] = []

    def is_admitted() -> bool:
        answer = stepped.register()
        if answer.status_code == httpx.codes.OK:
            ids.append(answer.json()["orderId"])
        return answer.status_code == httpx.codes.OK

    for seconds in STEPS:
        wait_until(lambda: not is_admitted(), pause_seconds=0)
        stepped.step(seconds)
        wait_until(is_admitted)
        assert stepped.guest.is_in()
    assert stepped.points_spent() == len(ids)
    assert ids == sorted(set(ids))
    assert len(set(stepped.request_ids)) == len(stepped.request_ids)


def test_points_are_those_of_the_day_that_the_clock_shows(stepped: SteppedServer) -> None:
    for seconds in (0, DAY, -DAY, 0):
        stepped.step(seconds)
        wait_until(lambda: stepped.register().status_code == httpx.codes.OK)
    assert [stepped.points_spent(days_ahead=days) for days in (-1, 0, 1)] == [1, 2, 1]


def test_deliveries_and_checks_that_a_wrong_clock_planned_are_not_waited_for(
    stepped: SteppedServer, receiver: Receiver
) -> None:
    site_id = str(stepped.player.site.id)
    receiver.answer = lambda _received: Answer(500)
    for command in (
        ("webhook", "create", site_id, receiver.url, "--events", "deal.created", "--format", "json"),
        ("alert", "add", site_id, "silence", "deals", "--mail", "anna@example.com"),
    ):
        done = stepped.server.command(*command)
        assert done.returncode == 0, done
    wait_until_followed(stepped.server)
    stepped.step(3 * DAY // 2)
    assert stepped.register().status_code == httpx.codes.OK
    receiver.wait_for(2)
    wait_until(lambda: due_at(stepped) > datetime.now(UTC) + NEXT_CHECK_MAX)
    stepped.step(-HOUR)
    receiver.answer = lambda _received: Answer()
    tried = len(receiver.received)
    receiver.wait_for(tried + 1)
    wait_until(lambda: due_at(stepped) < datetime.now(UTC) + NEXT_CHECK_MAX)
    assert len({received.name for received in receiver.received}) == 1


def due_at(stepped: SteppedServer) -> datetime:
    """Return when the alert is checked next."""
    with stepped.database.read() as connection:
        return connection.execute(select(alert.c.due_at)).scalar_one()
