"""Examples for the documentation: sample values of JSON Schemas and messages, and requests as curl commands."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from urllib.parse import quote

from dealtrace.http.endpoint import Endpoint
from dealtrace.http.openapi.json_schema import REFERENCE, Schema

SAMPLE_FACTS: Mapping[str, object] = {
    "allowed": "GET, POST",
    "bytes_max": 1_048_576,
    "call": "callId",
    "call_id": 1_000_000_017,
    "deal_id": 1_000_001_000,
    "field": "clientApiId",
    "key": "orderNumber=K2018001",
    "lead_id": 1_000_000_017,
    "lead_request": "requestId",
    "method": "PUT",
    "name": "requestNumber A-1",
    "number": "K2018001",
    "per_second": 5,
    "request_id": "3f9a1c20-17",
    "retry_after_seconds": 30,
    "seconds_max": 30,
    "cause": "No space left on device",
    "site_id": 1,
    "en": "this is not JSON in UTF-8",
    "ru": "это не JSON в кодировке UTF-8",
}
"""Sample values for the placeholders in the messages of refusals."""
_DEPTH_MAX = 6
_BY_NAME: Mapping[str, object] = {
    "siteId": 1,
    "status": "new",
    "manager": "Коля",
    "service": "AmoCRM",
    "source": "yandex",
    "medium": "cpc",
    "phoneNumber": "79205550055",
    "callerNumber": "79205550055",
}
TOKEN = "TOKEN"  # noqa: S105 - a placeholder for the reader's own token
SAMPLE_ORIGIN = "http://127.0.0.1:8000"


def sample(schema: Schema, components: Mapping[str, Schema], name: str = "", depth: int = 0) -> object:
    """Return a sample value of a schema: objects have all keys, lists have one item, nullable values are not null."""
    if "$ref" in schema:
        return sample(components[str(schema["$ref"]).removeprefix(REFERENCE)], components, name, depth)
    if "anyOf" in schema:
        return _sample_of_any(schema["anyOf"], components, name, depth)
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            properties = schema.get("properties", {})
            return {key: sample(part, components, key, depth + 1) for key, part in properties.items()}
        case "array":
            is_empty = not schema.get("items") or schema.get("maxItems") == 0
            return [] if is_empty else [sample(schema["items"], components, name, depth + 1)]
        case kind:
            return _sample_of_scalar(str(kind), schema, name)


def _sample_of_any(parts: list[Schema], components: Mapping[str, Schema], name: str, depth: int) -> object:
    is_nullable = any(part.get("type") == "null" for part in parts)
    if is_nullable and depth >= _DEPTH_MAX:
        return None
    return sample(next(part for part in parts if part.get("type") != "null"), components, name, depth)


def _sample_of_scalar(kind: str, schema: Schema, name: str) -> object:
    named = _BY_NAME.get(name)
    if named is not None and isinstance(named, str) is (kind == "string") and "pattern" not in schema:
        return named
    return {
        "string": {"date-time": "2018-03-26T07:00:00Z", "uri": "https://shop.example/"}.get(
            schema.get("format", ""), _text_of(str(schema.get("pattern", "")))
        ),
        "integer": schema.get("minimum", 1),
        "number": 1000,
        "boolean": True,
    }.get(kind)


def _text_of(pattern: str) -> str:
    return next((text for text in _TEXTS if re.search(pattern, text)), "…")


_TEXTS = (
    "…",
    "1000",
    "6000.0000",
    "26/03/2018",
    "26/03/2018 10:00:00",
    "26.03.2018",
    "26.03.2018 10:00:00",
    "26-03-2018 10:00:00",
    "2018-03-26 10:00:00",
    "10:00",
    "0123456789abcdef" * 2,
)
"""Sample texts; the first that matches a schema's pattern is used."""


def describe_type(schema: Schema, components: Mapping[str, Schema]) -> str:
    """Return a short description of a schema: `integer 0…16`, `string ≤ 255`, `new | end`, `[string] or null`."""
    if "$ref" in schema:
        return describe_type(components[str(schema["$ref"]).removeprefix(REFERENCE)], components)
    if "anyOf" in schema:
        return " | ".join(describe_type(part, components) for part in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    kind = str(schema.get("type", "any"))
    if kind == "array":
        return f"[{describe_type(schema.get('items', {}), components)}]"
    if "maxLength" in schema:
        return f"{kind} ≤ {schema['maxLength']}"
    return f"{kind} {schema['minimum']}…{schema['maximum']}" if {"minimum", "maximum"} <= set(schema) else kind


def iterate_fields(
    schema: Schema, components: Mapping[str, Schema], opening: str = "", depth: int = 0
) -> Iterator[tuple[str, str]]:
    """Yield the key and the type of every value in an answer; a nested key is a path joined by dots."""
    if depth > _DEPTH_MAX:
        return
    if "$ref" in schema:
        schema = components[str(schema["$ref"]).removeprefix(REFERENCE)]
    for part in schema.get("anyOf", ()):
        yield from iterate_fields(part, components, opening, depth + 1)
    if "items" in schema:
        yield from iterate_fields(schema["items"], components, f"{opening}[].".replace(".[]", "[]"), depth + 1)
    for name, part in schema.get("properties", {}).items():
        yield opening + name, describe_type(part, components)
        yield from iterate_fields(part, components, f"{opening}{name}.", depth + 1)


def curl(endpoint: Endpoint) -> str:
    """Return the endpoint's example as a curl command, with `TOKEN` as a placeholder for the token.

    The command writes a spreadsheet to a file, since a terminal cannot show it.
    """
    example, token, command = endpoint.example, endpoint.auth_scheme.token, ["curl"]
    path = endpoint.shown_path
    for name, value in example.path.items():
        path = path.replace(f"{{{name}}}", quote(value))
    is_query = endpoint.batch is None and endpoint.methods[0] == "GET"
    command += ["-G"] if is_query and (example.parameters or token is not None) and not _has_headers(endpoint) else []
    command.append(shlex.quote(SAMPLE_ORIGIN + path))
    if token is not None and endpoint.auth_scheme.is_header:
        command += ["-H", shlex.quote(f"{token.name}: {TOKEN}")]
    elif token is not None:
        command += ["-d", f"{token.name}={TOKEN}"]
    if endpoint.auth_scheme.site is not None:
        command += ["-H", shlex.quote(f"{endpoint.auth_scheme.site.name}: 1")]
    for name, value in example.parameters.items():
        command += ["--data-urlencode", shlex.quote(f"{name}={value}")]
    if example.body is not None:
        command += [
            "-H",
            "'Content-Type: application/json'",
            "-d",
            shlex.quote(json.dumps(example.body, ensure_ascii=False)),
        ]
    if endpoint.answer_type.startswith("application/vnd."):
        command += ["-o", endpoint.shown_path.rpartition("/")[2]]
    return " ".join(command)


def _has_headers(endpoint: Endpoint) -> bool:
    return endpoint.auth_scheme.is_header and not endpoint.example.parameters
