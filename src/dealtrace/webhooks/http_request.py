"""A delivery as it goes over the wire: in a query, as a form, or as JSON signed by the Standard Webhooks convention."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from urllib.parse import urlencode

from dealtrace.accounts.webhook import BodyStyle, Webhook
from dealtrace.record import record

ABSENT = "null"
"""What stands for an absent value where there are only texts."""
SECRET_PREFIX = "whsec_"  # noqa: S105 - the prefix is no secret


@record
class Message:
    """What is told: its name, what kind it is of, when it happened, and the fields in their order."""

    id: str
    kind: str
    happened_at: datetime
    fields: Mapping[str, str | None]


@record
class Outgoing:
    """A request to a receiver."""

    method: str
    url: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def write_request(webhook: Webhook, message: Message, now: datetime) -> Outgoing:
    """Write a message as the webhook wants it; `now` is when it is sent."""
    named = {"webhook-id": message.id, "webhook-timestamp": str(int(now.timestamp()))}
    if webhook.style is BodyStyle.JSON:
        body = _json(message)
        signature = sign(webhook.secret, message.id, named["webhook-timestamp"], body)
        headers = {"content-type": "application/json", **named, "webhook-signature": signature}
        return Outgoing("POST", webhook.url, body, headers)
    form = urlencode({name: ABSENT if value is None else value for name, value in message.fields.items()})
    if webhook.style is BodyStyle.GET:
        return Outgoing("GET", f"{webhook.url}{'&' if '?' in webhook.url else '?'}{form}", headers=named)
    headers = {"content-type": "application/x-www-form-urlencoded", **named}
    return Outgoing("POST", webhook.url, form.encode(), headers)


def _json(message: Message) -> bytes:
    told = {"type": message.kind, "timestamp": message.happened_at.isoformat(), "data": dict(message.fields)}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def sign(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    """Sign a body so that its receiver knows who sent it and when."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
