"""From a deal nobody can explain to the call, the form and the advertisement behind it."""

from typing import Any

from cast import Player, Stage, moscow
from dealtrace.attribution.traffic_source import TrafficSource
from server import REST, ServerProcess

PHONE = "8 (920) 555-00-55"
IMPORT = "/lead-service/v1/api/call/import"


def test_a_deal_waits_for_its_call_and_finds_it(server: ServerProcess, owner: Player) -> None:
    made = server.register(owner.token, orderNumber="K-1", phoneNumber=PHONE, linkTimeThreshold=600)
    assert made.json()["callId"] is None

    item = {
        "referenceId": "avito-1",
        "clientPhoneNumber": "79205550055",
        "callCenterPhoneNumber": "74950000000",
        "callStartTime": "2018-03-26 09:50:00",
        "duration": 120,
        "status": "successful",
        "customSources": {"source": "avito", "medium": "cpa"},
    }
    headers = {"Access-Token": owner.token, "SiteId": str(owner.site.id)}
    imported = server.http.post(IMPORT, headers=headers, json={"calls": [item]}).json()["data"]["calls"]
    call_id = imported[0]["callId"]

    result = server.update(owner.token, orderNumber="K-1", status="won").json()
    assert result["order"]["callId"] == call_id
    assert result["client"]["phones"] == [{"phoneNumber": "79205550055", "phoneType": "WORK"}]
    assert (result["session"]["source"], result["session"]["sessionId"]) == ("avito", None)
    (record,) = server.journal(owner.token, owner.site.id).json()["records"]
    assert record["orderSource"] == {"type": "CALL", "callId": call_id, "duration": 120, "callUrl": None}
    assert record["visit"]["medium"] == "cpa"
    again = server.register(owner.token, orderNumber="K-1", phoneNumber=PHONE, linkTimeThreshold=600)
    assert again.json() == made.json(), "a retry still gets its first answer"


def test_an_exchange_reports_a_call_while_it_goes_on(server: ServerProcess, owner: Player) -> None:
    def report(**values: Any) -> str:
        sent = {"apikey": owner.token, "callid": "17.1", "date": "2018-03-26 09:50:00", "callerid": PHONE, **values}
        answer = server.http.get("/event-service/platform/asterisk/inbound-call", params=sent)
        assert answer.status_code == 200, answer.text
        return answer.text

    ringing = report(waitingtime=0)
    server.register(owner.token, orderNumber="K-2", callReferenceId="17.1")
    server.register(owner.token, orderNumber="K-3", phoneNumber=PHONE, linkTimeThreshold=60)
    assert report(duration=570, status="successful") == ringing
    for number in ("K-2", "K-3"):
        assert server.update(owner.token, orderNumber=number).json()["order"]["callId"] == int(ringing)


def test_a_form_brings_the_advertisement_behind_a_deal(server: ServerProcess, served: Stage, owner: Player) -> None:
    visit = served.visit(owner, moscow("2018-03-26", "09:00:00"), TrafficSource("yandex", "cpc", "весна"))
    server.register(owner.token, orderNumber="K-4", requestNumber="form-1")
    sent = {
        "fio": "Иван",
        "email": "ivan@example.ru",
        "requestNumber": "form-1",
        "requestDate": "26.03.2018 09:30:00",
        "sessionId": str(visit.id),
        "subject": "Обратный звонок",
    }
    left = server.http.post(f"{REST}/requests/{owner.site.id}/register/", data=sent).json()
    result = server.update(owner.token, orderNumber="K-4").json()
    assert result["client"]["fio"] == "Иван"
    assert result["session"]["source"] == left["session"]["source"] == "yandex"
    (record,) = server.journal(owner.token, owner.site.id).json()["records"]
    assert record["orderSource"] == {
        "type": "REQUEST",
        "requestId": left["requestId"],
        "formName": "Обратный звонок",
    }
