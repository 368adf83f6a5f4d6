"""The pages that `make bench` measures: none of the table of pages is forgotten."""

import runpy
from pathlib import Path
from typing import Any

import pytest

import dealtrace
from dealtrace.cabinet.routes import PAGES

BENCHMARKS = Path(dealtrace.__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def measured() -> dict[str, Any]:
    """Read the lists of the benchmark, which is no package that tests can import."""
    return runpy.run_path(str(BENCHMARKS / "cabinet_pages.py"))


def test_every_page_is_measured_or_has_a_reason_not_to_be(measured: dict[str, Any]) -> None:
    shown = {page.path for page in PAGES if page.method == "GET"}
    assert set(measured["TIMED"]) | set(measured["UNTIMED"]) == shown
    assert not set(measured["TIMED"]) & set(measured["UNTIMED"])


def test_every_measured_page_has_a_url(measured: dict[str, Any]) -> None:
    assert all(queries and len(set(queries)) == len(queries) for queries in measured["TIMED"].values())
    assert all(query == "" or query.startswith("?") for queries in measured["TIMED"].values() for query in queries)
