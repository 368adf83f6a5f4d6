"""What the description says of an endpoint's answers."""

from typing import Any, get_type_hints

import pytest

from dealtrace.calltouch.error_body import ErrorBody
from dealtrace.http.endpoint import OPEN, Endpoint
from dealtrace.http.openapi.description import describe_api
from dealtrace.http.openapi.json_schema import Components, Schema
from dealtrace.http.parameter_table import ParameterTable


async def respond(_caller: Any, _sent: Any) -> Any:
    raise AssertionError


def responses_of(answer: object, **more: Any) -> dict[str, Any]:
    endpoint = Endpoint("/here", ("GET",), ParameterTable(()), respond, "Здесь", "Here", OPEN, answer=answer, **more)
    described = describe_api([endpoint], ErrorBody, lambda _: {})
    responses: dict[str, Any] = described["paths"]["/here/"]["get"]["responses"]
    return responses


def test_an_answer_has_the_schema_of_its_type() -> None:
    responses = responses_of(list[int])
    assert responses["200"]["content"]["application/json"]["schema"] == {"type": "array", "items": {"type": "integer"}}


def test_a_redirect_has_a_location_and_no_answer() -> None:
    responses = responses_of(None, redirects=True)
    assert "200" not in responses
    assert set(responses["302"]["headers"]) == {"Location"}


def test_an_answer_that_is_not_json_has_its_media_type() -> None:
    responses = responses_of(str, answer_type="text/plain", refusal_type="text/plain")
    assert responses["200"]["content"] == {"text/plain": {"schema": {"type": "string"}}}
    assert responses["500"]["content"] == {"text/plain": {"schema": {"type": "string"}}}
    assert set(responses_of(list[int])["500"]["content"]) == {"application/json"}


def test_webhooks_are_described_beside_the_paths_and_share_their_components() -> None:
    def describe_webhooks(components: Components) -> dict[str, Schema]:
        return {"deal.created": {"post": {"requestBody": components.add("Deal", {"type": "object"})}}}

    described = describe_api([], ErrorBody, describe_webhooks)
    assert described["webhooks"] == {"deal.created": {"post": {"requestBody": {"$ref": "#/components/schemas/Deal"}}}}
    assert described["components"]["schemas"]["Deal"] == {"type": "object"}


def test_a_typed_dictionary_may_be_narrowed_in_keys_that_it_has() -> None:
    schema = Components().narrow(ErrorBody, {"errorCode": {"const": 7}})
    assert schema["properties"]["errorCode"] == {"const": 7}
    assert schema["required"] == list(get_type_hints(ErrorBody))
    with pytest.raises(AssertionError, match="no such key"):
        Components().narrow(ErrorBody, {"nowhere": {}})
