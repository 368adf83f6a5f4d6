"""The journal of requests: from a client's mistake to the person who reads why it was refused."""

import zlib
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Table, select

from cast import Player, Stage
from client_orders import ORDER, post
from commands import Terminal
from dealtrace.accounts.api_request import ApiRequest
from dealtrace.storage.accounts.api_requests import RequestQuery, list_requests
from dealtrace.storage.schema.tables.requests import api_request_batch
from dealtrace.storage.schema.tables.site_data import unknown_parameter
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
    assert request.reason_en in beside.done("requests", "tail", "--refused", "--limit", "999").out


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


def test_no_token_is_stored_whatever_its_name_in_the_request(
    server: ServerProcess, served: Stage, owner: Player
) -> None:
    number = uuid4().hex
    sent = deal_parameters(owner.token, orderNumber=number, orderComment=owner.token)
    elsewhere = dict.fromkeys(("api_key", "accessToken", "access_token", "note"), owner.token)
    assert server.http.get(REGISTER, params={**sent, **elsewhere, owner.token: "x"}).status_code == 200
    wait_until(lambda: journalled(served, owner.site.id, RequestQuery(text=number)))
    wait_until(lambda: "accessToken" in stored(served, owner, unknown_parameter))
    assert "accessToken" in stored(served, owner, api_request_batch)
    for table in (api_request_batch, unknown_parameter):
        assert owner.token not in stored(served, owner, table)


def stored(served: Stage, player: Player, table: Table) -> str:
    """Return all that a table stores of a site, decompressed."""
    with served.database.read() as connection:
        rows = connection.execute(select(table).where(table.c.site_id == player.site.id))
        values = [value for row in rows for value in row]
        return str([zlib.decompress(value) if isinstance(value, bytes) else value for value in values])


def test_a_list_is_kept_by_name_and_its_refused_item_first(
    server: ServerProcess, served: Stage, owner: Player, beside: Terminal
) -> None:
    number = uuid4().hex
    contacts = {"mainContacts": {"fio": "Olga Ivanova", "phoneNumber": 79205550055}}
    right = {**ORDER, "orderNumber": number, "orderContacts": contacts}
    wrong = {**ORDER, "orderNumber": f"{number}-b", "orderDate": "yesterday", "comment": {"text": "+7 920 555-00-55"}}
    assert post(server, owner, "create", {"crm": "1C", "orders": [right, wrong, wrong]}).status_code == 200
    wait_until(lambda: journalled(served, owner.site.id))
    (request,) = journalled(served, owner.site.id, RequestQuery(is_refused=True, text=number))
    assert (request.status, request.code, request.is_refused) == (200, 10007, True)
    assert request.reason_en is not None
    assert request.reason_en.startswith("Refused: 2 of 3. The first refused item, counted from 0: 1. ")
    assert "orderDate" in request.reason_en
    assert next(iter(request.parameters)) == "1.orderNumber"
    kept = {"1.comment.text": "+•••", "0.orderContacts.mainContacts.fio": "O•••", "2.orderDate": "yesterday"}
    assert request.parameters.items() >= kept.items()
    assert "5550055" not in str(request)
    said = beside.done("requests", "tail", "--refused", "--limit", "999").out
    assert request.reason_en in said
    assert post(server, owner, "create", {"crm": "1C", "orders": [right]}).status_code == 200
    wait_until(lambda: len(journalled(served, owner.site.id)) == 2)
    stored = journalled(served, owner.site.id)[0]
    assert (stored.code, stored.reason_en, stored.parameters["orderNumber"]) == (None, None, number)
    assert len(journalled(served, owner.site.id, RequestQuery(is_refused=True))) == 1


BY_ID = {"type": "callId", "callParams": {"callId": 1}}
LISTS: list[tuple[str, Any, str, str]] = [
    ("lead-service/v1/api/client-order/update", {"orders": [{"orderNumber": "N"}]}, "orderNumber", "N"),
    ("lead-service/v1/api/client-order/delete", {"orderNumbers": ["N"]}, "orderNumbers.0", "N"),
    ("lead-service/v1/api/client-order/search", {"orderNumbers": ["N"]}, "orderNumbers.0", "N"),
    ("api/try/client-order/create", {"orders": [{"orderNumber": "N"}]}, "orderNumber", "N"),
    ("lead-service/v1/api/call/import", {"calls": [{"referenceId": "N"}]}, "referenceId", "N"),
    ("lead-service/v1/api/request/create", {"requests": [{"requestNumber": "N"}]}, "requestNumber", "N"),
    (
        "lead-service/v1/api/tag/lead/add",
        {"leads": [{"matching": [BY_ID], "addTags": {"tags": ["N"]}}]},
        "addTags.tags.0",
        "N",
    ),
]


@pytest.mark.parametrize(("path", "document", "name", "value"), LISTS, ids=[each[0] for each in LISTS])
def test_every_list_is_kept_with_the_refusal_of_its_item(
    server: ServerProcess, served: Stage, owner: Player, path: str, document: Any, name: str, value: str
) -> None:
    headers = {"Access-Token": owner.token, "SiteId": str(owner.site.id)}
    answer = server.http.post(f"/{path}", headers=headers, json=document)
    assert answer.status_code == 200, answer.text
    wait_until(lambda: journalled(served, owner.site.id))
    (request,) = journalled(served, owner.site.id, RequestQuery(is_refused=True))
    assert request.parameters[name] == value
    assert request.code is not None
    assert str(request.reason_ru).startswith("Отклонено: 1 из 1.")


def test_the_limit_of_a_body_that_is_too_large_stays_readable(
    server: ServerProcess, served: Stage, owner: Player, beside: Terminal
) -> None:
    del owner
    answer = server.http.post(REGISTER, data={"comment": "x" * 1_100_000}, headers={"accept-language": "en"})
    assert answer.status_code == 413
    query = RequestQuery(text="1048576 bytes")
    wait_until(lambda: journalled(served, NO_SITE, query))
    reason = str(journalled(served, NO_SITE, query)[0].reason_en)
    assert reason in answer.text
    assert reason in beside.done("requests", "tail", "--refused", "--limit", "999").out


def test_an_unknown_path_of_the_api_is_kept_without_secrets_and_other_paths_are_not(
    server: ServerProcess, served: Stage, owner: Player
) -> None:
    number = uuid4().hex
    sent = deal_parameters(owner.token, orderNumber=number, phoneNumber="79205550055")
    assert server.http.get("/wp-login.php", params=sent).status_code == 404
    assert server.http.get(f"/calls-service/RestAPI/orders/{owner.token}/add/", params=sent).status_code == 404
    lost = RequestQuery(text=number)
    wait_until(lambda: journalled(served, NO_SITE, lost))
    (request,) = journalled(served, NO_SITE, lost)
    assert (request.path, request.status, request.code) == ("/calls-service/RestAPI/orders/…/add/", 404, 10010)
    assert request.reason_en == "Path not found: /calls-service/RestAPI/orders/…/add/"
    assert request.parameters["phoneNumber"] == "7920•••"
    assert owner.token not in str(request)
    assert journalled(served, owner.site.id) == []


def test_a_token_with_the_id_of_another_site_is_shown_to_its_own_site(
    server: ServerProcess, served: Stage, owner: Player, stranger: Player
) -> None:
    headers = {"Access-Token": owner.token, "SiteId": str(stranger.site.id)}
    document = {"orders": [{**ORDER, "orderNumber": "foreign"}]}
    answer = server.http.post("/lead-service/v1/api/client-order/create", headers=headers, json=document)
    assert answer.status_code == 403
    path = f"/calls-service/RestAPI/{stranger.site.id}/calls-diary/calls"
    assert server.http.get(path, params={"clientApiId": owner.token}).status_code == 403
    wait_until(lambda: len(journalled(served, owner.site.id)) == 2)
    for request in journalled(served, owner.site.id):
        assert (request.status, request.code, request.token_id) == (403, 10021, owner.token_id)
    assert journalled(served, stranger.site.id) == []


def test_a_wrong_token_names_no_site(server: ServerProcess, served: Stage, beside: Terminal) -> None:
    number = uuid4().hex
    assert server.http.get(REGISTER, params={"clientApiId": "nobody's", "orderNumber": number}).status_code == 403
    lost = RequestQuery(text=number)
    wait_until(lambda: journalled(served, NO_SITE, lost))
    (request,) = journalled(served, NO_SITE, lost)
    assert (request.status, request.code, request.token_id) == (403, 10020, None)
    said = beside.done("requests", "tail", "--refused", "--limit", "999").out
    assert f"clientApiId=•••  orderNumber={number}" in said
    assert "The token is missing or unknown" in said
