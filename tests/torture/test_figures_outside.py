"""Random questions through HTTP and the command: their answers are those inside the process, which meet the oracle."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from cast import Stage
from commands import CommandLine, Terminal
from dealtrace import clock
from dealtrace.answers.report import serialize_answer
from dealtrace.operations.reports.ask import ask
from dealtrace.operations.reports.open_facts import open_facts
from dealtrace.operations.reports.read_question import read_question
from dealtrace.reports.question import ALL_MODELS, RawQuestion
from figures_questions import random_filters, random_words
from figures_scenes import Scene, play_scene
from server import ServerProcess

pytestmark = pytest.mark.torture

QUESTIONS = int(os.environ.get("DEALTRACE_TORTURE_QUESTIONS_OUTSIDE", "1000"))
SEED = int(os.environ.get("DEALTRACE_TORTURE_SEED", "1"))
QUESTIONS_PER_SITE = 50
SIZE = 16


def parts_of(words: RawQuestion) -> Iterator[tuple[str, str]]:
    """Yield the parts of a question that are not empty, by the names of their parameters."""
    names = {"first": "from", "last": "to", "date_of": "date", "filters": "filter"}
    for attribute in RawQuestion.__dataclass_fields__:
        value = getattr(words, attribute)
        for each in value if isinstance(value, tuple) else (value,):
            if each:
                yield names.get(attribute, attribute), each


def answer_inside(scene: Scene, words: RawQuestion) -> Any:
    """Return the JSON of a report, asked inside this process."""
    database, site, now = scene.stage.database, scene.player.site, clock.now()
    with database.read() as connection:
        question = read_question(connection, site, words, now)
    with open_facts(database, site) as source:
        return json.loads(json.dumps(serialize_answer(ask(source, site, question, now), site.id)))


def answer_of_command(terminal: Terminal, scene: Scene, words: RawQuestion) -> Any:
    """Return the JSON that `dealtrace report` prints."""
    options = [f"--{name}={text}" for name, text in parts_of(words) if name != "models"]
    models = [f"--model={ALL_MODELS}"] if words.models else []
    return terminal.run("report", f"--site={scene.player.site.id}", *options, *models, "--json").json


def test_answers_outside_are_those_inside(
    server: ServerProcess, served: Stage, command_line: CommandLine, tmp_path: Path
) -> None:
    terminal = Terminal(command_line, server.database_url, tmp_path)
    for seed in range(SEED, SEED - (-QUESTIONS // QUESTIONS_PER_SITE)):
        random = Random(seed)
        scene = play_scene(random, served, 2 + seed % SIZE)
        scene.add_columns()
        scene.add_segment(random_filters(random, scene))
        for _ in range(min(QUESTIONS_PER_SITE, QUESTIONS)):
            words = random_words(random, scene)
            right = answer_inside(scene, words)
            answer = server.http.get(
                "/api/reports", params=list(parts_of(words)), headers={"Access-Token": scene.player.token}
            )
            assert answer.json() == right, f"the site of seed {seed}, HTTP: {words}"
            assert answer_of_command(terminal, scene, words) == right, f"the site of seed {seed}, command: {words}"
