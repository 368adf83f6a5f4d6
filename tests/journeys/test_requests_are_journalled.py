"""The journal of requests: from a client's mistake to the person who reads why it was refused."""

from uuid import uuid4

from cast import Player, Stage
from commands import Terminal
from dealtrace.accounts.api_request import ApiRequest
from dealtrace.storage.accounts.api_requests import RequestQuery, list_requests
from server import ServerProcess, deal_parameters
from waiting import wait_until

REGISTER = "/calls-service/RestAPI/orders/register/"
NO_SITE = 0


def journalled(served: Stage, site_id: int, query: RequestQuery | None = None) -> list[ApiRequest]:
    with served.database.read() as connection:
        return list_requests(connection, site_id, query or RequestQuery(), 100)


def test_a_request_is_kept_with_its_answer_and_without_contacts(
    server: ServerProcess, served: Stage, owner: Player, stranger: Player
) -> None:
    sent = deal_parameters(owner.token, phoneNumber="79205550055", orderNumber="journalled")
    assert server.http.get(REGISTER, params=sent).status_code == 200
    assert server.http.get(REGISTER, params={**sent, "orderDate": "yesterday"}).status_code == 400
    wait_until(lambda: len(journalled(served, owner.site.id)) == 2)
    refused, stored = journalled(served, owner.site.id)
    assert (stored.status, stored.code, stored.token_id, stored.method) == (200, None, owner.token_id, "GET")
    assert stored.parameters["phoneNumber"] == "7920•••"
    assert owner.token not in str(stored.parameters)
    assert (refused.status, refused.code) == (400, 10007)
    assert refused.reason_en is not None
    assert "orderDate" in refused.reason_en
    assert journalled(served, owner.site.id, RequestQuery(is_refused=True)) == [refused]
    assert journalled(served, owner.site.id, RequestQuery(text="yesterday")) == [refused]
    assert journalled(served, owner.site.id, RequestQuery(before=(refused.at, refused.request_id))) == [stored]
    assert journalled(served, stranger.site.id) == []


def test_the_reason_that_is_kept_is_the_one_that_was_answered(
    server: ServerProcess, served: Stage, owner: Player, beside: Terminal
) -> None:
    wrong = {"orderDate": "26.03.24 10:00", "orderSum": "9" * 20, "linkTimeThreshold": "-1", "callId": "call"}
    sent = deal_parameters(owner.token, orderNumber=uuid4().hex, **wrong)
    answer = server.http.get(REGISTER, params=sent, headers={"accept-language": "en"})
    mine = RequestQuery(text=sent["orderNumber"])
    wait_until(lambda: journalled(served, owner.site.id, mine))
    (request,) = journalled(served, owner.site.id, mine)
    assert request.reason_en is not None
    assert "26.03.2018 10:00:00" in request.reason_en
    assert request.reason_en in answer.text
    assert request.reason_en in beside.done("requests", "tail", "--refused", "--limit", "1000").out


def test_a_malformed_request_is_journalled_without_contacts_and_null_characters(
    server: ServerProcess, served: Stage, owner: Player
) -> None:
    sent = deal_parameters(owner.token, orderNumber=uuid4().hex)
    malformed = {"+79205550055": "x", "custom[a\0]": "ivan@example.ru", "comment": "x" * 190 + " ivan@example.ru"}
    assert server.http.get(REGISTER, params={**sent, **malformed}).status_code == 400
    mine = RequestQuery(text=sent["orderNumber"])
    wait_until(lambda: journalled(served, owner.site.id, mine))
    (request,) = journalled(served, owner.site.id, mine)
    assert "custom[a]: must not contain a null byte" in str(request.reason_en)
    said = f"{request.parameters} {server.printed}"
    assert "5550055" not in said
    assert "ivan@" not in said


def test_a_wrong_token_names_no_site(server: ServerProcess, served: Stage, beside: Terminal) -> None:
    number = uuid4().hex
    assert server.http.get(REGISTER, params={"clientApiId": "nobody's", "orderNumber": number}).status_code == 403
    lost = RequestQuery(text=number)
    wait_until(lambda: journalled(served, NO_SITE, lost))
    (request,) = journalled(served, NO_SITE, lost)
    assert (request.status, request.code, request.token_id) == (403, 10020, None)
    said = beside.done("requests", "tail", "--refused", "--limit", "1000").out
    assert f"clientApiId=•••  orderNumber={number}" in said
    assert "The token is missing or unknown" in said
