"""The engine of figures answers as the rules say, whatever is asked of whatever site."""

from random import Random

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cast import Stage
from dealtrace.reports.dimensions import DIMENSIONS
from dealtrace.reports.facts import Fact
from dealtrace.reports.metrics import METRICS
from figures_comparison import check_site
from figures_oracle import FORMULAS
from figures_records import KNOWN_BY

SITES = 3
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
"""A seed has no smaller one that is nearly the same, and looking for it takes minutes."""
QUESTIONS_PER_SITE = 40
SIZE = 12


@settings(max_examples=SITES, phases=PHASES, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**64), size=st.integers(4, SIZE))
def test_every_answer_is_the_oracles_and_its_rows_add_up(shared_stage: Stage, seed: int, size: int) -> None:
    check_site(shared_stage, Random(seed), size, QUESTIONS_PER_SITE)


def test_the_oracle_knows_every_metric_and_dimension() -> None:
    assert FORMULAS.keys() == METRICS.keys()
    for fact in Fact:
        assert {name for name, dimension in DIMENSIONS.items() if fact in dimension.facts} == KNOWN_BY[fact.value]
    for name, metric in METRICS.items():
        needed, _ = FORMULAS[name]
        assert {fact.value for fact in metric.facts} == {"deal" if fact == "won" else fact for fact in needed}
