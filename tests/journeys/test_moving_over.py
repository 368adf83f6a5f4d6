"""A shop moves over from Calltouch: its visits, leads and deals come in, and its CRM goes on with the ids it has."""

import json
from typing import Any

import httpx

from cast import Player
from commands import Terminal
from server import ServerProcess
from waiting import wait_until_followed

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


def records_of(server: ServerProcess, player: Player) -> dict[str, list[dict[str, Any]]]:
    """Read the journals of a site as a program does that leaves the vendor."""
    parts = dict.fromkeys(("withComments", "withCallTags", "withRequestTags", "withCustomFields"), "true")
    answers = {
        "calls": server.calls(player.token, player.site.id, **parts, page=1, limit=100).json()["records"],
        "requests": server.lead_requests(player.token, **parts).json(),
        "deals": journal(server, player),
    }
    return {noun: list(records) for noun, records in answers.items()}


def test_what_the_journals_answer_can_be_imported(
    server: ServerProcess, owner: Player, stranger: Player, beside: Terminal
) -> None:
    rows = (
        "date,email,fio,requestId,requestNumber,subject,comment,tags",
        "26.03.2018 09:00,i@example.ru,Иван,12,n,Форма,c,b",
    )
    (beside.folder / "requests.csv").write_text("\n".join(rows))
    beside.done("import", "requests", "requests.csv", "--site", str(owner.site.id))
    form = {**RECORD, "orderId": 5, "orderNumber": "K5", "orderSource": {"type": "REQUEST", "requestId": 12}}
    for noun, lines in (("visits", [VISIT]), ("calls", [CALL]), ("deals", [RECORD, form])):
        beside.done("import", noun, lay(beside, f"{noun}.jsonl", *lines), "--site", str(owner.site.id))
    beside.done("site", "set", str(stranger.site.id), f"timezone={owner.site.time_zone.key}")
    beside.done("field", "add", str(stranger.site.id), "margin")
    wait_until_followed(server)
    before = records_of(server, owner)
    for noun in ("requests", "calls", "deals"):
        file = lay(beside, f"from-{noun}.jsonl", *before[noun])
        done = beside.json("import", noun, file, "--site", str(stranger.site.id))
        assert (done["takenIn"], done["refused"]) == (len(before[noun]), 0)
    calls = lay(beside, "as-visits.jsonl", *before["calls"])
    assert beside.json("import", "visits", calls, "--site", str(stranger.site.id))["takenIn"] == 1
    after = records_of(server, stranger)
    for noun, records in before.items():
        assert len(after[noun]) == len(records)
        for came, left in zip(essence(after[noun]), essence(records), strict=True):
            assert {name: value for name, value in came.items() if value != left[name]} == {}, (noun, left)


OTHERWISE = {"siteId", "siteName", "ctCallerId", "clientId", "ctClientId", "orders", "contacts", "userAgent"}
"""What belongs to the site, to its clients or to what no journal tells."""


def essence(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: essence(inner) for name, inner in value.items() if name not in OTHERWISE}
    return [essence(inner) for inner in value] if isinstance(value, list) else value
