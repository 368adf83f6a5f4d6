"""Random questions of random sites, as many as the environment says: the engine never differs from the oracle.

What differs names the seed of its site and the number of its question. To ask it again:
`DEALTRACE_TORTURE_SEED=SEED DEALTRACE_TORTURE_QUESTION=NUMBER .venv/bin/pytest tests/torture/test_figures.py`.
"""

import multiprocessing
import os
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

import pytest

from cast import Stage
from dealtrace.storage.database.engine import open_database
from figures_comparison import Asked, Examination

pytestmark = pytest.mark.torture

QUESTIONS = {
    "sqlite": int(os.environ.get("DEALTRACE_TORTURE_QUESTIONS", "1000000")),
    "postgresql": int(os.environ.get("DEALTRACE_TORTURE_QUESTIONS_POSTGRESQL", "50000")),
}
SECONDS = float(os.environ.get("DEALTRACE_TORTURE_SECONDS", "inf"))
"""How long to ask; fewer questions are asked if they take longer."""
SEED = int(os.environ.get("DEALTRACE_TORTURE_SEED", "1"))
QUESTION = os.environ.get("DEALTRACE_TORTURE_QUESTION")
"""The number of the only question to ask, of the site of `SEED`."""
NUMBERS_PER_SITE, NEIGHBOURS, CHOSEN = 32, 48, 1
"""A site is asked 32 questions, each with up to 48 neighbours that are answered from much the same rows.

Of one of them, and of the question itself, the mirror chooses the first rows.
"""
ONE_IN = 16
"""SQLite itself is asked one of 16 questions; the rows behind a figure are looked at as often."""
SIZE = 16


@dataclass
class Outcome:
    """What a process has asked, in which time of its processor, and what differed."""

    asked: Asked = field(default_factory=Asked)
    sites: int = 0
    seconds: float = 0
    differences: list[str] = field(default_factory=list)


def ask_sites(url: str, seeds: Sequence[int], numbers: Sequence[int], questions: int, ends_at: float) -> Outcome:
    """Make sites and ask of each, until as many `questions` have been asked; a site that differs is asked no more."""
    outcome, database = Outcome(), open_database(url)
    stage, began = Stage(database), time.process_time()
    for seed in seeds:
        if time.time() > ends_at or outcome.asked.questions.total() >= questions:
            break
        site = Examination(
            stage, seed, 2 + seed % SIZE, neighbours=NEIGHBOURS, chosen=CHOSEN, one_in=ONE_IN, asked=outcome.asked
        )
        outcome.sites += 1
        try:
            site.check(number for number in numbers if time.time() <= ends_at)
        except AssertionError as difference:
            outcome.differences.append(str(difference))
        except Exception:  # noqa: BLE001 - what an engine raises cannot always be sent to another process
            outcome.differences.append(f"site of seed {seed}: {traceback.format_exc()}")
    database.close()
    outcome.seconds = time.process_time() - began
    return outcome


def test_the_engine_never_differs_from_the_oracle(
    engine_name: str, new_database_url: Callable[[], str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Every core has a process with a database of its own: a process keeps the mirror while it asks of a site."""
    cores = os.cpu_count() or 1
    numbers = range(NUMBERS_PER_SITE) if QUESTION is None else [int(QUESTION)]
    dealt = (
        [range(SEED + core, sys.maxsize, cores) for core in range(cores)]
        if QUESTION is None
        else [range(SEED, SEED + 1)]
    )
    each, ends_at = -(-QUESTIONS[engine_name] // len(dealt)), time.time() + SECONDS
    with ProcessPoolExecutor(len(dealt), multiprocessing.get_context("spawn")) as processes:
        asking = [processes.submit(ask_sites, new_database_url(), seeds, numbers, each, ends_at) for seeds in dealt]
        outcomes = [future.result() for future in asking]
    questions = sum((outcome.asked.questions for outcome in outcomes), Counter[str]())
    statements = sum((outcome.asked.statements for outcome in outcomes), Counter[str]())
    per_second = questions.total() / sum(outcome.seconds for outcome in outcomes)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{dict(questions)} questions of {sum(outcome.sites for outcome in outcomes)} sites by "
            f"{dict(statements)} statements, {per_second:.0f} questions per second of a core\n"
        )
    assert not (differences := [each for outcome in outcomes for each in outcome.differences]), "\n".join(differences)
