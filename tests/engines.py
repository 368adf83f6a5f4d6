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
DEALT = ("api", "cabinet", "calltouch", "cli", "client", "counter", "http", "journeys", "test_description_holds.py")
"""Folders whose tests are dealt to the engines instead of running on each.

What lies beneath is tried on each; `make torture` runs these too on each.
"""
DEALT_BY_CASE = ("operations", "runtime", "worker", "test_app.py", "test_docs_page.py")
"""Folders of which each test runs on both engines, but of a test with several cases each case on one of them."""


def deal_to_engines(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """Return the tests that another engine runs: of each of `DEALT`, all variants but one, and of cases likewise.

    The same variant every time, and about as many on each engine.
    """
    variants = defaultdict[str, list[pytest.Item]](list)
    cases = defaultdict[str, dict[str, list[pytest.Item]]](lambda: defaultdict(list))
    for item in items:
        name = item.nodeid.replace("sqlite", "").replace("postgresql", "")
        if _is_of(DEALT, item.path):
            variants[name].append(item)
        elif _is_of(DEALT_BY_CASE, item.path):
            cases[item.nodeid.partition("[")[0]][name].append(item)
    dealt = [(zlib.crc32(name.encode()), same) for name, same in variants.items()]
    for each in cases.values():
        dealt += enumerate(each.values()) if len(each) > 1 else ()
    return [item for turn, same in dealt for number, item in enumerate(same) if number != turn % len(same)]


@cache
def _is_of(folders: tuple[str, ...], path: Path) -> bool:
    """Return whether a module is in one of some folders of tests; the tests of the client are in one of that name."""
    parts = path.relative_to(TREE).parts
    return (parts[1] if parts[0] == "tests" else parts[0]) in folders
