"""Which engines a test runs on, where that is not both."""

import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import pytest

on_one_engine = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True, scope="session")
"""For tests that start a server and try what comes before any database: limits in memory, sockets, addresses."""

CopySqlite = Callable[[Path], str]
"""Copies a SQLite database with all tables to a path, and returns the URL of the copy (a fixture of `conftest.py`)."""

TREE = Path(__file__).parent.parent
DEALT = ("api", "cabinet", "calltouch", "cli", "counter", "http", "journeys", "test_description_holds.py")
"""Folders whose tests, like those of the client, are dealt to the engines instead of running on each.

What lies beneath is tried on each; `make torture` runs these too on each.
"""


def deal_to_engines(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """Return the tests that another engine runs: of each of `DEALT`, all variants but one.

    The same variant every time, and about as many on each engine.
    """
    variants = defaultdict[str, list[pytest.Item]](list)
    for item in items:
        if _is_dealt(item.path):
            variants[item.nodeid.replace("sqlite", "").replace("postgresql", "")].append(item)
    return [
        item
        for name, same in variants.items()
        for number, item in enumerate(same)
        if number != zlib.crc32(name.encode()) % len(same)
    ]


@cache
def _is_dealt(path: Path) -> bool:
    """Return whether the tests of a module are dealt to the engines."""
    return path.relative_to(TREE).parts[1] in DEALT or path.is_relative_to(TREE / "client")
