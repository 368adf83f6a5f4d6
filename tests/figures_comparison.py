"""The engine's answers beside the oracle's: questions of a site are asked of both."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from fractions import Fraction
from random import Random
from typing import Any

from cast import Stage
from dealtrace.answers.rows_behind import serialize_rows
from dealtrace.errors import InvalidParameters
from dealtrace.operations.reports.ask import FactSource, stored_facts
from dealtrace.operations.reports.ask_pivot import ask_report_or_pivot
from dealtrace.operations.reports.open_facts import open_facts
from dealtrace.operations.reports.read_question import read_question_context
from dealtrace.operations.reports.show_rows import show_rows
from dealtrace.reports.answer import Report
from dealtrace.reports.figure import parse_figure
from dealtrace.reports.formats import format_kopecks, format_share, format_value
from dealtrace.reports.pivot import Pivot
from dealtrace.reports.question import Question, QuestionContext, RawQuestion
from dealtrace.reports.question_parser import parse_question
from dealtrace.reports.reading.compared_times import lacks_data
from dealtrace.reports.table_columns import figure_columns, figures_of
from dealtrace.storage.reports.mirror.dialect import DIALECT, compile_for_mirror
from dealtrace.storage.reports.mirror.facts import MirrorFacts
from dealtrace.storage.reports.statement_types import NO_PARAMETERS, Parameters, Rows, Selection
from figures_oracle import Answer, Counted, Oracle, Pieces, shown_answer, shown_pivot
from figures_pieces import Piece, has_dimension
from figures_questions import random_filters, random_neighbours, random_words
from figures_scenes import Scene, play_scene


class WholeMirrorFacts(MirrorFacts):
    """The facts of the mirror, of whose reports all rows are read and then sorted, as those of PostgreSQL are.

    They equal those of the mirror, so that both share the statements that group rows.
    """

    def __eq__(self, other: object) -> bool:
        """Return whether the same statements read these facts."""
        return isinstance(other, MirrorFacts) and hash(self) == hash(other)

    __hash__ = MirrorFacts.__hash__

    @property
    def chooses_first(self) -> bool:
        """Return false, so that one statement serves all orders of its rows."""
        return False


def known_of(scene: Scene) -> QuestionContext:
    """Return what questions may use at a site."""
    with scene.stage.database.read() as connection:
        return read_question_context(connection, scene.player.site, scene.now)


def parsed(scene: Scene, words: RawQuestion) -> Question:
    """Return the question that words ask of a site."""
    return parse_question(words, known_of(scene))


@dataclass
class Asked:
    """How many questions have been asked, and how many statements were run for them, of each kind of facts."""

    questions: Counter[str] = field(default_factory=Counter)
    statements: Counter[str] = field(default_factory=Counter)


class Examination:
    """A random site of which questions are asked, wherever its facts are read; the same seed makes the same site.

    The question of a number is the same too, whatever else is asked: `seed` and the number are enough to ask it again.
    Each has `neighbours`, which differ in one thing and are answered from much the same rows: these are read once.
    The mirror answers all of them; the database itself, when it is SQLite, one of `one_in` questions. The first rows
    of a question and of `chosen` of its neighbours are chosen in the mirror, where every order is a statement of its
    own; of the other neighbours all rows are read and sorted, so that one statement serves all orders.
    """

    def __init__(
        self,
        stage: Stage,
        seed: int,
        size: int,
        *,
        neighbours: int = 0,
        chosen: int = 0,
        one_in: int = 1,
        asked: Asked | None = None,
    ) -> None:
        self.seed, self.one_in, self.asked = seed, one_in, asked or Asked()
        self.neighbours, self.chosen = neighbours, chosen
        random = Random(seed)
        self.scene = scene = play_scene(random, stage, size)
        scene.add_columns()
        for _ in range(random.randrange(3)):
            scene.add_segment(random_filters(random, scene))
        self.oracle, self.known = Oracle(scene.records(), scene.now, scene.columns), known_of(scene)

    def check(self, numbers: Iterable[int]) -> None:
        """Ask the questions of these numbers: every answer must be the oracle's.

        Rows must add up, and so must the rows behind a figure of one answer in `one_in`.
        """
        with ExitStack() as opened:
            sources = list(_sources(self.scene.stage, self.scene, opened, self.asked.statements))
            for number in numbers:
                random = Random(f"{self.seed} {number}")
                is_for_all = number % self.one_in == 0
                try:
                    self._check_question(random, sources if is_for_all else sources[-1:], is_for_all=is_for_all)
                except AssertionError as difference:
                    raise AssertionError(f"question {number} of the site of seed {self.seed}: {difference}") from None

    def _check_question(self, random: Random, sources: list[FactSource], *, is_for_all: bool) -> None:
        words = random_words(random, self.scene)
        neighbours = random_neighbours(random, words, self.neighbours)
        reading = [_read_once(source) for source in sources] if neighbours else sources
        for source in reading:
            self._check_answer(source, words)
        for place, neighbour in enumerate(neighbours):
            self._check_answer(reading[-1] if place < self.chosen else _reading_all(reading[-1]), neighbour)
        if is_for_all and not words.pivot:
            right = self.oracle.answer(self._unfolded(words))
            check_rows_behind(random, sources, self.oracle, words, self.known, right)

    def _check_answer(self, source: FactSource, words: RawQuestion) -> None:
        question = parse_question(words, self.known)
        unfolded = self._unfolded(words) if words.segment else question
        shown: object
        right: object
        answered = ask_report_or_pivot(source, self.scene.player.site, question, self.scene.now)
        if isinstance(answered, Pivot):
            shown, right = shown_pivot(answered), self.oracle.pivot(unfolded)
            check_sums_of_pivot(words, answered, self.oracle)
        else:
            shown, right = shown_answer(answered), self.oracle.answer(unfolded)
            check_sums(words, answered, self.oracle)
            check_columns(words, answered, right)
            if question.comparison is not None and question.date_of != "changed":
                assert self.oracle.lacks_data_before(unfolded) in (None, answered.has_nothing_before), words
        assert shown == right, f"{source.tables}: {words}\nshown: {shown}\nright: {right}"
        self.asked.questions[type(source.tables).__name__] += 1

    def _unfolded(self, words: RawQuestion) -> Question:
        """Return a question with the filters of its segment in its own."""
        filters = (*words.filters, *self.scene.segments.get(words.segment, ()))
        return parse_question(replace(words, segment="", filters=filters), self.known)


def check_site(stage: Stage, seed: int, size: int, questions: int) -> None:
    """Make a random site and ask questions of it, and of each two neighbours."""
    Examination(stage, seed, size, neighbours=2, chosen=2).check(range(questions))


def _sources(stage: Stage, scene: Scene, opened: ExitStack, statements: Counter[str]) -> Iterator[FactSource]:
    """Yield the database itself and, beside SQLite, its mirror; statements are counted."""
    sources = [stored_facts(opened.enter_context(stage.database.read()), scene.player.site)]
    if stage.database.is_sqlite:
        mirrored = opened.enter_context(open_facts(stage.database, scene.player.site))
        assert isinstance(mirrored.tables, MirrorFacts)
        sources.append(mirrored)
    for source in sources:
        yield _counting(source, statements)


def _counting(source: FactSource, statements: Counter[str]) -> FactSource:
    def fetch(statement: Selection, parameters: Parameters = NO_PARAMETERS) -> Rows:
        statements[type(source.tables).__name__] += 1
        return source.fetch(statement, parameters)

    return FactSource(source.tables, fetch)


def _reading_all(source: FactSource) -> FactSource:
    """Return a source that reads all rows of a report, whatever their order; other engines than the mirror do."""
    tables = source.tables
    if not isinstance(tables, MirrorFacts):
        return source
    whole = WholeMirrorFacts(
        tables.contact_matching, tables.visit_keys, tables.may_lack_statuses, may_be_unknown=tables.may_be_unknown
    )
    return replace(source, tables=whole)


def _read_once(source: FactSource) -> FactSource:
    """Return a source that remembers the rows of every statement, which the mirror knows by its text."""
    remembered: dict[object, Rows] = {}
    is_mirror = isinstance(source.tables, MirrorFacts)

    def fetch(statement: Selection, parameters: Parameters = NO_PARAMETERS) -> Rows:
        if is_mirror:
            compiled = compile_for_mirror(statement, DIALECT)
            given = [parameters[name] for name, _ in compiled.inward if name in parameters]
            key: object = (compiled.text, repr(compiled.constants), repr(given))
        else:
            key = (statement, repr(parameters))
        if key not in remembered:
            remembered[key] = source.fetch(statement, parameters)
        return remembered[key]

    return FactSource(source.tables, fetch)


def check_rows_behind(
    random: Random,
    sources: list[FactSource],
    oracle: Oracle,
    words: RawQuestion,
    known: QuestionContext,
    answer: Answer,
) -> None:
    """Check the rows behind a figure of an answer: which facts they are, with which shares and sums."""
    site, line = oracle.records.site, random.choice([*answer.lines, answer.total])
    by = words.by if line.keys else ""
    model = random.choice(list(line.values))
    for name in words.metrics.split(","):
        formula = oracle.formula(name)[1]
        asked = replace(words, by=by, metrics=name, model=str(model), models="", compare="", sort="", limit="10000")
        try:
            figure = parse_figure(asked, [key or "" for key in line.keys], 0, known)
        except InvalidParameters:
            continue  # it is no sum of rows, or its facts lack a dimension
        question = parse_question(asked, known)
        pieces = oracle.pieces_behind(question, line.keys)
        for source in sources:
            shown = serialize_rows(show_rows(source, site, figure, oracle.now))
            place = words.metrics.split(",").index(name)
            right = format_value(figure.metric.unit, line.values[model][place])
            assert shown["sum"][name] == right, f"{source.tables}: {asked}, {line.keys}: {shown}, not {right}"
            if isinstance(formula, Counted) and formula.fact != "cost":
                rows: list[Any] = shown["rows"]
                found = [(row["id"], row["share"], row.get("amount")) for row in rows]
                assert sorted(found) == _rows_of(formula.of(pieces)), f"{source.tables}: {asked}, {line.keys}"
                assert shown["total"] == len(found)


def _rows_of(pieces: Pieces) -> list[tuple[int, str, str | None]]:
    """Return facts once each, with the sum of their shares and amounts."""
    facts: dict[int, list[Piece]] = {}
    for piece in pieces:
        facts.setdefault(piece.id, []).append(piece)
    rows = []
    for number, mine in sorted(facts.items()):
        amounts = [amount for piece in mine if (amount := piece.numbers.get("amount")) is not None]
        shown = format_kopecks(sum(amounts)) if amounts else None
        rows.append((number, format_share(sum(piece.share for piece in mine)), shown))
    return rows


def check_columns(words: RawQuestion, report: Report, right: Answer) -> None:
    """Check the columns of a report, which JSON, files and commands share, and with a comparison the changes in them.

    What is compared with an empty period, or with a time before all data, is incomparable: changes are unknown. A
    period is not empty if any of its figures differs from zero, but for columns of the site: a formula may add a number
    to nothing.
    """
    columns, is_empty = figure_columns(report), report.has_nothing_before
    earlier = [line.compared for line in (*right.lines, right.total) if line.compared is not None]
    counted = [place for place, name in enumerate(words.metrics.split(",")) if not name.startswith("column:")]
    assert not (is_empty and any(values[place] for each in earlier for values in each.values() for place in counted))
    for row, line in zip([*report.rows, report.total], [*right.lines, right.total], strict=True):
        expected: list[Fraction | None] = []
        placed = list(zip(report.question.by, row.keys, strict=False))
        for place, metric in enumerate(report.question.metrics):
            for model, values in line.values.items():
                expected.append(values[place])
                if line.compared is not None:
                    value, before = values[place], line.compared[model][place]
                    is_known = value is not None and before is not None
                    change = value - before if is_known and not is_empty and not lacks_data(report, placed) else None
                    percent = change * 100 / abs(before) if change is not None and before else None
                    expected += [before, change] if metric.unit == "ratio" else [before, change, percent]
        assert list(figures_of(report, columns, row)) == expected, f"{words}: {row.keys}"


def check_sums(words: RawQuestion, report: Report, oracle: Oracle) -> None:
    """Check that the rows of a metric that adds up add up to its total, under every model and in both periods."""
    question = report.question
    names = [dimension.name for dimension in question.by]
    if not names or not question.adds_up or len(report.rows) < report.rows_total:
        return
    for place, metric in enumerate(question.metrics):
        facts, _ = oracle.formula(metric.name)
        if not metric.adds_up or not all(has_dimension(fact, name) for fact in facts for name in names):
            continue
        for model, totals in report.total.values.items():
            if totals[place] is not None:
                added = _added([row.values[model][place] for row in report.rows])
                assert added == totals[place], f"{words}: {metric.name} adds up to {added}, not {totals[place]}"
        for model, totals in (report.total.compared or {}).items():
            if totals[place] is not None:
                added = _added([row.compared[model][place] for row in report.rows if row.compared is not None])
                assert added == totals[place], f"{words}: {metric.name} adds up to {added}, not {totals[place]}"


def check_sums_of_pivot(words: RawQuestion, pivot: Pivot, oracle: Oracle) -> None:
    """Check that the cells of a row that add up add up to its total, and those of a column to that of the column."""
    question, metric, dimension = pivot.report.question, pivot.metric, pivot.dimension
    facts, _ = oracle.formula(metric.name)
    names = [*(each.name for each in question.by), dimension.name]
    if not metric.adds_up or not all(has_dimension(fact, name) for fact in facts for name in names):
        return
    rows = [*pivot.lines, pivot.total]
    if dimension.name != "tag" and len(pivot.columns) == pivot.columns_total:
        for line in rows:
            assert line.total is None or _added(list(line.values)) == line.total, f"{words}: {line.keys}"
    if question.adds_up and len(pivot.lines) == pivot.report.rows_total:
        for place, total in enumerate(pivot.total.values):
            added = _added([line.values[place] for line in pivot.lines])
            assert total is None or added == total, f"{words}: column {pivot.columns[place]}"


def _added(values: list[Fraction | None]) -> Fraction:
    return sum((value for value in values if value is not None), Fraction(0))
