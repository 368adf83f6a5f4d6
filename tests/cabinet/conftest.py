"""What several modules of pages share: a server of their own, and a site on it that has something of everything."""

from collections.abc import Iterator

import pytest

from browser import Browser
from cast import Stage
from dealtrace.storage.database.engine import open_database
from engines import CopySqlite
from filled_site import FilledSite, fill_site
from server import ServerProcess


@pytest.fixture
def browser(chromium: Browser) -> Browser:
    """Give the browser of this worker, as new but in the window it has: pages of the cabinet open no others."""
    chromium.clear()
    return chromium


@pytest.fixture(scope="module")
def host(copy_sqlite: CopySqlite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Run one server for a module, on SQLite."""
    folder = tmp_path_factory.mktemp("host")
    copy_sqlite(folder / "dealtrace.db")
    process = ServerProcess(f"sqlite:///{folder}/dealtrace.db", folder, is_fork=True)
    yield process
    process.close()


@pytest.fixture(scope="module")
def stage_of_host(host: ServerProcess) -> Iterator[Stage]:
    """Give a stage in the database of that server."""
    database = open_database(host.database_url)
    yield Stage(database)
    database.close()


@pytest.fixture(scope="module")
def site(host: ServerProcess, stage_of_host: Stage) -> FilledSite:
    """Give a site on that server that has something of everything."""
    return fill_site(host, stage_of_host)
