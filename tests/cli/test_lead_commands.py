"""`dealtrace lead`."""

from datetime import timedelta

from cast import Player, Stage
from commands import Terminal
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.operations.deals.register import register_deals
from write_commands import NOON, by_contact, registration

PHONE = "79205553344"


def test_it_shows_who_a_lead_is_and_what_it_counts_for(beside: Terminal, served: Stage, owner: Player) -> None:
    visit = served.visit(owner, NOON - timedelta(hours=1), TrafficSource("yandex", "cpc"))
    lead_request = served.lead_request(
        owner, NOON, phone=PHONE, client_name="Иван", number="form-lead-7", visit_id=visit.id
    )
    result = beside.done("lead", "show", "request", str(lead_request.id), "--json").json
    assert result["reference"] == "form-lead-7"
    assert result["client"]["name"] == "Иван"
    assert (result["isUnique"], result["isTarget"], result["isUniqueTarget"]) == (True, True, True)
    assert {(credit["attribution"], credit["share"]) for credit in result["credits"]} == {
        (model, 1.0) for model in range(7)
    }
    printed = beside.done("lead", "show", "request", str(lead_request.id)).out
    for words in ("form-lead-7", "Иван", PHONE, "unique, target, unique target", "yandex / cpc"):
        assert words in printed


def test_it_hides_a_lead_and_brings_it_back(beside: Terminal, served: Stage, owner: Player) -> None:
    call = served.call(owner, NOON - timedelta(minutes=10), phone=PHONE)
    (receipt,) = served.perform(register_deals, owner, registration("lead-command", clue=by_contact(PHONE)))
    assert str(receipt.deal_id) in beside.done("lead", "delete", "call", str(call.id)).out
    assert "deleted on" in beside.done("lead", "show", "call", str(call.id)).out
    assert beside.done("explain", str(receipt.deal_id), "--json").json["lead"] is None
    assert str(receipt.deal_id) in beside.done("lead", "restore", "call", str(call.id)).out
    assert beside.done("explain", str(receipt.deal_id), "--json").json["lead"]["id"] == call.id


def test_it_refuses_what_is_not_there_or_stands_already(beside: Terminal, served: Stage, owner: Player) -> None:
    call = served.call(owner, NOON)
    for words in (("show", "call", "1"), ("delete", "request", str(call.id)), ("restore", "call", "1")):
        assert "not found" in beside.refused("lead", *words)
    assert "is not deleted" in beside.refused("lead", "restore", "call", str(call.id))
