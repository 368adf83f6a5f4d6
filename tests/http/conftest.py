"""A Redis for the tests of rate limits."""

from collections.abc import Iterator

import pytest

from absent import leave_out
from redis_server import RedisServer


@pytest.fixture
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """Start a Redis."""
    if not RedisServer.is_installed():
        leave_out("Redis", "redis-server")
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()
