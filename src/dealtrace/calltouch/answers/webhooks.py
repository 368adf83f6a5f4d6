"""The values that webhooks can send, by key.

A value is `None` if it is unknown, or if Dealtrace does not have such data, for example pools of phone numbers. A
receiver gets the keys that were chosen for its webhook, each with a string or null.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Literal, TypedDict

from dealtrace.accounts.site import Site
from dealtrace.accounts.webhook import EventKind
from dealtrace.alerts.incident import Incident
from dealtrace.alerts.rule import Alert
from dealtrace.attribution.classification import NOT_SET
from dealtrace.calltouch.answers.calls import PHASE_NAMES, PhaseName, call_of, caller_id, caller_number
from dealtrace.calltouch.answers.formats import dashed_clock, dotted_clock, epoch_seconds, four_decimals, whole_seconds
from dealtrace.calltouch.answers.sources import utm_answer, visitor_number
from dealtrace.deals.deal import Deal
from dealtrace.leads.call_outcome import CallPhase, is_answered
from dealtrace.leads.lead import LeadKind
from dealtrace.leads.lead_request import LeadRequest
from dealtrace.storage.journals.lead_entries import LeadEntry

REDIRECT_UNKNOWN = "undefined"
"""The string that the vendor sends in place of an unknown forwarding number."""

DealEventName = Literal["create", "update", "delete", "restore", "match"]
_EVENT_NAMES: Mapping[EventKind, DealEventName] = {
    EventKind.DEAL_CREATED: "create",
    EventKind.DEAL_CHANGED: "update",
    EventKind.DEAL_DELETED: "delete",
    EventKind.DEAL_RESTORED: "restore",
    EventKind.DEAL_MATCHED: "match",
}


_Window = TypedDict("_Window", {"from": str, "to": str})


class DeliveryValues(TypedDict):
    """The values that describe a delivery itself."""

    sendingTimestamp: int


class LeadDeliveryValues(DeliveryValues):
    """The values that describe a delivery about a lead; they include the keys that changed, joined by commas."""

    changedFields: str | None


class AlertValues(_Window):
    """The values of an alert: its rule, the watched period, the actual and usual values, and when and how it ended."""

    alertId: int
    incidentId: int
    event: Literal["raise", "end"]
    kind: str
    metric: str
    window: str
    limit: str | None
    filters: str | None
    value: str | None
    usual: str | None
    raisedAt: str
    endedAt: str | None
    endedValue: str | None
    siteId: int
    siteName: str


class OriginValues(TypedDict):
    """The values that describe the source of a lead."""

    attribution: int
    source: str
    medium: str
    utm_source: str
    utm_medium: str
    utm_campaign: str
    utm_content: str
    utm_term: str
    yaClientId: str | None
    gcid: str | None
    sessionId: int | None
    ctClientId: int | None
    ctGlobalId: None
    hostname: str | None
    url: str | None
    attrs: str | None
    ref: str | None
    city: str | None
    browser: str | None
    os: str | None
    device: str | None
    ip: str | None
    userAgent: str | None


class LeadValues(OriginValues):
    """The values that calls and lead requests have in common."""

    orderId: int | None
    siteId: int
    siteName: str
    manager: str | None
    comment: str | None
    tags_auto_gr: None
    tags_auto_ct: None
    tags_auto_pn: None
    tags_auto_pr: None
    tags_auto_af: None
    tags_manual: None
    tags_api: str | None
    customFields: str | None
    rating: None
    callUrl: None
    callback_request_id: None
    callback_final_attempt: None


class CallValues(LeadValues):
    """The values of a call."""

    leadtype: Literal["call"]
    callphase: PhaseName
    id: int
    ctCallerId: str
    callerphone: str | None
    email: None
    phonenumber: str | None
    subPoolName: None
    redirectNumber: str
    duration: int
    waiting_time: int | None
    calltime: str
    timestamp: int
    status: Literal["successful", "unsuccessful"]
    statusDetails: Literal["Соединение состоялось", "Соединение не состоялось"]
    unique: bool
    targetcall: Literal["target", "non-target"]
    uniqtargetcall: Literal["uniqtarget", "non-uniqtarget"]
    callback: Literal["non-callback"]
    worktime: None
    pool: None
    sip_call_id: str | None
    callReferenceNumber: str | None
    reclink: str | None
    spam: bool


class LeadRequestValues(LeadValues):
    """The values of a lead request."""

    leadtype: Literal["request"]
    requestId: int
    requestNumber: str
    subject: str | None
    fio: str | None
    callerphone: str | None
    email: str | None
    requestDate: str
    uniquerequest: bool
    targetrequest: Literal["target", "non-target"]
    uniqtargetrequest: Literal["uniqtarget", "non-uniqtarget"]
    tags_request: None


class DealValues(TypedDict):
    """The values of a deal, with the same keys as in the API for deals."""

    orderId: int
    orderNumber: str
    orderStatus: str
    orderSum: str | None
    orderDate: str
    manager: str | None
    service: str
    tags: str | None
    callId: int | None
    requestId: int | None
    event: DealEventName
    comment: str | None
    customFields: str | None
    siteId: int
    siteName: str


class CallMessage(CallValues, LeadDeliveryValues):
    """All values of a delivery about a call."""


class LeadRequestMessage(LeadRequestValues, LeadDeliveryValues):
    """All values of a delivery about a lead request."""


class DealMessage(DealValues, DeliveryValues):
    """All values of a delivery about a deal."""


class AlertMessage(AlertValues, DeliveryValues):
    """All values of a delivery about an alert."""


AnyMessage = CallMessage | LeadRequestMessage | DealMessage | AlertMessage


def call_values(entry: LeadEntry, site: Site, phase: CallPhase) -> CallValues:
    """Build the values of a call; its phase (in progress or ended) is given as `phase`."""
    call, circumstances, qualification = call_of(entry), entry.circumstances, entry.qualification
    answered = is_answered(circumstances, call.duration)
    return {
        **_lead_values(entry, site),
        "leadtype": "call",
        "callphase": PHASE_NAMES[phase],
        "id": call.id,
        "ctCallerId": caller_id(entry, site),
        "callerphone": caller_number(entry) or None,
        "email": None,
        "phonenumber": circumstances.dialled_phone,
        "subPoolName": None,
        "redirectNumber": circumstances.answering_phone or REDIRECT_UNKNOWN,
        "duration": whole_seconds(call.duration),
        "waiting_time": whole_seconds(circumstances.waiting) if circumstances.waiting is not None else None,
        "calltime": dashed_clock(call.started_at, site.time_zone),
        "timestamp": epoch_seconds(call.started_at),
        "status": "successful" if answered else "unsuccessful",
        "statusDetails": "Соединение состоялось" if answered else "Соединение не состоялось",
        "unique": qualification.is_unique,
        "targetcall": "target" if qualification.is_target else "non-target",
        "uniqtargetcall": "uniqtarget" if qualification.is_unique_target else "non-uniqtarget",
        "callback": "non-callback",
        "worktime": None,
        "pool": None,
        "sip_call_id": circumstances.sip_id,
        "callReferenceNumber": call.reference,
        "reclink": circumstances.record_url,
        "spam": False,
    }


def lead_request_values(entry: LeadEntry, site: Site) -> LeadRequestValues:
    """Build the values of a lead request."""
    lead_request, qualification = entry.lead, entry.qualification
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
        "uniquerequest": qualification.is_unique,
        "targetrequest": "target" if qualification.is_target else "non-target",
        "uniqtargetrequest": "uniqtarget" if qualification.is_unique_target else "non-uniqtarget",
        "tags_request": None,
    }


def _lead_values(entry: LeadEntry, site: Site) -> LeadValues:
    annotations = entry.annotations
    return {
        **_origin_values(entry, site),
        "orderId": entry.deals[-1].id if entry.deals else None,
        "siteId": site.id,
        "siteName": site.name,
        "manager": annotations.manager,
        "comment": annotations.comment,
        "tags_auto_gr": None,
        "tags_auto_ct": None,
        "tags_auto_pn": None,
        "tags_auto_pr": None,
        "tags_auto_af": None,
        "tags_manual": None,
        "tags_api": ",".join(annotations.tags) or None,
        "customFields": _json_text(annotations.custom_values),
        "rating": None,
        "callUrl": None,
        "callback_request_id": None,
        "callback_final_attempt": None,
    }


def _origin_values(entry: LeadEntry, site: Site) -> OriginValues:
    origin, details = entry.origin, entry.origin.details
    utm, is_visit = utm_answer(origin.utm), origin.visit is not None
    return {
        "attribution": site.attribution,
        "source": origin.source.source or NOT_SET,
        "medium": origin.source.medium or NOT_SET,
        "utm_source": utm["utmSource"],
        "utm_medium": utm["utmMedium"],
        "utm_campaign": utm["utmCampaign"],
        "utm_content": utm["utmContent"],
        "utm_term": utm["utmTerm"],
        "yaClientId": details.yandex_client_id,
        "gcid": details.google_client_id,
        "sessionId": origin.visit_id,
        "ctClientId": visitor_number(details.visitor_id),
        "ctGlobalId": None,
        "hostname": origin.landing_host or None,
        "url": details.landing_url or None,
        "attrs": (_json_text(details.attrs) or "{}") if is_visit else None,
        "ref": details.referrer if is_visit else None,
        "city": details.city or None,
        "browser": details.browser or None,
        "os": details.os or None,
        "device": details.device or None,
        "ip": details.ip or None,
        "userAgent": details.user_agent or None,
    }


def deal_values(deal: Deal, kind: EventKind, site: Site) -> DealValues:
    """Build the values of a deal after an event of the kind `kind`."""
    lead = deal.lead
    return {
        "orderId": deal.id,
        "orderNumber": deal.number,
        "orderStatus": deal.status,
        "orderSum": four_decimals(deal.amount_rub),
        "orderDate": dotted_clock(deal.happened_at, site.time_zone),
        "manager": deal.manager,
        "service": deal.service,
        "tags": ",".join(deal.tags) or None,
        "callId": lead.id if lead is not None and lead.kind is LeadKind.CALL else None,
        "requestId": lead.id if lead is not None and lead.kind is LeadKind.LEAD_REQUEST else None,
        "event": _EVENT_NAMES[kind],
        "comment": deal.comment,
        "customFields": _json_text(deal.custom_values),
        "siteId": site.id,
        "siteName": site.name,
    }


def alert_values(alert: Alert, incident: Incident, kind: EventKind, site: Site) -> AlertValues:
    """Build the values of an alert that was raised or ended, depending on `kind`."""
    rule, is_over = alert.rule, kind is EventKind.ALERT_ENDED and incident.ended_at is not None
    return {
        "alertId": alert.id,
        "incidentId": incident.id,
        "event": "end" if kind is EventKind.ALERT_ENDED else "raise",
        "kind": rule.kind.value,
        "metric": rule.metric,
        "window": rule.window.name,
        "limit": f"{rule.amount:f}" if rule.amount is not None else None,
        "filters": "\n".join(rule.filters) or None,
        "value": incident.value,
        "usual": incident.usual,
        "from": dashed_clock(incident.since, site.time_zone),
        "to": dashed_clock(incident.until, site.time_zone),
        "raisedAt": dashed_clock(incident.raised_at, site.time_zone),
        "endedAt": dashed_clock(incident.ended_at, site.time_zone) if is_over and incident.ended_at else None,
        "endedValue": incident.ended_value if is_over else None,
        "siteId": site.id,
        "siteName": site.name,
    }


def in_texts(values: AnyMessage, keys: Sequence[str]) -> dict[str, str | None]:
    """Return the value of each key in `keys` as a string, or as `None` if it is unknown."""
    by_key: Mapping[str, object] = values
    return {key: _text(by_key[key]) for key in keys}


def _text(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


def _json_text(values: Mapping[str, object] | None) -> str | None:
    """Encode an object as JSON, or return `None` if it is absent or empty."""
    return json.dumps(values, ensure_ascii=False) if values else None
