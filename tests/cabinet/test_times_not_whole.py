"""Times that a report does not count whole say so wherever a person reads them: page, chart, pivot, files, terminal."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from cast import Player, Stage, zone_at_noon
from dealtrace.attribution.traffic_source import TrafficSource
from engines import on_one_engine
from guests import Guest, member_of, text_of
from server import ServerProcess

pytestmark = on_one_engine
NOW = datetime.now(UTC)
ZONE = zone_at_noon()


@pytest.fixture(scope="module")
def site(served: Stage) -> Player:
    """Give a site with visits now and before two days."""
    player = served.open_site(time_zone=ZONE)
    for at in (NOW - timedelta(days=2), NOW):
        served.visit(player, at, TrafficSource("yandex", "cpc"))
    return player


@pytest.fixture
def owner(server: ServerProcess, served: Stage, site: Player) -> Guest:
    return member_of(server, served, site.site.id, language="ru")


def headings_of(page: str) -> list[str]:
    """Return the headings of the rows and columns of the last table on a page."""
    found = re.findall(r"<th scope[^>]*>(.*?)</th>", page.rpartition("<table")[2], re.DOTALL)
    return [re.sub(r"<[^>]+>", "", each).replace("\u00a0", " ").strip() for each in found]


def test_today_is_said_not_to_be_over_in_the_table_and_under_the_chart(owner: Guest) -> None:
    page = owner.get("reports", by="day", metrics="visits", period="7d").text
    marked = [words for words in headings_of(page) if "ещё идёт" in words]
    assert len(marked) == 1
    today = marked[0].removesuffix(" ещё идёт")
    figure = page.partition("<figure")[2].partition("</figure>")[0]
    under = re.findall(r'<p class="hint">(.*?)</p>', figure)
    assert [words.replace("\u00a0", " ") for words in under] == [f"{today}: ещё идёт"]
    assert f"{today}: 1, ещё идёт" in figure.replace("\u00a0", " "), "the point says it to screen readers"
    yesterday = owner.get("reports", by="day", metrics="visits", period="yesterday").text
    assert "ещё идёт" not in yesterday


def test_the_columns_of_a_pivot_and_rows_of_all_models_say_it(owner: Guest) -> None:
    across = headings_of(owner.get("reports", by="source", pivot="day", metrics="visits", period="7d").text)
    assert sum("ещё идёт" in words for words in across) == 1
    models = headings_of(owner.get("reports", by="day", metrics="leads", models="all", period="7d").text)
    assert sum("ещё идёт" in words for words in models) == 1


def test_a_month_that_the_period_cuts_off_names_the_days_that_count(owner: Guest) -> None:
    asked = {"by": "month", "metrics": "visits", "from": "2024-10-30", "to": "2024-12-31"}
    headings = headings_of(owner.get("reports", **asked).text)
    assert [words for words in headings if "только" in words] == ["Октябрь 2024 только с 30 окт 2024"]


def test_files_and_the_terminal_have_a_note_of_it(owner: Guest, server: ServerProcess, site: Player) -> None:
    today = NOW.astimezone(ZONE).date().isoformat()
    asked = {"by": "day", "metrics": "visits", "period": "7d"}
    assert f"Не целиком;{today}: ещё идёт\r\n" in owner.get("reports.csv", **asked).text
    pivot = owner.get("reports.csv", **asked | {"by": "source", "pivot": "day"}).text
    assert f"Не целиком;{today}: ещё идёт\r\n" in pivot
    headers = {"Access-Token": site.token}
    of_program = server.http.get("/api/reports.csv", params=asked, headers=headers).text
    assert f"# not whole,{today}: not finished\n" in of_program
    printed = server.command("report", "--site", str(site.site.id), "--by", "day", "--metrics", "visits")
    assert printed.stdout.rstrip().endswith(f"{today}: not finished")
    assert "ещё идёт" not in text_of(owner.get("reports", **asked | {"by": "source", "period": "yesterday"}).text)
