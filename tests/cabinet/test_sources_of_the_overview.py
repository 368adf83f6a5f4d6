"""The table of sources on the overview: what comes first, and what is never left out."""

import html
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from cast import Player, Stage
from dealtrace.accounts.rights import Role
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.cabinet.overview.figures import SOURCES_METRICS
from dealtrace.cabinet.overview.page import SOURCES_SHOWN
from dealtrace.deals.incoming_deal import IncomingDeal
from dealtrace.operations.deals.import_deals import import_deals
from dealtrace.operations.reports.set_status import set_status
from engines import on_one_engine
from examples import drawn
from guests import Guest, member_of, text_of
from server import ServerProcess

pytestmark = on_one_engine
AT = datetime.now(UTC) - timedelta(days=2)
NAMES = [f"s{number:02}" for number in range(SOURCES_SHOWN + 3)]


@pytest.fixture
def site(served: Stage) -> Player:
    """Give a site with more sources than are shown, of which the last by name has the only visit with a call."""
    player = served.open_site()
    for number, name in enumerate((*NAMES, "(direct)")):
        visit = served.visit(
            player, AT - timedelta(minutes=number), TrafficSource(name, "(none)" if name == "(direct)" else "cpc")
        )
        if name in (NAMES[-1], "(direct)"):
            served.call(player, AT, phone="79205550055", visit_id=visit.id)
    served.call(player, AT, phone="79205550077")
    return player


@pytest.fixture
def owner(server: ServerProcess, served: Stage, site: Player) -> Guest:
    """Log the owner of the site in."""
    return member_of(server, served, site.site.id)


def sources_on(page: str) -> list[str]:
    """Return the sources in the table of the overview, from the top."""
    table = page.partition("Sources by money")[2].partition("</table>")[0].partition("<tbody>")[2]
    return [
        re.sub("<[^>]+>", "", row.partition("</th>")[0]).strip() for row in table.split("<tr>")[1:] if "<th" in row
    ][:-1]


def test_a_site_without_deals_sees_the_sources_of_its_leads_first(owner: Guest) -> None:
    sources = sources_on(owner.get("", period="7d").text)
    assert NAMES[-1] in sources[:3]
    assert {"(direct)", "(no source)"} <= set(sources)


def test_every_heading_of_the_table_leads_to_a_report_sorted_by_it(owner: Guest) -> None:
    below = owner.get("", period="7d").text.partition("Sources by money")[2]
    table = below.partition("<thead>")[2].partition("</thead>")[0]
    urls = [html.unescape(url) for url in re.findall(r'<a href="([^"]+[?&;]sort=[^"]+)"', table)]
    assert len(urls) == 2 * len(SOURCES_METRICS) + len(["source", "medium"])
    for url in drawn(urls):
        assert owner.follow(url).status_code == 200, url


def test_a_site_without_won_statuses_sees_the_most_money_first(owner: Guest, served: Stage, site: Player) -> None:
    served.ids.ensure(100)
    with served.database.write() as connection:
        work = served.work(connection, site)
        stated = [(NAMES[3], 5), (NAMES[-1], 900), *((name, 10) for name in NAMES[:3])]
        deals = [
            IncomingDeal(
                id=None,
                number=name,
                happened_at=AT,
                status="new",
                amount_rub=Decimal(rubles),
                stated_source=TrafficSource(name, "cpc"),
            )
            for name, rubles in stated
        ]
        import_deals(work, deals)
    assert sources_on(owner.get("", period="7d").text)[0] == NAMES[-1]
    with served.database.write() as connection:
        set_status(served.work(connection, site), "new", "won")
    assert sources_on(owner.get("", period="7d").text)[0] == NAMES[-1]


@pytest.mark.parametrize("role", [Role.READER, Role.ANALYST])
def test_the_problems_of_the_overview_name_contacts_only_for_who_may_see_them(
    server: ServerProcess, served: Stage, site: Player, role: Role
) -> None:
    served.ids.ensure(100)
    with served.database.write() as connection:
        work = served.work(connection, site)
        deal = IncomingDeal(id=None, number="1", happened_at=AT, status="89205550055", amount_rub=Decimal(5))
        import_deals(work, [deal])
    text = text_of(member_of(server, served, site.site.id, role).get("", period="7d").text)
    assert "The meaning of these statuses is not set" in text
    assert ("89205550055" in text) == (role is Role.ANALYST)


def test_what_reorders_or_continues_a_table_leads_to_a_report_that_has_its_columns(
    owner: Guest, served: Stage, site: Player
) -> None:
    served.ids.ensure(100)
    with served.database.write() as connection:
        deal = IncomingDeal(id=None, number="1", happened_at=AT, status="new", amount_rub=Decimal(5))
        import_deals(served.work(connection, site), [deal])
    _, _, tables = owner.get("", period="7d").text.partition("Sources by money")
    sources, _, unmatched = tables.partition("Unmatched deals by reason")
    links = [html.unescape(url) for url in re.findall(r'href="([^"]*[?&](?:amp;)?(?:sort|limit)=[^"]*)"', sources)]
    assert any("sort=-cpl" in url for url in links)
    assert any("limit=" in url for url in links)
    for url in drawn(links):
        report = owner.follow(url)
        assert report.status_code == 200, text_of(report.text)
        assert re.search(r"[?&;]sort=-?cpl\b", report.text), "the columns of the table"
    assert "<tbody>" in unmatched
    assert "sort=" not in unmatched
