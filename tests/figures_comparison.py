"""The engine's answers beside the oracle's: questions of a site are asked of both."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from fractions import Fraction
from random import Random

from cast import Stage
from dealtrace.errors import InvalidParameters
from dealtrace.operations.reports.ask import FactSource, ask, stored_facts
from dealtrace.operations.reports.open_facts import open_facts
from dealtrace.operations.reports.read_question import read_question_context
from dealtrace.operations.reports.show_rows import show_rows
from dealtrace.reports.answer import Report
from dealtrace.reports.figure import parse_figure
from dealtrace.reports.formats import format_kopecks, format_share, format_value
from dealtrace.reports.question import Question, QuestionContext, RawQuestion, parse_question
from dealtrace.storage.reports.mirror.facts import MirrorFacts
from figures_oracle import Answer, Counted, Oracle, Pieces, shown_answer
from figures_questions import random_filters, random_words
from figures_records import Piece, has_dimension
from figures_scenes import Scene, play_scene


def known_of(scene: Scene) -> QuestionContext:
    """Return what questions may use at a site."""
    with scene.stage.database.read() as connection:
        return read_question_context(connection, scene.player.site, scene.now)


def parsed(scene: Scene, words: RawQuestion) -> Question:
    """Return the question that words ask of a site."""
    return parse_question(words, known_of(scene))


def check_site(stage: Stage, random: Random, size: int, questions: int) -> None:
    """Make a random site and ask questions of it, wherever its facts are read.

    Every answer must be the oracle's; its rows must add up, and so must the rows behind a figure of it.
    """
    scene = play_scene(random, stage, size)
    scene.add_columns()
    for _ in range(random.randrange(3)):
        scene.add_segment(random_filters(random, scene))
    oracle, known = Oracle(scene.records(), scene.now, scene.columns), known_of(scene)
    with ExitStack() as opened:
        sources = list(_sources(stage, scene, opened))
        for _ in range(questions):
            words = random_words(random, scene)
            unfolded = replace(words, segment="", filters=(*words.filters, *scene.segments.get(words.segment, ())))
            question, right = parse_question(words, known), oracle.answer(parse_question(unfolded, known))
            for source in sources:
                report = ask(source, scene.player.site, question, scene.now)
                shown = shown_answer(report)
                assert shown == right, f"{source.tables}: {words}\nshown: {shown}\nright: {right}"
                check_sums(words, report, oracle)
            check_rows_behind(random, sources, oracle, words, known, right)


def _sources(stage: Stage, scene: Scene, opened: ExitStack) -> Iterator[FactSource]:
    """Yield the database itself and, beside SQLite, its mirror."""
    yield stored_facts(opened.enter_context(stage.database.read()), scene.player.site)
    if stage.database.is_sqlite:
        mirrored = opened.enter_context(open_facts(stage.database, scene.player.site))
        assert isinstance(mirrored.tables, MirrorFacts)
        yield mirrored


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
            shown = show_rows(source, site, figure, oracle.now)
            place = words.metrics.split(",").index(name)
            right = format_value(figure.metric, line.values[model][place])
            assert shown["sum"][name] == right, f"{source.tables}: {asked}, {line.keys}: {shown}, not {right}"
            if isinstance(formula, Counted) and formula.fact != "cost":
                found = [(row["id"], row["share"], row.get("amount")) for row in shown["rows"]]
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


def _added(values: list[Fraction | None]) -> Fraction:
    return sum((value for value in values if value is not None), Fraction(0))
