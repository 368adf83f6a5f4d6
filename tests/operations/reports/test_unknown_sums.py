"""A sum of which nothing is known is unknown, and never zero: amounts without a rate, and costs without clicks."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from cast import Player, Stage
from dealtrace.alerts.windows import WINDOWS, Slot
from dealtrace.answers.report import serialize_answer
from dealtrace.answers.rows_behind import serialize_rows
from dealtrace.attribution.cost import Cost, CostAccount
from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.deals.currency import CurrencyRate
from dealtrace.operations.alerts.observe import observe_all, observe_each
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.reports.ask import FactSource, ask, stored_facts
from dealtrace.operations.reports.ask_pivot import ask_report_or_pivot
from dealtrace.operations.reports.import_costs import import_costs
from dealtrace.operations.reports.open_facts import open_facts
from dealtrace.operations.reports.set_currency_rates import set_rates
from dealtrace.operations.reports.set_status import set_status
from dealtrace.operations.reports.show_rows import show_rows
from dealtrace.reports.figure import parse_figure
from dealtrace.reports.pivot import Pivot
from dealtrace.reports.question import QuestionContext, RawQuestion
from dealtrace.reports.question_parser import parse_question
from write_commands import NOON, registration

TODAY = NOON.date()
KNOWN = QuestionContext(TODAY, AttributionModel.LAST_NON_DIRECT, ())
NOW = NOON + timedelta(hours=1)
MONEY = "amount,won_amount,margin,average,roi,romi,roas,drr,no_rate,deals"


@pytest.fixture
def stage(shared_stage: Stage) -> Stage:
    return shared_stage


@contextmanager
def sources_of(stage: Stage, player: Player) -> Iterator[list[FactSource]]:
    """Open the facts of a site in the database itself and, beside SQLite, in the mirror."""
    with stage.database.read() as connection, open_facts(stage.database, player.site) as mirrored:
        yield [stored_facts(connection, player.site), mirrored]


def answers(
    stage: Stage, player: Player, **words: str
) -> Iterator[tuple[dict[str | None, list[object]], list[object]]]:
    """Yield the values of the rows of a report by their key, and those of the total, for each place of facts."""
    question = parse_question(RawQuestion(**{"period": "today", **words}), KNOWN)
    with sources_of(stage, player) as sources:
        for source in sources:
            report = ask(source, player.site, question, NOW)
            (model,) = report.total.values
            rows = {row.keys[0]: list(row.values[model]) for row in report.rows}
            yield rows, list(report.total.values[model])


def sell(stage: Stage, player: Player, *deals: tuple[str, str | None, str | None, str | None]) -> None:
    """Register won deals of noon: the source, the amount, the currency, and the margin of each."""
    stage.perform(
        register_deals,
        player,
        *(
            registration(
                str(place), status="won", happened_at=NOON, stated_source=TrafficSource(source),
                amount_rub=Decimal(amount) if amount else None, currency=currency or "rub",
                margin_rub=Decimal(margin) if margin else None,
            )
            for place, (source, amount, currency, margin) in enumerate(deals)
        ),
    )  # fmt: skip
    with stage.database.write() as connection:
        set_status(stage.work(connection, player), "won", "won")


def spend(stage: Stage, player: Player, *costs: tuple[str, int, int | None]) -> None:
    """Import costs of the day: the source, the kopecks, and the clicks of each."""
    listed = [Cost(TODAY, TrafficSource(source), kopecks, clicks) for source, kopecks, clicks in costs]
    with stage.database.write() as connection:
        import_costs(stage.work(connection, player), CostAccount("direct", "1"), {TODAY}, listed)


def test_a_row_of_deals_without_a_rate_has_unknown_money_and_unknown_ratios_of_it(stage: Stage, shop: Player) -> None:
    sell(
        stage,
        shop,
        ("a", "100", "usd", None),
        ("b", "100", "usd", None),
        ("b", "7", None, None),
        ("c", None, None, None),
    )
    spend(stage, shop, ("a", 100, 1), ("b", 100, 1), ("c", 100, 1))
    for rows, total in answers(stage, shop, by="source", metrics=MONEY):
        assert rows["a"] == [None, None, 0, None, None, None, None, None, 1, 1]
        assert rows["b"] == [7, 7, 0, 7, 6, 6, 7, Fraction(1, 7), 1, 2]
        assert rows["c"] == [0, 0, 0, None, -1, -1, 0, None, 0, 1]
        assert total[:4] == [7, 7, 0, 7]
    with stage.database.write() as connection:
        set_rates(stage.work(connection, shop), [CurrencyRate("usd", date(2018, 1, 1), Decimal(60))])
    for rows, total in answers(stage, shop, by="source", metrics=MONEY):
        assert rows["a"][:2] == [6000, 6000]
        assert total[0] == 12007


def test_the_total_is_unknown_only_if_no_amount_is_known(stage: Stage, shop: Player) -> None:
    sell(stage, shop, ("a", "1", "usd", "1"), ("b", "5", None, "5"), ("c", None, None, "-5"))
    for rows, total in answers(stage, shop, by="source", metrics="margin,amount", sort="source"):
        assert rows == {"a": [None, None], "b": [5, 5], "c": [-5, 0]}
        assert total == [None, 5], "what is unknown is not shown as zero"
    for rows, total in answers(stage, shop, by="source", metrics="amount", sort="source", limit="2"):
        assert (rows, total) == ({"a": [None], "b": [5]}, [5])
    other = stage.open_site()
    sell(stage, other, ("a", "1", "usd", None), ("b", None, None, None))
    for rows, total in answers(stage, other, by="source", metrics="amount,deals"):
        assert (rows, total) == ({"a": [None, 1], "b": [0, 1]}, [None, 2])


def test_a_known_zero_does_not_make_an_unknown_sum_zero(stage: Stage, shop: Player) -> None:
    sell(
        stage, shop,
        ("a", "0", None, None), ("a", "1", "usd", None), ("b", "5", None, None), ("b", "1", "usd", None),
        ("b", "-5", None, None), ("c", "0", None, None),
    )  # fmt: skip
    spend(stage, shop, ("a", 100, 0), ("c", 100, 0))
    for rows, total in answers(stage, shop, by="source", metrics="amount,roi,average", sort="source"):
        assert rows == {"a": [None, None, None], "b": [None, None, None], "c": [0, -1, 0]}
        assert total[0] is None
    for rows, total in answers(stage, shop, by="source", metrics="amount", sort="source", limit="1"):
        assert (rows, total) == ({"a": [None]}, [None])
    other = stage.open_site()
    sell(stage, other, ("a", "5", None, None), ("a", "1", "usd", None), ("b", "-5", None, None))
    for rows, total in answers(stage, other, by="source", metrics="amount", sort="source"):
        assert (rows, total) == ({"a": [5], "b": [-5]}, [None]), "the total is asked, since its rows hide the unknown"
    slots = [Slot(WINDOWS["day"], TODAY)]
    question = parse_question(RawQuestion(metrics="amount"), KNOWN)
    with sources_of(stage, shop) as sources:
        for source in sources:
            for observe in (observe_each, observe_all):
                assert observe(source, shop.site, question, slots)[slots[0]].value is None


@pytest.mark.parametrize("model", ["1", "4", "5", "6"])
def test_unknown_sums_come_last_in_either_order(stage: Stage, shop: Player, model: str) -> None:
    sell(stage, shop, ("a", "1", "usd", None), ("b", "5", None, None), ("c", None, None, None), ("d", "1", "eur", None))
    for sort, order in (("-amount", ["b", "c", "a", "d"]), ("amount", ["c", "b", "a", "d"])):
        for rows, _ in answers(stage, shop, by="source", metrics="deals,amount", sort=sort, limit="10", model=model):
            assert list(rows) == order
        for rows, total in answers(stage, shop, by="source", metrics="amount", sort=sort, limit="3", model=model):
            assert (list(rows), total) == (order[:3], [5])


def test_the_rows_behind_unknown_money_add_up_to_nothing_known(stage: Stage, shop: Player) -> None:
    sell(stage, shop, ("a", "1", "usd", "1"), ("b", "5", None, None))
    with sources_of(stage, shop) as sources:
        for source in sources:
            for metric in ("amount", "won_amount", "margin"):
                words = RawQuestion(by="source", metrics=metric, period="today")
                shown = serialize_rows(show_rows(source, shop.site, parse_figure(words, ["a"], 0, KNOWN), NOW))
                assert [shown["sum"][name] for name in ("deals", "amount", metric)] == [1, None, None]
                shown = serialize_rows(show_rows(source, shop.site, parse_figure(words, ["b"], 0, KNOWN), NOW))
                assert shown["sum"]["amount"] == "5.00"


def test_json_pivots_and_alerts_have_no_zero_for_unknown_money(stage: Stage, shop: Player) -> None:
    sell(stage, shop, ("a", "1", "usd", None), ("b", "5", None, None))
    plain, crossed = (
        RawQuestion(by="source", metrics="amount", period="today", pivot=each) for each in ("", "service")
    )
    only = parse_question(RawQuestion(metrics="amount", filters=("source:is:a",)), KNOWN)
    slots = [Slot(WINDOWS["day"], TODAY), Slot(WINDOWS["day"], TODAY - timedelta(days=1))]
    with sources_of(stage, shop) as sources:
        for source in sources:
            answer = serialize_answer(ask(source, shop.site, parse_question(plain, KNOWN), NOW), shop.site.id)
            assert [(row["keys"], row["values"]) for row in answer["rows"]] == [
                (["b"], {"amount": "5.00"}), (["a"], {"amount": None}),
            ]  # fmt: skip
            pivot = ask_report_or_pivot(source, shop.site, parse_question(crossed, KNOWN), NOW)
            assert isinstance(pivot, Pivot)
            assert [(line.keys, line.values, line.total) for line in pivot.lines] == [
                (("b",), (5,), 5), (("a",), (None,), None),
            ]  # fmt: skip
            for observe in (observe_each, observe_all):
                found = observe(source, shop.site, only, slots)
                assert [found[slot].value for slot in slots] == [None, 0]


def test_a_trial_of_an_alert_sees_no_zero_where_days_that_cancel_out_hide_something_unknown(
    stage: Stage, shop: Player
) -> None:
    before = NOON - timedelta(days=1)
    sell(stage, shop, ("a", "5", None, None), ("a", "1", "usd", None))
    stage.perform(register_deals, shop, registration("back", happened_at=before, amount_rub=Decimal(-5)))
    slots = [Slot(WINDOWS["week"], TODAY - timedelta(days=days)) for days in (0, 1, 14)]
    question = parse_question(RawQuestion(metrics="amount"), KNOWN)
    with sources_of(stage, shop) as sources:
        for source in sources:
            for observe in (observe_each, observe_all):
                found = observe(source, shop.site, question, slots)
                assert [found[slot].value for slot in slots] == [None, -5, 0]


def test_a_compared_period_of_unknown_money_only_is_not_without_data(stage: Stage, shop: Player) -> None:
    before = NOON - timedelta(days=1)
    stage.perform(register_deals, shop, registration("1", happened_at=before, currency="usd"))
    sell(stage, shop, ("b", "5", None, None))
    for by in ("", "source"):
        question = parse_question(RawQuestion(by=by, metrics="amount", period="today", compare="previous"), KNOWN)
        with sources_of(stage, shop) as sources:
            for source in sources:
                report = ask(source, shop.site, question, NOW)
                assert not report.has_nothing_before
                assert list((report.total.compared or {}).values()) == [(None,)]


def test_clicks_that_no_file_states_are_unknown(stage: Stage, shop: Player) -> None:
    spend(stage, shop, ("a", 0, None), ("b", 100, 0), ("c", 100, 3))
    with stage.database.write() as connection:
        more = [Cost(TODAY, TrafficSource("c"), 100, None)]
        import_costs(stage.work(connection, shop), CostAccount("vk", "1"), {TODAY}, more)
    for rows, total in answers(stage, shop, by="source", metrics="cost,clicks,cpc"):
        assert rows == {"b": [1, 0, None], "c": [2, 3, Fraction(2, 3)], "a": [0, None, None]}
        assert total == [3, 3, 1]
    with sources_of(stage, shop) as sources:
        for source in sources:
            figure = parse_figure(RawQuestion(by="source", metrics="cost", period="today"), ["a"], 0, KNOWN)
            shown = serialize_rows(show_rows(source, shop.site, figure, NOW))
            assert shown["sum"] == {"cost": "0.00", "clicks": None}
            assert shown["rows"][0].get("clicks", 0) is None
    for _, total in answers(stage, shop, period="yesterday", metrics="clicks,amount"):
        assert total == [0, 0], "a count of nothing is zero"
