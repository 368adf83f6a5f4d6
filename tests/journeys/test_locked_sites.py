"""Another session holds locks of the database: other sites are served, and what waits is done once, afterwards."""

import re
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest
from sqlalchemy import text

from account_work import account_work
from cast import Player, Stage
from dealtrace import clock
from dealtrace.alerts.rule import AlertKind, Rule
from dealtrace.alerts.windows import WINDOWS
from dealtrace.cli.serve import GRACE_SECONDS
from dealtrace.mails.recipient import Recipient
from dealtrace.operations.alerts.manage import add_alert
from dealtrace.storage.accounts.api_requests import RequestQuery, list_requests
from dealtrace.storage.database.engine import SQLITE_BUSY_SECONDS, open_database
from engines import CopySqlite
from postgresql import PostgresqlServer
from server import REGISTER, ServerProcess, deal_parameters
from waiting import wait_until

StartServer = Callable[..., ServerProcess]
NEIGHBOURS_DEALS = 10
ROWS = {
    "points of the day": "SELECT 1 FROM points_day WHERE site_id = {site} FOR UPDATE",
    "a deal, as it is changed": "UPDATE deal SET comment = 'x' WHERE site_id = {site}",
    "a deal, as it is looked at": "SELECT 1 FROM deal WHERE site_id = {site} FOR UPDATE",
    "the counts of deals": "SELECT 1 FROM deal_day WHERE site_id = {site} FOR UPDATE",
    "what the site has spent, as it is deleted": "DELETE FROM points_day WHERE site_id = {site}",
}
"""What another session of PostgreSQL does in a transaction, so that no deal of a site can be registered or changed."""


@pytest.fixture(scope="module")
def url(postgresql_server: PostgresqlServer) -> str:
    return postgresql_server.create(f"locked_sites{time.time_ns()}", "dealtrace_template")


@pytest.fixture(
    scope="module", params=[1, pytest.param(2, marks=pytest.mark.torture)], ids=["one process", "two processes"]
)
def server(
    url: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[ServerProcess]:
    settings = {"workers": request.param, "storage_patience_seconds": 3600}  # however long a test holds a lock
    with closing(ServerProcess(url, tmp_path_factory.mktemp("locked"), **settings)) as process:
        yield process


@pytest.fixture
def stage(url: str) -> Iterator[Stage]:
    with closing(open_database(url)) as database:
        yield Stage(database)


@contextmanager
def holding(url: str, statement: str) -> Iterator[psycopg.Connection]:
    """Run a statement in a transaction of a session of PostgreSQL, and roll it back at the end."""
    with psycopg.connect(url) as holder:
        holder.execute(statement)
        yield holder
        holder.rollback()


def is_waited_for(holder: psycopg.Connection) -> bool:
    """Return whether a session waits for a lock that another holds.

    `pg_stat_activity` would not do: in one transaction it stays as it was when first read, without later sessions.
    """
    waits = "SELECT 1 FROM pg_locks WHERE NOT granted AND %s = ANY (pg_blocking_pids(pid))"
    return holder.execute(waits, [holder.info.backend_pid]).fetchone() is not None


def stored(stage: Stage, player: Player) -> tuple[int, int]:
    """Return how many deals a site has, and how many points it has spent."""
    with stage.database.read() as connection:
        counts = [
            connection.execute(text(query), {"site": player.site.id}).scalar_one()
            for query in (
                "SELECT count(*) FROM deal WHERE site_id = :site",
                "SELECT coalesce(sum(spent), 0) FROM points_day WHERE site_id = :site",
            )
        ]
    return int(counts[0]), int(counts[1])


def journalled(stage: Stage, player: Player) -> int:
    """Return how many requests of a site are in the journal."""
    query = "SELECT coalesce(sum(request_count), 0) FROM api_request_batch WHERE site_id = :site"
    with stage.database.read() as connection:
        return int(connection.execute(text(query), {"site": player.site.id}).scalar_one())


@pytest.mark.few(2)
@pytest.mark.parametrize("statement", ROWS.values(), ids=ROWS)
def test_a_row_of_one_site_that_is_held_delays_no_other_site(
    server: ServerProcess, stage: Stage, url: str, statement: str
) -> None:
    held, *free = [stage.open_site() for _ in range(3)]
    deal_id = server.register(held.token, orderNumber="before").json()["orderId"]
    with ThreadPoolExecutor(2) as callers:
        with holding(url, statement.format(site=held.site.id)) as holder:
            changed = callers.submit(server.update, held.token, orderId=deal_id, comment="after")
            registered = callers.submit(server.register, held.token, orderNumber="during")
            wait_until(lambda: is_waited_for(holder))
            for number in range(NEIGHBOURS_DEALS):
                for player in free:
                    assert server.register(player.token, orderNumber=str(number)).status_code == 200
            assert not (changed.done() and registered.done())
            assert server.http.get("/readyz").status_code == 200
        assert changed.result().status_code == registered.result().status_code == 200
    assert stored(stage, held) == (2, 3)
    for player in free:
        assert stored(stage, player) == (NEIGHBOURS_DEALS, NEIGHBOURS_DEALS)
    assert 'dealtrace_write_retries_total{reason="locked"}' in server.http.get("/metrics").text


def test_requests_of_other_sites_are_journalled_while_one_site_is_held(
    server: ServerProcess, stage: Stage, url: str
) -> None:
    held, free = stage.open_site(), stage.open_site()
    server.register(held.token, orderNumber="before")

    def journalled(player: Player) -> list[int]:
        with stage.database.read() as connection:
            found = list_requests(connection, player.site.id, RequestQuery(), 100)
        return [request.status for request in reversed(found)]

    wait_until(lambda: journalled(held) == [200])
    with ThreadPoolExecutor(1) as callers:
        with holding(url, ROWS["points of the day"].format(site=held.site.id)) as holder:
            registered = callers.submit(server.register, held.token, orderNumber="during")
            wait_until(lambda: is_waited_for(holder))
            for number in range(3):
                assert server.register(held.token, orderDate="never").status_code == 400
                assert server.register(free.token, orderNumber=str(number)).status_code == 200
                wait_until(lambda number=number: journalled(free) == [200] * (number + 1))
            metric = re.compile(rf'dealtrace_site_postponed_seconds{{site_id="{held.site.id}"}} ([0-9.]+)')
            wait_until(lambda: (found := metric.search(server.http.get("/metrics").text)) and float(found[1]) > 1)
            wait_until(lambda: re.search(rf'"site_id":{held.site.id},"since".*"site_postponed"', server.logged))
            assert not registered.done()
        assert registered.result().status_code == 200
    wait_until(lambda: f'"site_id":{held.site.id},"event":"site_not_postponed"' in server.logged)
    wait_until(lambda: float(metric.findall(server.http.get("/metrics").text)[0]) == 0)
    wait_until(lambda: sorted(journalled(held)) == [200, 200, 400, 400, 400])


def test_a_number_that_another_session_has_not_committed_delays_no_other_site(
    server: ServerProcess, stage: Stage, url: str
) -> None:
    held, free = stage.open_site(), stage.open_site()
    copied = (
        f'INSERT INTO deal SELECT (jsonb_populate_record(deal, \'{{"id": 1, "number": "same"}}\')).* '
        f"FROM deal WHERE site_id = {held.site.id}"
    )
    server.register(held.token, orderNumber="before")
    with ThreadPoolExecutor(1) as callers:
        with holding(url, copied) as holder:
            registered = callers.submit(server.register, held.token, orderNumber="same")
            wait_until(lambda: is_waited_for(holder))
            for number in range(NEIGHBOURS_DEALS):
                assert server.register(free.token, orderNumber=str(number)).status_code == 200
            assert not registered.done()
        assert registered.result().status_code == 200
    assert stored(stage, held) == (2, 2)


@pytest.mark.parametrize("table", ["points_day", "deal", "deal_version"])
def test_a_table_that_is_held_is_waited_for_and_nothing_is_lost_or_done_twice(
    server: ServerProcess, stage: Stage, url: str, table: str
) -> None:
    players = [stage.open_site() for _ in range(3)]
    numbers = range(3)
    with ThreadPoolExecutor(len(players) * len(numbers)) as callers:
        with holding(url, f"LOCK TABLE {table} IN EXCLUSIVE MODE") as holder:
            answers = [
                callers.submit(server.register, player.token, orderNumber=str(number))
                for number in numbers
                for player in players
            ]
            wait_until(lambda: is_waited_for(holder))
            assert server.http.get("/readyz").status_code == 200
        assert {answer.result().status_code for answer in answers} == {200}
    for player in players:
        assert stored(stage, player) == (len(numbers), len(numbers))


def test_a_server_waits_for_the_row_that_its_ids_come_from(
    start_server_on: StartServer, stage: Stage, url: str
) -> None:
    server, player = start_server_on(url), stage.open_site()
    with ThreadPoolExecutor(1) as callers:
        with holding(url, "SELECT 1 FROM id_block FOR UPDATE") as holder:
            registered = callers.submit(server.register, player.token, orderNumber="first")
            wait_until(lambda: is_waited_for(holder))
            assert server.http.get("/readyz").status_code == 200
        assert registered.result().status_code == 200
    assert stored(stage, player) == (1, 1)


def test_a_site_that_is_held_for_too_long_gets_503_and_nothing_is_stored(
    start_server_on: StartServer, stage: Stage, url: str
) -> None:
    server = start_server_on(url, storage_patience_seconds=1)
    held, free = stage.open_site(), stage.open_site()
    server.register(held.token, orderNumber="before")
    with holding(url, ROWS["points of the day"].format(site=held.site.id)):
        answer = server.register(held.token, orderNumber="during")
        assert (answer.status_code, answer.json()["errorCode"]) == (503, "10033")
        assert int(answer.headers["retry-after"]) > 0
        assert server.register(free.token, orderNumber="during").status_code == 200
        assert server.http.get("/readyz").status_code == 200
    assert stored(stage, held) == (1, 1)
    assert server.register(held.token, orderNumber="during").status_code == 200
    assert stored(stage, held) == (2, 2)
    assert 'dealtrace_write_retries_total{reason="locked"}' in server.http.get("/metrics").text
    assert "request_broke" not in server.logged


def test_a_server_that_stops_while_a_row_is_held_first_stores_what_waits(
    start_server_on: StartServer, stage: Stage, url: str
) -> None:
    server = start_server_on(url)
    held = stage.open_site()
    server.register(held.token, orderNumber="before")
    with ThreadPoolExecutor(2) as callers:
        with holding(url, ROWS["points of the day"].format(site=held.site.id)) as holder:
            registered = callers.submit(server.register, held.token, orderNumber="during")
            wait_until(lambda: is_waited_for(holder))
            stopped = callers.submit(server.stop)
        assert stopped.result() == 0
        answer: httpx.Response = registered.result()
    assert (answer.status_code == 200) == (stored(stage, held) == (2, 2))


def test_a_server_that_stops_while_an_alert_waits_first_stores_the_requests_of_other_sites(
    start_server_on: StartServer, stage: Stage, url: str
) -> None:
    server = start_server_on(url, storage_patience_seconds=60)
    held, free = stage.open_site(), stage.open_site()
    stage.ids.ensure(10)
    rule = Rule(AlertKind.SILENCE, "calls", WINDOWS["day"], None, (), (Recipient("a@example.com", "en"),))
    with stage.database.write() as connection:
        add_alert(account_work(connection, clock.now(), stage.ids).at(held.site), rule)
    with holding(url, f"SELECT 1 FROM alert WHERE site_id = {held.site.id} FOR UPDATE") as holder:
        wait_until(lambda: is_waited_for(holder))
        server.register(free.token)
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: journalled(stage, free))
    assert server.process.wait(timeout=40) == 0


def test_a_server_that_stops_answers_what_waits_for_a_row_before_it_is_killed(
    start_server_on: StartServer, stage: Stage, url: str
) -> None:
    server = start_server_on(url, storage_patience_seconds=3600)
    held = stage.open_site()
    server.register(held.token, orderNumber="before")
    with (
        ThreadPoolExecutor(1) as callers,
        holding(url, ROWS["points of the day"].format(site=held.site.id)) as holder,
    ):
        registered = callers.submit(server.register, held.token, orderNumber="during")
        wait_until(lambda: is_waited_for(holder))
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(timeout=GRACE_SECONDS - 5) == 0
        assert registered.result().status_code == 503


@pytest.fixture
def file(copy_sqlite: CopySqlite, tmp_path: Path) -> Path:
    copy_sqlite(tmp_path / "own.db")
    return tmp_path / "own.db"


@contextmanager
def holding_file(file: Path) -> Iterator[None]:
    """Keep the lock of a SQLite file, as a command that imports would."""
    with closing(sqlite3.connect(file, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        holder.execute("UPDATE points_day SET spent = spent")
        yield
        holder.execute("ROLLBACK")


def sqlite_site(server: ServerProcess) -> Player:
    with closing(open_database(server.database_url)) as database:
        return Stage(database).open_site()


def test_a_file_that_another_process_writes_to_is_read_meanwhile_and_written_once_afterwards(
    start_server_on: StartServer, file: Path
) -> None:
    server = start_server_on(f"sqlite:///{file}")
    player = sqlite_site(server)
    server.register(player.token, orderNumber="before")
    with ThreadPoolExecutor(3) as callers:
        with holding_file(file):
            answers = [callers.submit(server.register, player.token, orderNumber=str(number)) for number in range(3)]
            assert server.http.get("/readyz").status_code == 200
            assert server.http.get("/docs/errors").status_code == 200
            assert not any(answer.done() for answer in answers)
        assert [answer.result().status_code for answer in answers] == [200] * 3
    assert server.journal(player.token, player.site.id).json()["recordsTotal"] == 4


def test_a_file_that_is_held_for_longer_than_the_server_is_patient_is_503(
    start_server_on: StartServer, file: Path
) -> None:
    server = start_server_on(f"sqlite:///{file}", storage_patience_seconds=1)
    player = sqlite_site(server)
    server.register(player.token, orderNumber="before")
    with holding_file(file):
        answer = server.http.get(
            REGISTER, params=deal_parameters(player.token, orderNumber="during"), timeout=SQLITE_BUSY_SECONDS / 2
        )
        assert (answer.status_code, answer.json()["errorCode"]) == (503, "10033")
        assert int(answer.headers["retry-after"]) > 0
    wait_until(lambda: server.http.get("/readyz").status_code == 200)
    assert server.register(player.token, orderNumber="during").status_code == 200
    assert server.journal(player.token, player.site.id).json()["recordsTotal"] == 2
