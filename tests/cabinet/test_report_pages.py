"""The page of reports and the overview as people read them: models, comparison, metrics, and the way between sections."""

import html
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from cast import Player, Stage
from dealtrace.accounts.role import Role
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.operations.deals.register import register_deals
from engines import on_one_engine
from guests import Guest, member_of
from server import ServerProcess
from write_commands import by_contact, registration

pytestmark = on_one_engine
PHONE = "79205550055"
NOW = datetime.now(UTC)


@pytest.fixture
def site(served: Stage) -> Player:
    """Give a site with a deal of a client who came from an ad and then directly, and a deal without a lead."""
    player = served.open_site(contact_matching=True)
    served.visit(player, NOW - timedelta(hours=9), TrafficSource("yandex", "cpc", "a"))
    direct = served.visit(player, NOW - timedelta(hours=4), TrafficSource("(direct)", "(none)"))
    served.call(player, NOW - timedelta(hours=3), visit_id=direct.id)
    deals = [
        registration("1", happened_at=NOW - timedelta(hours=1), amount_rub=Decimal(100), clue=by_contact(PHONE)),
        registration("2", happened_at=NOW - timedelta(hours=1), amount_rub=Decimal(20)),
    ]
    served.perform(register_deals, player, *deals)
    return player


@pytest.fixture
def analyst(server: ServerProcess, served: Stage, site: Player) -> Guest:
    return member_of(server, served, site.site.id, Role.ANALYST)


def words_of(page: str) -> str:
    """Return the text of a page without markup, with plain spaces."""
    text = html.unescape(re.sub(r"<[^>]+>", " ", page.partition("<main")[2]))
    return re.sub(r"[\s\u202f]+", " ", text)


def links_of(page: str) -> list[str]:
    return [html.unescape(address) for address in re.findall(r'href="([^"]*)"', page)]


def test_all_models_are_compared_by_deals_and_every_number_leads_to_its_rows(analyst: Guest) -> None:
    page = analyst.get("reports", model="all", period="7d").text
    assert re.search(r"<caption>Deals:", page)
    assert "Deals: Last non-direct" in words_of(page)
    behind = [address for address in links_of(page) if "/reports/rows" in address]
    assert {re.search("model=([0-9])", address)[1] for address in behind} == set("0123456")  # type: ignore[index]
    for address in behind:
        rows = analyst.follow(address).text
        assert re.search("<h1>Deals: [0-9.]+</h1>", rows), address


def test_a_metric_that_models_change_can_be_chosen_and_visits_are_not_offered(analyst: Guest) -> None:
    page = analyst.get("reports", model="all", period="7d", metrics="visits,leads,amount,cost").text
    assert re.search(r"<caption>Leads:", page)
    chosen = [address for address in links_of(page) if "chart=amount" in address]
    assert re.search(r"<caption>Amount:", analyst.follow(chosen[0]).text)
    assert not [address for address in links_of(page) if re.search("chart=(visits|cost)", address)]
    assert re.search(r"<caption>Deals:", analyst.get("reports", model="all", metrics="visits,cost").text)


def test_a_model_says_what_it_means(analyst: Guest) -> None:
    assert "a direct one only if there was no other" in words_of(analyst.get("reports").text)
    page = words_of(analyst.get("reports", model="all").text)
    assert "all visits in 90 days get equal shares" in page
    assert "the difference between the greatest and the least number of the row" in page
