"""The reports that `make bench` measures: every dimension and every pair of them is among them."""

import runpy
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

import dealtrace
from dealtrace.attribution.credit import AttributionModel
from dealtrace.reports.dimensions import DIMENSIONS
from dealtrace.reports.question import QuestionContext, RawQuestion
from dealtrace.reports.question_parser import parse_question

BENCHMARKS = Path(dealtrace.__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def measured() -> dict[str, Any]:
    """Read the module of the benchmark, which is no package that tests can import."""
    return runpy.run_path(str(BENCHMARKS / "report_pairs.py"))


def test_every_dimension_and_every_pair_is_measured_once(measured: dict[str, Any]) -> None:
    asked = [frozenset(words["by"].split(",")) for words in measured["list_groupings"]()]
    names = [*DIMENSIONS, f"field:{measured['FIELD']}"]
    assert len(asked) == len(set(asked))
    assert set(asked) == {frozenset(by) for count in (1, 2) for by in combinations(names, count)}


def test_every_measured_report_can_be_asked(measured: dict[str, Any]) -> None:
    known = QuestionContext(date(2026, 11, 26), AttributionModel.LAST_INTERACTION, [measured["FIELD"]])
    for words in measured["list_groupings"]():
        question = parse_question(RawQuestion(**words), known)
        assert all(metric.facts <= each.facts for metric in question.metrics for each in question.by)
