"""The server beside which commands are run: a module's own, since some commands look at every site."""

from collections.abc import Callable, Iterator

import pytest

from cast import Stage
from dealtrace.storage.database.engine import open_database
from postgresql import drop_database
from server import ServerProcess


@pytest.fixture(scope="module")
def server(new_database_url: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Run a server for the tests of a module; the one that all tests share has thousands of sites."""
    folder = tmp_path_factory.mktemp("server")
    process = ServerProcess(new_database_url(), folder, is_fork=True, webhook_private_targets="127.0.0.0/8")
    yield process
    process.close()
    drop_database(process.database_url)


@pytest.fixture(scope="module")
def served(server: ServerProcess) -> Iterator[Stage]:
    """Give a stage in the database of the module's server."""
    opened = open_database(server.database_url)
    yield Stage(opened)
    opened.close()
