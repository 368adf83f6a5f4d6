"""What the description says of an endpoint's answers."""

from typing import Any

from dealtrace.calltouch.error_body import ErrorBody
from dealtrace.http.description import describe_api
from dealtrace.http.endpoint import OPEN, Endpoint
from dealtrace.http.parameters import ParameterTable


async def respond(_caller: Any, _sent: Any) -> Any:
    raise AssertionError


def responses_of(**more: Any) -> dict[str, Any]:
    endpoint = Endpoint("/here", ("GET",), ParameterTable(()), respond, "Здесь", "Here", OPEN, **more)
    told: dict[str, Any] = describe_api([endpoint], ErrorBody)["paths"]["/here/"]["get"]["responses"]
    return told


def test_an_answer_is_an_object_unless_more_is_said_of_it() -> None:
    assert responses_of()["200"]["content"]["application/json"]["schema"] == {"type": "object"}
    told = responses_of(answer=list[int])
    assert told["200"]["content"]["application/json"]["schema"] == {"type": "array", "items": {"type": "integer"}}


def test_what_leads_elsewhere_says_where_the_address_stands() -> None:
    told = responses_of(redirects=True)
    assert "200" not in told
    assert set(told["302"]["headers"]) == {"Location"}


def test_what_is_no_json_says_what_it_is() -> None:
    told = responses_of(answer=str, answer_type="text/plain", refusal_type="text/plain")
    assert told["200"]["content"] == {"text/plain": {"schema": {"type": "string"}}}
    assert told["500"]["content"] == {"text/plain": {"schema": {"type": "string"}}}
    assert set(responses_of()["500"]["content"]) == {"application/json"}
