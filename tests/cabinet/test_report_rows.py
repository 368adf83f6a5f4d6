"""The rows behind the figures of reports, and reports as files, as a reader and an analyst meet them."""

import csv
import html
import io
import re
from datetime import date, timedelta
from decimal import Decimal
from zipfile import ZipFile

import pytest

from account_work import account_work
from cast import Player, Stage, moscow
from dealtrace.accounts.rights import Role
from dealtrace.attribution.cost import Cost, CostAccount
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.reports.import_costs import import_costs
from dealtrace.operations.reports.manage_segments import add_segment
from dealtrace.reports.filters import FILTERS_MAX
from dealtrace.reports.saved_items.names import SavedName
from examples import drawn
from guests import Guest, member_of
from server import ServerProcess
from write_commands import NOON, by_contact, registration

PHONE = "79205550055"
DAY = "2018-03-26"
MARCH = {"from": "2018-03-01", "to": "2018-03-31"}
YANDEX = TrafficSource("yandex", "cpc", "spring")


@pytest.fixture(scope="module")
def site(served: Stage) -> Player:
    """Give a site with two deals of Yandex and 120 of nowhere, to those who read."""
    return fill(served)


@pytest.fixture
def other_site(served: Stage) -> Player:
    """Give another such site, to a test that adds to it."""
    return fill(served)


def fill(served: Stage) -> Player:
    player = served.open_site(contact_matching=True)
    visit = served.visit(player, moscow(DAY, "11:00:00"), YANDEX)
    served.call(player, moscow(DAY, "11:30:00"), visit_id=visit.id)
    matched = [registration(f"M-{place}", clue=by_contact(PHONE), amount_rub=Decimal("1250.50")) for place in range(2)]
    noon = moscow(DAY, "12:00:00")
    others = [registration(f"N-{place:03}", happened_at=noon + timedelta(minutes=place)) for place in range(120)]
    served.perform(register_deals, player, *matched, *others)
    return player


EACH_ROLE = [Role.READER, Role.ANALYST]


@pytest.fixture(params=EACH_ROLE)
def visitor(request: pytest.FixtureRequest, server: ServerProcess, served: Stage, site: Player) -> Guest:
    """Log a person of each role in."""
    return member_of(server, served, site.site.id, request.param)


@pytest.fixture(params=EACH_ROLE)
def other_visitor(request: pytest.FixtureRequest, server: ServerProcess, served: Stage, other_site: Player) -> Guest:
    """Log a person of each role in at the site that the test adds to."""
    return member_of(server, served, other_site.site.id, request.param)


def figures_of(page: str) -> list[tuple[str, str]]:
    """Return the figures of a page that lead to their rows, each with its URL."""
    found = re.findall(r'<a href="([^"]*/reports/rows[^"]*)">([^<]*)</a>', page)
    return [(html.unescape(url), html.unescape(words)) for url, words in found]


@pytest.mark.parametrize("by", ["", "source", "source,medium", "day", "match_reason", "lead_kind"])
@pytest.mark.parametrize("visitor", [Role.ANALYST], indirect=True)
def test_every_figure_leads_to_rows_that_add_up_to_it(visitor: Guest, by: str) -> None:
    page = visitor.get("reports", **MARCH, by=by, metrics="visits,leads,deals,amount").text
    figures = figures_of(page)
    assert len(figures) >= 4
    for url, words in drawn(figures):
        rows = visitor.follow(url)
        assert rows.status_code == 200, (url, rows.text)
        heading = re.search("<h1>(.*?)</h1>", rows.text)
        assert heading is not None
        assert html.unescape(heading[1]).partition(": ")[2] == words.rpartition(": ")[2]


@pytest.mark.parametrize("visitor", [Role.ANALYST], indirect=True)
def test_figures_of_a_page_that_says_nothing_lead_to_rows_too(visitor: Guest) -> None:
    page = visitor.get("reports", period="year", **{"to": "2018-12-31", "from": "2018-01-01"}).text
    for url, _ in figures_of(page):
        assert visitor.follow(url).status_code == 200, url


def test_figures_of_a_report_with_as_many_filters_as_possible_lead_to_rows(
    visitor: Guest, served: Stage, site: Player
) -> None:
    with served.database.write() as connection:
        filters = [f"service:not:{number}" for number in range(FILTERS_MAX)]
        add_segment(account_work(connection, NOON).at(site.site), SavedName("Many"), filters, overwrites=True)
    typed = ["source:among:|yandex", *(f"form:not:{number}" for number in range(FILTERS_MAX - 1))]
    page = visitor.get("reports", **MARCH, by="source", metrics="deals", segment="Many", filter=typed).text
    figures = figures_of(page)
    assert "Deals in rows without a source: 120" in page
    assert {"2", "120", "122"} <= {words for _, words in figures}
    for url, _ in drawn(figures):
        assert visitor.follow(url).status_code == 200, url
        assert visitor.follow(url.replace("/rows?", "/rows.csv?")).status_code == 200, url


def test_deals_lead_to_their_cards_only_for_who_may_see_them(visitor: Guest, site: Player) -> None:
    page = visitor.get("reports/rows", **MARCH, metrics="amount", by="source", key="Yandex").text
    assert "M-0" in page
    assert "1 250\u00a0₽" in page.replace("\u202f", " ")
    assert "26 Mar 2018, 12:00" in page.replace("\u00a0", " ")
    assert "source: Yandex" in page.casefold() or "Source: Yandex" in page
    may_open = f"/cabinet/{site.site.id}/deals/" in page.partition("<h1>")[2]
    leads = visitor.get("reports/rows", **MARCH, metrics="calls").text
    assert (f"/cabinet/{site.site.id}/leads/call/" in leads) == may_open
    assert PHONE not in page + leads


@pytest.mark.parametrize(("model", "source"), [("0", "(direct) / (none)"), ("2", "yandex / cpc / spring")])
def test_leads_show_the_source_that_the_model_of_the_figure_credits(
    other_visitor: Guest, served: Stage, other_site: Player, model: str, source: str
) -> None:
    served.visit(other_site, moscow(DAY, "13:00:00"), YANDEX, visitor="other")
    later = served.visit(other_site, moscow(DAY, "14:00:00"), TrafficSource("(direct)", "(none)"), visitor="other")
    served.call(other_site, moscow(DAY, "14:30:00"), visit_id=later.id)
    served.call(other_site, moscow(DAY, "15:00:00"))
    page = other_visitor.get("reports/rows", **MARCH, metrics="calls", model=model).text
    rows = [re.findall(r"<bdi>([^<]*)</bdi>", row) for row in re.findall(r"<tr>(.*?)</tr>", page)][1:]
    assert [cells[2] for cells in rows] == ["yandex / cpc / spring", source, "no source"]
    assert [cells[1].replace("\u00a0", " ") for cells in rows][1] == "26 Mar 2018, 14:30"


@pytest.mark.parametrize("visitor", [Role.ANALYST], indirect=True)
def test_amounts_of_rows_are_written_as_in_tables_and_lists(visitor: Guest) -> None:
    for path in ("reports/rows", "deals"):
        amounts = re.findall(r">([^<>]*\u00a0₽)<", visitor.get(path, **MARCH, metrics="amount").text)
        assert amounts
        assert not [words for words in amounts if re.search(r"[.,]00\u00a0", words)]


def test_rows_come_a_page_at_a_time(visitor: Guest) -> None:
    page = visitor.get("reports/rows", **MARCH, metrics="deals").text
    assert "Rows 1 to 100 of 122" in page
    following = re.search(r'rel="next" href="([^"]+)"', page)
    assert following is not None
    page = visitor.follow(html.unescape(following[1])).text
    assert "Rows 101 to 122 of 122" in page
    assert "N-119" in page
    assert 'rel="next"' not in page
    assert 'rel="prev"' in page


def test_what_is_no_figure_is_refused_with_the_reason(visitor: Guest) -> None:
    for query in ({"metrics": "deals,amount"}, {"metrics": "deals", "by": "source"}, {"metrics": "<script>"}):
        answer = visitor.get("reports/rows", **MARCH, **query)
        assert answer.status_code == 400
        assert 'role="alert"' in answer.text
        assert "<script>" not in answer.text.partition("<main")[2]
    assert visitor.get("reports/rows", **MARCH, metrics="deals", offset="-1").status_code == 200


def test_a_report_is_sent_as_a_file_with_all_its_rows(visitor: Guest) -> None:
    answer = visitor.get("reports.csv", **MARCH, by="source", metrics="deals,amount", filter="source:is:yandex")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith('attachment; filename="report-')
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert ["yandex", "2", "2501.00"] in rows or ["yandex", "2", "2501"] in rows, rows
    workbook = visitor.get("reports.xlsx", **MARCH, by="source", metrics="deals")
    assert "content-encoding" not in workbook.headers, "it is compressed already"
    assert workbook.content.startswith(b"PK")
    assert visitor.get("reports.csv", **MARCH, metrics="nonsense").status_code == 400


def lines_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_the_rows_of_a_figure_are_files_of_all_of_them(visitor: Guest) -> None:
    page = visitor.get("reports/rows", **MARCH, metrics="deals", offset="100").text
    links = [html.unescape(link) for link in re.findall(r'<a class="button second" href="([^"]*rows\.[^"]*)"', page)]
    text, book = (visitor.follow(link) for link in links)
    assert text.headers["content-type"] == "text/csv;charset=UTF-8"
    assert 'filename="rows-' in text.headers["content-disposition"]
    lines = lines_of(text.content)
    assert sorted(line["Number"] for line in lines) == ["M-0", "M-1", *(f"N-{place:03}" for place in range(120))]
    noon = next(line for line in lines if line["Number"] == "N-000")
    assert (noon["Created date"], noon["Source"], noon["Share"]) == ("2018-03-26 12:00:00", "", "1.000000")
    assert book.content.startswith(b"PK")
    with ZipFile(io.BytesIO(book.content)) as parts:
        notes = " ".join(parts.read(name).decode() for name in parts.namelist())
    for said in ("Metric", "Period", "2018", "Model"):
        assert said in notes, said


@pytest.mark.parametrize("metric", ["amount", "calls", "visits"])
def test_a_file_of_rows_is_of_the_same_figure_as_its_page(visitor: Guest, metric: str) -> None:
    asked = {**MARCH, "metrics": metric, "by": "source,medium", "filter": "campaign:is:spring"}
    link = "&".join(f"{name}={value}" for name, value in asked.items()) + "&key=Yandex&key=cpc"
    root = visitor.get("reports/rows", **MARCH, metrics="deals").url.path
    lines = lines_of(visitor.follow(f"{root}.csv?{link}").content)
    assert {(line["Source"], line["Medium"], line["Campaign"]) for line in lines} == {("yandex", "cpc", "spring")}
    if metric == "calls":
        assert {line["Lead type"] for line in lines} == {"call"}
    if metric == "amount":
        assert [line["Amount"] for line in lines] == ["1250.50", "1250.50"]
        assert sum(Decimal(line["Share"]) for line in lines) == 2


def test_a_ratio_and_what_is_no_figure_have_no_file_of_rows(visitor: Guest) -> None:
    for query in ({"metrics": "average"}, {"metrics": "deals", "by": "source"}, {"metrics": "nonsense"}):
        assert visitor.get("reports/rows.csv", **MARCH, **query).status_code == 400


@pytest.mark.parametrize("model", ["0", "2"])
def test_files_of_rows_mask_contacts_as_their_page_does(
    other_visitor: Guest, served: Stage, other_site: Player, model: str
) -> None:
    mailed = TrafficSource("anna@example.com", "letter", "79205550055")
    visit = served.visit(other_site, moscow(DAY, "16:00:00"), mailed, visitor="mailed")
    served.call(other_site, moscow(DAY, "16:30:00"), visit_id=visit.id)
    served.perform(
        register_deals, other_site, registration("S-1", status="to call 79205550055", happened_at=moscow(DAY))
    )
    may_see = "/deals" in other_visitor.get("reports", **MARCH).text.partition("<main")[0]
    for metric in ("calls", "visits", "deals"):
        asked = {**MARCH, "metrics": metric, "model": model}
        page, text = (
            other_visitor.get("reports/rows", **asked).text,
            other_visitor.get("reports/rows.csv", **asked).text,
        )
        for secret in ("anna@example.com", "79205550055"):
            assert secret in text or secret not in page or not may_see, (metric, secret)
            assert may_see or secret not in text, (metric, secret)
    assert ("anna@example.com" in other_visitor.get("reports/rows.csv", **MARCH, metrics="calls").text) == may_see


def test_a_file_of_leads_names_their_kinds_as_reports_do(
    other_visitor: Guest, served: Stage, other_site: Player
) -> None:
    served.lead_request(other_site, moscow(DAY, "16:00:00"), phone=PHONE)
    lines = lines_of(other_visitor.get("reports/rows.csv", **MARCH, metrics="leads").content)
    assert [line["Lead type"] for line in lines] == ["call", "lead request"]


def test_costs_have_a_file_too_in_the_language_of_the_person(
    server: ServerProcess, other_visitor: Guest, served: Stage, other_site: Player
) -> None:
    day_on = date.fromisoformat(DAY)
    served.ids.ensure(20)
    with served.database.write() as connection:
        work = served.work(connection, other_site)
        import_costs(work, CostAccount("yandex", "main"), {day_on}, [Cost(day_on, YANDEX, 1000, 3)])
    (line,) = lines_of(other_visitor.get("reports/rows.csv", **MARCH, metrics="cost").content)
    assert (line["Date"], line["Source"], line["Cost"], line["Clicks"]) == ('="2018-03-26"', "yandex", "10.00", "3")
    russian = member_of(server, served, other_site.site.id, Role.READER, language="ru")
    text = russian.get("reports/rows.csv", **MARCH, metrics="cost").content.decode("utf-8-sig")
    (line,) = csv.DictReader(io.StringIO(text), delimiter=";")
    assert (line["Дата"], line["Источник"], line["Расходы"], line["Клики"]) == ('="26.03.2018"', "yandex", "10,00", "3")


def test_costs_of_one_campaign_and_day_are_told_apart_by_ad_and_keyword(
    server: ServerProcess, served: Stage, other_site: Player
) -> None:
    day_on = date.fromisoformat(DAY)
    served.ids.ensure(20)
    ads = [TrafficSource("yandex", "cpc", "sale", "banner", term) for term in ("buy", "order")]
    with served.database.write() as connection:
        work = served.work(connection, other_site)
        import_costs(work, CostAccount("yandex", "ads"), {day_on}, [Cost(day_on, each, 1000, 3) for each in ads])
    headings = {"ru": ["Объявление", "Ключевое слово"], "en": ["Ad", "Keyword"]}
    for language, titles in headings.items():
        reader = member_of(server, served, other_site.site.id, Role.READER, language=language)
        page = reader.get("reports/rows", **MARCH, metrics="cost", filter="campaign:is:sale").text
        assert re.findall(r'<th scope="col">(.*?)</th>', page)[2:] == titles
        assert [word for word in re.findall("<bdi>(.*?)</bdi>", page) if word in ("banner", "buy", "order")] in (
            ["banner", "buy", "banner", "order"],
            ["banner", "order", "banner", "buy"],
        )
    page = reader.get("reports/rows", **MARCH, metrics="cost", filter="campaign:empty").text
    assert "Keyword" not in page
