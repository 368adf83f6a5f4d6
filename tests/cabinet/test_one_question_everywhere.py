"""A question is one on all its pages: filters on the overview, charts of a single day, files of what is shown."""

import csv
import html
import re
from datetime import UTC, datetime, timedelta

import pytest

from cast import Player, Stage
from dealtrace.accounts.rights import Role
from dealtrace.attribution.traffic_source import TrafficSource
from engines import on_one_engine
from guests import Guest, member_of
from server import ServerProcess

pytestmark = on_one_engine
NINE = datetime(2024, 11, 11, 6, tzinfo=UTC)
"""Nine o'clock in the morning in Moscow."""
DAY = {"from": "2024-11-11", "to": "2024-11-11"}


@pytest.fixture(scope="module")
def site(served: Stage) -> Player:
    """Give a site with visits and calls at nine and at eleven of one day, and at nine of the day before."""
    player = served.open_site()
    for place, hours in enumerate((0, 0, 2, -24)):
        at = NINE + timedelta(hours=hours, minutes=5 * place)
        visit = served.visit(player, at, TrafficSource("yandex" if place else "google", "cpc"), visitor=f"v{place}")
        served.call(player, at + timedelta(minutes=1), phone=f"7920555005{place}", visit_id=visit.id)
    return player


@pytest.fixture
def analyst(server: ServerProcess, served: Stage, site: Player) -> Guest:
    return member_of(server, served, site.site.id, Role.ANALYST)


def hours_drawn(page: str) -> dict[str, str]:
    """Return the points of the chart that are not zero: the title of each without its hour, by hour."""
    titles = re.findall(r"<circle[^>]*><title>([0-9]{2}): (.*?)</title>", page)
    assert len(titles) == 24
    return {hour: words for hour, words in titles if words not in ("0", "0 (0)")}


@pytest.mark.parametrize(("place", "metric"), [("", {"chart": "leads"}), ("reports", {"metrics": "leads"})])
def test_a_single_day_is_drawn_by_hours(analyst: Guest, place: str, metric: dict[str, str]) -> None:
    page = analyst.get(place, **DAY, **metric, compare="previous").text
    assert "<figcaption>Leads, by hour of the visit</figcaption>" in page
    assert hours_drawn(page) == {"09": "2 (1)", "11": "1 (0)"}
    link = re.search(r'<th scope="row"><a href="([^"]+)">09</a>', page)
    assert link is not None
    assert hours_drawn(analyst.follow(html.unescape(link[1]) + "&metrics=leads").text)["09"].startswith("2")


def test_costs_of_a_single_day_have_no_hours_to_draw(analyst: Guest) -> None:
    assert "<figcaption>" not in analyst.get("", **DAY, chart="cost").text
    assert "<figcaption>" not in analyst.get("reports", **DAY, metrics="cost,leads").text
    said = "no chart of a single day, because costs are known only by day"
    assert f"Cost: {said}" in analyst.get("", **DAY, chart="cost").text
    assert f"Cost: {said}" in analyst.get("reports", **DAY, metrics="cost,leads").text
    assert said not in analyst.get("", **DAY, chart="leads").text
    assert said not in analyst.get("reports", **DAY, metrics="leads,cost").text
    assert "<figcaption>Cost</figcaption>" in analyst.get("", **{**DAY, "from": "2024-11-10"}, chart="cost").text


def test_the_overview_shows_its_filters_and_keeps_them(server: ServerProcess, served: Stage, site: Player) -> None:
    owner = member_of(server, served, site.site.id, Role.OWNER)
    owner.send("reports/segments", name="Ads", whose="site", query="filter=medium:is:cpc")
    asked = {**DAY, "filter": "source:is:yandex", "segment": "Ads", "chart": "leads"}
    pages = {place: owner.get(place, **asked).text for place in ("", "reports")}
    for page in pages.values():
        (chips,) = re.findall(r'<ul class="chips" aria-label="Active filters">(.*?)</ul>', page, re.DOTALL)
        assert re.search(r"Source is yandex .*?reverse.*?×", re.sub("<[^>]+>", " ", chips), re.DOTALL)
        without, other = (
            html.unescape(re.findall(f'<a href="([^"]*)"[^>]*>{text}<', chips)[0]) for text in ("×", "reverse")
        )
        assert "filter" not in without
        assert "Source is not yandex" in owner.follow(other).text
        for name in ("segment=Ads", "chart=leads"):
            assert name in without
            assert name in other
    form = re.search(r'<form class="bar".*?</form>', pages[""], re.DOTALL)
    assert form is not None
    kept = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form[0]))
    shown_with = {"shown": "", "dates": f"{DAY['from']}..{DAY['to']}"}
    assert kept == {"chart": "leads", "filter": "source:is:yandex", **shown_with}
    assert '<option value="Ads" selected>' in form[0]


@pytest.mark.parametrize("asked", [{"models": "all"}, {"models": "all", "chart": "deals"}, {"model": "2"}], ids=str)
def test_a_file_has_what_its_page_shows(analyst: Guest, asked: dict[str, str]) -> None:
    question = {**DAY, **asked, "by": "source", "metrics": "visits,leads,deals", "sort": "-leads"}
    page = analyst.get("reports", **question).text
    _, *rows = file_of(analyst, page)
    assert [row[1:] for row in rows] == figures_of(page, has_spread="models" in asked)


def test_a_file_has_the_changes_that_its_page_shows(analyst: Guest) -> None:
    question = {**DAY, "compare": "previous", "by": "source", "metrics": "visits,leads,visit_to_lead"}
    page = analyst.get("reports", **question).text
    headings, *rows = file_of(analyst, page)
    endings = ("", ", compared", ", change", ", change in %")
    assert headings[1:5] == [f"Visits{ending}" for ending in endings]
    assert headings[9:] == [f"Visit to lead{ending}" for ending in endings[:3]]
    changes = [[shown_changes(*row[place + 2 : place + 4]) for place in (1, 5)] for row in rows]
    assert changes == [[["+100 %", "(+1)"]] * 2, [["+1"]] * 2, [["+200 %", "(+2)"]] * 2]
    body = page.rpartition("<table")[2].partition("<tbody>")[2].partition("</table>")[0]
    cells = [re.findall(r'<td class="value[^"]*"[^>]*>(.*?)</td>', row, re.DOTALL) for row in body.split("</tr>")]
    shown = [
        [[text.replace("\u00a0", " ") for text in re.findall(r'<small class="better">(.*?)</small>', c)] for c in row]
        for row in cells
        if row
    ]
    assert [row[:2] for row in shown] == changes


def shown_changes(change: str, percent: str) -> list[str]:
    """Return what a page says of a figure that grew, by the columns of its change in a file."""
    return [f"+{float(percent):.0f} %", f"(+{change})"] if percent else [f"+{change}"]


def file_of(analyst: Guest, page: str) -> list[list[str]]:
    """Return the headings, the rows and the total of the CSV file that a page of a report by sources leads to."""
    (link,) = (html.unescape(each) for each in re.findall(r'href="([^"]*reports\.csv[^"]*)"', page))
    rows = list(csv.reader(analyst.follow(link).content.decode("utf-8-sig").splitlines()))
    at = next(place for place, row in enumerate(rows) if row[:1] == ["Source"])
    return rows[at:]


def figures_of(page: str, *, has_spread: bool) -> list[list[str]]:
    """Return the figures of the last table of a page, a list for each row and the total."""
    body = page.rpartition("<table")[2].partition("<tbody>")[2].partition("</table>")[0]
    rows = [re.findall(r'<td class="value[^"]*"[^>]*>(.*?)</td>', row, re.DOTALL) for row in body.split("</tr>")]
    plain = [[re.sub("<small.*?</small>|<[^>]+>", "", cell).strip() for cell in row] for row in rows if row]
    return [row[:-1] if has_spread else row for row in plain]
