"""Some random questions through HTTP and the command; `make torture` asks a thousand."""

import os
from random import Random, randrange

from cast import Stage
from commands import Terminal
from examples import examples
from figures_outside import Outside, open_asked_scene
from server import ServerProcess

QUESTIONS, SIZE = examples(20), 9
COMMANDS = 2
"""How many of them the command is asked, too: it starts anew for each."""


def test_json_files_rows_and_the_command_answer_as_the_engine(
    server: ServerProcess, served: Stage, beside: Terminal
) -> None:
    """What differs names its seed; `DEALTRACE_FIGURES_SEED` asks the same again."""
    seed = int(os.environ.get("DEALTRACE_FIGURES_SEED", randrange(2**32)))
    random = Random(seed)
    outside = Outside(server, open_asked_scene(random, served, SIZE))
    for number in range(QUESTIONS):
        try:
            outside.check(random, beside if number < COMMANDS else None)
        except AssertionError as difference:
            raise AssertionError(f"question {number} of seed {seed}: {difference}") from None
