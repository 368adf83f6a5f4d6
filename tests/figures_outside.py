"""Questions asked over HTTP and by the command, beside their answers inside this process, which meet the oracle."""

import csv
import io
import itertools
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random
from typing import Any

import httpx
import msgspec
from python_calamine import CalamineWorkbook

from commands import Terminal
from dealtrace import clock
from dealtrace.accounts.site_days import site_day
from dealtrace.answers.report import serialize_answer
from dealtrace.answers.rows_behind import serialize_rows
from dealtrace.attribution.credit import AttributionModel
from dealtrace.errors import InvalidParameters
from dealtrace.operations.reports.ask import stored_facts
from dealtrace.operations.reports.ask_pivot import ask_report_or_pivot
from dealtrace.operations.reports.read_question import read_question, read_question_context
from dealtrace.operations.reports.show_rows import show_rows
from dealtrace.reports.figure import parse_figure
from dealtrace.reports.filters import LIST_SEPARATOR, split_escaped
from dealtrace.reports.question import ALL_MODELS, RawQuestion
from figures_questions import random_filters, random_words
from figures_scenes import Scene, play_scene
from server import ServerProcess

CODES = [str(int(model)) for model in AttributionModel]
ENDINGS = {"values": "", "compared": " compared", "change": " change", "changePercent": " change %"}
"""What the columns of files are called after a metric, by the keys of the same figures in JSON."""
_ENCODER = msgspec.json.Encoder(decimal_format="number")
DIGITS = 1e-14
"""How exactly a spreadsheet keeps a number."""


def open_asked_scene(random: Random, stage: Any, size: int) -> Scene:
    """Make a random site with columns and a segment."""
    scene = play_scene(random, stage, size)
    scene.add_columns()
    scene.add_segment(random_filters(random, scene))
    return scene


@dataclass(frozen=True)
class Outside:
    """A site of a running server, asked from outside."""

    server: ServerProcess
    scene: Scene

    def check(self, random: Random, terminal: Terminal | None = None) -> None:
        """Ask a random question as JSON, CSV, XLSX and for rows behind a figure; with a terminal, by the command, too.

        All are asked again if the day of the site ends meanwhile.
        """
        words, seed = random_words(random, self.scene), random.random()
        while True:
            day = self._today()
            try:
                self._check(words, Random(seed), terminal)
            except AssertionError:
                if day == self._today():
                    raise
            if day == self._today():
                return

    def _check(self, words: RawQuestion, random: Random, terminal: Terminal | None) -> None:
        right = self.answer_inside(words)
        assert self.get("/api/reports", words).json() == right, f"HTTP: {words}"
        names, table = table_of(right)
        text = self.get("/api/reports.csv", words).text
        headings, rows = read_csv(text)
        assert headings == names, f"CSV: {words}\n{text}"
        assert are_same(rows, table), f"CSV: {words}\n{text}"
        check_workbook(self.get("/api/reports.xlsx", words).content, table, f"XLSX: {words}")
        self._check_rows(words, right, random)
        if terminal is not None:
            assert answer_of_command(terminal, self.scene, words) == right, f"command: {words}"

    def _check_rows(self, words: RawQuestion, right: Any, random: Random) -> None:
        """Check the rows behind a figure of an answer; a figure that has none is refused."""
        row = random.choice([*right["rows"], {"keys": []}])
        one_model = words.model if not words.models else random.choice(CODES)
        asked = replace(
            words, by=words.by if row["keys"] else "", metrics=random.choice(right["metrics"]), model=one_model,
            models="", compare="", pivot="", sort="", limit=random.choice(("10000", "2")),
        )  # fmt: skip
        keys = [key or "" for key in row["keys"]]
        answer = self.get("/api/reports/rows", asked, *(("key", key) for key in keys))
        inside = self._rows_inside(asked, keys)
        assert answer.status_code == (400 if inside is None else 200), f"rows: {asked}, {keys}: {answer.text}"
        assert inside is None or answer.json() == inside, f"rows: {asked}, {keys}"

    def get(self, path: str, words: RawQuestion, *more: tuple[str, str]) -> httpx.Response:
        """Ask a question over HTTP."""
        asked = [*parts_of(words), *more]
        return self.server.http.get(path, params=asked, headers={"Access-Token": self.scene.player.token})

    def answer_inside(self, words: RawQuestion) -> Any:
        """Return the JSON of a report, asked of the database itself inside this process.

        The server keeps the mirror meanwhile, which one process has at a time.
        """
        database, site, now = self.scene.stage.database, self.scene.player.site, clock.now()
        with database.read() as connection:
            question, source = read_question(connection, site, words, now), stored_facts(connection, site)
            return _as_json(serialize_answer(ask_report_or_pivot(source, site, question, now), site.id))

    def _rows_inside(self, words: RawQuestion, keys: list[str]) -> Any:
        database, site, now = self.scene.stage.database, self.scene.player.site, clock.now()
        with database.read() as connection:
            try:
                figure = parse_figure(words, keys, 0, read_question_context(connection, site, now))
            except InvalidParameters:
                return None
            return _as_json(serialize_rows(show_rows(stored_facts(connection, site), site, figure, now)))

    def _today(self) -> object:
        return site_day(clock.now(), self.scene.zone)


def _as_json(answer: object) -> Any:
    """Return what a client reads from an answer; numbers that a float cannot hold are written in full."""
    return json.loads(_ENCODER.encode(answer))


def parts_of(words: RawQuestion) -> Iterator[tuple[str, str]]:
    """Yield the parts of a question that are not empty, by the names of their parameters."""
    names = {"first": "from", "last": "to", "date_of": "date", "filters": "filter"}
    for attribute in RawQuestion.__dataclass_fields__:
        value = getattr(words, attribute)
        for each in value if isinstance(value, tuple) else (value,):
            if each:
                yield names.get(attribute, attribute), each


def answer_of_command(terminal: Terminal, scene: Scene, words: RawQuestion) -> Any:
    """Return the JSON that `dealtrace report` prints."""
    options = [f"--{name}={text}" for name, text in parts_of(words) if name != "models"]
    models = [f"--model={ALL_MODELS}"] if words.models else []
    return terminal.run("report", f"--site={scene.player.site.id}", *options, *models, "--json").json


Table = list[list[Any]]


def table_of(answer: Any) -> tuple[list[str], Table]:
    """Return the names of the columns, and rows and total, as a file has them; the keys of the total are empty."""
    keys = list(answer["by"]) or ["total"]
    rows = [*answer["rows"], {"keys": [None] * len(keys), **answer["total"]}]
    named = [(metric, code) for metric in answer["metrics"] for code in (CODES if answer["model"] is None else [""])]
    sides = list(ENDINGS) if "comparedFrom" in answer else ["values"]
    if "pivot" in answer:
        figures = [[*row["cells"], row["values"][answer["metrics"][0]]] for row in rows]
        names = [*(key or "" for key in answer["columns"]), "# total"]
    else:
        columns = [(*each, side) for each, side in itertools.product(named, sides) if each[0] in answer["total"][side]]
        figures = [
            [row[side][metric][code] if code else row[side][metric] for metric, code, side in columns] for row in rows
        ]
        names = [
            metric + (f":{answer['models'][code]}" if code else "") + ENDINGS[side] for metric, code, side in columns
        ]
    shown = [[*(key or "" for key in row["keys"]), *map(number, mine)] for row, mine in zip(rows, figures, strict=True)]
    return [*keys, *names], shown


class Inexact(Decimal):
    """A figure that JSON has as a float: a ratio."""


def number(shown: Any) -> Decimal | None:
    """Return a figure as answers and files have it, rounded to the decimals of a ratio."""
    if shown in (None, ""):
        return None
    rounded = round(Decimal(str(shown)), 6)
    return Inexact(rounded) if isinstance(shown, float) else rounded


def are_same(rows: Table, right: Table) -> bool:
    """Return whether a file has the cells of an answer.

    JSON has ratios as floats, so they may differ by what the last digit of a float is worth; amounts and counts are
    exact.
    """
    return [len(row) for row in rows] == [len(row) for row in right] and all(
        mine == other or (isinstance(mine, Decimal) and isinstance(other, Inexact) and _is_next_float(mine, other))
        for row, others in zip(rows, right, strict=True)
        for mine, other in zip(row, others, strict=True)
    )


def _is_next_float(mine: Decimal, other: Decimal) -> bool:
    return abs(mine - other) <= Decimal(math.ulp(float(other)))


def read_csv(text: str) -> tuple[list[str], Table]:
    """Return the names of the columns, and rows and total, of a report's CSV file."""
    lines = list(csv.reader(io.StringIO(text)))
    headings, *rows = itertools.dropwhile(lambda line: line[0].startswith("# "), lines)
    first, *others = rows[-1]
    assert first == "# total"
    count = _count_of_keys(lines)
    return headings, [[*row[:count], *map(number, row[count:])] for row in [*rows[:-1], ["", *others]]]


def _count_of_keys(lines: list[list[str]]) -> int:
    """Return how many columns have keys, by the note of the groupings; the total alone has one."""
    by = next(line[1] for line in lines if line[0] == "# by")
    return max(len([name for name in split_escaped(by, LIST_SEPARATOR) if name]), 1)


def check_workbook(content: bytes, table: Table, words: str) -> None:
    """Check that the first sheet of a report's workbook has the rows and the total of a table."""
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert len(sheet) == len(table) + 1, words
    for cells, row in zip(sheet[1:], table, strict=True):
        for cell, right in zip(cells[1:], row[1:], strict=True):
            shown = str(cell).removeprefix("'")
            if isinstance(right, Decimal):
                assert math.isclose(float(shown), right, rel_tol=DIGITS, abs_tol=1e-9), f"{words}: {cells}, not {row}"
            else:
                assert shown == (right or ""), f"{words}: {cells}, not {row}"
    for cells, row in zip(sheet[1:-1], table[:-1], strict=True):
        assert str(cells[0]).removeprefix("'") == row[0], f"{words}: {cells}, not {row}"
