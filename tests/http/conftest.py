"""A Redis for the tests of rate limits."""

from collections.abc import Iterator

import pytest

from redis_server import RedisServer


@pytest.fixture
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """Start a Redis."""
    if not RedisServer.is_installed():
        pytest.skip("Redis is not installed: apt-get install redis-server")
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()
