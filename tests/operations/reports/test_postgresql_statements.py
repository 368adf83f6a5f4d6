"""The statements of reports on PostgreSQL: what they do not do, and that grouping in two steps changes no figure."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cast import Stage
from dealtrace.attribution.credit import AttributionModel
from dealtrace.operations.reports.ask import ask, stored_facts
from dealtrace.operations.reports.open_facts import open_facts
from dealtrace.reports.dimensions import DIMENSIONS
from dealtrace.reports.metrics import METRICS
from dealtrace.reports.question import Question, QuestionContext, RawQuestion
from dealtrace.reports.question_parser import parse_question
from dealtrace.storage.database.engine import open_database
from dealtrace.storage.reports.stored_facts import StoredFacts
from dealtrace.storage.schema.upgrade import prepare_schema
from examples import examples
from mirrored import DAY, FIELDS, NOON, Scene
from plans import Sent, plans_of, statements_on
from postgresql import PostgresqlServer

NOW = NOON + timedelta(days=2)


@pytest.fixture(scope="module")
def scene(postgresql_server: PostgresqlServer) -> Iterator[Scene]:
    """Give a site with facts of every kind in a PostgreSQL database."""
    database = open_database(postgresql_server.create("statements_of_reports"))
    prepare_schema(database)
    yield Scene(Stage(database))
    database.close()


def question_of(scene: Scene, **words: object) -> Question:
    period = {"first": str(DAY - timedelta(days=9)), "last": str(DAY + timedelta(days=1))}
    known = QuestionContext(DAY, AttributionModel(scene.shop.site.attribution), FIELDS)
    return parse_question(RawQuestion(**{**period, **words}), known)  # type: ignore[arg-type]


def sent_for(scene: Scene, **words: object) -> Sent:
    """Return the statements of a report about a site without currency rates."""
    database, site = scene.stage.database, scene.stage.open_site().site
    with statements_on(database.reader) as sent, open_facts(database, site) as source:
        ask(source, site, question_of(scene, **words), NOW)
    return [(text, given) for text, given in sent if " FROM " in text.replace("\n", " ")]


@pytest.mark.parametrize("name", ["client_kind", "manager", "source", "month"])
def test_nothing_is_looked_up_for_each_fact(scene: Scene, name: str) -> None:
    sent = sent_for(scene, by=name, metrics="deals,amount,leads,lead_to_deal,cac", model="4")
    assert "SubPlan" not in plans_of(scene.stage.database, sent)


def test_sources_of_touches_are_read_without_visits(scene: Scene) -> None:
    sent = sent_for(scene, by="source", metrics="deals,amount,leads", model="5")
    assert not any("visit AS" in text or "FROM visit" in text or "JOIN visit" in text for text, _ in sent)


def test_different_values_are_counted_by_groups(scene: Scene) -> None:
    sent = sent_for(scene, by="city,device", metrics="visits,visitors")
    assert not any("count(DISTINCT" in text for text, _ in sent)


@settings(max_examples=examples(40), deadline=None)
@given(
    by=st.lists(st.sampled_from(list(DIMENSIONS)), max_size=2, unique=True),
    metrics=st.lists(st.sampled_from(list(METRICS)), min_size=1, max_size=4, unique=True),
    filtered=st.sampled_from([(), ("source:contains:a",), ("city:filled",), ("month:empty",)]),
    model=st.sampled_from([0, 4, 6]),
)
def test_two_steps_have_the_figures_of_one(
    scene: Scene, by: list[str], metrics: list[str], filtered: tuple[str, ...], model: int
) -> None:
    words = {"by": ",".join(by), "metrics": ",".join(metrics), "filters": filtered, "model": str(model)}
    question, site = question_of(scene, **words), scene.shop.site
    with scene.stage.database.read() as connection:
        source = stored_facts(connection, site)
        assert isinstance(source.tables, StoredFacts)
        in_one = replace(source, tables=StoredFacts(site.contact_matching))
        assert source.tables.groups_twice
        assert ask(source, site, question, NOW) == ask(in_one, site, question, NOW)
