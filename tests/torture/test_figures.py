"""Random questions of random sites, as many as the environment says: the engine never differs from the oracle."""

import multiprocessing
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from random import Random

import pytest

from cast import Stage
from dealtrace.storage.database.engine import open_database
from figures_comparison import check_site

pytestmark = pytest.mark.torture

QUESTIONS = int(os.environ.get("DEALTRACE_TORTURE_QUESTIONS", "2000"))
SEED = int(os.environ.get("DEALTRACE_TORTURE_SEED", "1"))
QUESTIONS_PER_SITE = 250
SIZE = 16


def difference_at(url: str, seed: int) -> str:
    """Make the site of a seed and ask of it; return what differs, empty if nothing does."""
    database = open_database(url)
    try:
        check_site(Stage(database), Random(seed), 2 + seed % SIZE, QUESTIONS_PER_SITE)
    except AssertionError as difference:
        return f"the site of seed {seed}: {difference}"
    finally:
        database.close()
    return ""


def test_the_engine_never_differs_from_the_oracle(
    new_database_url: Callable[[], str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Each site has a seed of its own, by which a difference is found again; every core has a process."""
    seeds = range(SEED, SEED - (-QUESTIONS // QUESTIONS_PER_SITE))
    began_at = time.monotonic()
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as processes:
        differences = [found for found in processes.map(partial(difference_at, new_database_url()), seeds) if found]
    asked = len(seeds) * QUESTIONS_PER_SITE
    with capsys.disabled():
        sys.stdout.write(f"\n{asked} questions of {len(seeds)} sites, {asked / (time.monotonic() - began_at):.1f}/s\n")
    assert differences == []
