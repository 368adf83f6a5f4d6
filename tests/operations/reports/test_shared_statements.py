"""Questions that need the same rows share statements: what was built and compiled for one is not built for another."""

from dataclasses import replace

import pytest

from cast import Stage
from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.operations.reports.ask import FactSource, ask
from dealtrace.operations.reports.open_facts import open_facts
from dealtrace.reports.question import QuestionContext, RawQuestion
from dealtrace.reports.question_parser import parse_question
from dealtrace.storage.database.engine import Database
from dealtrace.storage.reports.statement_types import NO_PARAMETERS, Parameters, Rows, Selection
from mirrored import DAY, FIELDS, NOON, Scene

WIDE = {"by": "source", "metrics": "deals,romi,visits", "sort": "-deals", "compare": "previous"}


@pytest.fixture(scope="module")
def database(shared_stage: Stage) -> Database:
    """Give one database to all tests here: each opens sites of its own."""
    return shared_stage.database


@pytest.fixture
def scene(database: Database) -> Scene:
    """Give a site with facts of every kind, and with a source that is spelt in two ways."""
    scene = Scene(Stage(database))
    scene.stage.visit(scene.shop, NOON, TrafficSource("YANDEX", "cpc"))
    return scene


def run_for(scene: Scene, *filters: str, has_limit: bool = True, **words: str) -> list[Selection]:
    """Return the statements that are run for the answer to a question; without a limit it has all rows."""
    site, statements = scene.shop.site, list[Selection]()
    known = QuestionContext(DAY, AttributionModel(site.attribution), FIELDS)
    question = parse_question(RawQuestion(filters=filters, **words), known)
    question = question if has_limit else replace(question, limit=None)
    with open_facts(scene.stage.database, site) as source:

        def fetch(statement: Selection, parameters: Parameters = NO_PARAMETERS) -> Rows:
            statements.append(statement)
            return source.fetch(statement, parameters)

        ask(FactSource(source.tables, fetch), site, question, NOON)
    return statements


@pytest.mark.parametrize("other", [{}, {"period": "month"}, {"limit": "2"}, {"metrics": "visits,romi,deals"}])
def test_a_question_with_other_values_or_columns_builds_no_statement(scene: Scene, other: dict[str, str]) -> None:
    filters = ("source:contains:an", "city:contains:м", "tag:filled")
    before = run_for(scene, *filters, **WIDE)
    assert before
    assert set(run_for(scene, *filters, **{**WIDE, **other})) == set(before)


def test_spellings_of_a_source_are_counted_by_one_statement(scene: Scene) -> None:
    of_one_spelling = set(run_for(scene, by="campaign", metrics="visits"))
    of_several = set(run_for(scene, by="source", metrics="visits"))
    assert len(of_several) == len(of_one_spelling) + 1


def test_what_has_no_touches_is_read_once_for_all_models(scene: Scene) -> None:
    of_none = run_for(scene, by="city", metrics="visits,visitors,cost", models="all")
    of_touches = run_for(scene, by="source", metrics="leads", models="all")
    assert len(of_none) == len(set(of_none))
    assert len([each for each in of_touches if "key_0" in each.selected_columns]) == len(AttributionModel)


@pytest.mark.parametrize("by", ["", "day", "source", "hour"])
def test_a_period_and_the_one_before_are_counted_by_the_same_statements(scene: Scene, by: str) -> None:
    words = {"by": by, "metrics": "deals,amount,leads,visits,cost,clicks", "period": "28d"}
    alone, compared, by_year = (
        run_for(scene, has_limit=False, compare=compare, **words) for compare in ("", "previous", "year")
    )
    assert len(compared) == len(alone) if scene.stage.database.is_sqlite else len(compared) > len(alone)
    assert len(by_year) > len(alone)


def test_rows_that_may_be_many_are_counted_a_period_at_a_time(scene: Scene) -> None:
    alone, compared = (
        run_for(scene, has_limit=False, by="manager", metrics="deals", compare=compare) for compare in ("", "previous")
    )
    assert len(compared) == 2 * len(alone)


def test_visitors_that_bitmaps_count_are_counted_a_period_at_a_time(scene: Scene) -> None:
    alone, compared = (run_for(scene, metrics="visits,visitors", compare=compare) for compare in ("", "previous"))
    assert len(compared) == 2 * len(alone)
