"""Answers of reports over real databases."""

from datetime import timedelta
from decimal import Decimal

import pytest

from cast import Player, Stage, moscow
from dealtrace.accounts.site_days import site_day
from dealtrace.attribution.credit import WHOLE, AttributionModel
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.deals.lead_clue import CallIdentity, LeadClue
from dealtrace.leads.call import CallReport, Circumstances
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.leads.report_calls import report_calls
from dealtrace.operations.reports.ask import ask, stored_facts
from dealtrace.operations.reports.open_facts import open_facts
from dealtrace.operations.reports.show_rows import show_rows
from dealtrace.reports.answer import Report
from dealtrace.reports.figure import LeadRow, parse_figure
from dealtrace.reports.formats import format_figures
from dealtrace.reports.question import QuestionContext, RawQuestion
from dealtrace.reports.question_parser import parse_question
from dealtrace.storage.database.engine import Database
from write_commands import registration

NOON = moscow("2026-11-10", "12:00:00")
YANDEX, GOOGLE = TrafficSource("Yandex", "cpc", "brand"), TrafficSource("google", "cpc")


@pytest.fixture
def stage(database: Database) -> Stage:
    return Stage(database)


def asked(stage: Stage, player: Player, *filters: str, **words: str) -> Report:
    """Ask a question of a site in words."""
    now = NOON + timedelta(days=1)
    known = QuestionContext(
        site_day(now, player.site.time_zone), AttributionModel(player.site.attribution), player.site.custom_fields
    )
    question = parse_question(RawQuestion(filters=filters, **words), known)
    with stage.database.read() as connection:
        return ask(stored_facts(connection, player.site), player.site, question, now)


def table(report: Report) -> dict[tuple[str | None, ...], tuple[object, ...]]:
    """Return the values of rows by keys, and of the total by nothing."""
    (model,) = report.total.values
    rows = {row.keys: format_figures(report.question, row.values[model]) for row in report.rows}
    return rows | {(): format_figures(report.question, report.total.values[model])}


def test_a_deal_belongs_to_several_sources_by_shares_to_the_kopeck(stage: Stage) -> None:
    shop = stage.open_site()
    stage.visit(shop, NOON - timedelta(days=3), YANDEX)
    stage.visit(shop, NOON - timedelta(days=2), TrafficSource("yandex ", "CPC", "brand"))
    own = stage.visit(shop, NOON - timedelta(days=1), GOOGLE)
    call = stage.call(shop, NOON - timedelta(hours=1), visit_id=own.id)
    stage.perform(
        register_deals, shop,
        registration("a", amount_rub=Decimal("100.00"), happened_at=NOON, clue=LeadClue(CallIdentity(call.id, None))),
        registration("b", amount_rub=Decimal("50.005"), happened_at=NOON, stated_source=GOOGLE),
        registration("c", amount_rub=None, happened_at=NOON),
    )  # fmt: skip
    report = asked(stage, shop, by="source", metrics="deals,amount,match_rate,visits,assisted,days_to_deal", model="4")
    assert table(report) == {
        ("google",): ("1.333334", "83.35", 1.0, 1, 0, 1.0),
        ("Yandex",): ("0.666666", "66.66", 1.0, 2, 1, 2.5),
        (None,): (1, "0.00", 0.0, 0, 0, None),
        (): (3, "150.01", 0.666667, 3, 1, 1.999999),
    }


TIMES = "days_from_lead,days_from_first_visit,days_to_deal"


@pytest.mark.parametrize("model", ["0", "2", "4"])
def test_the_days_from_the_lead_and_from_the_first_visit_to_the_deal_do_not_depend_on_the_credited_visit(
    stage: Stage, model: str
) -> None:
    shop = stage.open_site()
    stage.visit(shop, NOON - timedelta(days=9), YANDEX)
    own = stage.visit(shop, NOON - timedelta(days=3), GOOGLE)
    call = stage.call(shop, NOON - timedelta(days=2), visit_id=own.id)
    unvisited = stage.call(shop, NOON - timedelta(hours=12))
    late = stage.call(shop, NOON + timedelta(hours=6))
    stage.perform(
        register_deals, shop,
        registration("a", happened_at=NOON, clue=LeadClue(CallIdentity(call.id, None))),
        registration("b", happened_at=NOON, clue=LeadClue(CallIdentity(unvisited.id, None))),
        registration("c", happened_at=NOON, clue=LeadClue(CallIdentity(late.id, None))),
        registration("d", happened_at=NOON, stated_source=GOOGLE), registration("e", happened_at=NOON),
    )  # fmt: skip
    credited = {"0": 3.0, "2": 9.0, "4": 6.0}[model]
    total = (0.75, 9.0, credited)
    report = asked(stage, shop, metrics=TIMES, model=model)
    assert table(report) == {(): total}
    of_sources = {
        "0": {("google",): (2.0, 9.0, 3.0)},
        "2": {("Yandex",): (2.0, 9.0, 9.0), ("google",): (None, None, None)},
        "4": {("Yandex",): (2.0, 9.0, 9.0), ("google",): (2.0, 9.0, 3.0)},
    }[model]
    by_source = asked(stage, shop, by="source", metrics=TIMES, model=model)
    expected = {**of_sources, (None,): (0.125, None, None), (): total}
    assert table(by_source) == expected
    with open_facts(stage.database, shop.site) as source:
        assert table(ask(source, shop.site, report.question, NOON + timedelta(days=1))) == {(): total}
        assert table(ask(source, shop.site, by_source.question, NOON + timedelta(days=1))) == expected


def test_deals_whose_source_was_stated_have_no_lead(stage: Stage, shop: Player) -> None:
    call = stage.call(shop, NOON - timedelta(hours=1))
    assert table(asked(stage, shop, metrics="lead_rate,match_rate")) == {(): (None, None)}
    stage.perform(
        register_deals, shop,
        registration("a", happened_at=NOON, clue=LeadClue(CallIdentity(call.id, None))),
        registration("b", happened_at=NOON, stated_source=GOOGLE), registration("c", happened_at=NOON),
    )  # fmt: skip
    assert table(asked(stage, shop, metrics="lead_rate,match_rate")) == {(): (0.333333, 0.666667)}


@pytest.mark.parametrize(("is_successful", "ended"), [(False, (1, 0, 1)), (True, (1, 1, 0))])
def test_a_call_in_progress_is_neither_answered_nor_missed_until_it_ends(
    stage: Stage, *, is_successful: bool, ended: tuple[int, int, int]
) -> None:
    shop = stage.open_site()
    for circumstances, figures in (
        (Circumstances(pbx="mango"), (1, 0, 0)),
        (Circumstances(pbx="mango", is_successful=is_successful), ended),
    ):
        (call_id,) = stage.perform(report_calls, shop, CallReport("a", NOON, circumstances=circumstances))
        report = asked(stage, shop, metrics="calls,answered_calls,missed_calls")
        assert table(report) == {(): figures}
        with open_facts(stage.database, shop.site) as source:
            opened = ask(source, shop.site, report.question, NOON + timedelta(days=1))
            assert table(opened) == {(): figures}
            for metric, count in zip(("calls", "answered_calls", "missed_calls"), figures, strict=True):
                known = QuestionContext(site_day(NOON, shop.site.time_zone), AttributionModel(1), ())
                figure = parse_figure(RawQuestion(metrics=metric, period="today"), [], 0, known)
                behind = show_rows(source, shop.site, figure, NOON + timedelta(days=1))
                assert behind.rows == [LeadRow(LeadRef(LeadKind.CALL, call_id), WHOLE)] * count
