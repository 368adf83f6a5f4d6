"""`statistics/{siteId}/calls/…`: how many calls there were, over HTTP to a real server."""

from datetime import timedelta
from typing import Any

import pytest

from cast import Player, Stage, moscow
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.leads.annotations import Annotations
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.operations.leads.delete import delete_lead
from described import check_answer
from server import REST, ServerProcess

FIGURES = ("total-count", "count-by-date", "seo/count-by-date", "seo/count-by-keywords")


def ask(server: ServerProcess, player: Player, figure: str, **parameters: Any) -> Any:
    sent = {"access_token": player.token, "dateFrom": "25/03/2018", "dateTo": "27/03/2018", **parameters}
    return server.http.get(f"{REST}/statistics/{player.site.id}/calls/{figure}", params=sent)


def figures_of(server: ServerProcess, player: Player, figure: str, **parameters: Any) -> Any:
    answer = ask(server, player, figure, **parameters)
    assert answer.status_code == 200, answer.text
    check_answer(server, f"{REST}/statistics/{{siteId}}/calls/{figure}", answer.json())
    return answer.json()


@pytest.fixture
def shelf(served: Stage, owner: Player) -> list[int]:
    """Take in calls around midnights, some of which came of searching."""
    night = moscow("2018-03-26")
    found = TrafficSource("yandex", "organic", term="купить слона")
    visit = served.visit(owner, night - timedelta(days=1), found)
    calls = [
        served.call(owner, night - timedelta(seconds=1)),
        served.call(owner, night, visit_id=visit.id),
        served.call(owner, night + timedelta(hours=23, minutes=59, seconds=59)),
        served.call(owner, night + timedelta(hours=24), visit_id=visit.id),
        served.call(
            owner, night + timedelta(hours=25), annotations=Annotations(stated_source=TrafficSource("ya", "organic"))
        ),
        served.call(owner, night + timedelta(hours=48)),
    ]
    return [call.id for call in calls]


def days(*counts: int) -> dict[str, int]:
    return {f"{25 + number}/03/2018": count for number, count in enumerate(counts)}


@pytest.mark.usefixtures("shelf")
def test_it_counts_calls_by_day_and_those_of_searching_by_day_and_keyword(server: ServerProcess, owner: Player) -> None:
    assert figures_of(server, owner, "total-count") == 5
    assert figures_of(server, owner, "count-by-date") == days(1, 2, 2)
    assert figures_of(server, owner, "seo/count-by-date") == days(0, 1, 2)
    assert figures_of(server, owner, "seo/count-by-keywords") == {"купить слона": 2, "(not set)": 1}


def test_where_nothing_is_found_days_are_empty(server: ServerProcess, owner: Player) -> None:
    assert figures_of(server, owner, "total-count") == 0
    assert figures_of(server, owner, "count-by-date") == days(0, 0, 0)
    assert figures_of(server, owner, "seo/count-by-keywords") == {}


def test_a_day_is_the_sites_own(server: ServerProcess, served: Stage, stranger: Player) -> None:
    served.call(stranger, moscow("2018-03-25", "17:00:00"))
    assert figures_of(server, stranger, "count-by-date") == days(0, 1, 0)


def test_hidden_calls_do_not_count_and_neighbours_count_apart(
    server: ServerProcess, served: Stage, owner: Player, stranger: Player, shelf: list[int]
) -> None:
    with served.database.write() as connection:
        delete_lead(served.work(connection, owner, moscow("2018-03-30")), LeadRef(LeadKind.CALL, shelf[1]))
    assert figures_of(server, owner, "count-by-date") == days(1, 1, 2)
    assert figures_of(server, stranger, "total-count") == 0


@pytest.mark.parametrize("figure", FIGURES)
@pytest.mark.parametrize(
    ("asked", "fields"),
    [
        ({"dateFrom": "", "dateTo": ""}, ["dateFrom", "dateTo"]),
        ({"dateFrom": "03/26/2018"}, ["dateFrom"]),
        ({"dateFrom": "28/03/2018"}, ["dateFrom"]),
        ({"dateFrom": "01/01/2000"}, ["dateTo"]),
    ],
    ids=str,
)
def test_what_cannot_be_read_is_named(
    server: ServerProcess, owner: Player, figure: str, asked: dict[str, Any], fields: list[str]
) -> None:
    refused = ask(server, owner, figure, **asked)
    assert (refused.status_code, refused.json()["errorCode"]) == (400, "10007")
    violations = refused.json()["data"]["validationErrorData"]["violations"]
    assert [violation["field"] for violation in violations] == fields


@pytest.mark.parametrize("figure", FIGURES)
def test_it_asks_for_the_token_under_its_own_name(
    server: ServerProcess, owner: Player, stranger: Player, figure: str
) -> None:
    refused = ask(server, owner, figure, access_token="", clientApiId=owner.token)
    assert (refused.status_code, refused.json()["errorCode"]) == (403, "10020")
    assert "access_token" in refused.json()["message"]
    assert ask(server, owner, figure, access_token=stranger.token).json()["errorCode"] == "10021"


def test_a_count_costs_a_point(server: ServerProcess, served: Stage) -> None:
    poor = served.open_site(points_per_day=1)
    assert [ask(server, poor, "total-count").status_code for _ in range(2)] == [200, 429]
