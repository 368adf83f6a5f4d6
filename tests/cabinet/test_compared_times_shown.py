"""Rows of times say with what they are compared: on the page, in files, in the terminal, and in both languages."""

import html
import re
from datetime import UTC, datetime, timedelta

import pytest

from cast import Player, Stage
from dealtrace.attribution.traffic_source import TrafficSource
from engines import on_one_engine
from guests import Guest, member_of
from server import ServerProcess

pytestmark = on_one_engine
FIRST_AT = datetime(2023, 9, 1, 9, tzinfo=UTC)
AUTUMN = {"from": "2023-10-01", "to": "2023-12-31", "metrics": "visits", "compare": "previous"}
"""Three months that are compared with those before, of which only September has data."""
WINTER = {"from": "2024-01-01", "to": "2024-03-31", "metrics": "visits", "compare": "previous"}


@pytest.fixture(scope="module")
def site(served: Stage) -> Player:
    """Give a site with one visit on each day of eight months."""
    player = served.open_site()
    for days in range(243):
        served.visit(player, FIRST_AT + timedelta(days=days), TrafficSource("google", "cpc"))
    return player


def headings_of(page: str) -> list[str]:
    """Return the headings of the rows and columns of the last table of a page."""
    found = re.findall(r"<th scope[^>]*>(.*?)</th>", page.rpartition("<table")[2], re.DOTALL)
    return [html.unescape(re.sub(r"<[^>]+>", "", each)).replace("\u00a0", " ").strip() for each in found]


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "en",
            [
                "Jan 2024 compared with 2 Oct 2023 – 31 Oct 2023, days: 31 against 30",
                "Feb 2024 compared with Nov 2023, days: 29 against 30",
                "Mar 2024 compared with Dec 2023",
            ],
        ),
        (
            "ru",
            [
                "Январь 2024 сравнение: 2 окт 2023 – 31 окт 2023, дней: 31 против 30",
                "Февраль 2024 сравнение: ноябрь 2023, дней: 29 против 30",
                "Март 2024 сравнение: декабрь 2023",
            ],
        ),
    ],
)
def test_each_row_names_the_days_whose_figure_it_was(
    server: ServerProcess, served: Stage, site: Player, language: str, expected: list[str]
) -> None:
    owner = member_of(server, served, site.site.id, language=language)
    page = owner.get("reports", **WINTER, by="month").text
    assert [words for words in headings_of(page) if re.search("compared|сравнение:", words)] == expected
    across = headings_of(owner.get("reports", **WINTER, by="source", pivot="month").text)
    assert [words for words in across if re.search("compared|сравнение:", words)] == expected
    models = headings_of(owner.get("reports", **WINTER | {"metrics": "leads"}, by="month", models="all").text)
    assert [words for words in models if re.search("compared|сравнение:", words)] == expected
    alone = owner.get("reports", **WINTER | {"compare": ""}, by="month").text
    assert "days: " not in alone


def test_the_earlier_figure_counts_the_days_that_are_named(server: ServerProcess, site: Player) -> None:
    """Each day has one visit, so that an earlier figure is the number of days."""
    answer = server.http.get(
        "/api/reports", params={**WINTER, "by": "month"}, headers={"Access-Token": site.token}
    ).json()
    assert [row["compared"]["visits"] for row in answer["rows"]] == [30, 30, 31]


def test_files_and_the_terminal_name_the_times_of_other_lengths(
    server: ServerProcess, served: Stage, site: Player
) -> None:
    owner: Guest = member_of(server, served, site.site.id, language="ru")
    note = "2024-01: сравнение: 2023-10-02 – 2023-10-31, дней: 31 против 30; 2024-02: сравнение: 2023-11, дней: 29"
    assert note in owner.get("reports.csv", **WINTER, by="month").text
    assert note in owner.get("reports.csv", **WINTER, by="source", pivot="month").text
    headers = {"Access-Token": site.token}
    of_program = server.http.get("/api/reports.csv", params={**WINTER, "by": "month"}, headers=headers).text
    assert "# compared days," in of_program
    assert "2024-02: compared with 2023-11, days: 29 against 30" in of_program
    asked = ("--by", "month", "--metrics", "visits", "--from", "2024-01-01", "--to", "2024-03-31")
    printed = server.command("report", "--site", str(site.site.id), *asked, "--compare", "previous")
    assert printed.stdout.rstrip().endswith("2024-02: compared with 2023-11, days: 29 against 30")


@pytest.mark.parametrize(
    ("language", "caption", "lacking", "nothing"),
    [
        ("en", "(no data before 1 Sep 2023)", "Oct 2023 compared with Jul 2023: no data", "(no data in that period)"),
        (
            "ru",
            "(данных до 1 сен 2023 нет)",
            "Октябрь 2023 сравнение: июль 2023: данных нет",
            "(за тот период данных нет)",
        ),
    ],
)
def test_months_before_the_first_data_are_no_rise(
    server: ServerProcess, served: Stage, site: Player, language: str, caption: str, lacking: str, nothing: str
) -> None:
    owner = member_of(server, served, site.site.id, language=language)

    def page(**words: str) -> str:
        found = owner.get("reports", **AUTUMN | words).text.rpartition("<table")[2]
        return html.unescape(found).replace("\u00a0", " ")

    by_month = page(by="month")
    assert caption in by_month
    assert lacking in headings_of(f"<table{by_month}")
    assert by_month.count('class="before"') == 2, "December, which September is compared with, and the total"
    assert caption in page(by="source"), "three months beside one"
    across = page(by="source", pivot="month")
    assert caption in across
    assert lacking in headings_of(f"<table{across}")
    assert nothing in page(by="month", models="all", metrics="deals"), "there are no deals at all"
    earlier = owner.get("reports", **AUTUMN | {"compare": "year"}, by="month").text
    assert nothing in html.unescape(earlier).replace("\u00a0", " ")


def test_files_answers_and_the_terminal_say_since_when_there_is_data(
    server: ServerProcess, served: Stage, site: Player
) -> None:
    owner = member_of(server, served, site.site.id, language="ru")
    assert "данных до 1\u00a0сен\u00a02023 нет" in owner.get("reports.csv", **AUTUMN, by="month").text
    assert "данных до 1\u00a0сен\u00a02023 нет" in owner.get("reports.csv", **AUTUMN, by="source", pivot="month").text
    nothing = owner.get("reports.csv", **AUTUMN | {"compare": "year"}, by="month").text
    assert "за тот период данных нет" in nothing
    headers = {"Access-Token": site.token}
    rows = server.http.get("/api/reports", params={**AUTUMN, "by": "month"}, headers=headers).json()["rows"]
    assert [row["change"]["visits"] for row in rows] == [None, None, 1]
    asked = ("--by", "month", "--metrics", "visits", "--from", "2023-10-01", "--to", "2023-12-31")
    printed = server.command("report", "--site", str(site.site.id), *asked, "--compare", "previous")
    assert "compared with 2023-07-01 – 2023-09-30 (no data before 2023-09-01)" in printed.stdout
