"""The API described from its own tables: OpenAPI for programs, a page for people."""

import re
from collections.abc import Sequence
from typing import Any

import jinja2

from dealtrace import __version__
from dealtrace.errors import Language, Refusal
from dealtrace.http.endpoint import JSON, Endpoint
from dealtrace.http.json_schema import Components, Schema
from dealtrace.http.parameters import Family, Parameter
from dealtrace.http.replies import STATUS_OF


def describe_api(endpoints: Sequence[Endpoint], error_body: Any) -> dict[str, Any]:
    """Return the description of endpoints in OpenAPI 3.1; `error_body` is the type of their refusals."""
    components = Components()
    error = components.describe(error_body)
    paths = {
        endpoint.shown_path: _path_item(endpoint, components.describe(endpoint.answer), error) for endpoint in endpoints
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Dealtrace",
            "version": __version__,
            "description": "Deals of the Calltouch API 1.0, served at home. Texts of errors are Russian, "
            "or English with `Accept-Language: en`.",
        },
        "paths": paths,
        "components": {"schemas": components.schemas},
    }


def _path_item(endpoint: Endpoint, answer: Schema, error: Schema) -> dict[str, Any]:
    return {method.lower(): _operation(endpoint, method, answer, error) for method in endpoint.methods}


def _operation(endpoint: Endpoint, method: str, answer: Schema, error: Schema) -> dict[str, Any]:
    name = endpoint.name or endpoint.path.rsplit("/", 1)[-1]
    operation: dict[str, Any] = {
        "operationId": f"{name}-{method.lower()}",
        "summary": endpoint.en,
        "responses": _responses(endpoint, answer, error),
    }
    path_parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": _type_in_path(name)}}
        for name in _IN_PATH.findall(endpoint.path)
    ]
    outside = [*path_parameters, *(_parameter(header, "header") for header in endpoint.auth_scheme.headers)]
    operation["parameters"] = outside
    if endpoint.batch is not None:
        operation["requestBody"] = {"content": {JSON: {"schema": endpoint.batch.schema()}}}
    elif method == "GET":
        operation["parameters"] = outside + [_parameter(parameter, "query") for parameter in endpoint.table.described()]
    else:
        operation["requestBody"] = {"content": {kind: _form(endpoint) for kind in _FORM_TYPES}}
    return operation


def _type_in_path(name: str) -> str:
    return "integer" if name in ("siteId", "orderId") else "string"


_AS_FAMILY = {"style": "deepObject", "explode": True}
_IN_PATH = re.compile(r"\{(\w+)\}")
_FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")


def _parameter(parameter: Parameter, place: str) -> dict[str, Any]:
    described = {
        "name": parameter.name,
        "in": place,
        "required": parameter.required,
        "description": parameter.en,
        "schema": _schema(parameter),
    }
    return described | _AS_FAMILY if isinstance(parameter, Family) else described


def _schema(parameter: Parameter) -> dict[str, Any]:
    schema = dict(parameter.type.schema())
    return {"type": "object", "additionalProperties": schema} if isinstance(parameter, Family) else schema


def _form(endpoint: Endpoint) -> dict[str, Any]:
    parameters = endpoint.table.described()
    schema = {
        "type": "object",
        "required": [parameter.name for parameter in parameters if parameter.required],
        "properties": {parameter.name: {**_schema(parameter), "description": parameter.en} for parameter in parameters},
    }
    return {
        "schema": schema,
        "encoding": {parameter.name: _AS_FAMILY for parameter in parameters if isinstance(parameter, Family)},
    }


def _responses(endpoint: Endpoint, answer: Schema, error: Schema) -> dict[str, Any]:
    schema = error if endpoint.refusal_type == JSON else {"type": "string"}
    refused = {"content": {endpoint.refusal_type: {"schema": schema}}}
    statuses = sorted(set(STATUS_OF.values()))
    return {
        **_success(endpoint, answer),
        **{str(status): {"description": "; ".join(_reasons(status)), **refused} for status in statuses},
    }


def _success(endpoint: Endpoint, answer: Schema) -> dict[str, Any]:
    if endpoint.redirects:
        address = {"schema": {"type": "string", "format": "uri"}}
        return {"302": {"description": "It is elsewhere.", "headers": {"Location": address}}}
    return {"200": {"description": "Done.", "content": {endpoint.answer_type: {"schema": answer}}}}


def _reasons(status: int) -> list[str]:
    return [f"{refusal.code} {refusal.__name__}" for refusal, code in STATUS_OF.items() if code == status]


def error_catalogue() -> list[tuple[int, type[Refusal]]]:
    """List every refusal with its HTTP status, by status and code."""
    return sorted(((status, refusal) for refusal, status in STATUS_OF.items()), key=lambda row: (row[0], row[1].code))


def render_docs(endpoints: Sequence[Endpoint], language: Language) -> str:
    """Write the description as a page: every endpoint, every parameter, every error."""
    environment = jinja2.Environment(loader=jinja2.PackageLoader("dealtrace.http"), autoescape=True)
    return environment.get_template("docs.html").render(
        language=language,
        version=__version__,
        endpoints=endpoints,
        errors=error_catalogue(),
    )
