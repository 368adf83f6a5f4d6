"""Every refusal of the API has one error body."""

import json
from typing import Any

import pytest

from cast import Player, Stage
from dealtrace.calltouch.error_body import refuse
from dealtrace.errors import InvalidParameters, MethodNotAllowed, Refusal, Violation
from server import REGISTER, UPDATE, ServerProcess

REFUSALS: dict[type[Refusal], Refusal] = {
    InvalidParameters: InvalidParameters([Violation("a", "плохо", "bad"), Violation("b", "хуже", "worse")]),
    MethodNotAllowed: MethodNotAllowed(method="PUT", allowed="GET"),
}


@pytest.mark.parametrize("kind", REFUSALS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_body_has_one_shape(kind: type[Refusal], language: Any) -> None:
    refusal = REFUSALS[kind]
    reply = refuse(refusal, language)
    body = json.loads(reply.body)
    text = refusal.text(language)
    assert list(body) == ["errorCode", "message", "data"]
    assert (body["errorCode"], body["message"]) == (str(kind.code), text)
    data = body["data"]
    assert data["message"] == text
    assert list(data["apiErrorData"].items()) == [("errorCode", kind.code), ("errorMessage", text)]
    if kind is InvalidParameters:
        assert list(data) == ["message", "apiErrorData", "validationErrorData"]
        words = {"ru": ["плохо", "хуже"], "en": ["bad", "worse"]}[language]
        violations = [{"field": "a", "message": words[0]}, {"field": "b", "message": words[1]}]
        assert data["validationErrorData"] == {"violations": violations}
    else:
        assert list(data) == ["message", "apiErrorData"]


def test_every_refusal_of_the_wire_has_the_shape(server: ServerProcess, served: Stage, owner: Player) -> None:
    broke = served.open_site(points_per_day=1)
    assert server.register(broke.token).status_code == 200
    server.register(owner.token, orderNumber="n")
    refusals = [
        server.http.get("/nowhere"),
        server.http.put(REGISTER),
        server.http.get(UPDATE),
        server.register(owner.token, orderSum="?"),
        server.register(owner.token, orderNumber="n", orderSum="2"),
        server.register(owner.token, callId=1, requestId=1),
        server.update(owner.token),
        server.delete(owner.token, orderId=1),
        server.journal(owner.token, 0),
        server.register(broke.token),
        server.http.post(REGISTER, content=b"{}", headers={"content-type": "application/json"}),
        server.http.post(REGISTER, content=b"x" * 2_000_000),
    ]
    assert {refusal.status_code for refusal in refusals} == {400, 403, 404, 405, 413, 429}
    for refused in refusals:
        assert refused.headers["content-type"] == "application/json;charset=UTF-8"
        body = refused.json()
        assert list(body) == ["errorCode", "message", "data"]
        assert body["errorCode"] == str(body["data"]["apiErrorData"]["errorCode"])
        assert body["message"] == body["data"]["message"] == body["data"]["apiErrorData"]["errorMessage"]
        assert ("validationErrorData" in body["data"]) == (body["errorCode"] == "10007")
