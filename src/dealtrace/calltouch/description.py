"""The API described from its own tables: OpenAPI for programs, a page for people."""

from functools import cache
from typing import Any

import jinja2

from dealtrace import __version__
from dealtrace.calltouch.batches import ITEMS_MAX, Batch
from dealtrace.calltouch.door import Endpoint, Entrance
from dealtrace.calltouch.parameters import CUSTOM, CUSTOM_FIELDS, HEADERS, Parameter
from dealtrace.calltouch.responses import STATUS_OF
from dealtrace.calltouch.routes import ENDPOINTS
from dealtrace.errors import Language, Refusal

_ERROR_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["errorCode", "message", "data"],
    "properties": {
        "errorCode": {"type": "string", "pattern": "^[0-9]+$"},
        "message": {"type": "string"},
        "data": {
            "type": "object",
            "required": ["message", "apiErrorData"],
            "properties": {
                "message": {"type": "string"},
                "apiErrorData": {
                    "type": "object",
                    "required": ["errorCode", "errorMessage"],
                    "properties": {"errorCode": {"type": "integer"}, "errorMessage": {"type": "string"}},
                },
                "validationErrorData": {
                    "type": "object",
                    "properties": {
                        "violations": {
                            "type": "array",
                            "items": {
                                "type": "object",
                                "required": ["field", "message"],
                                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
                            },
                        }
                    },
                },
            },
        },
    },
}


@cache
def describe_api() -> dict[str, Any]:
    """Describe every endpoint in OpenAPI 3.1."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Dealtrace",
            "version": __version__,
            "description": "Deals of the Calltouch API 1.0, served at home. Texts of errors are Russian, "
            "or English with `Accept-Language: en`.",
        },
        "paths": {f"{endpoint.path}/": _path_item(endpoint) for endpoint in ENDPOINTS},
        "components": {"schemas": {"Error": _ERROR_SCHEMA}},
    }


def _path_item(endpoint: Endpoint) -> dict[str, Any]:
    return {method.lower(): _operation(endpoint, method) for method in endpoint.methods}


def _operation(endpoint: Endpoint, method: str) -> dict[str, Any]:
    name = endpoint.name or endpoint.path.rsplit("/", 1)[-1]
    operation: dict[str, Any] = {
        "operationId": f"{name}-{method.lower()}",
        "summary": endpoint.en,
        "responses": _responses(),
    }
    path_parameters = [
        {"name": part[1:-1], "in": "path", "required": True, "schema": {"type": _type_in_path(part[1:-1])}}
        for part in endpoint.path.split("/")
        if part.startswith("{")
    ]
    if endpoint.batch is not None:
        operation["parameters"] = path_parameters + [_query_parameter(one, "header") for one in HEADERS]
        operation["requestBody"] = {"content": {"application/json": {"schema": _list_schema(endpoint.batch)}}}
    elif method == "GET":
        operation["parameters"] = path_parameters + [_query_parameter(one) for one in _parameters(endpoint)]
    else:
        operation["parameters"] = path_parameters
        operation["requestBody"] = {"content": {kind: {"schema": _form_schema(endpoint)} for kind in _FORM_TYPES}}
    return operation


def _type_in_path(name: str) -> str:
    return "integer" if name == "siteId" else "string"


_FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")


def _parameters(endpoint: Endpoint) -> list[Parameter]:
    """List all a caller may send: headers first, custom fields last."""
    headers = HEADERS if endpoint.entrance is Entrance.HEADERS else ()
    custom = CUSTOM if endpoint.batch is None else CUSTOM_FIELDS
    return [*headers, *endpoint.table.parameters, *([custom] if endpoint.table.takes_custom else [])]


def _list_schema(batch: Batch) -> dict[str, Any]:
    """Describe a list of leads; a dotted name stands for a part of an object."""
    parts: dict[str, Any] = {}
    for one in (*batch.table.parameters, CUSTOM_FIELDS):
        name, _, part = one.name.partition(".")
        said = {**one.type.schema(), "description": one.en}
        if part:
            parts.setdefault(name, {"type": "object", "properties": {}})["properties"][part] = said
        else:
            parts[name] = said
    item = {"type": "object", "required": list(batch.table.required), "properties": parts}
    leads = {"type": "array", "minItems": 1, "maxItems": ITEMS_MAX, "items": item}
    return {"type": "object", "required": [batch.name], "properties": {batch.name: leads}}


def _query_parameter(parameter: Parameter, place: str = "query") -> dict[str, Any]:
    described = {
        "name": parameter.name,
        "in": place,
        "required": parameter.required,
        "description": parameter.en,
        "schema": dict(parameter.type.schema()),
    }
    if parameter is CUSTOM:
        described |= {"style": "deepObject", "explode": True, "schema": _custom_schema()}
    return described


def _custom_schema() -> dict[str, Any]:
    return {"type": "object", "additionalProperties": dict(CUSTOM.type.schema())}


def _form_schema(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "type": "object",
        "required": [one.name for one in endpoint.table.parameters if one.required],
        "properties": {one.name: {**one.type.schema(), "description": one.en} for one in endpoint.table.parameters},
    }


def _responses() -> dict[str, Any]:
    refused = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}}
    statuses = sorted(set(STATUS_OF.values()))
    return {
        "200": {"description": "Done.", "content": {"application/json": {"schema": {"type": "object"}}}},
        **{str(status): {"description": "; ".join(_reasons(status)), **refused} for status in statuses},
    }


def _reasons(status: int) -> list[str]:
    return [f"{refusal.code} {refusal.__name__}" for refusal, code in STATUS_OF.items() if code == status]


def error_catalogue() -> list[tuple[int, type[Refusal]]]:
    """List every refusal with its HTTP status, by status and code."""
    return sorted(((status, refusal) for refusal, status in STATUS_OF.items()), key=lambda row: (row[0], row[1].code))


@cache
def render_docs(language: Language) -> str:
    """Write the description as a page: every endpoint, every parameter, every error."""
    environment = jinja2.Environment(loader=jinja2.PackageLoader("dealtrace.calltouch"), autoescape=True)
    return environment.get_template("docs.html").render(
        language=language,
        version=__version__,
        endpoints=[(endpoint, _parameters(endpoint)) for endpoint in ENDPOINTS],
        errors=error_catalogue(),
    )
