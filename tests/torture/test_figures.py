"""Random questions of random sites, as many as the environment says: the engine never differs from the oracle."""

import os
import sys
import time
from random import Random

import pytest

from cast import Stage
from figures_comparison import check_site

pytestmark = pytest.mark.torture

QUESTIONS = int(os.environ.get("DEALTRACE_TORTURE_QUESTIONS", "2000"))
SEED = int(os.environ.get("DEALTRACE_TORTURE_SEED", "1"))
QUESTIONS_PER_SITE = 250
SIZE = 16


def test_the_engine_never_differs_from_the_oracle(shared_stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    """Each site has a seed of its own, which is in the message: a difference is found again by it alone."""
    sites = -(-QUESTIONS // QUESTIONS_PER_SITE)
    began_at = time.monotonic()
    for seed in range(SEED, SEED + sites):
        try:
            check_site(shared_stage, Random(seed), 2 + seed % SIZE, QUESTIONS_PER_SITE)
        except AssertionError as difference:
            message = f"the site of seed {seed}"
            raise AssertionError(message) from difference
    rate = sites * QUESTIONS_PER_SITE / (time.monotonic() - began_at)
    with capsys.disabled():
        sys.stdout.write(f"\n{sites * QUESTIONS_PER_SITE} questions of {sites} sites, {rate:.1f} a second\n")
