"""The day through which costs are known is the same from the database and from the mirror, and only of its own site."""

import re
from datetime import UTC, date, datetime, timedelta

from cast import Player, Stage
from dealtrace.attribution.cost import Cost, CostAccount
from dealtrace.attribution.known_costs import KnownCosts
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.operations.reports.ask import stored_facts
from dealtrace.operations.reports.find_known_costs import find_known_costs
from dealtrace.operations.reports.import_costs import import_costs
from dealtrace.operations.reports.open_facts import open_facts
from plans import plans_by_index, statements_on

NOW = datetime(2024, 11, 27, 9, tzinfo=UTC)
TODAY = NOW.date()
SPRING, AUTUMN = (TrafficSource("yandex", "cpc", name) for name in ("spring", "autumn"))
MAIN, OTHER = CostAccount("yandex", "main"), CostAccount("vk", "other")


def spend(stage: Stage, player: Player, account: CostAccount, days: list[date]) -> None:
    """Import two costs on each day."""
    stage.ids.ensure(10)
    with stage.database.write() as connection:
        costs = [Cost(day, source, 100_00) for day in days for source in (SPRING, AUTUMN)]
        import_costs(stage.work(connection, player), account, set(days), costs)


def known_of(stage: Stage, player: Player) -> KnownCosts | None:
    """Return what the database and the mirror agree on."""
    with stage.database.read() as connection:
        found = find_known_costs(stored_facts(connection, player.site), player.site, NOW)
    with open_facts(stage.database, player.site) as facts:
        assert find_known_costs(facts, player.site, NOW) == found
    return found


def test_costs_are_known_to_the_day_of_the_regular_account_that_is_behind(shared_stage: Stage) -> None:
    player, neighbour = (shared_stage.open_site() for _ in range(2))
    assert known_of(shared_stage, player) is None
    spend(shared_stage, player, MAIN, [TODAY - timedelta(days=ago) for ago in range(-3, 20)])
    spend(shared_stage, player, OTHER, [TODAY - timedelta(days=ago) for ago in range(8, 20)])
    behind = {OTHER: TODAY - timedelta(days=8)}
    assert known_of(shared_stage, player) == KnownCosts(TODAY - timedelta(days=8), behind, behind), (
        "days to come are not"
    )
    assert known_of(shared_stage, neighbour) is None


def test_costs_of_long_ago_are_known_to_their_last_day(shared_stage: Stage) -> None:
    player = shared_stage.open_site()
    spend(shared_stage, player, MAIN, [date(2023, 1, 30), date(2023, 1, 31)])
    assert known_of(shared_stage, player) == KnownCosts(date(2023, 1, 31), {}, {})


def test_only_the_days_that_are_watched_are_read_by_the_key(shared_stage: Stage) -> None:
    player = shared_stage.open_site()
    spend(shared_stage, player, MAIN, [TODAY - timedelta(days=ago) for ago in range(1, 300)])
    with shared_stage.database.read() as connection:
        source = stored_facts(connection, player.site)
        with statements_on(connection.engine) as sent:
            assert find_known_costs(source, player.site, NOW) is not None
    plan = plans_by_index(shared_stage.database, sent)
    assert re.search("day_on *>[=?]", plan), plan
    assert "SCAN cost" not in plan
