"""Pivots as pages and files, and the page that compares sites."""

import csv
import html
import io
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit
from zipfile import ZipFile

import pytest

from cast import VLADIVOSTOK, Player, Stage
from dealtrace.accounts.rights import Role
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.operations.deals.register import register_deals
from engines import on_one_engine
from guests import Guest, logged_in, member_of, text_of
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


def test_a_pivot_says_which_figures_its_columns_lack_and_where_there_are_no_costs(reader: Guest) -> None:
    lacking = text_of(reader.get("reports", by="source", pivot="device", metrics="cost").text)
    assert "Not broken down by “Device”: Cost. The rows lack these figures; the total includes them in full." in lacking
    priced = text_of(reader.get("reports", by="source", pivot="medium", metrics="cpo").text)
    assert "0 ₽ no costs" in priced.replace("\u00a0", " ")
    assert "Not broken down by" not in priced


@pytest.mark.parametrize(
    ("language", "legend"),
    [("en", "★ best and ▿ worst value of a column"), ("ru", "★ лучшее и ▿ худшее значение столбца")],
)
def test_pivots_and_tables_of_all_models_mark_the_best_and_the_worst_as_reports_do(
    server: ServerProcess, served: Stage, site: Player, language: str, legend: str
) -> None:
    """Two managers: all deals of one have a source, and none of the other; the total is not compared."""
    for number, manager, is_matched in (("m1", "Anna", True), ("m2", "Boris", False)):
        clue = {"clue": by_contact(PHONE)} if is_matched else {}
        deal = registration(number, manager=manager, happened_at=NOW - timedelta(hours=1), **clue)
        served.perform(register_deals, site, deal)
    reader = member_of(server, served, site.site.id, Role.ANALYST, language=language)
    asked = {"by": "manager", "metrics": "match_rate", "period": "28d"}
    for other in ({}, {"pivot": "day"}, {"model": "all"}):
        page = reader.get("reports", **asked, **other).text
        body = page.rpartition("<tbody>")[2].partition("</tbody>")[0]
        marks = {
            re.sub(r"<[^>]+>", "", row.partition("</th>")[0]).split()[-1]: set(re.findall("[★▿]", row))
            for row in body.split("<tr>")[1:]
        }
        assert (marks["Anna"], marks["Boris"]) == ({"★"}, {"▿"}), other
        assert not any(found for name, found in marks.items() if name not in ("Anna", "Boris"))
        assert not re.findall("[★▿]", page.rpartition("<tfoot>")[2].partition("</tfoot>")[0])
        assert legend in page, other
    assert legend not in reader.get("reports", **{**asked, "metrics": "deals"}, pivot="day").text


def test_every_figure_of_a_pivot_leads_to_its_rows(reader: Guest) -> None:
    page = reader.get("reports", **ASKED).text
    figures = re.findall(r'<a href="([^"]*/reports/rows[^"]*)">([^<]*)</a>', page)
    assert len(figures) == 9, "one of the chart as a table, and those of the pivot"
    for url, words in figures:
        rows = reader.follow(html.unescape(url))
        assert rows.status_code == 200, url
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


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_pivot_is_sent_as_it_is_shown_in_the_language_of_the_page(reader: Guest, language: str) -> None:
    reader.http.cookies.set("language", language)
    page = reader.get("reports", **ASKED).text
    answer = reader.get("reports.csv", **ASKED)
    is_russian = language == "ru"
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";" if is_russian else ","))
    at = next(place for place, row in enumerate(rows) if row[1:3] == ["amo", "1c"])
    source, total = ("Источник", "Итого") if is_russian else ("Source", "Total")
    assert table_of(page)[0] == rows[at] == [source, "amo", "1c", total]
    assert [row[0] for row in rows[at + 1 :]] == ["yandex", "", total]
    figures = ["100,70", "3,00", "103,70"] if is_russian else ["100.70", "3.00", "103.70"]
    assert [row[1] for row in rows[at + 1 :]] == figures
    assert len(rows[at:]) == len(table_of(page))
    assert (["Столбцы", "Сервис"] if is_russian else ["Columns by", "Service"]) in rows
    with ZipFile(io.BytesIO(reader.get("reports.xlsx", **ASKED).content)) as book:
        parts = {name: book.read(name).decode() for name in book.namelist()}
    assert ("Вопрос" if is_russian else "Question") in parts["xl/workbook.xml"]
    cells = parts.get("xl/sharedStrings.xml", "") + parts["xl/worksheets/sheet1.xml"]
    assert source in cells
    assert total in cells


@pytest.mark.parametrize(
    ("language", "words"), [("en", "no lead within the allowed time"), ("ru", "нет лида за допустимое время")]
)
def test_codes_are_words_in_files_for_people(server: ServerProcess, served: Stage, language: str, words: str) -> None:
    player = served.open_site(contact_matching=True)
    served.perform(register_deals, player, registration("1", happened_at=NOW, clue=by_contact(PHONE)))
    guest = member_of(server, served, player.site.id, language=language)
    asked = {"by": "match_reason", "metrics": "deals", "period": "today"}
    assert words in text_of(guest.get("reports", **asked).text)
    assert words in guest.get("reports.csv", **asked).text
    pivoted = guest.get("reports.csv", by="source", metrics="deals", pivot="match_reason", period="today")
    assert words in pivoted.text


@pytest.mark.parametrize(("language", "label"), [("en", "Amount: change"), ("ru", "Сумма сделок: изменение")])
def test_a_pivot_is_sorted_from_its_headings_by_totals_their_change_and_keys(
    server: ServerProcess, served: Stage, site: Player, language: str, label: str
) -> None:
    """The links lead to the worst change, then to the best; without a comparison there are none."""
    before = registration("before", happened_at=NOW - timedelta(days=40), amount_rub=Decimal(1))
    served.perform(register_deals, site, before)
    reader = member_of(server, served, site.site.id, Role.ANALYST, language=language)
    assert f'aria-label="{label}"' not in reader.get("reports", **ASKED).text
    page = reader.get("reports", **ASKED, compare="previous").text
    sources = [row[0] for row in table_of(page)[1:3]]
    assert '</a> <small class="better"' in page, "a figure and its change are two words"
    assert "</a><small" not in page
    assert sources[0] == "yandex"
    for order, direction, expected in (
        ("change:amount", "ascending", sources[::-1]),
        ("-change:amount", "descending", sources),
    ):
        (link,) = re.findall(rf'<a href="([^"]+)" aria-label="{label}"', page)
        assert parse_qs(urlsplit(html.unescape(link)).query)["sort"] == [order]
        page = reader.follow(html.unescape(link)).text
        table = page.rpartition("<table>")[2]
        assert re.findall(r'<th scope="col" class="value sorted" aria-sort="(\w+)">', table) == [direction]
        assert [row[0] for row in table_of(page)[1:3]] == expected
    head = page.rpartition("<table>")[2].partition("</thead>")[0]
    sorts = [parse_qs(urlsplit(html.unescape(link)).query).get("sort") for link in re.findall(r'href="([^"]+)"', head)]
    assert (sorts[0], sorts[-2]) == (["-source"], ["-amount"])


def test_a_pivot_that_cannot_be_is_refused_with_the_reason(reader: Guest) -> None:
    for query in ({"pivot": "source"}, {"pivot": "nonsense"}, {"pivot": "day", "models": "all"}):
        answer = reader.get("reports", **{**ASKED, **query})
        assert answer.status_code == 400
        assert "Columns by" in answer.text.partition('role="alert"')[2]


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
    assert rows[0][:4] == ["Site", "Time zone", "Share of deals with a lead or source", "Deals"]
    assert [row[0] for row in rows[1:]] == ["Shop", "Far <b>"]
    assert rows[1][3].split() == ["3", "no", "data", "to", "compare"]
    assert rows[2][3] == "0"
    assert "Asia/Vladivostok" in rows[2][1]
    today = guest.http.get("/cabinet/", params={"period": "today"}, headers={"accept-language": "en"})
    for row, zone in zip(table_of(today.text)[1:], (site.site.time_zone, VLADIVOSTOK), strict=True):
        assert str(datetime.now(UTC).astimezone(zone).day) in row[1]
    for period, status in (("nonsense", 400), ("", 200)):
        assert guest.http.get("/cabinet/", params={"period": period, "page": "x"}).status_code == status
    guest.http.close()


def test_a_share_of_an_unknown_income_says_why_it_is_unknown(server: ServerProcess, served: Stage) -> None:
    fresh, other = served.open_site(), served.open_site()
    served.perform(register_deals, fresh, registration("n", happened_at=NOW - timedelta(hours=1)))
    guest = logged_in(server, served.database, {each.site.id: Role.READER for each in (fresh, other)})
    home = guest.http.get("/cabinet/", headers={"accept-language": "ru"}).text
    assert home.count("ни один статус не отмечен как «выиграна»") == 2
    for page in ("", "reports?metrics=drr"):
        shown = guest.http.get(f"/cabinet/{fresh.site.id}/{page}", headers={"accept-language": "en"}).text
        assert "no status is marked as won</small>" in shown, page
    guest.http.close()


def test_somebody_with_one_site_is_led_there(server: ServerProcess, served: Stage, site: Player) -> None:
    guest = logged_in(server, served.database, {site.site.id: Role.READER})
    assert guest.http.get("/cabinet/").headers["location"] == f"/cabinet/{site.site.id}/"
    guest.http.close()
