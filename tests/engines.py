"""Which engines a test runs on, where that is not both."""

import pytest

on_one_engine = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True, scope="session")
"""For tests that start a server and try what comes before any database: limits in memory, sockets, addresses."""
