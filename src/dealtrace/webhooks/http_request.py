"""Deliveries as HTTP requests: a query string, a form, or JSON signed according to Standard Webhooks."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import TypedDict
from urllib.parse import urlencode

from dealtrace.accounts.webhook import BodyStyle, Webhook
from dealtrace.record import record

ABSENT = "null"
"""The text for a missing value in query strings and forms."""
SECRET_PREFIX = "whsec_"  # noqa: S105 - a prefix, not a secret


@record
class Message:
    """The content of a delivery: its id, the event's kind and time, and the fields in the order of sending."""

    id: str
    kind: str
    happened_at: datetime
    fields: Mapping[str, str | None]


class Envelope(TypedDict):
    """The body of a delivery in JSON: the event's kind, when it happened, and the fields."""

    type: str
    timestamp: str
    data: Mapping[str, str | None]


@record
class OutgoingRequest:
    """An HTTP request to the receiver of a webhook."""

    method: str
    url: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def write_request(webhook: Webhook, message: Message, now: datetime) -> OutgoingRequest:
    """Return a message as an HTTP request in the format of the webhook; `now` is the time of sending."""
    ids = {"webhook-id": message.id, "webhook-timestamp": str(int(now.timestamp()))}
    if webhook.style is BodyStyle.JSON:
        body = _json(message)
        signature = sign(webhook.secret, message.id, ids["webhook-timestamp"], body)
        headers = {"content-type": "application/json", **ids, "webhook-signature": signature}
        return OutgoingRequest("POST", webhook.url, body, headers)
    form = urlencode({name: ABSENT if value is None else value for name, value in message.fields.items()})
    if webhook.style is BodyStyle.GET:
        return OutgoingRequest("GET", f"{webhook.url}{'&' if '?' in webhook.url else '?'}{form}", headers=ids)
    headers = {"content-type": "application/x-www-form-urlencoded", **ids}
    return OutgoingRequest("POST", webhook.url, form.encode(), headers)


def _json(message: Message) -> bytes:
    envelope: Envelope = {
        "type": message.kind,
        "timestamp": message.happened_at.isoformat(),
        "data": dict(message.fields),
    }
    return json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()


def sign(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    """Return a signature with which the receiver can check that we sent the body at `timestamp`."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
