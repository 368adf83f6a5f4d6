"""Pivots as pages and files, and the page that compares sites."""

import csv
import html
import io
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from cast import VLADIVOSTOK, Player, Stage
from dealtrace.accounts.rights import Role
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.operations.deals.register import register_deals
from engines import on_one_engine
from guests import Guest, logged_in, member_of
from server import ServerProcess
from write_commands import by_contact, registration

pytestmark = on_one_engine
PHONE = "79205550055"
NOW = datetime.now(UTC)
ASKED = {"by": "source", "pivot": "service", "metrics": "amount,deals", "period": "28d"}


@pytest.fixture
def site(served: Stage) -> Player:
    """Give a site with deals of two sources and two services."""
    player = served.open_site(contact_matching=True)
    visit = served.visit(player, NOW - timedelta(hours=4), TrafficSource("yandex", "cpc", "a"))
    served.call(player, NOW - timedelta(hours=3), visit_id=visit.id)
    sums = (("1", "amo", True, "100.70"), ("2", "1c", True, "20"), ("3", "amo", False, "3"))
    deals = [
        registration(
            number,
            service=service,
            happened_at=NOW - timedelta(hours=1),
            amount_rub=Decimal(amount),
            **({"clue": by_contact(PHONE)} if is_matched else {}),
        )
        for number, service, is_matched, amount in sums
    ]
    served.perform(register_deals, player, *deals)
    return player


@pytest.fixture
def reader(server: ServerProcess, served: Stage, site: Player) -> Guest:
    return member_of(server, served, site.site.id, Role.ANALYST)


def table_of(page: str) -> list[list[str]]:
    """Return the cells of the last table of a page without shares of totals, headings first."""
    page = re.sub('<small class="soft share".*?</small>', "", page)
    table = page.rpartition("<table>")[2].partition("</table>")[0]
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in table.split("</tr>")]
    plain = [
        [html.unescape(re.sub(r"<[^>]+>", "", cell)).replace("\u202f", " ").strip("★▿ \n") for cell in row]
        for row in rows
    ]
    return [row for row in plain if row]


def test_a_pivot_shows_one_metric_by_rows_and_columns_with_the_totals_of_the_report(reader: Guest) -> None:
    page = reader.get("reports", **ASKED)
    assert page.status_code == 200
    assert table_of(page.text) == [
        ["Source", "amo", "1c", "Total"],
        ["yandex", "101\u00a0₽", "20\u00a0₽", "121\u00a0₽"],
        ["(no source)", "3\u00a0₽", "0\u00a0₽", "3\u00a0₽"],
        ["Total", "104\u00a0₽", "20\u00a0₽", "124\u00a0₽"],
    ]
    choices = page.text.partition('<ul class="chips" aria-label="Metrics">')[2].partition("</ul>")[0]
    deals = re.search(r'<a href="([^"]+)">Deals</a>', choices)
    assert deals is not None
    other = table_of(reader.follow(html.unescape(deals[1])).text)
    assert other[-1] == ["Total", "2", "1", "3"]


def test_every_figure_of_a_pivot_leads_to_its_rows(reader: Guest) -> None:
    page = reader.get("reports", **ASKED).text
    figures = re.findall(r'<a href="([^"]*/reports/rows[^"]*)">([^<]*)</a>', page)
    assert len(figures) == 9, "one of the chart as a table, and those of the pivot"
    for address, words in figures:
        rows = reader.follow(html.unescape(address))
        assert rows.status_code == 200, address
        assert html.unescape(words) in html.unescape(rows.text.partition("<h1>")[2].partition("</h1>")[0])


@pytest.mark.parametrize(
    ("metric", "pivot"), [("match_rate", "day"), ("visitors", "weekday"), ("cost", "lead_kind"), ("leads", "tag")]
)
def test_any_metric_by_any_column_has_the_totals_of_the_report(reader: Guest, metric: str, pivot: str) -> None:
    asked = {"by": "source", "metrics": metric, "period": "7d"}
    plain = {row[0]: row[1] for row in table_of(reader.get("reports", **asked).text)}
    page = reader.get("reports", **asked, pivot=pivot)
    assert page.status_code == 200
    assert {row[0]: row[-1] for row in table_of(page.text)[1:]} == dict(list(plain.items())[1:])


def test_a_pivot_is_sent_as_it_is_shown(reader: Guest) -> None:
    shown = table_of(reader.get("reports", **ASKED).text)
    answer = reader.get("reports.csv", **ASKED)
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    at = next(place for place, row in enumerate(rows) if row[1:3] == ["amo", "1c"])
    assert rows[at] == ["Источник", "amo", "1c", "Итого"]
    assert [row[0] for row in rows[at + 1 :]] == ["yandex", "", "Итого"]
    assert [row[1] for row in rows[at + 1 :]] == ["100,70", "3,00", "103,70"]
    assert len(rows[at:]) == len(shown)
    assert ["Столбцы", "service"] in rows
    assert reader.get("reports.xlsx", **ASKED).content.startswith(b"PK")


def test_a_pivot_that_cannot_be_is_refused_with_the_reason(reader: Guest) -> None:
    for query in ({"pivot": "source"}, {"pivot": "nonsense"}, {"pivot": "day", "models": "all"}):
        answer = reader.get("reports", **{**ASKED, **query})
        assert answer.status_code == 400
        assert "pivot" in answer.text.partition('role="alert"')[2]


def test_somebody_with_several_sites_compares_those_and_no_others(
    server: ServerProcess, served: Stage, site: Player
) -> None:
    far = served.open_site(name="Far <b>", time_zone=VLADIVOSTOK)
    hidden = served.open_site(name="Hidden shop")
    served.perform(register_deals, hidden, registration("h", happened_at=NOW - timedelta(hours=1)))
    guest = logged_in(server, served.database, {site.site.id: Role.READER, far.site.id: Role.OWNER})
    page = guest.http.get("/cabinet/", headers={"accept-language": "en"})
    assert page.status_code == 200
    assert "Hidden shop" not in page.text
    assert "Far <b>" not in page.text
    rows = table_of(page.text)
    assert rows[0][:4] == ["Site", "Time zone", "Match rate", "Deals"]
    assert [row[0] for row in rows[1:]] == ["Shop", "Far <b>"]
    assert rows[1][3].split() == ["3", "+", "was", "0"]
    assert rows[2][3] == "0"
    assert "Asia/Vladivostok" in rows[2][1]
    today = guest.http.get("/cabinet/", params={"period": "today"}, headers={"accept-language": "en"})
    for row, zone in zip(table_of(today.text)[1:], (site.site.time_zone, VLADIVOSTOK), strict=True):
        assert str(datetime.now(UTC).astimezone(zone).day) in row[1]
    for period in ("nonsense", ""):
        assert guest.http.get("/cabinet/", params={"period": period, "page": "x"}).status_code == 200
    guest.http.close()


def test_somebody_with_one_site_is_led_there(server: ServerProcess, served: Stage, site: Player) -> None:
    guest = logged_in(server, served.database, {site.site.id: Role.READER})
    assert guest.http.get("/cabinet/").headers["location"] == f"/cabinet/{site.site.id}/"
    guest.http.close()
