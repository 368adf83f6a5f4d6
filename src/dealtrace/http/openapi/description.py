"""Generate the OpenAPI document of the API from the declared endpoints."""

import re
from collections.abc import Callable, Mapping, Sequence

from dealtrace import __version__
from dealtrace.errors import Refusal
from dealtrace.http.endpoint import JSON, Endpoint, Example
from dealtrace.http.openapi.json_schema import Components, Schema
from dealtrace.http.openapi.possible_refusals import refusals_of
from dealtrace.http.openapi.samples import TOKEN, sample
from dealtrace.http.parameter_table import Parameter, ParameterFamily, Repeated
from dealtrace.http.refusal_statuses import STATUS_OF

DescribeWebhooks = Callable[[Components], Mapping[str, Schema]]
"""A function that returns the OpenAPI path items of webhooks by name, and adds their schemas to the components."""


def describe_api(
    endpoints: Sequence[Endpoint], error_body: type, describe_webhooks: DescribeWebhooks
) -> dict[str, object]:
    """Return the OpenAPI 3.1 document of endpoints and webhooks.

    `error_body` is the type of the JSON in answers to refused requests.
    """
    components = Components()
    error = components.describe(error_body)
    answers = [components.describe(endpoint.answer) for endpoint in endpoints]
    paths = {
        endpoint.shown_path: _path_item(endpoint, answer, error, components)
        for endpoint, answer in zip(endpoints, answers, strict=True)
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Dealtrace",
            "version": __version__,
            "description": "The Calltouch API on a server of your own. Error messages are in Russian, "
            "or in English with `Accept-Language: en`.",
        },
        "servers": [{"url": "/", "description": "This server."}],
        "paths": paths,
        "webhooks": describe_webhooks(components),
        "components": {"schemas": components.schemas, "securitySchemes": _security_schemes(endpoints)},
    }


def _security_schemes(endpoints: Sequence[Endpoint]) -> dict[str, object]:
    schemes = {
        endpoint.auth_scheme.token.name: endpoint.auth_scheme
        for endpoint in endpoints
        if endpoint.auth_scheme.token and endpoint.auth_scheme.instead is None
    }
    return {
        name: {
            "type": "apiKey",
            "in": "header" if scheme.is_header else "query",
            "name": name,
            "description": scheme.token.en if scheme.token is not None else "",
        }
        for name, scheme in schemes.items()
    }


def _path_item(endpoint: Endpoint, answer: Schema, error: Schema, components: Components) -> dict[str, object]:
    success = _success(endpoint, answer, components)
    return {method.lower(): _operation(endpoint, method, success, error) for method in endpoint.methods}


def _operation(endpoint: Endpoint, method: str, success: dict[str, object], error: Schema) -> dict[str, object]:
    operation: dict[str, object] = {
        "operationId": f"{endpoint.shown_name}-{method.lower()}",
        "summary": endpoint.en,
        "security": [{token.name: []} for token in endpoint.auth_scheme.tokens],
        "responses": _responses(endpoint, method, success, error),
    }
    example = endpoint.example
    path_parameters = [_path_parameter(name, example) for name in _IN_PATH.findall(endpoint.path)]
    outside = [*path_parameters, *(_parameter(header, "header", example) for header in endpoint.auth_scheme.headers)]
    operation["parameters"] = outside
    if endpoint.batch is not None:
        media = {"schema": endpoint.batch.schema()} | ({"example": example.body} if example.body is not None else {})
        operation["requestBody"] = {"content": {JSON: media}}
    elif method == "GET":
        operation["parameters"] = outside + [
            _parameter(parameter, "query", example) for parameter in endpoint.table.described()
        ]
    else:
        operation["requestBody"] = {"content": {kind: _form(endpoint) for kind in _FORM_TYPES}}
    return operation


def _path_parameter(name: str, example: Example) -> dict[str, object]:
    kind = _type_in_path(name)
    described: dict[str, object] = {"name": name, "in": "path", "required": True, "schema": {"type": kind}}
    if name in example.path:
        described["example"] = int(example.path[name]) if kind == "integer" else example.path[name]
    return described


def _type_in_path(name: str) -> str:
    return "integer" if name in ("siteId", "orderId") else "string"


ADDRESS_TOO_LONG = "The URL is longer than 65,534 bytes: the HTTP server refuses it with an empty body."
_AS_FAMILY = {"style": "deepObject", "explode": True}
_AS_REPEATED = {"style": "form", "explode": True}
_AS_LIST = {"style": "form", "explode": False}
_IN_PATH = re.compile(r"\{(\w+)\}")
_FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")


def _parameter(parameter: Parameter, place: str, example: Example) -> dict[str, object]:
    described: dict[str, object] = {
        "name": parameter.name,
        "in": place,
        "required": parameter.required,
        "description": parameter.en,
        "schema": schema_of(parameter),
    }
    if parameter.name in example.parameters:
        described["example"] = _example_value(parameter, example)
    return described | _style_of(parameter)


def _style_of(parameter: Parameter) -> dict[str, object]:
    """Return the OpenAPI keys `style` and `explode` of a parameter; empty if the parameter takes a single value."""
    match parameter:
        case ParameterFamily():
            return _AS_FAMILY
        case Repeated():
            return _AS_REPEATED
        case _ if schema_of(parameter).get("type") == "array":
            return _AS_LIST
        case _:
            return {}


def schema_of(parameter: Parameter) -> dict[str, object]:
    """Return the JSON Schema of a parameter's value, or of the list of its values if it may repeat."""
    schema = dict(parameter.type.schema())
    match parameter:
        case ParameterFamily():
            return {"type": "object", "additionalProperties": schema}
        case Repeated():
            return {"type": "array", "items": schema, "maxItems": parameter.count_max}
        case _:
            return schema


def _form(endpoint: Endpoint) -> dict[str, object]:
    parameters = endpoint.table.described()
    schema = {
        "type": "object",
        "required": [parameter.name for parameter in parameters if parameter.required],
        "properties": {
            parameter.name: {**schema_of(parameter), "description": parameter.en} for parameter in parameters
        },
    }
    example = endpoint.example
    values = {
        parameter.name: _example_value(parameter, example)
        for parameter in parameters
        if parameter.name in example.parameters
    }
    return {
        "schema": schema,
        "example": {**_token_example(endpoint), **values},
        "encoding": {parameter.name: style for parameter in parameters if (style := _style_of(parameter))},
    }


def _example_value(parameter: Parameter, example: Example) -> str | int | list[str]:
    text = example.parameters[parameter.name]
    match schema_of(parameter).get("type"):
        case "integer":
            return int(text)
        case "array":
            return [text] if isinstance(parameter, Repeated) else text.split(",")
        case _:
            return text


def _token_example(endpoint: Endpoint) -> dict[str, str]:
    token = endpoint.auth_scheme.token
    return {token.name: TOKEN} if token is not None and not endpoint.auth_scheme.is_header else {}


def _responses(endpoint: Endpoint, method: str, success: dict[str, object], error: Schema) -> dict[str, object]:
    schema = error if endpoint.refusal_type == JSON else {"type": "string"}
    refused = {"content": {endpoint.refusal_type: {"schema": schema}}}
    reasons: dict[int, list[str]] = {}
    for status, refusal in refusals_of(endpoint, method):
        reasons.setdefault(status, []).append(f"{refusal.code} {refusal.__name__}")
    answers = {
        **success,
        **{str(status): {"description": "; ".join(why), **refused} for status, why in reasons.items()},
    }
    return answers | ({"414": {"description": ADDRESS_TOO_LONG}} if method == "GET" else {})


def _success(endpoint: Endpoint, answer: Schema, components: Components) -> dict[str, object]:
    if endpoint.redirects:
        address = {"schema": {"type": "string", "format": "uri"}}
        return {"302": {"description": "Redirects to the URL in `Location`.", "headers": {"Location": address}}}
    media: dict[str, object] = {"schema": answer}
    if endpoint.answer_type == JSON or endpoint.example.answer is not None:
        media["example"] = example_answer(endpoint, answer, components)
    return {"200": {"description": "Done.", "content": {endpoint.answer_type: media}}}


def example_answer(endpoint: Endpoint, answer: Schema, components: Components) -> object:
    """Return the example that the endpoint declares, or a sample made from the type of its answer."""
    own = endpoint.example.answer
    return own if own is not None else sample(answer, components.schemas)


def error_catalogue() -> list[tuple[int, type[Refusal]]]:
    """List the HTTP status and class of every refusal, ordered by status and code."""
    return sorted(((status, refusal) for refusal, status in STATUS_OF.items()), key=lambda row: (row[0], row[1].code))
