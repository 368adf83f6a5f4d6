"""A file of costs is stored under the names that visits have, whoever imports it, and the planner knows of it."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from cast import Player, Stage
from dealtrace.attribution.campaign import AUTO, Campaign, CampaignNaming
from dealtrace.attribution.cost import CostAccount
from dealtrace.attribution.stated_costs import StatedCost
from dealtrace.attribution.traffic_source import SOURCE_LENGTH_MAX, TrafficSource
from dealtrace.errors import InvalidSetting
from dealtrace.operations.reports.import_costs import CostImportOutcome, run_cost_import
from dealtrace.storage.database.engine import Database
from dealtrace.storage.reports.costs import list_account_costs

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = date(2026, 3, 1)
ACCOUNT = CostAccount("direct", "main")


def run_import(database: Database, player: Player, naming: str = AUTO) -> CostImportOutcome:
    stated = [
        StatedCost(DAY, TrafficSource("yandex", "cpc"), Campaign("17", "Spring"), Decimal(number)) for number in (1, 2)
    ]
    return run_cost_import(database, player.site, ACCOUNT, stated, {DAY}, CampaignNaming(naming), now=NOW, user_id=7)


def test_costs_get_the_campaign_that_visits_name(database: Database, stage: Stage, shop: Player) -> None:
    stage.visit(shop, NOW - timedelta(days=1), TrafficSource("yandex", "cpc", "Spring"))
    outcome = run_import(database, shop)
    assert [cost.traffic_source.campaign for cost in outcome.named.costs] == ["Spring"]
    assert (outcome.imported.stored, outcome.imported.replaced) == (1, 0)
    assert run_import(database, shop).imported.replaced == 1
    with database.read() as connection:
        (stored,) = list_account_costs(connection, shop.site.id, DAY, DAY)
    assert stored.amount_kopecks == 300


def test_the_planner_knows_of_the_costs_at_once(database: Database, shop: Player) -> None:
    assert run_import(database, shop).statistics_fault is None
    if not database.is_sqlite:
        with database.read() as connection:
            known = "SELECT reltuples FROM pg_class WHERE relname = 'cost'"
            assert connection.exec_driver_sql(known).scalar_one() >= 1


def test_a_campaign_that_is_too_long_stores_nothing(database: Database, shop: Player) -> None:
    with pytest.raises(InvalidSetting, match=f"at most {SOURCE_LENGTH_MAX}"):
        run_import(database, shop, "{name}" * SOURCE_LENGTH_MAX)
    with database.read() as connection:
        assert list_account_costs(connection, shop.site.id, DAY, DAY) == []
