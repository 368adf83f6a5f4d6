"""The `session` matcher of deals 2.0: a deal takes the whole path of a visit, with no lead of its own."""

from datetime import timedelta
from typing import Any

from account_work import account_work
from cast import Player, Stage
from client_orders import MADE_AT, ORDER, PHONE, RECEPTION, ask, by, create, search
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.attribution.visit import Visit, VisitId
from dealtrace.leads.annotations import Annotations
from dealtrace.operations.personal_data import erase_person
from dealtrace.operations.visits.store_visits import store_visits
from dealtrace.storage.visits.visits import find_visits
from server import ServerProcess

WORDS = "/calls-service/RestAPI"


def session(*ids: Any) -> dict[str, Any]:
    return by("session", sessionId=[str(each) for each in ids])


def seen(stage: Stage, player: Player, days: float, source: str, *, visit_id: int | None = None, **more: Any) -> Visit:
    """Store a visit that began this many days before the deal."""
    began_at, traffic_source = MADE_AT - timedelta(days=days), TrafficSource(source, "cpc")
    if visit_id is None:
        return stage.visit(player, began_at, traffic_source, **more)
    visit = Visit(VisitId(visit_id), "visitor", began_at, traffic_source, **more)
    with stage.database.write() as connection:
        store_visits(stage.work(connection, player), [visit])
    return visit


def journal(server: ServerProcess, player: Player) -> dict[str, Any]:
    parameters = {"clientApiId": player.token, "dateFrom": "25/03/2018", "dateTo": "25/03/2018"}
    page = server.http.get(f"{WORDS}/{player.site.id}/orders-diary/orders", params=parameters).json()
    (record,) = page["records"]
    found: dict[str, Any] = record
    return found


def report(server: ServerProcess, player: Player, **asked: Any) -> dict[str | None, Any]:
    query = {"metrics": "deals,amount,unmatched", "by": "source", "from": "2018-03-25", "to": "2018-03-25", **asked}
    answer = server.http.get("/api/reports", params=query, headers={"Access-Token": player.token})
    assert answer.status_code == 200, answer.text
    return {row["keys"][0]: row["values"]["amount"] for row in answer.json()["rows"]}


def explained(server: ServerProcess, player: Player, deal_id: int) -> dict[str, Any]:
    answer = server.http.get(f"/api/deals/{deal_id}/explanation", headers={"Access-Token": player.token})
    found: dict[str, Any] = answer.json()
    return found


def test_a_deal_takes_the_whole_path_up_to_the_visit_that_its_matcher_names(
    server: ServerProcess, served: Stage
) -> None:
    player = served.open_site()
    seen(served, player, 3, "google")
    named = seen(served, player, 1, "yandex")
    seen(served, player, 0.1, "bing")
    (stored,) = create(server, player, {**ORDER, "revenue": "10", "matching": [session(named.id), RECEPTION]})
    assert stored["matched"] == {"type": "session", "leadType": None, "id": named.id}
    (found,) = search(server, player, "A-1")
    assert (found["lead"], found["sessionId"]) == (None, named.id)
    shown = journal(server, player)
    assert (shown["visit"]["sessionId"], shown["visit"]["source"], shown["orderSource"]) == (named.id, "yandex", None)
    assert report(server, player, model=0) == {"yandex": "10.00"}
    assert report(server, player, model=2) == {"google": "10.00"}
    assert report(server, player, model=4) == {"google": "5.00", "yandex": "5.00"}
    parameters = {"clientApiId": player.token, "orderId": str(stored["calltouchOrderId"])}
    changed = server.http.get(f"{WORDS}/orders/update-by-id", params=parameters).json()
    assert (changed["session"]["sessionId"], changed["client"]) == (named.id, None)
    story = explained(server, player, stored["calltouchOrderId"])
    assert (story["verdict"], story["visitId"]) == ("decided by a matcher", named.id)
    assert [step["outcome"] for step in story["matchers"]] == ["decided", "not tried"]


def test_the_credit_is_that_of_a_lead_which_names_the_visit(server: ServerProcess, served: Stage) -> None:
    player = served.open_site()
    path = [
        seen(served, player, days, source)
        for days, source in ((120, "old"), (80, "a"), (9, "b"), (2, "c"), (1, "direct"))
    ]
    lead = served.lead_request(player, path[-1].started_at, visit_id=path[-1].id)
    create(
        server,
        player,
        {**ORDER, "revenue": "100", "matching": [by("request", requestId=lead.id)]},
        {**ORDER, "revenue": "100", "orderNumber": "A-2", "matching": [session(path[-1].id)]},
    )
    for model in range(7):
        whole = report(server, player, model=model)
        of_lead = report(server, player, model=model, filter="lead_kind:filled")
        assert {name: float(amount) for name, amount in whole.items()} == {
            name: 2 * float(amount) for name, amount in of_lead.items()
        }


def test_the_latest_of_several_visits_counts_and_unknown_ones_are_passed_over(
    server: ServerProcess, served: Stage
) -> None:
    player = served.open_site()
    early = seen(served, player, 2, "a")
    late = seen(served, player, 1, "b")
    vip = Annotations(tags=("vip",))
    call = served.call(player, MADE_AT - timedelta(hours=1), phone=PHONE, annotations=vip)
    tagged = by("callContact", phones=[PHONE], tags=["vip", "x"])
    answers = create(
        server,
        player,
        {**ORDER, "matching": [session(77, "none", late.id, early.id)]},
        {**ORDER, "orderNumber": "2", "matching": [session(77), by("callContact", phones=[PHONE])]},
        {**ORDER, "orderNumber": "3", "matching": [tagged, session(early.id)]},
        {**ORDER, "orderNumber": "4", "matching": [{**tagged, "callContactParams": {
            **tagged["callContactParams"], "tagsLogic": "or"}}, session(early.id)]},
        {**ORDER, "orderNumber": "5", "matching": [RECEPTION, session(early.id)]},
        {**ORDER, "orderNumber": "6", "matching": [session()]},
    )  # fmt: skip
    matched = [answer["matched"] and (answer["matched"]["type"], answer["matched"]["id"]) for answer in answers]
    assert matched == [
        ("session", late.id),
        ("callContact", call.id),
        ("session", early.id),
        ("callContact", call.id),
        ("customSources", None),
        None,
    ]


def test_a_visit_that_comes_late_is_found_by_the_same_list(server: ServerProcess, served: Stage) -> None:
    player = served.open_site()
    order = {**ORDER, "revenue": "10", "matching": [session(5), by("callContact", phones=[PHONE]), RECEPTION]}
    first = create(server, player, order)
    assert first[0]["matched"]["type"] == "customSources"
    call = served.call(player, MADE_AT - timedelta(days=1), phone=PHONE)
    assert search(server, player, "A-1")[0]["lead"]["id"] == call.id
    seen(served, player, 1, "yandex", visit_id=5)
    (found,) = search(server, player, "A-1")
    assert (found["lead"], found["sessionId"]) == (None, 5)
    seen(served, player, 2, "google")
    assert report(server, player, model=2) == {"google": "10.00"}
    assert create(server, player, order) == first
    update = {"orderNumber": "A-1", "reMatching": [by("callContact", phones=[PHONE])]}
    ask(server, player, "update", {"orders": [update]})
    assert search(server, player, "A-1")[0]["sessionId"] is None
    (again,) = ask(server, player, "update", {"orders": [{**update, "reMatching": [session(5)]}]})
    assert again["matched"] == {"type": "session", "leadType": None, "id": 5}


def test_a_visit_of_another_site_is_nobodys(server: ServerProcess, served: Stage, stranger: Player) -> None:
    player = served.open_site()
    theirs = seen(served, stranger, 1, "a")
    (stored,) = create(server, player, {**ORDER, "matching": [session(theirs.id)]})
    assert stored["matched"] is None


def test_erasing_a_person_empties_the_visit_of_their_deal(server: ServerProcess, served: Stage) -> None:
    player = served.open_site()
    named = seen(served, player, 1, "yandex")
    contacts = {"mainContacts": {"phoneNumber": PHONE}}
    create(server, player, {**ORDER, "revenue": "10", "orderContacts": contacts, "matching": [session(named.id)]})
    with served.database.write() as connection:
        erase_person(account_work(connection), [player.site], PHONE)
        left = find_visits(connection, player.site.id, [named.id])[named.id]
    assert (named.visitor_id, left.visitor_id) == ("visitor", "")
    assert report(server, player, model=0) == {"yandex": "10.00"}
