"""Deals and refusals in wire words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from dealtrace import errors
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.attribution.visit import Visit
from dealtrace.deals.deal import Deal
from dealtrace.deals.registration import Receipt
from dealtrace.errors import FaultyParameters, Language, MethodNotAllowed, Refusal
from dealtrace.leads.client import Client
from dealtrace.leads.lead import LeadKind
from dealtrace.leads.lead_story import LeadStory

JSON_TYPE = (b"content-type", b"application/json;charset=UTF-8")
PLAIN_TYPE = (b"content-type", b"text/plain;charset=UTF-8")
FOR_ANY_PAGE = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"Retry-After, X-Request-Id"),
)
PREFLIGHT_SECONDS = 86_400
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_SUM_STEP = Decimal("0.0001")
KEYWORD_UNKNOWN = "(not set)"

STATUS_OF: Mapping[type[Refusal], int] = {
    errors.FaultyParameters: 400,
    errors.UnreadableBody: 400,
    errors.DealKeyMissing: 400,
    errors.DealNotFound: 400,
    errors.NumberTaken: 400,
    errors.NumberReused: 400,
    errors.CallAndLeadRequest: 400,
    errors.DealNotDeleted: 400,
    errors.LeadNotFound: 400,
    errors.DealNotPinned: 400,
    errors.NameTaken: 400,
    errors.LeadTaken: 400,
    errors.SettingUnknown: 400,
    errors.SettingMalformed: 400,
    errors.TokenNotFound: 400,
    errors.PersonUnknown: 400,
    errors.TokenRejected: 403,
    errors.SiteMismatch: 403,
    errors.InvitationSpent: 403,
    errors.PathUnknown: 404,
    errors.SiteNotFound: 404,
    errors.MethodNotAllowed: 405,
    errors.BodyTooLarge: 413,
    errors.RateExceeded: 429,
    errors.PointsSpent: 429,
    errors.FormRateExceeded: 429,
    errors.InternalFailure: 500,
    errors.Overloaded: 503,
    errors.StorageAway: 503,
}
"""The HTTP status of every refusal; a test walks the tree so that none is missing."""


@dataclass(frozen=True, slots=True)
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


def plain_success(text: str, event: str, **facts: Any) -> Reply:
    """Answer 200 with plain text."""
    return Reply(200, text.encode(), (PLAIN_TYPE,), event, facts)


def plain_refusal(refusal: Refusal, language: Language) -> Reply:
    """Refuse with the text alone, for callers that show an operator whatever comes back."""
    reply = refusal_reply(refusal, language)
    headers = (PLAIN_TYPE, *(one for one in reply.headers if one != JSON_TYPE))
    return replace(reply, body=refusal.text(language).encode(), headers=headers)


def with_headers(reply: Reply, headers: Sequence[tuple[bytes, bytes]]) -> Reply:
    """Answer the same with more headers."""
    return replace(reply, headers=(*reply.headers, *headers))


def open_refusal(refusal: Refusal, language: Language) -> Reply:
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
    """Answer with the one error body that every known client of Calltouch can read.

    The code stands as digits in a string and as a number, and the text three times, because clients look for either.
    """
    text = refusal.text(language)
    data: dict[str, Any] = {"message": text, "apiErrorData": {"errorCode": refusal.code, "errorMessage": text}}
    if isinstance(refusal, FaultyParameters):
        violations = [{"field": one.field, "message": one.text(language)} for one in refusal.violations]
        data["validationErrorData"] = {"violations": violations}
    headers = [JSON_TYPE]
    if (retry_after := refusal.facts.get("retry_after_seconds")) is not None:
        headers.append((b"retry-after", str(retry_after).encode()))
    if isinstance(refusal, MethodNotAllowed):
        headers.append((b"allow", refusal.facts["allowed"].encode()))
    body = _ENCODER.encode({"errorCode": str(refusal.code), "message": text, "data": data})
    return Reply(STATUS_OF[type(refusal)], body, headers, "refused", {"code": refusal.code})


def registered_order(receipt: Receipt, time_zone: ZoneInfo, amount: Decimal) -> dict[str, Any]:
    """Tell of a deal as `orders/register` does: the sum as it was sent, and again as a number.

    Seed: «После успешной отправки API-запроса на создание сделки, возвращается следующий JSON-ответ».
    """
    return {
        "orderId": receipt.deal_id,
        "callId": receipt.call_id,
        "dateCreated": epoch_ms(receipt.happened_at),
        "status": receipt.status,
        "realSum": None,
        "offered": None,
        "sent": dotted_day(receipt.happened_at, time_zone),
        "sum": receipt.amount_as_sent,
        "isMarked": None,
        "commentsCount": 0,
        "currentAmount": plain_number(amount),
        "orderNumber": receipt.number,
    }


def changed_order(deal: Deal, story: LeadStory | None, time_zone: ZoneInfo, attribution: int) -> dict[str, Any]:
    """Tell of a deal as `orders/update-by-id` does: the deal, its client, its comment, its lead's visit.

    Seed: «После успешной отправки API-запроса на обновление сделки, возвращается следующий JSON-ответ».
    """
    return {
        "order": _stored_order(deal, time_zone),
        "client": _client(story) if story is not None else None,
        "orderComments": deal.comment or "",
        "session": _lead_session(story, attribution) if story is not None else None,
    }


def _stored_order(deal: Deal, time_zone: ZoneInfo) -> dict[str, Any]:
    is_call = deal.lead is not None and deal.lead.kind is LeadKind.CALL
    return {
        "orderId": deal.id,
        "callId": deal.lead.id if deal.lead is not None and is_call else None,
        "dateCreated": epoch_ms(deal.happened_at),
        "status": deal.status,
        "realSum": None,
        "offered": dotted_day(deal.changed_at, time_zone) if deal.changed_at is not None else None,
        "sent": dotted_day(deal.happened_at, time_zone),
        "sum": four_decimals(deal.amount_rub),
        "isMarked": None,
        "commentsCount": 0,
        "currentAmount": None,
        "orderNumber": deal.number,
    }


def _client(story: LeadStory) -> dict[str, Any]:
    client = story.client
    return {
        "fio": client.name,
        "clientId": client.id,
        "phones": [{"phoneNumber": phone, "phoneType": phone_type(story)} for phone in client.phones],
        "contacts": email_contacts(client) or None,
    }


def phone_type(story: LeadStory) -> str:
    """Tell the type of a client's phones, as the vendor's answers have it: behind a call, behind a lead request."""
    return "WORK" if story.ref.kind is LeadKind.CALL else "OTHER"


def email_contacts(client: Client) -> list[dict[str, str]]:
    """List a client's e-mails."""
    return [{"contactType": "EMAIL", "contactValue": email} for email in client.emails]


def _lead_session(story: LeadStory, attribution: int) -> dict[str, Any] | None:
    """Tell where a lead came from: its credited visit, or the source its sender states; `None` if neither is known.

    Ours: a source that is stated stands where a visit's would, with `sessionId` null: the lead has a source, and
    nobody visited.
    """
    if story.visit is not None:
        return session(story.visit, attribution)
    return stated_session(story.stated_source, attribution) if story.stated_source is not None else None


def stated_session(source: TrafficSource, attribution: int) -> dict[str, Any]:
    """Tell of a source that is only stated, in the keys of a visit."""
    return {
        "keywords": source.term or KEYWORD_UNKNOWN,
        "city": "",
        "ip": "",
        "browser": "",
        "source": source.source,
        "medium": source.medium,
        "ref": "",
        "url": "",
        "utmSource": "",
        "utmMedium": "",
        "utmTerm": source.term,
        "utmContent": source.content,
        "utmCampaign": source.campaign,
        "guaClientId": None,
        "yaClientId": None,
        "sessionId": None,
        "additionalTags": [],
        "attribution": attribution,
        "attrs": None,
    }


def session(visit: Visit, attribution: int) -> dict[str, Any]:
    """Tell of the visit that gets the credit, as update's `session` does.

    Seed: «Объект будет содержать вложенные объекты с описанием источника звонка или заявки».
    """
    return {
        "keywords": visit.traffic_source.term or KEYWORD_UNKNOWN,
        "city": visit.city,
        "ip": visit.ip,
        "browser": visit.user_agent,
        "source": visit.traffic_source.source,
        "medium": visit.traffic_source.medium,
        "ref": visit.referrer,
        "url": visit.landing_url,
        "utmSource": visit.utm.source,
        "utmMedium": visit.utm.medium,
        "utmTerm": visit.utm.term,
        "utmContent": visit.utm.content,
        "utmCampaign": visit.utm.campaign,
        "guaClientId": visit.google_client_id,
        "yaClientId": visit.yandex_client_id,
        "sessionId": visit.id,
        "additionalTags": [],
        "attribution": attribution,
        "attrs": visit.attrs,
    }


def epoch_ms(at: datetime) -> int:
    """Write an instant as the wire's `dateCreated`: milliseconds since 1970."""
    return int((at - _EPOCH).total_seconds()) * 1000


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant_of(wall_clock: datetime, time_zone: ZoneInfo) -> datetime:
    """Read a wall clock of the site as an instant: an ambiguous hour is the first, a skipped one moves forward."""
    return wall_clock.replace(tzinfo=time_zone).astimezone(UTC)


def dotted_day(at: datetime, time_zone: ZoneInfo) -> str:
    """Write the site's day of an instant as `dd.mm.yyyy`."""
    day = at.astimezone(time_zone)
    return f"{day.day:02}.{day.month:02}.{day.year:04}"


def slashed_clock(at: datetime, time_zone: ZoneInfo) -> str:
    """Write an instant on the site's clock as `dd/mm/yyyy hh:mm:ss`."""
    return at.astimezone(time_zone).strftime("%d/%m/%Y %H:%M:%S")


def four_decimals(amount: Decimal | None) -> str | None:
    """Write a stored sum: `6000.0000`; an erased one is null."""
    return None if amount is None else f"{amount.quantize(_SUM_STEP):f}"


def plain_number(amount: Decimal) -> int | Decimal:
    """Write a sum as a JSON number, without needless decimals."""
    whole = int(amount)
    return whole if whole == amount else amount.normalize()
