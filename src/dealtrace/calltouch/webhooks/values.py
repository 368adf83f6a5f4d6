"""The values of calls, lead requests and deals as webhooks tell them; what has none is `None`, or not there at all."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dealtrace.accounts.site import Site
from dealtrace.accounts.webhook import EventKind
from dealtrace.calltouch.journals.call_words import PHASES, call_of, caller_id, caller_number
from dealtrace.calltouch.journals.words import utm_words, visitor_number, whole_seconds
from dealtrace.calltouch.responses import epoch_ms, four_decimals
from dealtrace.deals.deal import Deal
from dealtrace.leads.call import CallPhase, is_answered
from dealtrace.leads.lead import LeadKind
from dealtrace.leads.lead_request import LeadRequest
from dealtrace.storage.journals.lead_entries import LeadEntry

Values = dict[str, Any]

ANSWERED = "Соединение состоялось"
NOT_ANSWERED = "Соединение не состоялось"
REDIRECT_UNKNOWN = "undefined"
"""What captured deliveries say of a forwarding number nobody knows."""
_EVENT_WORDS = {
    EventKind.DEAL_CREATED: "create",
    EventKind.DEAL_CHANGED: "update",
    EventKind.DEAL_DELETED: "delete",
    EventKind.DEAL_RESTORED: "restore",
    EventKind.DEAL_MATCHED: "match",
}
_UTM_KEYS = {
    "utm_source": "utmSource",
    "utm_medium": "utmMedium",
    "utm_campaign": "utmCampaign",
    "utm_content": "utmContent",
    "utm_term": "utmTerm",
}


def call_values(entry: LeadEntry, site: Site, *, is_beginning: bool) -> Values:
    """Tell of a call as it began, or as it stands."""
    call, told, standing = call_of(entry), entry.circumstances, entry.standing
    answered = is_answered(told, call.duration)
    return {
        **_lead_values(entry, site),
        "leadtype": "call",
        "callphase": PHASES[CallPhase.ONGOING if is_beginning else CallPhase.ENDED],
        "id": call.id,
        "ctCallerId": caller_id(entry, site),
        "callerphone": caller_number(entry) or None,
        "phonenumber": told.dialled_phone,
        "redirectNumber": told.answering_phone or REDIRECT_UNKNOWN,
        "duration": whole_seconds(call.duration),
        "waiting_time": whole_seconds(told.waiting) if told.waiting is not None else None,
        "calltime": dashed_clock(call.started_at, site.time_zone),
        "timestamp": epoch_seconds(call.started_at),
        "status": "successful" if answered else "unsuccessful",
        "statusDetails": ANSWERED if answered else NOT_ANSWERED,
        "unique": standing.is_unique,
        "targetcall": _target(is_one=standing.is_target),
        "uniqtargetcall": _unique_target(is_one=standing.is_unique_target),
        "callback": "non-callback",
        "sip_call_id": told.sip_id,
        "callReferenceNumber": call.reference,
        "reclink": told.record_url,
        "spam": False,
    }


def request_values(entry: LeadEntry, site: Site) -> Values:
    """Tell of a lead request."""
    lead_request, standing = entry.lead, entry.standing
    assert isinstance(lead_request, LeadRequest)
    return {
        **_lead_values(entry, site),
        "leadtype": "request",
        "requestId": lead_request.id,
        "requestNumber": lead_request.number,
        "subject": lead_request.form_name or None,
        "fio": entry.client.name,
        "callerphone": caller_number(entry) or None,
        "email": entry.email,
        "requestDate": dashed_clock(lead_request.requested_at, site.time_zone),
        "uniquerequest": standing.is_unique,
        "targetrequest": _target(is_one=standing.is_target),
        "uniqtargetrequest": _unique_target(is_one=standing.is_unique_target),
    }


def _lead_values(entry: LeadEntry, site: Site) -> Values:
    """Tell what calls and lead requests have in common."""
    annotations = entry.annotations
    return {
        **_source_values(entry, site),
        "orderId": entry.deals[-1].id if entry.deals else None,
        "siteId": site.id,
        "siteName": site.name,
        "manager": annotations.manager,
        "comment": annotations.comment,
        "tags_api": ",".join(annotations.tags) or None,
        "customFields": _as_json(annotations.custom_values),
    }


def _source_values(entry: LeadEntry, site: Site) -> Values:
    """Tell where a lead came from: its credited visit, or failing that what was stated of its source."""
    origin, utm = entry.origin, utm_words(entry.origin.utm)
    is_visit = origin.visit is not None
    return {
        "attribution": site.attribution,
        "source": origin.source.source or None,
        "medium": origin.source.medium or None,
        **{key: utm[word] for key, word in _UTM_KEYS.items()},
        "yaClientId": origin.yandex_client_id,
        "gcid": origin.google_client_id,
        "sessionId": origin.visit_id,
        "ctClientId": visitor_number(origin.visitor_id),
        "hostname": origin.landing_host or None,
        "url": origin.landing_url or None,
        "attrs": (_as_json(origin.attrs) or "{}") if is_visit else None,
        "ref": origin.referrer if is_visit else None,
        "city": origin.city or None,
        "browser": origin.browser or None,
        "os": origin.os or None,
        "device": origin.device or None,
        "ip": origin.ip or None,
        "userAgent": origin.user_agent or None,
    }


def deal_values(deal: Deal, kind: EventKind, site: Site) -> Values:
    """Tell of a deal, in the words of the deals API."""
    lead = deal.lead
    return {
        "orderId": deal.id,
        "orderNumber": deal.number,
        "orderStatus": deal.status,
        "orderSum": four_decimals(deal.amount_rub),
        "orderDate": f"{deal.happened_at.astimezone(site.time_zone):%d.%m.%Y %H:%M:%S}",
        "manager": deal.manager,
        "service": deal.service,
        "tags": ",".join(deal.tags) or None,
        "callId": lead.id if lead is not None and lead.kind is LeadKind.CALL else None,
        "requestId": lead.id if lead is not None and lead.kind is LeadKind.LEAD_REQUEST else None,
        "event": _EVENT_WORDS[kind],
        "comment": deal.comment,
        "customFields": _as_json(deal.custom_values),
        "siteId": site.id,
        "siteName": site.name,
    }


def in_words(values: Mapping[str, Any], keys: Sequence[str]) -> dict[str, str | None]:
    """Write the values of `keys`, in their order, as texts."""
    return {key: _word(values.get(key)) for key in keys}


def _word(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


def epoch_seconds(at: datetime) -> int:
    """Write an instant as seconds since 1970."""
    return epoch_ms(at) // 1000


def dashed_clock(at: datetime, time_zone: ZoneInfo) -> str:
    """Write an instant on the site's clock as `yyyy-mm-dd hh:mm:ss`."""
    clock = at.astimezone(time_zone)
    return f"{clock.year:04}-{clock.month:02}-{clock.day:02} {clock.hour:02}:{clock.minute:02}:{clock.second:02}"


def _target(*, is_one: bool) -> str:
    return "target" if is_one else "non-target"


def _unique_target(*, is_one: bool) -> str:
    return "uniqtarget" if is_one else "non-uniqtarget"


def _as_json(told: Mapping[str, Any] | None) -> str | None:
    return json.dumps(told, ensure_ascii=False) if told else None
