"""What several journeys may ask for."""

from collections.abc import Iterator

import pytest

from absent import leave_out
from postgresql import PostgresqlServer, find_programs


@pytest.fixture
def postgresql() -> Iterator[PostgresqlServer]:
    """Start a PostgreSQL that a test may break: what it has answered outlives its end."""
    programs = find_programs()
    if programs is None:
        leave_out("PostgreSQL", "postgresql")
    server = PostgresqlServer(programs, settings=("-F",))
    yield server
    server.remove()
