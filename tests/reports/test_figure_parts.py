"""The parts from which a figure of a report is computed."""

import pytest

from dealtrace.reports.figure import base_measure, component_metrics
from dealtrace.reports.metrics import METRICS, PART_METRICS


@pytest.mark.parametrize("name", [name for name, metric in METRICS.items() if base_measure(metric) is None])
def test_the_parts_of_a_metric_are_exactly_the_measures_of_its_formulas(name: str) -> None:
    metric = METRICS[name]
    formulas = [metric.formula, *([metric.margin_formula] if metric.margin_formula is not None else [])]
    needed = {measure for formula in formulas for measure in formula.measures}
    assert {base_measure(part) for part in component_metrics(metric, METRICS.values())} == needed


def test_a_part_that_is_no_metric_repeats_no_metric() -> None:
    assert {base_measure(part) for part in PART_METRICS.values()}.isdisjoint(map(base_measure, METRICS.values()))
    assert not METRICS.keys() & PART_METRICS.keys()
