"""Long work that a stop of a real server ends: what was not ready is answered 503, and is done after the next start."""

import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from cast import Player, Stage, moscow
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.cli.serve import GRACE_SECONDS
from dealtrace.storage.database.engine import Database, open_database
from dealtrace.storage.reports.mirror.mirror import file_of, folder_of
from dealtrace.storage.schema.tables.leads import call
from engines import CopySqlite
from guests import member_of, text_of
from server import REGISTER, ServerProcess, deal_parameters, http_client
from waiting import PATIENCE_SECONDS, wait_until

VISITS = 300_000
"""So many visits that copying them takes seconds."""
CALLS = 12_000
REPORT = {"from": "2018-03-01", "to": "2018-03-31", "metrics": "visits"}
STARTED = 1_522_000_000_000_000
FILLING = f"""INSERT INTO visit (site_id, started_at, id, visitor_id, traffic_source_id, landing_url, referrer, ip,
    user_agent, city, utm, device, os, browser)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {VISITS})
SELECT :site_id, {STARTED} + i, i, 'visitor-' || i, :source_id, 'https://shop.example/' || i, '', '192.0.2.1', '', '',
    '{{}}', 'desktop', 'Linux', 'Firefox' FROM n"""


@pytest.fixture
def database(copy_sqlite: CopySqlite, tmp_path: Path) -> Iterator[Database]:
    """Give a SQLite database for a server of its own."""
    file = tmp_path / "served.db"
    opened = open_database(copy_sqlite(file))
    yield opened
    opened.close()


def fill(stage: Stage, player: Player) -> None:
    """Add many visits with the source of one that was counted."""
    stage.visit(player, moscow("2018-03-26", "10:00:00"), TrafficSource("yandex"))
    with closing(sqlite3.connect(stage.database.file)) as connection:
        ((source,),) = connection.execute("SELECT traffic_source_id FROM visit")
        connection.execute(FILLING, {"site_id": player.site.id, "source_id": source})
        connection.commit()


def test_a_stop_ends_the_building_of_the_mirror_which_begins_anew(
    database: Database, start_server_on: Callable[..., ServerProcess]
) -> None:
    stage = Stage(database)
    player = stage.open_site()
    fill(stage, player)
    server = start_server_on(str(database.url))

    def ask() -> httpx.Response:
        with http_client(server.url, timeout=PATIENCE_SECONDS) as client:
            return client.get("/api/reports", params=REPORT, headers={"Access-Token": player.token})

    with ThreadPoolExecutor(2) as threads:
        asked = [threads.submit(ask) for _ in range(2)]
        wait_until((folder_of(database) / "scratch.duckdb").exists)
        assert server.stop() == 0
        assert not file_of(database).exists()
        answers = [each.result().json() for each in asked]
    assert {answer["errorCode"] for answer in answers} == {"10085"}, "the server is stopping"
    server.start()
    assert ask().json()["total"]["values"]["visits"] >= VISITS


def test_a_stop_waits_for_a_file_that_others_have_locked_for_a_few_seconds_only(
    database: Database, start_server_on: Callable[..., ServerProcess]
) -> None:
    stage = Stage(database)
    player = stage.open_site()
    server = start_server_on(str(database.url))
    owner = member_of(server, stage, player.site.id)

    def register() -> httpx.Response:
        with http_client(server.url, timeout=PATIENCE_SECONDS) as client:
            return client.get(REGISTER, params=deal_parameters(player.token))

    def is_queueing() -> bool:
        """Register a deal more; return whether deals wait behind the batch that waits for the file."""
        waiting.append(threads.submit(register))
        return "dealtrace_scribe_waiting 0.0" not in server.http.get("/metrics").text

    with closing(sqlite3.connect(database.file, isolation_level=None)) as other, ThreadPoolExecutor() as threads:
        other.execute("BEGIN IMMEDIATE")
        waiting = [threads.submit(owner.send, "settings/tokens", label="CRM")]
        wait_until(is_queueing, pause_seconds=0.5)
        started = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - started < GRACE_SECONDS / 2, server.logged
        arrived = [each for each in waiting if not isinstance(each.exception(), httpx.ConnectError)]
        assert {each.result().status_code for each in arrived} == {503}
        assert len(arrived) >= 2
    assert "was killed" not in server.logged


def test_a_stop_ends_an_import_which_goes_on_where_it_ended(
    database: Database, start_server_on: Callable[..., ServerProcess]
) -> None:
    stage = Stage(database)
    player = stage.open_site()
    server = start_server_on(str(database.url))
    boss = member_of(server, stage, player.site.id)
    rows = "\n".join(f"{number};26.03.2018 10:00:00;7920{number:07}" for number in range(1, CALLS + 1))
    file = ("calls.csv", f"callId;date;clientPhoneNumber\n{rows}\n".encode())
    answer = boss.send("settings/imports", files={"file": file}, noun="call", encoding="")
    place = answer.headers["location"].removeprefix(f"/cabinet/{player.site.id}/")

    mine = select(func.count()).select_from(call).where(call.c.site_id == player.site.id)

    def count() -> int:
        with database.read() as connection:
            return int(connection.execute(mine).scalar_one())

    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(boss.send, place)
        wait_until(count)
        assert server.stop() == 0
        assert running.result().status_code == 503
    assert 0 < count() < CALLS
    server.start()
    assert boss.send(place).status_code == 303
    assert count() == CALLS
    assert re.search(rf"Rows imported {CALLS // 1000},?\D?000", text_of(boss.get(place).text))
