"""Pages of sites with very many visits or deals say that they have not counted all, and how to have all counted."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from cast import Player, Stage
from dealtrace.accounts.rights import Role
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.cabinet.settings.currency_rates import LACKING_COUNTED_MAX
from dealtrace.cabinet.settings.statuses import COUNTED_MAX
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.what_if.apply_to_past import VISITS_COUNTED_MAX
from dealtrace.storage.database.column_types import microseconds
from dealtrace.storage.reports.statuses import find_latest_deals_by_status
from dealtrace.storage.schema.tables.visits import visit
from dealtrace.storage.visits.reclassification import count_visits_up_to
from guests import member_of, text_of
from server import ServerProcess
from write_commands import NOON, registration

ADS = TrafficSource("ads", "cpc")
_NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :rows)"
_VISITS = f"""INSERT INTO visit (site_id, id, started_at, visitor_id, traffic_source_id, landing_url, referrer, ip,
    user_agent, city, utm)
{_NUMBERS} SELECT :site, i, :start + i, 'visitor ' || i, :source, '', '', '', '', '', '{{}}' FROM n"""
_DEALS = f"""INSERT INTO deal (site_id, id, number, status, happened_at, recorded_at, touched_at, version, service,
    fingerprint, amount_rub, currency)
{_NUMBERS} SELECT :site, :after + i, 'n' || (:after + i), 'New', :start + i, :start, :start, 1, '',
    '', 1, 'usd' FROM n"""


def insert(stage: Stage, player: Player, statement: str, rows: int, **values: int) -> None:
    start = microseconds(NOON)
    with stage.database.write() as connection:
        connection.execute(text(statement), {"site": player.site.id, "rows": rows, "start": start, **values})


def register(stage: Stage, player: Player, *statuses: str) -> None:
    """Register a deal of each status, each a day later than the deal before."""
    first = NOON - timedelta(days=len(statuses))
    deals = [
        registration(f"{number}", status=status, happened_at=first + timedelta(days=number))
        for number, status in enumerate(statuses)
    ]
    stage.perform(register_deals, player, *deals)


def test_a_few_visits_are_counted_and_of_very_many_it_is_said_that_there_are_more(
    server: ServerProcess, served: Stage, owner: Player, stranger: Player
) -> None:
    for player in (owner, stranger):
        served.visit(player, NOON - timedelta(days=1), ADS)
    with served.database.read() as connection:
        source = connection.execute(
            select(visit.c.traffic_source_id).where(visit.c.site_id == owner.site.id)
        ).scalar_one()
    boss, russian = (member_of(server, served, owner.site.id, language=language) for language in ("en", "ru"))
    assert "Visits of the site: 1." in text_of(boss.get("settings/past").text)
    insert(served, owner, _VISITS, VISITS_COUNTED_MAX - 1, source=source)
    assert "Visits of the site: 10 000." in text_of(boss.get("settings/past").text)
    served.visit(owner, NOON - timedelta(days=2), ADS)
    assert "Visits of the site: more than 10 000." in text_of(boss.get("settings/past").text)
    assert "Визитов у сайта: больше 10 000." in text_of(russian.get("settings/past").text)
    with served.database.read() as connection:
        assert [count_visits_up_to(connection, owner.site.id, most) for most in (3, 10**6)] == [4, 10_001]
        assert count_visits_up_to(connection, stranger.site.id, 3) == 1


def test_the_page_of_the_past_counts_deals_that_are_not_deleted(
    server: ServerProcess, served: Stage, owner: Player, stranger: Player
) -> None:
    register(served, owner, "New", "Old")
    register(served, stranger, "New")
    boss = member_of(server, served, owner.site.id)
    assert "Deals of the site: 2." in text_of(boss.get("settings/past").text)


def test_of_very_many_deals_without_a_rate_it_is_said_that_there_are_more(
    server: ServerProcess, served: Stage, owner: Player
) -> None:
    analyst, russian = (
        member_of(server, served, owner.site.id, Role.ANALYST, language=language) for language in ("en", "ru")
    )
    insert(served, owner, _DEALS, LACKING_COUNTED_MAX, after=0)
    assert "USD – – 0 10 000" in text_of(analyst.get("settings/rates").text)
    insert(served, owner, _DEALS, 1, after=LACKING_COUNTED_MAX)
    assert "USD – – 0 more than 10 000" in text_of(analyst.get("settings/rates").text)
    assert "USD – – 0 больше 10 000" in text_of(russian.get("settings/rates").text)


def test_deals_are_counted_by_status_among_the_latest(stage: Stage, shop: Player) -> None:
    register(stage, shop, "Old", "New", "Paid", "New")
    register(stage, stage.open_site(), "Foreign")
    with stage.database.read() as connection:
        for most, found in ((9, {"Old": 1, "New": 2, "Paid": 1}), (3, {"New": 2, "Paid": 1}), (1, {"New": 1})):
            assert find_latest_deals_by_status(connection, shop.site.id, most) == found


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_of_very_many_deals_the_latest_are_counted_by_status_until_someone_asks_for_all(
    server: ServerProcess, served: Stage, owner: Player
) -> None:
    register(served, owner, "Old", "New")
    analyst, russian = (
        member_of(server, served, owner.site.id, Role.ANALYST, language=language) for language in ("en", "ru")
    )
    few = analyst.get("settings/statuses").text
    assert (counts(few), "counted among" in few) == ({"Old": "1", "New": "1"}, False)
    insert(served, owner, _DEALS, COUNTED_MAX, after=0)
    many = analyst.get("settings/statuses").text
    assert counts(many) == {"New": "50 000", "Old": "0"}
    assert "Only the latest 50 000 deals are counted. Count all deals" in text_of(many)
    assert "Посчитаны только последние сделки: 50 000." in text_of(russian.get("settings/statuses").text)
    (link,) = re.findall(r'settings/statuses(\?[^"]+)"', many)
    everything = analyst.get(f"settings/statuses{link}").text
    assert (counts(everything), "counted among" in everything) == ({"New": "50 001", "Old": "1"}, False)


def counts(page: str) -> dict[str, str]:
    """Return the numbers of deals that the table of statuses shows, by status."""
    rows = re.findall(r'<tr><th scope="row">(.*?)</th><td class="value">(.*?)</td>', page)
    return {status.split()[0]: " ".join(deals.split()) for status, deals in rows}
