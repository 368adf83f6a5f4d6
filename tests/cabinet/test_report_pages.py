"""Reports and the overview as people read them: models, comparison, metrics, and the way between sections."""

import csv
import html
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest

from cast import Player, Stage
from dealtrace.accounts.rights import Role
from dealtrace.accounts.site_days import day_start, site_day
from dealtrace.attribution.cost import Cost, CostAccount
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.cabinet.formats import day, day_span
from dealtrace.cabinet.reports.key_cells import key_label
from dealtrace.leads.call import IncomingCall
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.reports.import_costs import import_costs
from dealtrace.reports.dimensions import DIMENSIONS
from dealtrace.reports.periods import last_month
from engines import on_one_engine
from guests import Guest, member_of
from server import ServerProcess
from write_commands import by_contact, registration

pytestmark = on_one_engine
PHONE = "79205550055"
NOW = datetime.now(UTC)


def csv_rows(content: bytes) -> list[tuple[str, str]]:
    """Return the first two cells of the rows of a CSV file that have two."""
    return [(row[0], row[1]) for row in csv.reader(content.decode("utf-8-sig").splitlines()) if len(row) > 1]


@pytest.fixture(scope="module")
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
    return [html.unescape(url) for url in re.findall(r'href="([^"]*)"', page)]


@pytest.mark.parametrize("place", ["", "reports", "deals", "leads"])
def test_choosing_a_language_leads_back_to_the_page_and_its_question(analyst: Guest, place: str) -> None:
    page = analyst.get(place, period="7d")
    assert page.status_code == 200
    back = re.search('name="back" value="([^"]*)"', page.text)
    assert back is not None
    came_from = f"/cabinet/{analyst.site_id}/{place}?period=7d"
    assert html.unescape(back[1]) == came_from
    assert analyst.send("/language", language="ru", back=html.unescape(back[1])).headers["location"] == came_from


def test_all_models_are_compared_by_deals_and_every_number_leads_to_its_rows(analyst: Guest) -> None:
    page = analyst.get("reports", model="all", period="7d").text
    assert re.search(r"<caption>Deals:", page)
    assert "Deals: Last non-direct" in words_of(page)
    behind = [url for url in links_of(page) if "/reports/rows" in url]
    assert {re.search("model=([0-9])", url)[1] for url in behind} == set("0123456")  # type: ignore[index]
    for url in behind:
        rows = analyst.follow(url).text
        assert re.search("<h1>Deals: [0-9.]+</h1>", rows), url


def test_a_metric_that_models_change_can_be_chosen_and_visits_are_not_offered(analyst: Guest) -> None:
    page = analyst.get("reports", model="all", period="7d", metrics="visits,leads,amount,cost").text
    assert re.search(r"<caption>Leads:", page)
    chosen = [url for url in links_of(page) if "chart=amount" in url]
    assert re.search(r"<caption>Amount:", analyst.follow(chosen[0]).text)
    assert not [url for url in links_of(page) if re.search("chart=(visits|cost)", url)]
    assert re.search(r"<caption>Deals:", analyst.get("reports", model="all", metrics="visits,cost").text)


def test_a_model_says_what_it_means(analyst: Guest) -> None:
    assert "a direct one only if there was no other" in words_of(analyst.get("reports").text)
    page = words_of(analyst.get("reports", model="all").text)
    assert "all visits in 90 days get equal shares" in page
    assert "the difference between the largest and the smallest number in the row" in page


def test_an_unfinished_day_says_up_to_which_moment_it_is_compared(analyst: Guest) -> None:
    said = "today is not over, so the earlier period counts only until"
    cut = words_of(analyst.get("reports", period="7d", compare="previous").text)
    assert re.search(f"{said} [0-9]+ [A-Z][a-z]+ [0-9]+, [0-9]+:[0-9]+, the same time of day", cut)
    assert said in words_of(analyst.get("").text)
    assert said not in words_of(analyst.get("reports", period="yesterday", compare="previous").text)
    assert said not in words_of(analyst.get("reports", period="7d").text)


@pytest.mark.parametrize("models", ["", "all"])
def test_the_earlier_number_is_on_the_page_apart_from_the_figure_and_its_share(
    served: Stage, site: Player, analyst: Guest, models: str
) -> None:
    before = registration("3", happened_at=NOW - timedelta(days=9), clue=by_contact("79991112233"))
    served.perform(register_deals, site, before)
    page = analyst.get("reports", period="7d", compare="previous", metrics="deals", models=models).text
    assert "+100 % (+1) was 1" in words_of(page)
    assert "</a><small" not in page.partition("</figure>")[2]
    assert "</small><small" not in page


def test_a_table_is_sorted_by_its_change_from_the_heading_in_its_file_too(analyst: Guest) -> None:
    """The links of the heading lead to the worst change, then to the best; without a comparison there are none."""
    asked = {"by": "source", "metrics": "deals,leads", "period": "28d"}
    assert "change:deals" not in html.unescape(analyst.get("reports", **asked).text)
    page = analyst.get("reports", **asked, compare="previous").text
    for order, direction in (("change:deals", "ascending"), ("-change:deals", "descending")):
        (link,) = re.findall(r'<a href="([^"]+)" aria-label="Deals: change"', page)
        sent = html.unescape(link)
        assert parse_qs(urlsplit(sent).query)["sort"] == [order]
        page = analyst.follow(sent).text
        assert re.findall(r'<th scope="col" class="value sorted" aria-sort="(\w+)">', page) == [direction]
        (file,) = re.findall(r'href="([^"]*reports\.csv[^"]*)"', page)
        written = dict(csv_rows(analyst.follow(html.unescape(file)).content))
        assert written["Sort"] == f"Deals (change), {direction}"
    refused = analyst.get("reports", **asked, sort="change:deals")
    assert refused.status_code == 400
    assert "needs a comparison" in refused.text


@pytest.mark.parametrize("section", ["reports", "deals", "leads", ""])
def test_period_comparison_and_model_are_kept_from_section_to_section(
    analyst: Guest, site: Player, section: str
) -> None:
    page = analyst.get(section, period="90d", compare="year", model="2").text
    root = f"/cabinet/{site.site.id}"
    menu = [url for url in links_of(page) if url.startswith(f"{root}/")]
    for place in ("/", "/reports", "/deals", "/leads"):
        assert f"{root}{place}?period=90d&compare=year&model=2" in menu
    assert f"{root}/settings" in menu


def test_a_form_of_a_list_keeps_comparison_and_model(analyst: Guest) -> None:
    page = analyst.get("deals", compare="year", model="2").text
    assert '<input type="hidden" name="compare" value="year">' in page
    assert '<input type="hidden" name="model" value="2">' in page


@pytest.mark.parametrize("compare", ["none", "months", "weekdays"])
def test_lists_keep_every_comparison_of_a_report_in_their_links(analyst: Guest, compare: str) -> None:
    page = analyst.get("reports", period="month", compare=compare).text
    for place in ("deals", "leads"):
        (link,) = [url for url in links_of(page) if url.startswith(f"/cabinet/{analyst.site_id}/{place}?")]
        listed = analyst.follow(link)
        assert listed.status_code == 200, link
        assert f"compare={compare}" in listed.text


def test_what_is_no_period_is_not_carried_along(analyst: Guest, site: Player) -> None:
    page = analyst.get("deals", period="nonsense", compare="<x>", model="77").text
    assert f"/cabinet/{site.site.id}/reports" in links_of(page)


def test_the_overview_hands_its_comparison_to_the_menu_and_to_the_reasons(analyst: Guest, site: Player) -> None:
    links = links_of(analyst.get("").text)
    assert f"/cabinet/{site.site.id}/reports?period=28d&compare=previous" in links
    reason, *others = [url for url in links if "filter=match_reason" in url and "/rows" not in url]
    assert all("compare=previous" in url for url in (reason, *others))
    page = analyst.follow(reason).text
    assert "<figcaption>Deals</figcaption>" in page
    assert "compared with" in words_of(page)


def test_metrics_stand_in_groups_with_their_meaning_and_stay_open_when_chosen(analyst: Guest) -> None:
    page = analyst.get("reports").text
    assert re.findall("<legend>(.*?)</legend>", page) == ["Traffic", "Leads", "Deals", "Money", "Costs and returns"]
    assert "Cost share of income cost / won amount" in words_of(page)
    opened = re.compile(r"<details open>\s*<summary>Metrics")
    assert not opened.search(page)
    assert opened.search(analyst.get("reports", metrics="deals,won").text)


def test_columns_keep_their_order_when_the_form_is_sent_and_new_ones_come_last(analyst: Guest) -> None:
    asked = [("ordered", "won,amount,deals"), *(("metrics", name) for name in ("deals", "amount", "won", "cost"))]
    page = analyst.http.get(f"/cabinet/{analyst.site_id}/reports", params=[*asked, ("by", "source")]).text
    headings = re.findall(r'<th scope="col" class="value[^"]*"><a [^>]*>(.*?)</a>', page)
    assert headings == ["Won deals", "Amount", "Deals", "Cost"]
    asked = "cpl,visits,cac"
    page = analyst.get("reports", metrics=asked, by="source").text
    assert re.findall(r'value="([^"]*)"', page[page.index('name="ordered"') :])[0] == asked, "a link keeps its order"


def test_a_sent_form_keeps_the_order_of_rows_until_their_column_is_gone(analyst: Guest) -> None:
    def sorted_in(page: str) -> list[str]:
        return re.findall(r'<th scope="col"[^>]*aria-sort="(\w+)"[^>]*><a [^>]*>(.*?)</a>', page)

    shown = analyst.get("reports", by="source", metrics="won,amount", sort="amount", chart="amount").text
    form = shown[shown.index('<form class="card"') :]
    assert re.findall(r'<input type="hidden" name="(sort|chart)" value="(.*?)"', form) == [
        ("sort", "amount"),
        ("chart", "amount"),
    ]
    sent = [("ordered", "won,amount"), ("by", "source"), ("sort", "amount"), ("chart", "amount")]
    for metrics, column in ((("won", "amount", "cost"), [("ascending", "Amount")]), (("won", "cost"), [])):
        asked = [*sent, *(("metrics", name) for name in metrics)]
        answer = analyst.http.get(f"/cabinet/{analyst.site_id}/reports", params=asked)
        assert (answer.status_code, sorted_in(answer.text)) == (200, column)
    by_change = [("ordered", "won"), ("metrics", "won"), ("by", "source"), ("sort", "change:won"), ("compare", "none")]
    answer = analyst.http.get(f"/cabinet/{analyst.site_id}/reports", params=by_change)
    assert answer.status_code == 200


@pytest.fixture
def broken(served: Stage) -> Player:
    """Give a site whose PBX sent no calls for a week, and a campaign that costs money and brings nobody."""
    player = served.open_site()
    began = site_day(NOW, player.site.time_zone) - timedelta(days=70)
    calls = [
        IncomingCall(
            day_start(began + timedelta(days=number), player.site.time_zone) + timedelta(hours=hour),
            timedelta(minutes=1),
            PHONE,
        )
        for number in range(70)
        if number not in range(55, 62)
        for hour in (9, 12)
    ]
    served.calls(player, *calls)
    for number in range(20):
        served.visit(player, NOW - timedelta(days=3, minutes=number), TrafficSource("yandex", "cpc", "okna"))
    day_on = began + timedelta(days=67)
    costs = [Cost(day_on, TrafficSource("yandex", "cpc", name), 3_178_200, None, None) for name in ("okna", "old<b>")]
    with served.database.write() as connection:
        import_costs(served.work(connection, player), CostAccount("direct", "a"), {day_on}, costs)
    return player


def test_a_week_without_calls_is_stated_on_the_overview_after_it_has_ended(
    server: ServerProcess, served: Stage, broken: Player
) -> None:
    analyst = member_of(server, served, broken.site.id, Role.ANALYST)
    began = site_day(NOW, broken.site.time_zone) - timedelta(days=70)
    days = day_span("en", began + timedelta(days=55), began + timedelta(days=61)).replace("\u00a0", " ")
    page = analyst.get("", period="28d").text
    assert f"There were no calls on {days} (usually 2 a day)." in words_of(page)
    (link,) = [url for each in problems_of(page) for url in links_of(each) if "metrics=calls" in url]
    assert analyst.follow(link).status_code == 200
    first, last = (began + timedelta(days=each) for each in (48, 68))
    assert f"see these days. (report for {day_span('en', first, last)})".replace("\u00a0", " ") in words_of(page)


def problems_of(page: str) -> list[str]:
    """Return the lines about present problems of the overview, with their links."""
    listed = page.partition("Current problems and missing data</h2>")[2].partition("</section>")[0]
    return re.findall(r"<li>(.*?)</li>", listed, re.DOTALL)


def test_what_is_wrong_now_does_not_depend_on_the_period(server: ServerProcess, served: Stage, broken: Player) -> None:
    owner = member_of(server, served, broken.site.id)
    deal = registration("1", happened_at=NOW - timedelta(days=9), amount_rub=Decimal(7), status="Shipped")
    served.perform(register_deals, broken, deal)
    usual = problems_of(owner.get("").text)
    assert [each for each in usual if "There were no calls" in each]
    assert [each for each in usual if "Such deals in the last 28 days: 1, worth 7" in each]
    long_ago = {"from": "2020-01-01", "to": "2020-01-31"}
    for query in ({"period": "today"}, {"period": "year"}, long_ago, {"filter": "source:is:nobody"}):
        assert problems_of(owner.get("", **query).text) == usual, query


def test_days_without_calls_are_noted_on_the_chart_in_its_table_and_below_it(
    server: ServerProcess, served: Stage, broken: Player
) -> None:
    reader = member_of(server, served, broken.site.id, Role.READER)
    began = site_day(NOW, broken.site.time_zone) - timedelta(days=70)
    days = day_span("en", began + timedelta(days=55), began + timedelta(days=61))
    noted = f"There were no calls on {days} (usually 2 a day)."
    for place in ("reports", ""):
        for period, grain in (("28d", "day"), ("90d", "week")):
            page = reader.get(place, period=period, metrics="leads").text
            assert f"<title>{noted}</title>" in page, grain
            assert f"<td>{noted}</td>" in page
            assert f"{noted} <small" in page
            assert "noted automatically" in page
    assert noted not in reader.get("reports", period="7d").text
    within = {"from": (began + timedelta(days=58)).isoformat(), "to": (began + timedelta(days=64)).isoformat()}
    page = reader.get("reports", **within).text
    marked = re.search(rf'<th scope="row"><a [^>]*>([^<]*)</a></th>(?:(?!</tr>).)*<td>{re.escape(noted)}</td>', page)
    assert marked is not None
    assert marked[1] == key_label(DIMENSIONS["day"], within["from"], "en"), "the gap began before the period"
    day = reader.get("reports", **{**within, "to": within["from"]}).text
    assert f"{noted} <small" in day
    assert f"<title>{noted}</title>" not in day, "a gap of a day has no place among its hours"
    assert "There were no" not in member_of(server, served, served.open_site().site.id).get("reports").text


def test_costs_of_a_campaign_without_visits_are_stated_on_the_overview(
    server: ServerProcess, served: Stage, broken: Player
) -> None:
    reader = member_of(server, served, broken.site.id, Role.READER)
    page = reader.get("", period="28d").text
    assert "The campaign old<b> (yandex) cost 31 782 ₽ and brought no visits." in words_of(page)
    assert "old<b>" not in page
    (link,) = [url for url in links_of(page) if "metrics=cost%2Cvisits" in url]
    assert "old<b>" in words_of(reader.follow(link).text)


def test_the_form_is_folded_to_a_line_once_a_question_is_asked(analyst: Guest) -> None:
    asked = analyst.get("reports", by="manager", metrics="deals", period="7d", compare="year").text
    summary = re.search(r"<details>\s*<summary>(.*?)</summary>", asked)
    assert summary is not None
    assert summary[1] == "Manager · Last non-direct"
    opened = re.compile(r"<details open>\s*<summary>")
    assert opened.search(analyst.get("reports", period="7d", compare="year").text)
    assert opened.search(analyst.get("reports", by="nonsense").text)


def test_the_period_and_the_comparison_are_never_folded_away(analyst: Guest) -> None:
    page = analyst.get("reports", by="manager", period="7d", compare="year").text
    in_sight = page[page.index('<form class="card"') : page.index("<details", page.index('<form class="card"'))]
    assert re.findall(r'name="(\w+)"', in_sight) == ["period", "from", "to", "shown", "compare"]
    assert '<option value="7d" selected>' in in_sight
    assert '<option value="year" selected>' in in_sight
    assert "<button>Show</button>" in in_sight


def test_a_month_is_compared_with_the_month_before_unless_the_url_says_otherwise(analyst: Guest) -> None:
    cases = {
        ("month", ""): "A month earlier", ("last_month", ""): "A month earlier", ("28d", ""): "No comparison",
        ("month", "none"): "No comparison", ("month", "previous"): "Previous period",
        ("28d", "months"): "A month earlier",
    }  # fmt: skip
    for (period, compare), chosen in cases.items():
        page = analyst.get("reports", by="manager", period=period, compare=compare).text
        field = page[page.index('<select name="compare">') :].partition("</select>")[0]
        assert re.findall(r"<option[^>]* selected>([^<]+)", field) == [chosen], (period, compare)
        assert ("compared with" in page) == (chosen != "No comparison")
        usual = {"28d": [] if compare else ["No comparison"]}.get(period, ["A month earlier"])
        assert re.findall(r'<option value=""[^>]*>([^<]+)', field) == usual


@pytest.mark.parametrize("before", ["", "previous"])
def test_no_comparison_is_kept_when_the_period_becomes_a_month_whether_chosen_or_shown(
    analyst: Guest, before: str
) -> None:
    def field(page: str) -> str:
        return page[page.index('<select name="compare">') :].partition("</select>")[0]

    page = analyst.get("reports", by="manager", period="28d", compare=before).text
    if before:
        none = dict(re.findall(r'<option value="([^"]*)"[^>]*>([^<]+)', field(page)))
        (value,) = [value for value, label in none.items() if label == "No comparison"]
        page = analyst.get("reports", by="manager", period="28d", compare=value).text
    assert "compared with" not in page
    ((value, label),) = re.findall(r'<option value="([^"]*)" selected>([^<]+)', field(page))
    assert label == "No comparison"
    month = analyst.get("reports", by="manager", period="month", shown="28d", compare=value).text
    assert "compared with" not in month
    assert re.findall(r" selected>([^<]+)", field(month)) == ["No comparison"]
    assert "compared with" in analyst.get("reports", by="manager", period="month").text, "a link says nothing else"


def test_a_lack_of_a_comparison_that_was_only_shown_is_not_carried_to_other_pages(analyst: Guest) -> None:
    page = analyst.get("reports", by="manager", period="28d").text
    field = page[page.index('<select name="compare">') :].partition("</select>")[0]
    (value,) = re.findall(r'<option value="([^"]*)" selected>', field)
    for period in ("28d", "7d"):
        again = analyst.get("reports", by="manager", period=period, shown="28d", compare=value).text
        assert "compared with" not in again
        carried = [url for url in links_of(again) if f"period={period}" in url]
        assert carried
        assert not [url for url in carried if "compare=none" in url]
    typed = {"from": "2026-03-01", "to": "2026-03-31", "dates": "..", "period": "month", "shown": "28d", "compare": ""}
    assert not [url for url in links_of(analyst.get("reports", **typed).text) if "compare=none" in url]
    overview = analyst.get("", period="month", shown="28d", compare="").text
    assert "compared with" in overview, "the form of the overview has shown a comparison"


def chosen_period(page: str) -> str:
    """Return the period that a form shows as chosen, empty for dates."""
    field = page[page.index('<select name="period"') :].partition("</select>")[0]
    return "".join(re.findall(r'<option value="([^"]*)" selected>', field))


@pytest.mark.parametrize("place", ["", "reports"])
def test_a_period_replaces_the_dates_that_are_left_in_the_form(analyst: Guest, place: str) -> None:
    dates = {"from": "2026-03-01", "to": "2026-03-31"}
    page = analyst.get(place, **dates).text
    (shown,) = re.findall(r'name="dates" value="([^"]+)"', page)
    assert chosen_period(page) == ""
    assert chosen_period(analyst.get(place, **dates, dates=shown, period="month").text) == "month"
    assert chosen_period(analyst.get(place, **dates, dates=shown, period="").text) == ""
    for typed in ({"to": "2026-03-30"}, {"to": ""}):
        assert chosen_period(analyst.get(place, **dates | typed, dates=shown, period="month").text) == ""
    assert "dates" not in re.findall(r'name="(\w+)"', analyst.get(place, period="month").text)


def test_a_month_chosen_after_days_is_compared_with_the_month_before(analyst: Guest) -> None:
    asked = {"by": "manager", "compare": "previous"}
    for shown, period, chosen in (
        ("28d", "month", "A month earlier"), ("", "last_month", "A month earlier"), ("28d", "7d", "Previous period"),
        ("month", "month", "Previous period"), ("month", "last_month", "Previous period"),
    ):  # fmt: skip
        page = analyst.get("reports", **asked, period=period, shown=shown).text
        assert f'name="shown" value="{period}"' in page
        field = page[page.index('<select name="compare">') :].partition("</select>")[0]
        assert re.findall(r"<option[^>]* selected>([^<]+)", field) == [chosen], (shown, period)


def test_links_of_the_overview_keep_its_comparison(analyst: Guest) -> None:
    for period, compare in (("month", "months"), ("28d", "previous")):
        links = [url for url in links_of(analyst.get("", period=period).text) if "/reports?" in url]
        found = {"".join(parse_qs(urlsplit(url).query).get("compare", [])) for url in links}
        assert compare in found
        assert found <= {compare, "", "weekdays"}


def test_the_last_month_is_compared_with_the_whole_month_before(analyst: Guest, site: Player) -> None:
    last = last_month(site_day(datetime.now(UTC), site.site.time_zone))
    before = last_month(last.first_on)
    days = [day("en", each) for each in (last.first_on, last.last_on, before.first_on, before.last_on)]
    page = words_of(analyst.get("reports", by="manager", period="last_month").text)
    assert "{} to {}, compared with {} to {} (no data in that period)".format(*days).replace("\u00a0", " ") in page
    file = dict(csv_rows(analyst.get("reports.csv", by="manager", period="last_month", metrics="deals").content))
    assert (file["Compared from"], file["Compared to"]) == tuple(f'="{each}"' for each in days[2:])


def test_the_table_of_a_report_comes_before_the_notes(analyst: Guest) -> None:
    page = analyst.get("reports", period="7d").text
    assert page.index('aria-label="Report"') < page.index(f'href="/cabinet/{analyst.site_id}/notes"')


def test_the_deals_behind_a_figure_show_status_source_and_reason(analyst: Guest) -> None:
    page = words_of(analyst.get("reports/rows", metrics="deals", period="7d").text)
    assert "Number Date Status Source Match reason Share" in page
    assert re.search(r"yandex / cpc / a by phone 100 %", page)
    assert re.search(r"no source the CRM sent neither a lead nor a contact 100 %", page)


def test_deleting_stands_at_the_end_of_the_cards_and_the_search_hint_beside_its_field(analyst: Guest) -> None:
    page = analyst.get("deals", period="7d").text
    assert re.search(r'name="q"[^>]*></label>\s*<small class="hint" id="search-hint">', page)
    (deal, *_) = [url for url in links_of(page) if re.search("/deals/[0-9]+$", url)]
    card = analyst.follow(deal).text
    assert card.index("<h2>What was changed and by whom</h2>") < card.index('value="delete"')
    (lead, *_) = [url for url in links_of(analyst.get("leads", period="7d").text) if "/leads/call/" in url]
    card = analyst.follow(lead).text
    assert card.index("<h2>Deals</h2>") < card.index('value="hide"')


def test_a_call_is_named_by_both_of_its_ids(server: ServerProcess, served: Stage) -> None:
    player = served.open_site()
    call = served.call(player, NOW - timedelta(hours=1), reference="pbx-7")
    analyst = member_of(server, served, player.site.id, Role.ANALYST)
    assert f"pbx-7 ID {call.id}" in words_of(analyst.get("leads", period="7d").text)
    card = words_of(analyst.get(f"leads/call/{call.id}").text)
    assert f"Call {call.id}" in card
    assert "pbx-7" in card
    assert "no source: the call is not linked to a visit to the site" in card


@pytest.mark.parametrize("asked", [{}, {"pivot": "service"}], ids=str)
def test_a_report_links_to_more_rows_until_all_are_shown(
    server: ServerProcess, served: Stage, asked: dict[str, str]
) -> None:
    player = served.open_site()
    deals = [registration(f"{place}", happened_at=NOW, manager=f"m{place}") for place in range(12)]
    served.perform(register_deals, player, *deals)
    analyst = member_of(server, served, player.site.id, Role.ANALYST)
    page = analyst.get("reports", by="manager", metrics="deals", period="7d", limit="1", **asked).text
    shown = []
    while True:
        shown.append(len(set(re.findall(">(m[0-9]+)<", page))))
        more = re.search('<a href="([^"]*)">Show more rows</a>', page)
        if more is None:
            break
        page = analyst.follow(html.unescape(more[1])).text
    assert shown == [1, 10, 12]
