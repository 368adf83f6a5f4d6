"""The figures of windows: of each by itself, and of all at once, are the same."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

import pytest

from cast import Player, Stage, moscow
from dealtrace.alerts.rule import RawRule, parse_rule
from dealtrace.alerts.windows import WINDOWS, Slot, slots_before, slots_of_trial
from dealtrace.attribution.cost import Cost, CostAccount
from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.deals.incoming_deal import IncomingDeal
from dealtrace.operations.alerts.evaluate import try_rule
from dealtrace.operations.alerts.observe import observe_all, observe_each, observe_metrics
from dealtrace.operations.deals.import_deals import import_deals
from dealtrace.operations.reports.ask import FactSource, stored_facts
from dealtrace.operations.reports.import_costs import import_costs
from dealtrace.reports.filters import format_filter
from dealtrace.reports.question import QuestionContext, RawQuestion
from dealtrace.reports.question_parser import parse_question
from dealtrace.storage.database.engine import open_database
from engines import CopySqlite

NOW = moscow("2026-11-10", "12:30:00")
KNOWN = QuestionContext(date(2026, 11, 10), AttributionModel(4))
YANDEX, GOOGLE = TrafficSource("yandex", "cpc"), TrafficSource("google", "cpc")


@pytest.fixture(scope="module")
def stage(copy_sqlite: CopySqlite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Give a stage on SQLite: that engines agree on statements is tried beside the figures."""
    file = tmp_path_factory.mktemp("alerts") / "dealtrace.db"
    database = open_database(copy_sqlite(file))
    yield Stage(database)
    database.close()


@pytest.fixture(scope="module")
def shop(stage: Stage) -> Player:
    """Give a site with three months of visits, calls, deals and costs."""
    player, random = stage.open_site(), Random(7)
    visits = []
    for number in range(150):
        at = NOW - timedelta(minutes=random.randrange(100 * 24 * 60))
        visit = stage.visit(player, at, random.choice((YANDEX, GOOGLE)), visitor=f"v{number % 90}")
        visits.append(visit)
        if number % 3 == 0:
            stage.call(player, at + timedelta(hours=3), phone=f"7920555{number:04}", visit_id=visit.id)
    stage.ids.ensure(5000)
    with stage.database.write() as connection:
        work = stage.work(connection, player)
        deals = [
            IncomingDeal(
                id=None,
                number=str(number),
                happened_at=NOW - timedelta(minutes=random.randrange(100 * 24 * 60)),
                status="",
                amount_rub=Decimal("99.99"),
                service=random.choice(("1C", "AmoCRM")),
            )
            for number in range(150)
        ]
        import_deals(work, deals)
        days = [date(2026, 11, 9) - timedelta(days=number) for number in range(90)]
        costs = [Cost(day, YANDEX, 1000 + day.day, 7, None) for day in days]
        import_costs(work, CostAccount("yandex", "main"), days, costs)
    return player


@pytest.fixture
def source(stage: Stage, shop: Player) -> Iterator[FactSource]:
    with stage.database.read() as connection:
        yield stored_facts(connection, shop.site)


@pytest.mark.parametrize(
    ("window", "metrics"),
    [
        ("1h", "visits leads deals visitors match_rate average"),
        ("12h", "amount visitors unique_calls days_to_deal days_from_lead visit_to_lead"),
        ("day", "visitors cost cpl cac roi average margin"),
        ("week", "clicks cpo deals unique_calls assisted"),
    ],
)
def test_many_windows_at_once_have_the_figures_of_each(
    source: FactSource, shop: Player, window: str, metrics: str
) -> None:
    last = slots_of_trial(WINDOWS[window], shop.site.time_zone, NOW)[-3:]
    slots = list(dict.fromkeys(each for slot in last for each in (*slots_before(slot), slot)))
    for metric in metrics.split():
        question = parse_question(RawQuestion(metrics=metric), KNOWN)
        each = observe_each(source, shop.site, question, slots)
        assert observe_all(source, shop.site, question, slots) == each, metric


def test_nothing_is_known_of_an_hour_that_clocks_skip(stage: Stage) -> None:
    berlin = stage.open_site(time_zone=ZoneInfo("Europe/Berlin"))
    stage.call(berlin, datetime.fromisoformat("2026-03-29T01:30+01:00"))
    slots = [Slot(WINDOWS["1h"], date(2026, 3, 29), end_hour) for end_hour in (2, 3, 4)]
    question = parse_question(RawQuestion(metrics="calls"), KNOWN)
    with stage.database.read() as connection:
        for observe in (observe_each, observe_all):
            observed = observe(stored_facts(connection, berlin.site), berlin.site, question, slots)
            assert [observed[slot].value for slot in slots] == [1, None, 0]


def test_several_metrics_at_once_have_the_figures_of_each(source: FactSource, shop: Player) -> None:
    days, weeks = (slots_of_trial(WINDOWS[window], shop.site.time_zone, NOW)[-9:] for window in ("day", "week"))
    asked = parse_question(RawQuestion(metrics="match_rate,deals,leads,visits,cpl"), KNOWN)
    observed = observe_metrics(source, shop.site, asked, [*days, *weeks])
    for metric, numbers in observed.items():
        alone = parse_question(RawQuestion(metrics=metric.name), KNOWN)
        for slots in (days, weeks):
            each = observe_each(source, shop.site, alone, slots)
            assert {slot: numbers[slot] for slot in slots} == each, metric.name


@pytest.mark.parametrize(
    ("metric", "condition"),
    [
        ("deals", "service:is:1C"),
        ("leads", "hour:among:" + "|".join(f"{hour:02}" for hour in range(12))),
        ("leads", "source:contains:YAND"),
    ],
)
def test_filters_hold_for_many_windows_too_even_the_hour_of_the_visit(
    source: FactSource, shop: Player, metric: str, condition: str
) -> None:
    slots = slots_of_trial(WINDOWS["12h"], shop.site.time_zone, NOW)
    question = parse_question(RawQuestion(metrics=metric, filters=(condition,)), KNOWN)
    each = observe_each(source, shop.site, question, slots)
    assert observe_all(source, shop.site, question, slots) == each
    assert any(observed.value for observed in each.values())


def test_a_trial_says_which_windows_would_have_been_raised(source: FactSource, shop: Player) -> None:
    rule, question = parse_rule(RawRule("above", "deals", "day", "3"), KNOWN)
    trial = try_rule(source, shop.site, rule, question, NOW)
    assert (trial.windows, trial.undecided) == (30, 0)
    assert trial.incidents
    assert all(episode.judgement.value is not None and episode.judgement.value > 3 for episode in trial.incidents)


@pytest.mark.parametrize(
    ("given", "unseen"),
    [
        (("source:is:YANDEX", "service:among:1c|1C|AmoCRM"), ("service:is:1c",)),
        (("source:not:bing", "source:among:vk|google|ok"), ("source:is:bing", "source:among:vk|ok")),
        (("source:contains:YAND", "source:contains:bing", "medium:is:cpc"), ("source:contains:bing",)),
        (("source:empty", "lead_kind:is:call", "weekday:is:1", "status:is:paid"), ("status:is:paid",)),
        (("tag:is:vip", "landing_page:contains:shop"), ("tag:is:vip", "landing_page:contains:shop")),
    ],
)
def test_a_trial_names_the_values_that_nothing_has(
    source: FactSource, shop: Player, given: tuple[str, ...], unseen: tuple[str, ...]
) -> None:
    rule, question = parse_rule(RawRule("above", "deals", "day", "3", given), KNOWN)
    trial = try_rule(source, shop.site, rule, question, NOW)
    assert tuple(map(format_filter, trial.unseen)) == unseen
