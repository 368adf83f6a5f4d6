"""What survives when the power goes, the database dies, or the disk is full: everything that was acknowledged."""

import os
import resource
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from absent import leave_out
from cast import Stage
from dealtrace.storage.database.engine import open_database
from dealtrace.storage.deals.daily_counts import list_miscounted_days
from load import Load
from postgresql import PostgresqlServer, find_programs
from receiver import Receiver
from server import REGISTER, ServerProcess

pytestmark = pytest.mark.torture

ROUNDS = 4
SITES = 3
ROUND_SECONDS = 2.5
BACK_WITHIN_SECONDS = 40
FOLLOWED_SECONDS = 2.2
ROOM_BYTES = 1_000_000
MakeUrl = Callable[[], str]


@pytest.fixture(scope="module")
def durable() -> Iterator[PostgresqlServer]:
    """Run a PostgreSQL as its makers ship it, without the settings that make tests fast."""
    programs = find_programs()
    if programs is None:
        leave_out("PostgreSQL", "postgresql")
    server = PostgresqlServer(programs, settings=())
    yield server
    server.remove()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Tell the address of an empty database that keeps what it has committed."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'own.db'}"
    postgresql: PostgresqlServer = request.getfixturevalue("durable")
    return postgresql.create(f"torture{time.time_ns()}")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., ServerProcess]]:
    started: list[ServerProcess] = []

    def begin(url: str, **settings: Any) -> ServerProcess:
        started.append(ServerProcess(url, tmp_path, **settings))
        return started[-1]

    yield begin
    for server in started:
        if server.process.poll() is None:
            server.stop()
        server.http.close()


def open_site(server: ServerProcess) -> tuple[str, int]:
    database = open_database(server.database_url)
    player = Stage(database).open_site()
    database.close()
    return player.token, player.site.id


def assert_whole(server: ServerProcess, site_id: int, acknowledged: dict[str, int]) -> None:
    """Every acknowledged deal is there, and every deal that is there is there entirely, paid and counted once."""
    database = open_database(server.database_url)
    of_site = {"site_id": site_id}
    with database.read() as connection:
        deals = connection.execute(text("SELECT number, id, version FROM deal WHERE site_id = :site_id"), of_site).all()
        versions = connection.execute(
            text("SELECT deal_id, version FROM deal_version WHERE site_id = :site_id"), of_site
        ).all()
        tags = connection.execute(
            text("SELECT deal_id, position FROM deal_tag WHERE site_id = :site_id"), of_site
        ).all()
        spent = connection.execute(text("SELECT sum(spent) FROM points_day WHERE site_id = :site_id"), of_site)
        assert spent.scalar_one() == len(deals)
        assert list_miscounted_days(connection, site_id) == []
    database.close()
    ids = {number: deal_id for number, deal_id, _ in deals}
    lost = {number for number, deal_id in acknowledged.items() if ids.get(number) != deal_id}
    assert not lost
    assert sorted((deal_id, version) for deal_id, version in versions) == sorted(
        (deal_id, version) for _, deal_id, version in deals
    )
    assert sorted((deal_id, position) for deal_id, position in tags) == sorted(
        (deal_id, position) for deal_id in ids.values() for position in range(3)
    )


def assert_retries_are_safe(server: ServerProcess, load: Load) -> None:
    """Send again what was never answered, and some of what was: the answer is the first one's."""
    for number in [*load.unanswered, *list(load.acknowledged)[-20:]]:
        answer = server.http.get(REGISTER, params=load.parameters(number))
        assert answer.status_code == 200, answer.text
        assert load.acknowledged.setdefault(number, answer.json()["orderId"]) == answer.json()["orderId"]


def test_a_server_killed_under_load_loses_nothing_it_acknowledged(
    url: str, start: Callable[..., ServerProcess]
) -> None:
    server = start(url)
    token, site_id = open_site(server)
    acknowledged: dict[str, int] = {}
    for number in range(ROUNDS):
        with Load(server, token, f"kill{number}") as load:
            time.sleep(ROUND_SECONDS)
            server.kill()
        assert len(load.acknowledged) > 100
        server.start()
        acknowledged |= load.acknowledged
        assert_whole(server, site_id, acknowledged)
        assert_retries_are_safe(server, load)
        acknowledged |= load.acknowledged
        assert_whole(server, site_id, acknowledged)
    assert server.command("db", "check").returncode == 0


def test_workers_killed_under_load_on_several_sites_are_replaced_and_lose_nothing(
    url: str, start: Callable[..., ServerProcess]
) -> None:
    server = start(url, workers=1 if url.startswith("sqlite") else 2)
    sites = [open_site(server) for _ in range(SITES)]
    loads = [Load(server, token, f"worker{number}") for number, (token, _) in enumerate(sites)]
    with ExitStack() as running:
        for load in loads:
            running.enter_context(load)
        time.sleep(1)
        for worker in workers_of(server):
            os.kill(worker, signal.SIGKILL)
        time.sleep(1)
        answered = [len(load.acknowledged) for load in loads]
        wait_for(lambda: all(len(load.acknowledged) > before for load, before in zip(loads, answered, strict=True)))
    for load, (_, site_id) in zip(loads, sites, strict=True):
        assert_whole(server, site_id, load.acknowledged)
        assert_retries_are_safe(server, load)


@pytest.mark.parametrize("patience", [30, 0])
def test_writes_outlive_a_postgresql_that_crashes(
    durable: PostgresqlServer, start: Callable[..., ServerProcess], patience: int
) -> None:
    """With patience they wait and go on; without, the answer is 503."""
    server = start(durable.create(f"crash{patience}"), storage_patience_seconds=patience)
    token, site_id = open_site(server)
    acknowledged: dict[str, int] = {}
    for number in range(ROUNDS):
        with Load(server, token, f"crash{number}") as load:
            time.sleep(ROUND_SECONDS)
            durable.kill()
            time.sleep(1)
            durable.start()
            before = len(load.acknowledged)
            wait_for(lambda load=load, before=before: len(load.acknowledged) > before + 50)
        assert set(load.statuses) <= {200, 503}
        if not patience:
            assert load.statuses[503]
        acknowledged |= load.acknowledged
        assert_whole(server, site_id, acknowledged)
        assert_retries_are_safe(server, load)
        acknowledged |= load.acknowledged
        assert_whole(server, site_id, acknowledged)


def test_a_full_disk_is_503_and_loses_nothing(tmp_path: Path, start: Callable[..., ServerProcess]) -> None:
    """No file of the server may grow beyond a limit for a while: what a full disk does, to the log as well."""
    server = start(f"sqlite:///{tmp_path / 'own.db'}")
    token, site_id = open_site(server)
    reader, read_site_id = open_site(server)
    (worker,) = workers_of(server)
    with Load(server, token, "full") as load:
        time.sleep(1)
        largest = max(path.stat().st_size for path in tmp_path.iterdir())
        resource.prlimit(worker, resource.RLIMIT_FSIZE, (largest + ROOM_BYTES, resource.RLIM_INFINITY))
        wait_for(lambda: load.statuses[503] > 20)
        assert server.http.get("/healthz").status_code == 200
        assert server.journal(reader, read_site_id).status_code in (200, 503)
        resource.prlimit(worker, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        before = len(load.acknowledged)
        wait_for(lambda: len(load.acknowledged) > before + 50)
    assert set(load.statuses) == {200, 503}
    assert_whole(server, site_id, load.acknowledged)
    assert_retries_are_safe(server, load)
    assert workers_of(server) == [worker]
    assert server.command("db", "check").returncode == 0


def workers_of(server: ServerProcess) -> list[int]:
    """List the processes that serve."""
    pid = server.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    found = []
    for child in map(int, children):
        with suppress(FileNotFoundError):
            if b"resource_tracker" not in Path(f"/proc/{child}/cmdline").read_bytes():
                found.append(child)
    return found


def wait_for(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + BACK_WITHIN_SECONDS
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_webhooks_report_everything_though_the_database_dies(
    durable: PostgresqlServer, start: Callable[..., ServerProcess]
) -> None:
    receiver = Receiver()
    server = start(durable.create(f"told{time.time_ns()}"), webhook_private_targets="127.0.0.0/8")
    token, site_id = open_site(server)
    assert server.command("webhook", "create", str(site_id), receiver.url, "--events", "deal").returncode == 0
    time.sleep(FOLLOWED_SECONDS)
    wanted = [f"K-{number}" for number in range(60)]
    for number in wanted:
        if number in ("K-20", "K-40"):
            durable.kill()
            durable.start()
        deadline = time.monotonic() + BACK_WITHIN_SECONDS
        while server.register(token, orderNumber=number).status_code != httpx.codes.OK:
            assert time.monotonic() < deadline
    received = receiver.wait_for(len(wanted))
    receiver.vanish()
    assert list(dict.fromkeys(item.pairs["orderNumber"] for item in received)) == wanted
    assert server.logged.count("webhooks_not_looked_at") <= 2, "one line tells of each outage"
