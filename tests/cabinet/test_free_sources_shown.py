"""Totals of prices and returns say beside the figure that they may include what came from sources without costs."""

import html
import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from browser import Browser
from cast import Player, Stage
from dealtrace.accounts.rights import Role
from dealtrace.accounts.site_days import site_day
from dealtrace.attribution.cost import Cost, CostAccount
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.reports.import_costs import import_costs
from dealtrace.operations.reports.set_status import set_status
from dealtrace.reports.metrics import METRICS
from dealtrace.reports.statuses import Meaning
from engines import on_one_engine
from guests import Guest, member_of
from server import ServerProcess
from write_commands import by_contact, registration

pytestmark = on_one_engine
PAID, FREE = TrafficSource("yandex", "cpc"), TrafficSource("google", "organic")
PRICES = "cpl,cpo,cac,roi,romi,roas,drr"
NOTES = {"en": "may incl. free sources", "ru": "возможно, с бесплатными источниками"}


@pytest.fixture(scope="module")
def site(served: Stage) -> Player:
    """Give a site with a won deal from an ad and a won deal from a search, and the cost of the ad."""
    player, now = served.open_site(contact_matching=True), datetime.now(UTC)
    for source, phone in ((PAID, "79205550055"), (FREE, "79991112233")):
        visit = served.visit(player, now, source)
        served.call(player, now, phone=phone, visit_id=visit.id)
        deal = registration(phone, clue=by_contact(phone), happened_at=now, amount_rub=Decimal(900), status="Paid")
        served.perform(register_deals, player, deal)
    today = site_day(now, player.site.time_zone)
    with served.database.write() as connection:
        work = served.work(connection, player)
        set_status(work, "Paid", Meaning.WON)
        import_costs(work, CostAccount("yandex", "main"), {today}, [Cost(today, PAID, 30000, 5)])
    return player


@pytest.fixture
def boss(server: ServerProcess, served: Stage, site: Player) -> Guest:
    return member_of(server, served, site.site.id)


def notes_in_total(page: str) -> list[str]:
    """Return the notes beside the figures of the line of totals."""
    (total,) = re.findall(r"<tfoot>(.*?)</tfoot>", html.unescape(page), re.DOTALL)
    return re.findall(r'<small class="soft note">([^<]*)</small>', total)


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"by": "source,medium"}, 7),
        ({"by": "source"}, 7),
        ({"by": "weekday"}, 7),
        ({"by": "source,campaign", "tree": "yes"}, 7),
        ({"by": "source", "pivot": "weekday"}, 1),
        ({"by": "source", "models": "all", "chart": "roi"}, 7),
        ({"by": "campaign"}, 7),
        ({"by": "term"}, 7),
        ({"by": "campaign", "pivot": "weekday"}, 1),
        ({"by": "medium", "filter": "medium:is:cpc"}, 0),
        ({"by": "source", "filter": "medium:is:cpc"}, 0),
        ({"by": "source", "filter": "medium:among:cpc|organic"}, 7),
        ({"by": "source", "filter": "medium:not:referral"}, 7),
        ({"by": "medium", "filter": "medium:is:organic"}, 0),
    ],
    ids=[
        "parts",
        "sources",
        "days",
        "tree",
        "pivot",
        "models",
        "campaigns",
        "terms",
        "campaigns and days",
        "paid",
        "paid sources",
        "both",
        "but one",
        "free",
    ],
)
def test_totals_of_prices_and_returns_name_free_sources_beside_the_figure(
    server: ServerProcess, served: Stage, site: Player, language: str, query: dict[str, str], count: int
) -> None:
    boss = member_of(server, served, site.site.id, language=language)
    page = boss.get("reports", metrics=f"{PRICES},visits,cost,cpc", period="7d", **query).text
    assert notes_in_total(page).count(NOTES[language]) == count


def test_rows_and_plain_totals_have_no_such_note(boss: Guest) -> None:
    page = boss.get("reports", metrics="cost,leads,won_amount,visits", by="medium", period="7d").text
    assert NOTES["en"] not in page
    page = boss.get("reports", metrics=PRICES, by="medium", period="7d").text
    assert NOTES["en"] not in page.partition("<tfoot>")[0]


def test_the_first_page_has_the_note_too(boss: Guest) -> None:
    assert NOTES["en"] in notes_in_total(boss.get("").text)


def test_roi_says_in_one_line_that_it_is_romi_and_why(boss: Guest) -> None:
    shown = html.unescape(boss.get("reports", metrics="roi,romi", by="source", period="7d").text)
    for name, other in (("roi", "ROMI"), ("romi", "ROI")):
        meaning = METRICS[name].meaning_en
        assert meaning.startswith(f"the same as {other}, since only advertising costs are known: ")
        assert METRICS[name].meaning_ru.startswith(f"то же, что {other}, так как известны лишь расходы на рекламу: ")
        assert f'title="{meaning}">{METRICS[name].en}<' in shown


def test_the_note_is_visible_in_a_browser_on_a_narrow_screen(
    browser: Browser, server: ServerProcess, served: Stage, site: Player
) -> None:
    analyst = member_of(server, served, site.site.id, Role.ANALYST)
    browser.keep_cookie("session", analyst.secret, server.url)
    browser.resize(360, 740)
    browser.open(f"{server.url}/cabinet/{site.site.id}/reports?metrics=cpl&by=medium&period=7d")
    note = "document.querySelector('tfoot .note')"
    assert browser.run(f"{note}.textContent") == NOTES["en"]
    assert browser.run(f"{note}.checkVisibility({{opacityProperty: true, visibilityProperty: true}})")
    browser.resize(1280, 800)
