"""The Python client sends deals 2.0, leads and visits to a real server."""

from datetime import timedelta

import pytest

from cast import Player, Stage, moscow
from dealtrace_client import (
    Client,
    LeadRequest,
    Order,
    OrderChange,
    PhoneCall,
    Source,
    TokenRejected,
    by_call,
    by_contact,
    by_lead_request,
    by_source,
    by_visit,
    change_orders,
    create_orders,
    delete_orders,
    find_orders,
    send_calls,
    send_lead_requests,
    visit,
)
from server import ServerProcess

MADE_AT = moscow("2026-03-26", "10:00:00")
PHONE = "79205550055"


def test_a_deal_of_2_lives_from_its_lead_to_its_end(server: ServerProcess, served: Stage) -> None:
    player = served.open_site()
    with Client(str(server.http.base_url), player.token, rate_per_second=None) as client:
        (call,) = client.send(
            send_calls([PhoneCall("c-1", PHONE, MADE_AT - timedelta(hours=2), timedelta(seconds=90), tags=["vip"])])
        )
        requests = [LeadRequest("r-1", phone="79205550056", requested_at=MADE_AT, source=Source("expo"))]
        (asked,) = client.send(send_lead_requests(requests))
        assert client.send(send_lead_requests(requests)) == (asked,)
        seen = client.send(
            visit(player.site.id, "https://shop.example/?utm_source=a", user_agent="Mozilla/5.0 Firefox/1")
        )
        assert (asked.error_code, seen.dropped) == (None, None)
        (again,) = client.send(send_calls([PhoneCall("c-1", PHONE, MADE_AT)]))
        assert (again.lead_id, again.error_code) == (call.lead_id, 10047)
        assert call.lead_id is not None
        assert asked.lead_id is not None
        assert seen.visit_id is not None
        matching = {
            "1": [by_contact(phones=[PHONE], kind="call", tags=["vip"])],
            "2": [by_call(call.lead_id)],
            "3": [by_lead_request(asked.lead_id)],
            "4": [by_visit(seen.visit_id)],
            "5": [by_call(7), by_source(Source("expo")), by_call(call.lead_id)],
        }
        orders = [Order(number, "new", MADE_AT, said, amount_rub=5) for number, said in matching.items()]
        made = client.send(create_orders(orders, crm="Shop"))
        found = [each.matched["id"] if each.matched is not None else None for each in made]
        assert found == [call.lead_id, call.lead_id, asked.lead_id, seen.visit_id, None]
        assert (made[4].warning != "", client.send(create_orders(orders, crm="Shop"))) == (True, made)
        changed = client.send(
            change_orders([OrderChange("1", status="won", matching=matching["3"]), OrderChange("9", status="won")])
        )
        assert [each.is_done for each in changed] == [True, False]
        (order,) = client.send(find_orders(numbers=["1"]))
        assert (order["status"], order["lead"]) == ("won", {"leadType": "request", "id": asked.lead_id})
        deleted = client.send(delete_orders(["1", "1"]))
        assert [(each.is_done, each.error_code) for each in deleted] == [(True, None), (False, 10041)]


def test_a_list_with_a_wrong_token_is_refused(server: ServerProcess, owner: Player) -> None:
    with Client(str(server.http.base_url), "nobody", rate_per_second=None) as client, pytest.raises(TokenRejected):
        client.send(create_orders([Order("1", "new", MADE_AT)]))
