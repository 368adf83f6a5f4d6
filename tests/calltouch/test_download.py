"""`calls-diary/calls/{callId}/download`: to the recording of a call."""

from typing import Any

import pytest

from cast import Player, Stage, moscow
from dealtrace.leads.call import Circumstances
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.operations.leads.delete import delete_lead
from server import REST, ServerProcess

TEN = moscow("2018-03-26", "10:00:00")
RECORD = "https://records.example/a.mp3?key=1"


def ask(server: ServerProcess, player: Player, call_id: Any, **parameters: Any) -> Any:
    address = f"{REST}/{player.site.id}/calls-diary/calls/{call_id}/download"
    return server.http.get(address, params={"clientApiId": player.token, **parameters}, follow_redirects=False)


def take_in(served: Stage, player: Player, record_url: str | None) -> int:
    return served.call(player, TEN, circumstances=Circumstances(record_url=record_url)).id


def test_it_leads_to_the_url_that_was_reported(server: ServerProcess, served: Stage, owner: Player) -> None:
    answer = ask(server, owner, take_in(served, owner, RECORD))
    assert (answer.status_code, answer.headers["location"], answer.content) == (302, RECORD, b"")
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("recording", "shown"),
    [
        (" http://r.example/1 ", "http://r.example/1"),
        ("HTTPS://r.example/запись 1.mp3", "HTTPS://r.example/%D0%B7%D0%B0%D0%BF%D0%B8%D1%81%D1%8C%201.mp3"),
        ("https://r.example/a%20b?x=1&y=[2]#t", "https://r.example/a%20b?x=1&y=[2]#t"),
        ("https://r.example/\r\nSet-Cookie: a=b", "https://r.example/%0D%0ASet-Cookie:%20a=b"),
    ],
)
def test_any_url_is_safe_in_a_header(
    server: ServerProcess, served: Stage, owner: Player, recording: str, shown: str
) -> None:
    answer = ask(server, owner, take_in(served, owner, recording))
    assert (answer.status_code, answer.headers["location"]) == (302, shown)
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "recording",
    [None, "", "records/1.mp3", "javascript:alert(1)", "file:///etc/passwd", "ftp://r.example/1", "https://", "http://[",
     "//r.example/1"],
)  # fmt: skip
def test_what_is_no_page_of_the_web_is_not_shown(
    server: ServerProcess, served: Stage, owner: Player, recording: str | None
) -> None:
    refused = ask(server, owner, take_in(served, owner, recording))
    assert (refused.status_code, refused.json()["errorCode"]) == (404, "10058")
    assert "location" not in refused.headers


@pytest.mark.parametrize("call_id", ["1", "0", "-1", "call", "9" * 20, "1.5"])
def test_an_unknown_call_has_no_recording(server: ServerProcess, owner: Player, call_id: str) -> None:
    refused = ask(server, owner, call_id)
    assert (refused.status_code, refused.json()["errorCode"]) == (404, "10058")
    assert call_id in refused.json()["message"]


def test_a_hidden_call_and_a_neighbours_have_none(
    server: ServerProcess, served: Stage, owner: Player, stranger: Player
) -> None:
    call_id = take_in(served, owner, RECORD)
    assert ask(server, stranger, call_id).status_code == 404
    with served.database.write() as connection:
        delete_lead(served.work(connection, owner, TEN), LeadRef(LeadKind.CALL, call_id))
    assert ask(server, owner, call_id).status_code == 404


def test_it_asks_for_the_token_of_the_site(
    server: ServerProcess, served: Stage, owner: Player, stranger: Player
) -> None:
    call_id = take_in(served, owner, RECORD)
    for token, code in (("", "10020"), (stranger.token, "10021")):
        refused = ask(server, owner, call_id, clientApiId=token)
        assert (refused.status_code, refused.json()["errorCode"]) == (403, code)


def test_a_recording_costs_a_point_and_none_costs_nothing(server: ServerProcess, served: Stage) -> None:
    poor = served.open_site(points_per_day=1)
    call_id = take_in(served, poor, RECORD)
    assert [ask(server, poor, item).status_code for item in (1, call_id, call_id)] == [404, 302, 429]
