"""The engine of figures answers as the rules say, whatever is asked of whatever site."""

import os
from random import randrange

import pytest

from cast import Stage
from dealtrace.reports.dimensions import DIMENSIONS
from dealtrace.reports.facts import Fact
from dealtrace.reports.metrics import METRICS
from dealtrace.storage.reports import statuses
from examples import examples
from figures_comparison import check_site
from figures_oracle import FORMULAS
from figures_pieces import KNOWN_BY

SITES = 3
QUESTIONS_PER_SITE = examples(15)
"""Each has two neighbours."""


@pytest.mark.parametrize("number", range(SITES))
def test_every_answer_is_the_oracles_and_its_rows_add_up(
    shared_stage: Stage, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """What differs names the seed of its site; `DEALTRACE_FIGURES_SEED` makes these sites again.

    The last site has no room for all of its statuses.
    """
    if number == SITES - 1:
        monkeypatch.setattr(statuses, "STATUSES_MAX", 2)
    seed = int(os.environ.get("DEALTRACE_FIGURES_SEED", randrange(2**32))) + number
    check_site(shared_stage, seed, 4 + seed % 9, QUESTIONS_PER_SITE)


def test_the_oracle_knows_every_metric_and_dimension() -> None:
    assert FORMULAS.keys() == METRICS.keys()
    for fact in Fact:
        assert {name for name, dimension in DIMENSIONS.items() if fact in dimension.facts} == KNOWN_BY[fact.value]
    for name, metric in METRICS.items():
        needed, _ = FORMULAS[name]
        assert {fact.value for fact in metric.facts} == {"deal" if fact == "won" else fact for fact in needed}
