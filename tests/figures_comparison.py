"""The engine's answers beside the oracle's: questions of a site are asked of both."""

from fractions import Fraction
from random import Random

from cast import Stage
from dealtrace.accounts.site_days import site_day
from dealtrace.attribution.credit import AttributionModel
from dealtrace.operations.reports.ask import ask, stored_facts
from dealtrace.reports.answer import Report
from dealtrace.reports.question import Known, Question, Words, parse_question
from figures_oracle import FORMULAS, Oracle, shown_answer
from figures_questions import random_words
from figures_records import has_dimension
from figures_scenes import Scene, play_scene


def parsed(scene: Scene, words: Words) -> Question:
    """Return the question that words ask of a site."""
    site = scene.player.site
    known = Known(site_day(scene.now, site.time_zone), AttributionModel(site.attribution), site.custom_fields)
    return parse_question(words, known)


def check_site(stage: Stage, random: Random, size: int, questions: int) -> None:
    """Make a random site and ask questions of it; every answer must be the oracle's, and its rows add up."""
    scene = play_scene(random, stage, size)
    oracle = Oracle(scene.records(), scene.now)
    with stage.database.read() as connection:
        facts = stored_facts(connection, scene.player.site)
        for _ in range(questions):
            words = random_words(random, scene)
            question = parsed(scene, words)
            report = ask(facts, scene.player.site, question, scene.now)
            shown, right = shown_answer(report), oracle.answer(question)
            assert shown == right, f"{words}\nshown: {shown}\nright: {right}"
            check_sums(words, report)


def check_sums(words: Words, report: Report) -> None:
    """Check that the rows of a metric that adds up add up to its total, under every model and in both periods."""
    question = report.question
    names = [dimension.name for dimension in question.by]
    if not names or not question.adds_up or len(report.rows) < report.rows_total:
        return
    for place, metric in enumerate(question.metrics):
        facts, _ = FORMULAS[metric.name]
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
