"""Describe the messages of webhooks for `/openapi.json`, from their keys and the types of their values."""

import typing
from collections.abc import Iterable, Mapping
from types import NoneType
from typing import Literal

from dealtrace.accounts.webhook import EventKind
from dealtrace.calltouch.answers.webhooks import AlertMessage, CallMessage, DealMessage, LeadRequestMessage
from dealtrace.calltouch.webhooks.messages import TEST_KIND
from dealtrace.calltouch.webhooks.vocabulary import (
    ALERT,
    CALL,
    CALL_BEGUN,
    DEAL,
    LEAD_REQUEST,
    ON_REQUEST_OF_DEALS,
    ON_REQUEST_OF_LEADS,
    MessageKeys,
)
from dealtrace.http.endpoint import JSON
from dealtrace.http.openapi.json_schema import Components, Schema
from dealtrace.record import record
from dealtrace.webhooks.http_request import ABSENT, Envelope

FORM = "application/x-www-form-urlencoded"


@record
class MessageBody:
    """The body of a message: the name of its schema, its keys in order, and the types of their values."""

    name: str
    keys: MessageKeys
    values: type


_CALL_BEGUN = MessageBody("WebhookCallBegun", (*CALL_BEGUN, *ON_REQUEST_OF_LEADS), CallMessage)
_CALL = MessageBody("WebhookCall", (*CALL, *ON_REQUEST_OF_LEADS), CallMessage)
_LEAD_REQUEST = MessageBody("WebhookLeadRequest", (*LEAD_REQUEST, *ON_REQUEST_OF_LEADS), LeadRequestMessage)
_DEAL = MessageBody("WebhookDeal", (*DEAL, *ON_REQUEST_OF_DEALS), DealMessage)
_ALERT = MessageBody("WebhookAlert", ALERT, AlertMessage)

_EVENTS: Mapping[EventKind, tuple[str, tuple[MessageBody, ...]]] = {
    EventKind.CALL_CONNECTED: ("A call begins", (_CALL_BEGUN,)),
    EventKind.CALL_DISCONNECTED: ("A call is over", (_CALL,)),
    EventKind.LEAD_REQUEST_RECORDED: ("A lead request is recorded", (_LEAD_REQUEST,)),
    EventKind.LEAD_CHANGED: ("A call or a lead request is changed", (_CALL_BEGUN, _CALL, _LEAD_REQUEST)),
    EventKind.DEAL_CREATED: ("A deal is registered", (_DEAL,)),
    EventKind.DEAL_CHANGED: ("A deal is changed", (_DEAL,)),
    EventKind.DEAL_DELETED: ("A deal is deleted", (_DEAL,)),
    EventKind.DEAL_RESTORED: ("A deal is restored", (_DEAL,)),
    EventKind.DEAL_MATCHED: ("The lead of a deal changes, or the deal no longer has one", (_DEAL,)),
    EventKind.ALERT_RAISED: ("A figure that an alert watches is unusual", (_ALERT,)),
    EventKind.ALERT_ENDED: ("A figure that an alert watches is usual again", (_ALERT,)),
}
_IN_JSON: Schema = {"type": "null"}
_IN_A_FORM: Schema = {"const": ABSENT}
_PLACEHOLDERS: Schema = {
    "type": "object",
    "description": "Each value is its key in braces.",
    "additionalProperties": {"type": "string", "pattern": "^\\{\\w+\\}$"},
}
_DELIVERY = "A message to the URL of a webhook, in the format of the webhook: form, query string or signed JSON."
_RECEIVED: Schema = {
    "2XX": {"description": "Received."},
    "410": {"description": "The receiver wants no more messages: the webhook is paused."},
    "default": {"description": "Not received: the message is sent again later."},
}


def describe_webhooks(components: Components) -> dict[str, Schema]:
    """Return the OpenAPI path items of all events and of the test message, by event name."""
    described = {
        kind.value: _path_item(
            components,
            kind.value,
            summary,
            [_refer(components, body, _IN_JSON) for body in bodies],
            [_refer(components, body, _IN_A_FORM) for body in bodies],
        )
        for kind, (summary, bodies) in _EVENTS.items()
    }
    test = _path_item(components, TEST_KIND, "A test message was requested", [_PLACEHOLDERS], [_PLACEHOLDERS])
    return {**described, TEST_KIND: test}


def _path_item(
    components: Components, kind: str, summary: str, in_json: list[Schema], in_a_form: list[Schema]
) -> Schema:
    happened_at = {"type": "string", "format": "date-time", "description": "When the event happened."}
    envelope = components.narrow(
        Envelope, {"type": {"const": kind}, "timestamp": happened_at, "data": _any_of(in_json)}
    )
    form = _any_of(in_a_form)
    query = {"name": "fields", "in": "query", "style": "form", "explode": True, "schema": form}
    shared = {"summary": summary, "description": _DELIVERY, "responses": _RECEIVED}
    contents = {FORM: {"schema": form}, JSON: {"schema": envelope}}
    return {
        "post": {
            **shared,
            "operationId": f"{kind}-post",
            "parameters": [*_HEADERS, _SIGNATURE],
            "requestBody": {"required": True, "content": contents},
        },
        "get": {**shared, "operationId": f"{kind}-get", "parameters": [*_HEADERS, query]},
    }


def _header(name: str, description: str, *, required: bool = True) -> Schema:
    schema = {"type": "string"}
    return {"name": name, "in": "header", "required": required, "description": description, "schema": schema}


_HEADERS = (
    _header("webhook-id", "The id of the message, the same at each attempt."),
    _header("webhook-timestamp", "When the message is sent, in seconds since 1970."),
)
_SIGNATURE = _header(
    "webhook-signature",
    "The signature of a JSON message, as Standard Webhooks defines it. Forms are not signed.",
    required=False,
)


def _any_of(schemas: list[Schema]) -> Schema:
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


def _refer(components: Components, body: MessageBody, absent: Schema) -> Schema:
    name = body.name if absent is _IN_JSON else f"{body.name}Form"
    types = typing.get_type_hints(body.values)
    return components.add(
        name,
        {
            "type": "object",
            "description": "All values are strings. If fields were chosen for the webhook, only these fields are sent.",
            "properties": {key: _text_schema(types[key], absent) for key in body.keys},
            "additionalProperties": False,
        },
    )


def _text_schema(described: object, absent: Schema) -> Schema:
    """Return the JSON Schema of a value of the type `described` after `in_texts` has converted it to a string."""
    if described is NoneType:
        return absent
    if described is bool:
        return {"enum": ["true", "false"]}
    if described is int:
        return {"type": "string", "pattern": "^-?[0-9]+$"}
    parts: Iterable[object] = typing.get_args(described)
    if typing.get_origin(described) is Literal:
        return {"enum": list(parts)}
    if parts:
        return {"anyOf": [_text_schema(part, absent) for part in parts]}
    assert described is str, described
    return {"type": "string"}
