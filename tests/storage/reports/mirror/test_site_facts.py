"""The keys of statuses that are not stored are computed only at sites whose deals can have such statuses."""

import pytest

from cast import Stage
from dealtrace.attribution.credit import AttributionModel
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.reports.ask import FactSource, ask
from dealtrace.operations.reports.open_facts import open_facts
from dealtrace.reports.question import QuestionContext, RawQuestion
from dealtrace.reports.question_parser import parse_question
from dealtrace.storage.database.engine import Database
from dealtrace.storage.reports import statuses
from dealtrace.storage.reports.mirror.dialect import DIALECT, compile_for_mirror
from dealtrace.storage.reports.statement_types import NO_PARAMETERS, Parameters, Rows, Selection
from mirrored import DAY, NOON, Scene
from write_commands import registration

FOLDED_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@pytest.fixture
def scene(database: Database) -> Scene:
    """Give a site with facts of every kind, and with deals whose statuses are blank or placeholders."""
    scene = Scene(Stage(database))
    blank = ("", "  ", "(Not set)", "WON ")
    deals = (registration(f"blank {place}", happened_at=NOON, status=each) for place, each in enumerate(blank))
    scene.stage.perform(register_deals, scene.shop, *deals)
    return scene


def counted_by_status(scene: Scene) -> tuple[dict[str | None, object], list[str]]:
    """Return the number of deals by status, and the texts of the statements that the mirror ran for them."""
    site, texts = scene.shop.site, list[str]()
    question = parse_question(
        RawQuestion(by="status", metrics="deals", filters=("status:not:lost",)),
        QuestionContext(DAY, AttributionModel(site.attribution)),
    )
    with open_facts(scene.stage.database, site) as source:

        def fetch(statement: Selection, parameters: Parameters = NO_PARAMETERS) -> Rows:
            texts.append(compile_for_mirror(statement, DIALECT).text)
            return source.fetch(statement, parameters)

        report = ask(FactSource(source.tables, fetch), site, question, NOON)
    return {row.keys[0]: row.values for row in report.rows}, texts


def test_a_site_that_stores_every_status_folds_no_letters(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    found, texts = counted_by_status(scene)
    assert found.keys() == {"WON", "new", None}
    assert not any(FOLDED_LETTERS in text for text in texts)
    monkeypatch.setattr(statuses, "STATUSES_MAX", 1)
    same, folding = counted_by_status(scene)
    assert same == found
    assert any(FOLDED_LETTERS in text for text in folding)


def test_a_full_site_counts_a_status_that_has_no_room(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statuses, "STATUSES_MAX", 1)
    scene.stage.perform(register_deals, scene.shop, registration("later", happened_at=NOON, status="Позже"))
    found, _ = counted_by_status(scene)
    assert found.keys() == {"WON", "new", "позже", None}
