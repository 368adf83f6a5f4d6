"""Random questions through HTTP and the command: their answers are those inside the process, which meet the oracle."""

import os
from pathlib import Path
from random import Random

import pytest

from cast import Stage
from commands import CommandLine, Terminal
from figures_outside import Outside, open_asked_scene
from server import ServerProcess

pytestmark = pytest.mark.torture

QUESTIONS = int(os.environ.get("DEALTRACE_TORTURE_QUESTIONS_OUTSIDE", "1000"))
SEED = int(os.environ.get("DEALTRACE_TORTURE_SEED", "1"))
QUESTIONS_PER_SITE = 50
SIZE = 16


def test_answers_outside_are_those_inside(
    server: ServerProcess, served: Stage, command_line: CommandLine, tmp_path: Path
) -> None:
    terminal = Terminal(command_line, server.database_url, tmp_path)
    for seed in range(SEED, SEED - (-QUESTIONS // QUESTIONS_PER_SITE)):
        random = Random(seed)
        outside = Outside(server, open_asked_scene(random, served, 2 + seed % SIZE))
        for number in range(min(QUESTIONS_PER_SITE, QUESTIONS)):
            try:
                outside.check(random, terminal)
            except AssertionError as difference:
                raise AssertionError(f"question {number} of the site of seed {seed}: {difference}") from None
