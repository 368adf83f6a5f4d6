"""`GET /api/token`: what a token opens, over HTTP to a real server."""

from cast import Stage
from described import check_answer
from server import ServerProcess
from stored import points_of


def test_a_token_names_its_site_and_costs_no_points(server: ServerProcess, served: Stage) -> None:
    player = served.open_site(points_per_day=7, fields=["margin"], contact_matching=True)
    server.register(player.token)
    answer = server.http.get("/api/token", headers={"Access-Token": player.token})
    assert answer.status_code == 200
    check_answer(server, "/api/token", answer.json())
    assert answer.json() == {
        "siteId": player.site.id,
        "name": "Shop",
        "timezone": "Europe/Moscow",
        "contactMatching": True,
        "attribution": 1,
        "counter": player.site.counter_code,
        "customFields": ["margin"],
        "pointsPerDay": 7,
        "pointsSpentToday": 1,
    }
    assert points_of(served.database, player) == 1


def test_an_unknown_token_opens_nothing(server: ServerProcess) -> None:
    for headers in ({}, {"Access-Token": "unknown"}):
        refused = server.http.get("/api/token", headers=headers)
        assert (refused.status_code, refused.json()["errorCode"]) == (403, "10020")
