"""Random questions of random sites, as many as the environment says: the engine never differs from the oracle."""

import multiprocessing
import os
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
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


def differences_at(url: str, seeds: Sequence[int]) -> list[str]:
    """Make the site of each seed and ask of it; return what differs, with the seed by which it is found again."""
    database = open_database(url)
    found = []
    for seed in seeds:
        try:
            check_site(Stage(database), Random(seed), 2 + seed % SIZE, QUESTIONS_PER_SITE)
        except AssertionError:
            found.append(f"the site of seed {seed}: {traceback.format_exc()}")
    database.close()
    return found


def test_the_engine_never_differs_from_the_oracle(
    new_database_url: Callable[[], str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Every core has a process with a database of its own: a process keeps the mirror while it asks of a site."""
    sites, cores = -(-QUESTIONS // QUESTIONS_PER_SITE), os.cpu_count() or 1
    dealt = [range(SEED + core, SEED + sites, cores) for core in range(min(cores, sites))]
    urls = [new_database_url() for _ in dealt]
    began_at = time.monotonic()
    with ProcessPoolExecutor(len(dealt), multiprocessing.get_context("spawn")) as processes:
        differences = [found for mine in processes.map(differences_at, urls, dealt) for found in mine]
    asked = sites * QUESTIONS_PER_SITE
    with capsys.disabled():
        sys.stdout.write(f"\n{asked} questions of {sites} sites, {asked / (time.monotonic() - began_at):.1f}/s\n")
    assert not differences, "\n".join(differences)
