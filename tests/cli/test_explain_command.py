"""`dealtrace explain`: why a deal has its lead, or none."""

from typing import Any

from cast import Player, Stage, moscow
from commands import Terminal
from server import ServerProcess

PHONE = "79160000002"


def explained(server: ServerProcess, beside: Terminal, player: Player, **sent: Any) -> tuple[dict[str, Any], str]:
    """Register a deal and explain it, to a program and to a person."""
    deal_id = str(server.register(player.token, **sent).json()["orderId"])
    return beside.json("explain", deal_id), beside.done("explain", deal_id).out


def test_it_shows_the_window_of_every_candidate_and_the_winner(
    server: ServerProcess, beside: Terminal, served: Stage, owner: Player
) -> None:
    early = served.call(owner, moscow("2018-03-26", "07:00:00"), seconds=60, phone=PHONE)
    near = served.call(owner, moscow("2018-03-26", "09:55:00"), seconds=60, phone=PHONE)
    late = served.call(owner, moscow("2018-03-26", "10:00:01"), seconds=60, phone=PHONE)
    result, said = explained(server, beside, owner, phoneNumber=f"+{PHONE}", linkTimeThreshold=600)
    assert result["contactMatching"] is True
    assert result["lead"] == {"kind": "call", "id": near.id}
    (step,) = result["steps"]
    assert (step["contact"], step["kind"], step["winner"]) == (PHONE, "call", {"kind": "call", "id": near.id})
    missed = {candidate["lead"]["id"]: candidate["missedBySeconds"] for candidate in step["candidates"]}
    assert missed == {near.id: 0, late.id: -1, early.id: 3 * 3600 - 60 - 600}
    windows = {
        candidate["lead"]["id"]: (candidate["opensAt"], candidate["closesAt"]) for candidate in step["candidates"]
    }
    assert windows[near.id] == ("2018-03-26T06:55:00Z", "2018-03-26T07:06:00Z")
    assert "chosen" in said
    assert "1 s before it opens" in said
    assert "10140 s after it closed" in said


def test_it_goes_on_to_lead_requests_where_no_call_fits(
    server: ServerProcess, beside: Terminal, served: Stage, owner: Player
) -> None:
    request = served.lead_request(owner, moscow("2018-03-26", "09:00:00"), phone="79160000003", email="a@example.org")
    result, said = explained(server, beside, owner, phoneNumber="79160000003", email="A@example.org")
    assert result["lead"] == {"kind": "lead_request", "id": request.id}
    assert [step["kind"] for step in result["steps"]] == ["call", "lead_request"]
    assert result["steps"][0]["candidates"] == []
    assert "none within 30 days" in said


def test_it_states_what_an_identity_names(
    server: ServerProcess, beside: Terminal, served: Stage, owner: Player
) -> None:
    call = served.call(owner, moscow("2018-03-26", "09:00:00"), reference="pbx-1")
    result, said = explained(server, beside, owner, callReferenceId="pbx-1")
    assert result["namedLead"] == result["lead"] == {"kind": "call", "id": call.id}
    assert f"call {call.id}" in said
    result, said = explained(server, beside, owner, callId=77)
    assert result["namedLead"] is None
    assert result["lead"] is None
    assert "not found" in said
    assert "No phone or e-mail was given." in said


def test_it_states_that_contact_matching_is_off_and_what_it_would_find(
    server: ServerProcess, beside: Terminal, served: Stage
) -> None:
    player = served.open_site(contact_matching=False)
    call = served.call(player, moscow("2018-03-26", "09:59:00"), phone=PHONE)
    result, said = explained(server, beside, player, phoneNumber=PHONE)
    assert result["contactMatching"] is False
    assert result["lead"] is None
    assert result["steps"][0]["winner"] == {"kind": "call", "id": call.id}
    assert "off" in said


def test_it_reports_contacts_that_cannot_be_compared(server: ServerProcess, beside: Terminal, owner: Player) -> None:
    result, said = explained(server, beside, owner, phoneNumber="soon", email="nowhere")
    assert result["steps"] == []
    assert "soon is not a valid phone or e-mail" in said
    assert "nowhere is not a valid phone or e-mail" in said


def test_it_names_the_smallest_change_that_would_flip_the_deal(
    server: ServerProcess, beside: Terminal, served: Stage, owner: Player
) -> None:
    phone = "79160000004"
    call = served.call(owner, moscow("2018-03-26", "07:25:00"), seconds=60, phone=phone)
    answer, said = explained(server, beside, owner, phoneNumber=phone)
    assert answer["flips"] == [
        {
            "lead": {"kind": "call", "id": call.id},
            "contactMatching": None,
            "linkTimeThresholdMin": 9240,
            "linkTimeThresholdMax": None,
            "searchOrder": None,
        }
    ]
    assert f"  linkTimeThreshold ≥ 9,240\n    gives call {call.id}\n" in said
    request = served.lead_request(owner, moscow("2018-03-26", "09:00:00"), phone=phone)
    nearer = served.call(owner, moscow("2018-03-26", "09:10:00"), seconds=60, phone=phone)
    answer, said = explained(server, beside, owner, phoneNumber=phone)
    assert answer["lead"] == {"kind": "call", "id": nearer.id}
    assert [flip["searchOrder"] for flip in answer["flips"]] == [None, ["lead_request", "call"]]
    assert "  linkTimeThreshold ≤ 2,939\n    gives no lead\n" in said
    assert f"  requests before calls\n    gives request {request.id}\n" in said


def test_it_names_contact_matching_where_that_would_flip_the_deal(
    server: ServerProcess, beside: Terminal, served: Stage
) -> None:
    player = served.open_site(contact_matching=False)
    near = served.call(player, moscow("2018-03-26", "09:59:00"), phone=PHONE)
    far = served.call(player, moscow("2018-03-26", "07:25:00"), seconds=60, phone="79160000005")
    _, said = explained(server, beside, player, phoneNumber=PHONE)
    assert f"  contact matching on\n    gives call {near.id}\n" in said
    _, said = explained(server, beside, player, phoneNumber="79160000005")
    assert f"  contact matching on and linkTimeThreshold ≥ 9,240\n    gives call {far.id}\n" in said
    assert all(len(line) <= 60 for line in said.splitlines())
