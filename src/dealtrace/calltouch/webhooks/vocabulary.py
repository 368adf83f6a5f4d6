"""The keys of webhook messages, in the same order as in the vendor's deliveries."""

from collections.abc import Mapping, Sequence

from dealtrace.accounts.webhook import EventKind
from dealtrace.webhooks.event import LeadPart

MessageKeys = tuple[str, ...]

VISIT: MessageKeys = (
    "attribution", "source", "medium", "utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term",
    "yaClientId", "sessionId", "ctClientId", "ctGlobalId", "hostname", "url", "attrs", "ref", "city", "browser", "os",
    "device", "ip",
)  # fmt: skip
CALL_BEGUN: MessageKeys = (
    "leadtype", "callphase", "id", "changedFields", "ctCallerId", "callerphone", "phonenumber", "subPoolName",
    "redirectNumber", "calltime", "timestamp", "unique", "callback", "worktime", "pool", "tags_auto_pn", "tags_api",
    *VISIT, "callReferenceNumber", "siteId", "siteName", "userAgent", "sendingTimestamp",
)  # fmt: skip
CALL: MessageKeys = (
    "leadtype", "callphase", "id", "changedFields", "ctCallerId", "callerphone", "phonenumber", "subPoolName",
    "redirectNumber", "duration", "waiting_time", "calltime", "timestamp", "status", "statusDetails", "unique",
    "targetcall", "uniqtargetcall", "callback", "worktime", "pool", "tags_auto_gr", "tags_auto_ct", "tags_auto_pn",
    "tags_manual", "tags_api", *VISIT, "sip_call_id", "callReferenceNumber", "reclink", "orderId", "siteId",
    "siteName", "userAgent", "sendingTimestamp", "manager", "spam",
)  # fmt: skip
LEAD_REQUEST: MessageKeys = (
    "leadtype", "changedFields", "requestId", "requestNumber", "subject", "fio", "callerphone", "requestDate",
    "uniquerequest", "targetrequest", "uniqtargetrequest", "tags_auto_gr", "tags_auto_ct", "tags_auto_pn",
    "tags_manual", "tags_api", "tags_request", *VISIT, "orderId", "siteId", "siteName", "userAgent",
    "sendingTimestamp", "manager",
)  # fmt: skip
DEAL: MessageKeys = (
    "orderId", "orderNumber", "orderStatus", "orderSum", "orderDate", "manager", "service", "tags", "callId",
    "requestId", "event",
)  # fmt: skip
ALERT: MessageKeys = (
    "alertId", "incidentId", "event", "kind", "metric", "window", "limit", "filters", "value", "usual", "from", "to",
    "raisedAt", "endedAt", "endedValue", "siteId", "siteName", "sendingTimestamp",
)  # fmt: skip
"""The keys of webhooks about alerts. Ours: we chose all of them, since the vendor has no alerts."""

ON_REQUEST_OF_LEADS: MessageKeys = (
    "gcid", "email", "comment", "customFields", "tags_auto_pr", "tags_auto_af", "rating", "callUrl",
    "callback_request_id", "callback_final_attempt",
)  # fmt: skip
ON_REQUEST_OF_DEALS: MessageKeys = ("comment", "customFields", "siteId", "siteName", "sendingTimestamp")
"""Further keys of webhooks about deals; they are sent after all other keys, and only to webhooks that choose them.

Ours: keys that the vendor never sends are not sent by default.
"""

_KEYS: Mapping[EventKind, Sequence[MessageKeys]] = {
    EventKind.CALL_CONNECTED: [CALL_BEGUN],
    EventKind.CALL_DISCONNECTED: [CALL],
    EventKind.LEAD_REQUEST_RECORDED: [LEAD_REQUEST],
    EventKind.LEAD_CHANGED: [CALL, LEAD_REQUEST],
}

OF_ALERTS = frozenset({EventKind.ALERT_RAISED, EventKind.ALERT_ENDED})

CHANGED_KEYS: Mapping[LeadPart, MessageKeys] = {
    LeadPart.STARTED_AT: ("calltime", "timestamp"),
    LeadPart.DURATION: ("duration",),
    LeadPart.PHONE: ("ctCallerId", "callerphone"),
    LeadPart.SIP_ID: ("sip_call_id",),
    LeadPart.SUCCESS: ("status", "statusDetails"),
    LeadPart.WAITING: ("waiting_time",),
    LeadPart.DIALLED_PHONE: ("phonenumber",),
    LeadPart.ANSWERING_PHONE: ("redirectNumber",),
    LeadPart.RECORD: ("reclink",),
    LeadPart.PBX: (),
    LeadPart.MANAGER: ("manager",),
    LeadPart.COMMENT: ("comment",),
    LeadPart.TAGS: ("tags_api",),
    LeadPart.CUSTOM_VALUES: ("customFields",),
    LeadPart.VISIT: (*VISIT, "userAgent", "gcid"),
    LeadPart.DEAL: ("orderId",),
}
SENT_AT_KEY = "sendingTimestamp"
CHANGED_AT_END: MessageKeys = ("callphase", *(key for key in CALL if key not in CALL_BEGUN))
"""The keys that are always reported as changed when a call ends."""


def choosable_keys(kind: EventKind) -> MessageKeys:
    """List the keys that a webhook may choose for events of a kind, in the order in which they are sent."""
    if kind in OF_ALERTS:
        return ALERT
    if kind not in _KEYS:
        return (*DEAL, *ON_REQUEST_OF_DEALS)
    return tuple(dict.fromkeys(key for keys in (*_KEYS[kind], ON_REQUEST_OF_LEADS) for key in keys))


def chosen_keys(usual: MessageKeys, on_request: MessageKeys, chosen: Sequence[str]) -> MessageKeys:
    """List the keys to send: `usual` if none are chosen, else the chosen keys in the order in which they are sent."""
    return tuple(key for key in (*usual, *on_request) if key in chosen) if chosen else usual
