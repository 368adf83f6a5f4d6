"""Answers, and the one error body: what a refusal says to every known client."""

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from typing import Any

import msgspec

from dealtrace import errors
from dealtrace.errors import Language, MethodNotAllowed, Refusal
from dealtrace.http.error_body import error_body
from dealtrace.record import record

JSON_TYPE = (b"content-type", b"application/json;charset=UTF-8")
PLAIN_TYPE = (b"content-type", b"text/plain;charset=UTF-8")
FOR_ANY_PAGE = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"Retry-After, X-Request-Id"),
)
PREFLIGHT_SECONDS = 86_400
_ENCODER = msgspec.json.Encoder(decimal_format="number")

STATUS_OF: Mapping[type[Refusal], int] = {
    errors.InvalidParameters: 400,
    errors.UnreadableBody: 400,
    errors.DealKeyMissing: 400,
    errors.DealNotFound: 400,
    errors.NumberTaken: 400,
    errors.NumberReused: 400,
    errors.CallAndLeadRequest: 400,
    errors.DealNotDeleted: 400,
    errors.LeadNotFound: 400,
    errors.DealNotPinned: 400,
    errors.LeadNotDeleted: 400,
    errors.LeadNotMatched: 400,
    errors.NameTaken: 400,
    errors.LeadTaken: 400,
    errors.UnknownSetting: 400,
    errors.InvalidSetting: 400,
    errors.TokenNotFound: 400,
    errors.PersonNotFound: 400,
    errors.FileUnreadable: 400,
    errors.ImportInProgress: 400,
    errors.WebhookNotFound: 400,
    errors.DeliveryNotFound: 400,
    errors.TokenRejected: 403,
    errors.SiteMismatch: 403,
    errors.InvitationSpent: 403,
    errors.PathNotFound: 404,
    errors.SiteNotFound: 404,
    errors.RecordingNotFound: 404,
    errors.MethodNotAllowed: 405,
    errors.BodyTooLarge: 413,
    errors.RateExceeded: 429,
    errors.PointsSpent: 429,
    errors.AnonymousRateExceeded: 429,
    errors.InternalFailure: 500,
    errors.Overloaded: 503,
    errors.DatabaseUnavailable: 503,
}
"""The HTTP status of every refusal; a test walks the tree so that none is missing."""


@record
class Reply:
    """An answer ready to be sent, and what the log says of it."""

    status: int
    body: bytes
    headers: Sequence[tuple[bytes, bytes]] = (JSON_TYPE,)
    event: str = "answered"
    facts: Mapping[str, Any] = field(default_factory=dict)


def success(content: Any, event: str, **facts: Any) -> Reply:
    """Answer 200 with JSON, its keys in the order given; decimals become JSON numbers."""
    return Reply(200, _ENCODER.encode(content), event=event, facts=facts)


def ready(content: Any) -> msgspec.Raw:
    """Encode a part of an answer beforehand, so that a long one need not be held but as text."""
    return msgspec.Raw(_ENCODER.encode(content))


def plain_success(text: str, event: str, **facts: Any) -> Reply:
    """Answer 200 with plain text."""
    return Reply(200, text.encode(), (PLAIN_TYPE,), event, facts)


def redirect(address: str, event: str, **facts: Any) -> Reply:
    """Lead to another address, which is not told where its visitor came from."""
    headers = ((b"location", address.encode("ascii")), (b"referrer-policy", b"no-referrer"), JSON_TYPE)
    return Reply(302, b"", headers, event, facts)


def plain_refusal(refusal: Refusal, language: Language) -> Reply:
    """Refuse with the text alone, for callers that show an operator whatever comes back."""
    reply = refusal_reply(refusal, language)
    headers = (PLAIN_TYPE, *(one for one in reply.headers if one != JSON_TYPE))
    return replace(reply, body=refusal.text(language).encode(), headers=headers)


def with_headers(reply: Reply, headers: Sequence[tuple[bytes, bytes]]) -> Reply:
    """Answer the same with more headers."""
    return replace(reply, headers=(*reply.headers, *headers))


def public_refusal(refusal: Refusal, language: Language) -> Reply:
    """Refuse so that the script of any page may read why."""
    return with_headers(refusal_reply(refusal, language), FOR_ANY_PAGE)


def preflight(methods: Sequence[str], asked_headers: str) -> Reply:
    """Tell a browser that a page of any site may send what it is about to send."""
    allowed = (
        (b"access-control-allow-methods", ", ".join(methods).encode()),
        (b"access-control-allow-headers", (asked_headers or "*").encode("latin-1")),
        (b"access-control-max-age", str(PREFLIGHT_SECONDS).encode()),
    )
    return Reply(200, b"", (JSON_TYPE, *FOR_ANY_PAGE, *allowed), "preflight_answered")


def refusal_reply(refusal: Refusal, language: Language) -> Reply:
    """Answer with the error body of a refusal."""
    headers = [JSON_TYPE]
    if (retry_after := refusal.facts.get("retry_after_seconds")) is not None:
        headers.append((b"retry-after", str(retry_after).encode()))
    if isinstance(refusal, MethodNotAllowed):
        headers.append((b"allow", refusal.facts["allowed"].encode()))
    body = _ENCODER.encode(error_body(refusal, language))
    return Reply(STATUS_OF[type(refusal)], body, headers, "refused", {"code": refusal.code})
