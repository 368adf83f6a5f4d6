"""`dealtrace doctor`: check that the Redis server that counts requests responds."""

from importlib import import_module

from dealtrace.cli.answers import Finding
from dealtrace.printable import server_of

_SECONDS_MAX = 2
"""How many seconds Redis may take to accept a connection, and to answer."""


def redis_findings(url: str) -> list[Finding]:
    """List one problem if a Redis server is configured and does not respond; otherwise, list none.

    The Redis library is imported inside this function, since most installations have no Redis.
    """
    if not url:
        return []
    redis = import_module("redis")
    try:
        client = redis.Redis.from_url(
            url.replace("redis+unix://", "unix://", 1),
            socket_connect_timeout=_SECONDS_MAX,
            socket_timeout=_SECONDS_MAX,
        )
        client.ping()
    except (redis.RedisError, OSError, ValueError) as fault:
        name, reason = server_of(url), type(fault).__name__
        return [
            {
                "kind": "redis",
                "text": f"Redis at {name} does not answer ({reason}), so no limit on requests is applied.",
                "cure": "Start Redis, or correct or remove DEALTRACE_REDIS_URL.",
                "name": name,
            }
        ]
    client.close()
    return []
