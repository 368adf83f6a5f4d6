"""A shop moves over from Calltouch: its visits, leads and deals come in, and its CRM goes on with the ids it has."""

import json
from typing import Any

import httpx

from cast import Player
from commands import Terminal
from server import ServerProcess

PHONE = 79205550055
RECORD = {
    "orderId": 7811141, "orderNumber": "K2018001", "orderName": None, "orderStatus": "new",
    "createdDate": "26/03/2018 10:00:00", "updatedDate": "26/03/2018 11:00:00", "orderDate": "26/03/2018 10:00:00",
    "plannedAmount": 1000.5, "completedAmount": 0, "funnel": None, "service": "AmoCRM", "manager": "Анна",
    "client": {"clientId": 1, "fio": "Иван", "phones": [{"phoneNumber": "79205550055"}]},
    "orderSource": {"type": "CALL", "callId": 236948612, "duration": 60, "callUrl": None},
    "tags": [{"category": "", "type": "API", "names": ["опт", "срочно"]}], "comment": "позвонить",
    "customFields": [{"field": "margin", "value": "5"}, {"field": "colour", "value": "red"}],
}  # fmt: skip
CALL = {
    "callId": 236948612, "date": "26/03/2018 09:50:00", "callerNumber": PHONE, "duration": 60, "successful": True,
    "sessionId": 1846408120,
}  # fmt: skip
VISIT = {
    "sessionId": 1846408120, "date": "26/03/2018 09:40:00", "visitorId": "v1", "city": "Тула",
    "url": "https://shop.example/?utm_source=yandex&utm_medium=cpc&utm_campaign=brand",
}  # fmt: skip


def lay(terminal: Terminal, name: str, *lines: Any) -> str:
    (terminal.folder / name).write_text("".join(json.dumps(line) + "\n" for line in lines))
    return name


def journal(server: ServerProcess, owner: Player) -> list[dict[str, Any]]:
    parts = dict.fromkeys(("withOrdersTags", "withComments", "withContacts"), "true")
    answer = server.journal(owner.token, owner.site.id, **parts)
    assert answer.status_code == httpx.codes.OK, answer.text
    records: list[dict[str, Any]] = answer.json()["records"]
    return records


def test_a_crm_changes_and_deletes_deals_it_registered_with_the_vendor(
    server: ServerProcess, owner: Player, beside: Terminal
) -> None:
    site = ("--site", str(owner.site.id))
    assert server.update(owner.token, orderId=7811141, status="won").status_code == httpx.codes.BAD_REQUEST
    done = beside.json("import", "deals", lay(beside, "deals.jsonl", RECORD), *site)
    assert (done["takenIn"], done["refused"]) == (1, 0)
    assert "custom[colour]" in done["columnsPassedOver"]
    (record,) = journal(server, owner)
    assert record["orderSource"] is None
    beside.done("import", "calls", lay(beside, "calls.jsonl", CALL), *site)
    beside.done("import", "visits", lay(beside, "visits.jsonl", VISIT), *site)
    (record,) = journal(server, owner)
    for name in ("orderId", "orderNumber", "orderStatus", "orderDate", "plannedAmount", "service", "manager",
                 "orderSource", "tags", "comment"):  # fmt: skip
        assert record[name] == RECORD[name], name
    assert record["customFields"] == [{"field": "margin", "value": "5"}]
    visit = record["visit"]
    assert [visit[name] for name in ("sessionId", "source", "medium", "utmCampaign", "city")] == [
        1846408120, "yandex", "cpc", "brand", "Тула"
    ]  # fmt: skip

    changed = server.update(owner.token, orderId=7811141, status="won", orderSum="6000").json()
    assert (changed["order"]["orderId"], changed["order"]["status"]) == (7811141, "won")
    assert changed["order"]["sum"] == "6000.0000"
    assert changed["session"]["sessionId"] == 1846408120
    again = beside.json("import", "deals", lay(beside, "again.jsonl", RECORD, {}), *site)
    assert (again["takenIn"], again["refused"]) == (1, 0)
    assert journal(server, owner)[0]["orderStatus"] == "won"
    kinds = [version["kind"] for version in beside.json("deal", "history", "7811141", *site)]
    assert kinds == ["registered", "matched", "changed"]

    assert server.delete(owner.token, orderId=7811141).json() == {"orderId": 7811141, "orderNumber": "K2018001"}
    assert beside.json("import", "deals", lay(beside, "third.jsonl", RECORD, {}, {}), *site)["takenIn"] == 1
    assert journal(server, owner) == []
    assert server.register(owner.token, orderNumber="K2018001").json()["orderId"] >= 10**9
