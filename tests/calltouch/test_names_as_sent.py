"""Requests as CRMs and scripts really write them: names in another case, lists, and words for missing values."""

import gzip
from typing import Any

import httpx
import pytest

from cast import Player
from client_orders import SERVICE, search
from server import REGISTER, REST, ServerProcess, deal_parameters


def journalled(server: ServerProcess, player: Player) -> list[dict[str, Any]]:
    everything = {"dateFrom": "01/01/1990", "dateTo": "31/12/2100"}
    found: list[dict[str, Any]] = server.journal(player.token, player.site.id, **everything).json()["records"]
    return found


@pytest.mark.parametrize("rename", [str.lower, str.upper, str.capitalize], ids=lambda rename: rename.__name__)
def test_a_deal_with_names_in_another_case_is_stored_once(server: ServerProcess, owner: Player, rename: Any) -> None:
    sent = {rename(name): value for name, value in deal_parameters(owner.token, orderNumber="A-1").items()}
    first, again = (server.http.post(REGISTER, data=sent) for _ in range(2))
    assert (first.status_code, first.json()["orderNumber"]) == (200, "A-1")
    assert again.json() == first.json()
    assert len(journalled(server, owner)) == 1


def test_lists_of_php_and_of_python_keep_all_their_values(server: ServerProcess, owner: Player) -> None:
    for number, tags in enumerate(({"tags": ["a", "b"]}, {"tags[]": ["a", "b"]}, {"tags[0]": "a", "tags[1]": "b"})):
        sent = {**deal_parameters(owner.token, orderNumber=f"A-{number}"), **tags}
        assert server.http.get(REGISTER, params=sent).status_code == 200
        (order,) = search(server, owner, f"A-{number}")
        assert order["tags"] == [{"tag": "a"}, {"tag": "b"}]


@pytest.mark.parametrize("word", ["undefined", "null", "None", "[object Object]", "Array"])
def test_a_word_for_a_missing_number_is_no_number(server: ServerProcess, owner: Player, word: str) -> None:
    deals = [server.register(owner.token, orderNumber=word).json() for _ in range(2)]
    assert [deal["orderNumber"] for deal in deals] == [str(deal["orderId"]) for deal in deals]
    assert deals[0]["orderId"] != deals[1]["orderId"]
    assert server.update(owner.token, orderNumber=word, status="won").json()["errorCode"] == "10040"
    assert server.delete(owner.token, orderNumber=word).json()["errorCode"] == "10040"


def test_a_form_whose_fields_begin_with_capitals_is_a_lead(server: ServerProcess, owner: Player) -> None:
    path = f"{REST}/requests/{owner.site.id}/register/"
    answer = server.http.post(path, json={"PhoneNumber": "+7 920 555-00-55", "Fio": "Olga", "Email": "a@b.ru"})
    assert answer.status_code == 200, answer.text
    (phone,) = answer.json()["client"]["phones"]
    assert (phone["phoneNumber"], answer.json()["client"]["fio"]) == ("+7 920 555-00-55", "Olga")


def test_a_form_with_nothing_but_words_for_missing_values_is_no_lead(server: ServerProcess, owner: Player) -> None:
    path = f"{REST}/requests/{owner.site.id}/register/"
    nobody = {"fio": "undefined", "phoneNumber": "null", "email": "[object Object]"}
    assert server.http.post(path, data=nobody).json()["errorCode"] == "10007"
    assert server.http.post(path, data={**nobody, "phoneNumber": "79205550055"}).status_code == 200


@pytest.mark.parametrize("path", [REGISTER, f"{SERVICE}/create"])
def test_a_compressed_body_is_refused_with_the_cure(server: ServerProcess, owner: Player, path: str) -> None:
    """A body that says it is small may be gigabytes when it is decompressed."""
    bomb = gzip.compress(bytes(10_000_000))
    headers = {"content-encoding": "gzip", "access-token": owner.token, "accept-language": "en"}
    refused = server.http.post(path, content=bomb, headers=headers)
    assert (refused.status_code, refused.json()["errorCode"]) == (400, "10008")
    assert "send it uncompressed" in refused.json()["message"]


@pytest.mark.parametrize("coding", ["identity", "utf-8", "UTF-8", "windows-1251"])
def test_a_plain_body_is_read_whatever_its_content_encoding(server: ServerProcess, owner: Player, coding: str) -> None:
    """Scripts that confuse the header with the charset have always been understood."""
    plain = {"content-encoding": coding}
    assert server.http.post(REGISTER, data=dict(deal_parameters(owner.token)), headers=plain).status_code == 200


def test_orders_with_keys_in_another_case_are_stored(server: ServerProcess, owner: Player) -> None:
    order = {
        "OrderNumber": "A-1",
        "STATUS": "new",
        "orderdate": "25-03-2018 11:00:00",
        "Matching": [{"Type": "customSources", "CustomSourceParams": {"Source": "reception", "medium": "offline"}}],
        "AddTags": [{"Tag": "a"}],
        "Products": [{"Name": "Boiler", "price": 1}],
        "orderContacts": {"MainContacts": {"Fio": "Olga", "PhoneNumber": "79205550055"}},
    }
    (stored,) = ask_orders(
        server,
        owner,
        "create",
        {
            "Crm": "1C",
            "Orders": [
                order,
            ],
        },
    )
    assert stored["matched"]["type"] == "customSources"
    (found,) = ask_orders(server, owner, "search", {"OrderNumbers": ["A-1"]})
    assert (found["crm"], found["tags"], found["products"][0]["name"]) == ("1C", [{"tag": "a"}], "Boiler")
    assert found["orderContacts"]["mainContacts"]["phoneNumber"] == ["79205550055"]
    (refused,) = ask_orders(server, owner, "create", {"orders": [{**order, "OrderNumber": "undefined"}]})
    assert (refused["errorCode"], "orderNumber" in refused["error"]) == (10007, True)


def ask_orders(server: ServerProcess, player: Player, method: str, document: Any) -> list[dict[str, Any]]:
    answer: httpx.Response = server.http.post(
        f"{SERVICE}/{method}", headers={"access-token": player.token}, json=document
    )
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]["orders"]
    return found
