"""Deals, clients and visits in wire words."""

from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from dealtrace.attribution.origin import Origin
from dealtrace.deals.deal import Deal
from dealtrace.deals.registration import Receipt
from dealtrace.leads.client import Client
from dealtrace.leads.lead import LeadKind
from dealtrace.leads.lead_story import LeadStory

_SUM_STEP = Decimal("0.0001")
KEYWORD_UNKNOWN = "(not set)"
STATUS_NOT_SET = "NOT_SET"
UNTOLD = "<не указано>"
"""What journals say of a utm tag that is absent."""


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
        "order": stored_order(deal, time_zone),
        "client": _client(story) if story is not None else None,
        "orderComments": deal.comment or "",
        "session": credited_session(story.origin, attribution) if story is not None else None,
    }


def stored_order(deal: Deal, time_zone: ZoneInfo) -> dict[str, Any]:
    """Tell of a deal as it stands now."""
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


def credited_session(origin: Origin, attribution: int) -> dict[str, Any] | None:
    """Write where a lead came from, as update's `session` does; null if that is unknown.

    Seed: «Объект будет содержать вложенные объекты с описанием источника звонка или заявки».
    Ours: a stated source stands where a visit's would, with `sessionId` null: the lead has a source, and nobody
    visited.
    """
    if not origin.is_known:
        return None
    source, utm = origin.source, origin.utm
    return {
        "keywords": source.term or KEYWORD_UNKNOWN,
        "city": origin.city,
        "ip": origin.ip,
        "browser": origin.user_agent,
        "source": source.source,
        "medium": source.medium,
        "ref": origin.referrer,
        "url": origin.landing_url,
        "utmSource": utm.source,
        "utmMedium": utm.medium,
        "utmTerm": utm.term,
        "utmContent": utm.content,
        "utmCampaign": utm.campaign,
        "guaClientId": origin.google_client_id,
        "yaClientId": origin.yandex_client_id,
        "sessionId": origin.visit_id,
        "additionalTags": [],
        "attribution": attribution,
        "attrs": origin.attrs,
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
    clock = at.astimezone(time_zone)
    day = f"{clock.day:02}/{clock.month:02}/{clock.year:04}"
    return f"{day} {clock.hour:02}:{clock.minute:02}:{clock.second:02}"


def four_decimals(amount: Decimal | None) -> str | None:
    """Write a stored sum: `6000.0000`; an erased one is null."""
    return None if amount is None else f"{amount.quantize(_SUM_STEP):f}"


def plain_number(amount: Decimal) -> int | Decimal:
    """Write a sum as a JSON number, without needless decimals."""
    whole = int(amount)
    return whole if whole == amount else amount.normalize()


def whole_rubles(amount: Decimal | None) -> int | None:
    """Write a sum in whole rubles, half up, where readers know nothing smaller; an erased one is null."""
    return None if amount is None else int(amount.to_integral_value(ROUND_HALF_UP))
