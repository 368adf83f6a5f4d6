"""Campaigns that have costs but no visits, found without a report of all campaigns, are those that a report shows."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from random import Random

import pytest

from cast import Player, Stage
from dealtrace.attribution.cost import Cost, CostAccount
from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.operations.overview.find_missing_data import find_missing_data
from dealtrace.operations.reports.ask import FactSource, ask, stored_facts
from dealtrace.operations.reports.import_costs import import_costs
from dealtrace.operations.reports.open_facts import open_facts
from dealtrace.reports.dimensions import DIMENSIONS
from dealtrace.reports.metrics import METRICS
from dealtrace.reports.periods import Period
from dealtrace.reports.question import Question
from dealtrace.reports.reading.costs_without_visits import CampaignCost, find_costs_without_visits

NOW = datetime(2024, 11, 27, 9, tzinfo=UTC)
PERIOD = Period((NOW - timedelta(days=27)).date(), NOW.date())
SPELLINGS = (str.lower, str.upper, str.title)


def fill(stage: Stage, player: Player, random: Random) -> None:
    """Store visits and costs of campaigns that are spelled in several ways; some of them lack either or a name."""
    costs: dict[TrafficSource, int] = {}
    for number in range(30):
        name = f"campaign {number}" if number % 9 else ""
        for _ in range(random.randint(1, 3)):
            spelled = TrafficSource(random.choice(SPELLINGS)("yandex"), "cpc", random.choice(SPELLINGS)(name))
            if number % 3:
                costs[spelled] = random.randint(0, 3) * (100_000 if number % 4 else 10_000_000)
            if number % 4:
                stage.visit(player, NOW - timedelta(days=random.randint(0, 40)), spelled)
    stage.ids.ensure(100)
    with stage.database.write() as connection:
        day_on = NOW.date() - timedelta(days=3)
        listed = [Cost(day_on, source, kopecks) for source, kopecks in costs.items()]
        import_costs(stage.work(connection, player), CostAccount("direct", "main"), {day_on}, listed)


def idle_in_a_report(source: FactSource, player: Player) -> list[CampaignCost]:
    """Return the campaigns without visits by a report of all campaigns, as a reader of the page would find them."""
    by, metrics = (DIMENSIONS["source"], DIMENSIONS["campaign"]), (METRICS["cost"], METRICS["visits"])
    model = AttributionModel(player.site.attribution)
    report = ask(source, player.site, Question(by, metrics, PERIOD, model, limit=None), NOW)
    rows = [(row.keys, row.values[model]) for row in report.rows]
    return find_costs_without_visits(
        [
            CampaignCost(name, campaign, cost or Fraction(0), int(visits or 0))
            for (name, campaign), (cost, visits) in rows
            if name is not None and campaign is not None
        ]
    )


@pytest.mark.parametrize("seed", range(4))
def test_campaigns_without_visits_are_those_of_a_report(shared_stage: Stage, seed: int) -> None:
    player, neighbour = shared_stage.open_site(), shared_stage.open_site()
    fill(shared_stage, player, Random(seed))
    with shared_stage.database.read() as connection:
        source = stored_facts(connection, player.site)
        found = list(find_missing_data(source, player.site, PERIOD, NOW).idle)
        assert found == idle_in_a_report(source, player) != []
        alone = stored_facts(connection, neighbour.site)
        assert find_missing_data(alone, neighbour.site, PERIOD, NOW).idle == []
    with open_facts(shared_stage.database, player.site) as mirror:
        assert find_missing_data(mirror, player.site, PERIOD, NOW).idle == found
