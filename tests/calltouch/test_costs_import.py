"""`costs-import/add` and `costs-import/update`: over HTTP to a real server."""

from datetime import date
from typing import Any

import httpx
import pytest

from cast import Player, Stage
from dealtrace.attribution.cost import Cost, CostAccount
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.operations.reports.import_costs import import_costs
from server import ServerProcess
from stored import points_of, rows_of

COSTS = "/report-service/RestAPI/api/costs-import"
DONE = {"data": {"success": True}}
MARCH = {"price": "100", "dateFrom": "01.03.2024", "dateTo": "03.03.2024"}


def send(server: ServerProcess, path: str, token: str, method: str = "GET", **parameters: Any) -> httpx.Response:
    sent = {"clientApiId": token, "source": "yandex", **MARCH, **parameters}
    sent = {name: value for name, value in sent.items() if value is not None}
    if method == "GET":
        return server.http.get(f"{COSTS}/{path}", params=sent)
    return server.http.post(f"{COSTS}/{path}/", data=sent)


def amounts(served: Stage, player: Player) -> dict[date, int]:
    """Return the kopecks of each day."""
    sums: dict[date, int] = {}
    for row in rows_of(served.database, player).get("cost", []):
        sums[row[1]] = sums.get(row[1], 0) + row[6]
    return sums


def march(*kopecks: int) -> dict[date, int]:
    return {date(2024, 3, day): amount for day, amount in enumerate(kopecks, 1)}


def violations(answer: httpx.Response) -> dict[str, str]:
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "10007"), answer.text
    return {found["field"]: found["message"] for found in answer.json()["data"]["validationErrorData"]["violations"]}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_cost_is_spread_over_its_days(server: ServerProcess, served: Stage, owner: Player, method: str) -> None:
    answer = send(server, "add", owner.token, method)
    assert (answer.status_code, answer.json()) == (200, DONE)
    assert amounts(served, owner) == march(33_33, 33_33, 33_34)
    assert points_of(served.database, owner) == 1


def test_adding_adds_and_updating_replaces(server: ServerProcess, served: Stage, owner: Player) -> None:
    for _ in range(2):
        send(server, "add", owner.token)
    assert amounts(served, owner) == march(66_66, 66_66, 66_68)
    answer = send(server, "update", owner.token, price="1,5", dateTo="02.03.2024")
    assert answer.json() == DONE
    assert amounts(served, owner) == march(75, 75, 66_68)


def test_an_update_replaces_what_came_from_a_file(server: ServerProcess, served: Stage, owner: Player) -> None:
    day, source = date(2024, 3, 1), TrafficSource("yandex", "cpc")
    with served.database.write() as connection:
        work = served.work(connection, owner)
        served.ids.ensure(1)
        import_costs(work, CostAccount("yandex", "main"), [day], [Cost(day, source, 5)])
    one_day = {"medium": "cpc", "dateTo": "01.03.2024"}
    send(server, "update", owner.token, price="7", **one_day)
    assert amounts(served, owner) == march(700)
    send(server, "update", owner.token, price="0", **one_day)
    assert amounts(served, owner) == {}


def test_only_the_very_same_parts_are_replaced(server: ServerProcess, served: Stage, owner: Player) -> None:
    send(server, "add", owner.token, campaign="весна", dateTo="01.03.2024")
    send(server, "update", owner.token, price="1", dateTo="01.03.2024")
    assert amounts(served, owner) == march(101_00)


@pytest.mark.parametrize(
    "sent", [{"term": "купить слона"}, {"keyword": "купить слона"}, {"term": "купить слона", "keyword": "другое"}]
)
def test_the_keyword_is_called_either_way(
    server: ServerProcess, served: Stage, owner: Player, sent: dict[str, str]
) -> None:
    assert send(server, "add", owner.token, source=None, campaign="<не заполнено>", **sent).json() == DONE
    ((_, _, _, source, medium, campaign, content, term, *_),) = rows_of(served.database, owner)["traffic_source"]
    assert (source, medium, campaign, content, term) == ("", "", "", "", "купить слона")


@pytest.mark.parametrize(
    ("since", "until"), [("01.03.2024", "03.03.2024"), ("01/03/2024", "03/03/2024"), ("2024-03-01", "2024-03-03")]
)
def test_days_are_read_in_three_forms(
    server: ServerProcess, served: Stage, owner: Player, since: str, until: str
) -> None:
    assert send(server, "add", owner.token, dateFrom=since, dateTo=until).json() == DONE
    assert list(amounts(served, owner)) == list(march(0, 0, 0))


def test_the_token_may_be_in_headers(server: ServerProcess, served: Stage, owner: Player, stranger: Player) -> None:
    headers = {"Access-Token": owner.token, "SiteId": str(owner.site.id)}
    answer = server.http.get(f"{COSTS}/add", params={"source": "yandex", **MARCH}, headers=headers)
    assert (answer.status_code, answer.json()) == (200, DONE)
    wrong = {**headers, "SiteId": str(stranger.site.id)}
    refused = server.http.get(f"{COSTS}/add", params={"source": "yandex", **MARCH}, headers=wrong)
    assert (refused.status_code, refused.json()["errorCode"]) == (403, "10021")
    assert sum(amounts(served, owner).values()) == 100_00
    assert amounts(served, stranger) == {}


def test_without_a_token_it_is_403(server: ServerProcess, served: Stage, owner: Player) -> None:
    for token in (None, "nonsense"):
        refused = send(server, "add", token or "", clientApiId=token)
        assert (refused.status_code, refused.json()["errorCode"]) == (403, "10020")
        assert "clientApiId" in refused.json()["message"]
    assert amounts(served, owner) == {}


@pytest.mark.parametrize(
    ("sent", "fields"),
    [
        ({"source": None}, {"source"}),
        ({"source": " ", "term": "<не заполнено>"}, {"source"}),
        ({"price": None}, {"price"}),
        ({"price": "many"}, {"price"}),
        ({"price": "-1"}, {"price"}),
        ({"price": "10000000000.01"}, {"price"}),
        ({"price": "NaN"}, {"price"}),
        ({"dateFrom": None, "dateTo": ""}, {"dateFrom", "dateTo"}),
        ({"dateFrom": "2024-13-01"}, {"dateFrom"}),
        ({"dateFrom": "04.03.2024"}, {"dateTo"}),
        ({"dateTo": "01.03.2025"}, set()),
        ({"dateTo": "02.03.2025"}, {"dateTo"}),
        ({"dateFrom": "01.01.1990", "dateTo": "31.12.2100"}, {"dateTo"}),
        ({"campaign": "x" * 1025}, {"campaign"}),
        ({"source": None, "dateTo": "01.02.2024"}, {"source", "dateTo"}),
    ],
)
@pytest.mark.parametrize("path", ["add", "update"])
def test_what_makes_no_sense_is_400_and_stores_nothing(
    server: ServerProcess, served: Stage, owner: Player, path: str, sent: dict[str, str | None], fields: set[str]
) -> None:
    answer = send(server, path, owner.token, **sent)
    if not fields:
        assert (answer.json(), len(amounts(served, owner))) == (DONE, 366)
        return
    assert set(violations(answer)) == fields
    assert (amounts(served, owner), points_of(served.database, owner)) == ({}, 0)


def test_a_period_that_is_too_long_names_the_cure(server: ServerProcess, owner: Player) -> None:
    answer = send(server, "add", owner.token, dateTo="31.12.2030")
    assert "не более 366: разделите его" in violations(answer)["dateTo"]


@pytest.mark.parametrize("method", ["HEAD", "DELETE", "PUT"])
def test_other_methods_are_405(server: ServerProcess, served: Stage, owner: Player, method: str) -> None:
    sent = {"clientApiId": owner.token, "source": "yandex", **MARCH}
    refused = server.http.request(method, f"{COSTS}/add", params=sent)
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, POST")
    assert amounts(served, owner) == {}


def test_a_neighbour_sees_and_changes_nothing(
    server: ServerProcess, served: Stage, owner: Player, stranger: Player
) -> None:
    send(server, "add", owner.token)
    send(server, "update", stranger.token, price="0")
    assert sum(amounts(served, owner).values()) == 100_00
    assert amounts(served, stranger) == {}
