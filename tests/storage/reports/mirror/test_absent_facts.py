"""Of facts that a site does not have, nothing is asked, and the answers are those of the database itself."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal

import pytest

from cast import Player, Stage
from dealtrace.attribution.cost import Cost, CostAccount
from dealtrace.attribution.credit import AttributionModel
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.reports.ask import FactSource, ask, stored_facts
from dealtrace.operations.reports.import_costs import import_costs
from dealtrace.operations.reports.open_facts import open_facts
from dealtrace.operations.reports.set_status import set_status
from dealtrace.reports.answer import Report
from dealtrace.reports.facts import Fact
from dealtrace.reports.metrics import METRICS
from dealtrace.reports.question import QuestionContext, RawQuestion
from dealtrace.reports.question_parser import parse_question
from dealtrace.storage.database.engine import Database
from dealtrace.storage.reports.statement_types import NO_PARAMETERS, Parameters, Rows, Selection
from mirrored import DAY, DIRECT, NOON, PHONE, YANDEX
from write_commands import by_contact, registration

NOW = NOON + timedelta(days=2)


def store_visits(stage: Stage, player: Player) -> None:
    for days, source in ((1, DIRECT), (0, YANDEX), (9, YANDEX)):
        stage.visit(player, NOON - timedelta(days=days), source)


def store_leads(stage: Stage, player: Player) -> None:
    stage.call(player, NOON, phone=PHONE)


def store_deals(stage: Stage, player: Player) -> None:
    deals = (
        registration("a", happened_at=NOON, clue=by_contact(PHONE), status="won", amount_rub=Decimal(9)),
        registration("b", happened_at=NOON - timedelta(days=9), stated_source=YANDEX, amount_rub=Decimal(7)),
        registration("c", happened_at=NOON, stated_source=DIRECT, amount_rub=Decimal(8)),
    )
    stage.perform(register_deals, player, *deals)


def store_costs(stage: Stage, player: Player) -> None:
    stage.ids.ensure(100)
    with stage.database.write() as connection:
        costs = [Cost(DAY, DIRECT, 12_345, 7), Cost(DAY, YANDEX, 5, 1)]
        import_costs(stage.work(connection, player), CostAccount("direct", "main"), {DAY}, costs)


STORED: Mapping[Fact, Callable[[Stage, Player], None]] = {
    Fact.VISITS: store_visits,
    Fact.LEADS: store_leads,
    Fact.DEALS: store_deals,
    Fact.COSTS: store_costs,
}


def site_with(stage: Stage, *facts: Fact) -> Player:
    """Open a site with a won status and facts of these kinds only, beside a neighbour that has all of them."""
    player, neighbour = (stage.open_site(contact_matching=True) for _ in range(2))
    with stage.database.write() as connection:
        set_status(stage.work(connection, player), "won", "won")
    for fact, store in STORED.items():
        store(stage, neighbour)
        if fact in facts:
            store(stage, player)
    return player


def counting(source: FactSource, statements: list[Selection]) -> FactSource:
    def fetch(statement: Selection, parameters: Parameters = NO_PARAMETERS) -> Rows:
        statements.append(statement)
        return source.fetch(statement, parameters)

    return FactSource(source.tables, fetch)


def shown(report: Report) -> object:
    return report.total, list(report.rows)


@pytest.mark.few(3)
@pytest.mark.parametrize("present", [(), *((fact,) for fact in STORED)], ids=str)
def test_answers_are_those_of_the_database_whatever_a_site_lacks(database: Database, present: tuple[Fact, ...]) -> None:
    stage = Stage(database)
    site = site_with(stage, *present).site
    known = QuestionContext(NOW.date(), AttributionModel(site.attribution))
    every, week = ",".join(METRICS), {"compare": "previous", "period": "7d"}
    asked = [
        *(RawQuestion(by=by, metrics=every, **week) for by in ("", "hour", "week,medium")),
        *(
            RawQuestion(by="source", metrics=f"{metric},deals", sort=f"{order}{metric}", limit="1", **week)
            for metric in METRICS
            for order in ("-", "change:")
        ),
    ]
    with database.read() as connection, open_facts(database, site) as mirrored:
        stored = stored_facts(connection, site)
        for words in asked:
            question = parse_question(words, known)
            assert shown(ask(mirrored, site, question, NOW)) == shown(ask(stored, site, question, NOW)), words


def test_nothing_is_asked_of_facts_that_a_site_lacks(database: Database) -> None:
    stage = Stage(database)
    bare, with_deals = site_with(stage).site, site_with(stage, Fact.DEALS).site
    statements: dict[int, list[Selection]] = {}
    for site in (bare, with_deals):
        question = parse_question(
            RawQuestion(metrics="deals,leads,visits,cost,amount", compare="previous"),
            QuestionContext(NOW.date(), AttributionModel(site.attribution)),
        )
        with open_facts(database, site) as source:
            ask(counting(source, statements.setdefault(site.id, [])), site, question, NOW)
    assert statements[bare.id] == []
    assert len(set(statements[with_deals.id])) == 2, "its deals, and whether it had any before"
