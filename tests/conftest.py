"""What every test may ask for: both engines, a fresh database, a real server, the cast."""

import gc
import shutil
import signal
import subprocess
import uuid
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from absent import leave_out
from browser import Browser, find_chromium
from cast import VLADIVOSTOK, Player, Stage
from commands import CommandLine, Terminal
from compiled_once import compile_once
from dealtrace.runtime.garbage_collection import collect_garbage_seldom
from dealtrace.storage.database.engine import Database, open_database
from dealtrace.storage.schema.upgrade import prepare_schema
from engines import CopySqlite, deal_to_engines
from examples import ALL, FEW, list_left_to_torture
from fast_disk import new_folder
from postgresql import PostgresqlServer, drop_database, find_programs
from processes import close_keeper
from server import ServerProcess

TEMPLATE = "dealtrace_template"

signal.signal(signal.SIGINT, signal.default_int_handler)
"""`make test &` in a script ignores Ctrl-C, and what tests start would inherit that."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the tests of the edges run on every engine, and properties be tried with all examples."""
    parser.addoption(
        "--every-engine", action="store_true", help="run every test on both engines, with all variants and examples"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Choose how many random examples properties are tried with, and let databases share compiled statements."""
    settings.load_profile(ALL if config.getoption("every_engine") else FEW)
    compile_once()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage while tests are collected: nearly all of what is made stays, and each look finds more."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deal the tests of the edges to the engines, and leave most variants of slow tests to `make torture`."""
    if not config.getoption("every_engine"):
        left_out = set(deal_to_engines(items))
        left_out |= set(list_left_to_torture(item for item in items if item not in left_out))
        config.hook.pytest_deselected(items=list(left_out))
        items[:] = [item for item in items if item not in left_out]


def pytest_collection_finish() -> None:
    """Look for garbage as seldom as a server, and never among the thousands of tests."""
    collect_garbage_seldom()


def pytest_unconfigure() -> None:
    """End what tests have started and not ended."""
    close_keeper()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresqlServer]:
    """Start a PostgreSQL for this worker, with a migrated template."""
    programs = find_programs()
    if programs is None:
        leave_out("PostgreSQL", "postgresql")
    server = PostgresqlServer(programs)
    database = open_database(server.create(TEMPLATE))
    prepare_schema(database)
    database.close()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def sqlite_folder() -> Path:
    """Make a folder for the SQLite files of this worker."""
    return new_folder("dealtrace-sqlite-")


@pytest.fixture(scope="session")
def sqlite_template(sqlite_folder: Path) -> Path:
    """Make a migrated SQLite file to copy."""
    path = sqlite_folder / "template.db"
    database = open_database(f"sqlite:///{path}")
    prepare_schema(database)
    database.close()
    return path


@pytest.fixture(scope="session")
def copy_sqlite(sqlite_template: Path) -> CopySqlite:
    """Give a function that copies the migrated SQLite file to a path, and returns the URL of the copy."""

    def copy(path: Path) -> str:
        shutil.copy(sqlite_template, path)
        return f"sqlite:///{path}"

    return copy


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def engine_name(request: pytest.FixtureRequest) -> str:
    """Name the engine a test runs on: whoever asks runs twice."""
    name: str = request.param
    return name


@pytest.fixture(scope="session")
def new_database_url(engine_name: str, request: pytest.FixtureRequest, sqlite_folder: Path) -> Callable[[], str]:
    """Give a function that makes a fresh database of this engine and returns its URL."""

    def create() -> str:
        if engine_name == "postgresql":
            server: PostgresqlServer = request.getfixturevalue("postgresql_server")
            return server.create(f"t{uuid.uuid4().hex}", TEMPLATE)
        copy: CopySqlite = request.getfixturevalue("copy_sqlite")
        folder = sqlite_folder / uuid.uuid4().hex
        folder.mkdir()
        return copy(folder / "dealtrace.db")

    return create


@pytest.fixture
def dropped_afterwards() -> Iterator[list[str]]:
    """Give a list for the URLs of databases that the test is the only one to use.

    Thousands of them would fill the memory that they live in.
    """
    urls: list[str] = []
    yield urls
    for url in urls:
        drop_database(url)


@pytest.fixture
def database_url(new_database_url: Callable[[], str], dropped_afterwards: list[str]) -> str:
    """Give the URL of a fresh database, on each engine."""
    dropped_afterwards.append(new_database_url())
    return dropped_afterwards[-1]


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Give a fresh database, on each engine."""
    opened = open_database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def stage(database: Database) -> Stage:
    """Give a stage in a fresh database."""
    return Stage(database)


@pytest.fixture(scope="module")
def shared_stage(new_database_url: Callable[[], str]) -> Iterator[Stage]:
    """Give one stage to all tests of a module, which make it their `stage`: each then opens sites of its own."""
    url = new_database_url()
    database = open_database(url)
    yield Stage(database)
    database.close()
    drop_database(url)


@pytest.fixture
def shop(stage: Stage) -> Player:
    """Give a Moscow site with contact matching on."""
    return stage.open_site(contact_matching=True)


@pytest.fixture(scope="session")
def server(new_database_url: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Run one server an engine, for all tests of this worker; each test opens its own sites."""
    folder = tmp_path_factory.mktemp("server")
    settings = {"webhook_private_targets": "127.0.0.0/8", "requests_kept_days": 3650}  # tests journal requests of 2018
    process = ServerProcess(new_database_url(), folder, is_fork=True, **settings)
    yield process
    process.close()


@pytest.fixture(autouse=True)
def _log_of_the_present_test(request: pytest.FixtureRequest) -> None:
    """Let each test see only what the shared server logs during it, since other tests make requests fail."""
    if "server" in request.fixturenames:
        shared = request.getfixturevalue("server")
        if isinstance(shared, ServerProcess):
            shared.forget_logged()


@pytest.fixture(scope="session")
def served(server: ServerProcess) -> Iterator[Stage]:
    """Give a stage in the database of the running server."""
    opened = open_database(server.database_url)
    yield Stage(opened)
    opened.close()


@pytest.fixture
def owner(served: Stage) -> Player:
    """Give a Moscow site on the running server, contact matching on, with a custom field `margin`."""
    return served.open_site(contact_matching=True, fields=["margin"])


@pytest.fixture
def stranger(served: Stage) -> Player:
    """Give a neighbour on the running server that must see nothing of the owner's."""
    return served.open_site(time_zone=VLADIVOSTOK, contact_matching=True)


@pytest.fixture
def start_server_on(tmp_path: Path, dropped_afterwards: list[str]) -> Iterator[Callable[..., ServerProcess]]:
    """Give a function that starts a server on a database that the test names, with settings of its own.

    A test that names a SQLite file runs once; those that use `start_server` run once for each engine. A test that
    changes how Python starts gives `is_fork=False`.
    """
    del dropped_afterwards  # the servers end before their databases go
    started: list[ServerProcess] = []

    def start(database_url: str, **settings: Any) -> ServerProcess:
        folder = tmp_path / f"server{len(started)}"
        folder.mkdir()
        started.append(ServerProcess(database_url, folder, **{"is_fork": True, **settings}))
        return started[-1]

    yield start
    for process in started:
        process.close()


@pytest.fixture
def start_server(
    new_database_url: Callable[[], str], start_server_on: Callable[..., ServerProcess], dropped_afterwards: list[str]
) -> Callable[..., ServerProcess]:
    """Give a function that starts a server with settings of its own, on a fresh database of each engine."""

    def start(database_url: str | None = None, **settings: Any) -> ServerProcess:
        if database_url is None:
            database_url = new_database_url()
            dropped_afterwards.append(database_url)
        return start_server_on(database_url, **settings)

    return start


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Run one browser for all tests of this worker."""
    if find_chromium() is None:
        leave_out("Chromium", "chromium-headless-shell")
    opened = Browser(tmp_path_factory.mktemp("browser"))
    yield opened
    opened.close()


@pytest.fixture
def browser(chromium: Browser) -> Browser:
    """Give the browser of this worker, as new."""
    chromium.renew()
    return chromium


@pytest.fixture(scope="session")
def command_line() -> CommandLine:
    """Give what commands are run by."""
    return CommandLine()


@pytest.fixture
def terminal(command_line: CommandLine, database_url: str, tmp_path: Path) -> Terminal:
    """Give a terminal whose commands work on a fresh database, on each engine."""
    return Terminal(command_line, database_url, tmp_path)


@pytest.fixture
def beside(command_line: CommandLine, server: ServerProcess, tmp_path: Path) -> Terminal:
    """Give a terminal whose commands work on the database of the running server, beside it."""
    return Terminal(command_line, server.database_url, tmp_path)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of four megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", place], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("mounting a small disk is not allowed here")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)
