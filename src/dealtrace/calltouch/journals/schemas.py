"""The journals' answers in JSON Schema: every key, always there, with its type; strangers are none among them."""

from collections.abc import Mapping
from typing import Any

from dealtrace.calltouch.journals.pages import PAGE_SIZE_MAX
from dealtrace.http.parameter_types import ID_MAX

Schema = Mapping[str, Any]

TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}
COUNT: Schema = {"type": "integer", "minimum": 0}
ID: Schema = {"type": "integer", "minimum": 1, "maximum": ID_MAX}
FLAG: Schema = {"type": "boolean"}
NULL: Schema = {"type": "null"}
MODEL: Schema = {"type": "integer", "minimum": 0, "maximum": 6}
CLOCK: Schema = {"type": "string", "pattern": "^[0-9]{2}/[0-9]{2}/[0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}$"}
DAY: Schema = {"type": "string", "pattern": "^[0-9]{2}/[0-9]{2}/[0-9]{4}$"}
DOTTED_DAY: Schema = {"type": "string", "pattern": "^[0-9]{2}\\.[0-9]{2}\\.[0-9]{4}$"}
FOUR_DECIMALS: Schema = {"type": "string", "pattern": "^-?[0-9]+\\.[0-9]{4}$"}
CALLER_ID: Schema = {"type": "string", "pattern": "^[0-9a-f]{32}$"}


def or_null(schema: Schema) -> Schema:
    """Describe something that may be null."""
    return {"anyOf": [schema, NULL]}


def one_of_words(*words: str) -> Schema:
    """Describe one of a few words."""
    return {"enum": list(words)}


def list_of(schema: Schema) -> Schema:
    """Describe a list of things that are alike."""
    return {"type": "array", "items": schema}


def whole(properties: Mapping[str, Schema]) -> Schema:
    """Describe an object that has all of these keys and no other."""
    return {
        "type": "object",
        "required": list(properties),
        "properties": dict(properties),
        "additionalProperties": False,
    }


def page_of(record: Schema) -> Schema:
    """Describe a page of records."""
    return whole(
        {
            "page": {"type": "integer", "minimum": 1},
            "pageTotal": {"type": "integer", "minimum": 1},
            "pageSize": {"type": "integer", "minimum": 1, "maximum": PAGE_SIZE_MAX},
            "recordsTotal": COUNT,
            "records": list_of(record),
        }
    )


def _all(schema: Schema, *names: str) -> dict[str, Schema]:
    return dict.fromkeys(names, schema)


_NOTHING = {"type": "array", "maxItems": 0}
_TAGS = list_of(whole({"category": TEXT, "type": TEXT, "names": list_of(TEXT)}))
_FIELDS = list_of(whole({"field": TEXT, "value": TEXT}))
_UTM = _all(TEXT, "utmSource", "utmMedium", "utmCampaign", "utmContent", "utmTerm")
_DIRECT = or_null(whole({"campaignId": WHOLE, **_all(or_null(WHOLE), "adGroupId", "adId", "criteriaId")}))
_GOOGLE = or_null(whole({"campaignId": WHOLE, **_all(or_null(WHOLE), "adGroupId", "creativeId", "criteriaId")}))
_ATTRS: Schema = {}
"""Whatever a page attached."""


def _comments(owner: str) -> Schema:
    return list_of(
        whole({"commentId": ID, owner: ID, "comment": TEXT, "partyId": or_null(WHOLE), "partyName": or_null(TEXT)})
    )


_MAP_VISITS = or_null(
    list_of(
        whole(
            {
                "sessionId": ID,
                "sessionDate": CLOCK,
                **_all(TEXT, "source", "medium", "keyword"),
                **_UTM,
                **_all(TEXT, "url", "ref", "city", "ip", "userAgent"),
                "additionalTags": _NOTHING,
                "guaClientId": or_null(TEXT),
                "ctClientId": or_null(WHOLE),
                "ctGlobalId": NULL,
            }
        )
    )
)
_CALLS_DEAL = whole(
    {
        "orderId": ID,
        "orderNumber": TEXT,
        "plannedAmount": or_null(WHOLE),
        "completedAmount": WHOLE,
        "createdDate": CLOCK,
        "orderDate": CLOCK,
        "completedDate": NULL,
    }
)
CALL = whole(
    {
        "callId": ID,
        "callphase": one_of_words("callconnected", "calldisconnected"),
        "attribution": MODEL,
        "callTags": or_null(_TAGS),
        "date": CLOCK,
        "duration": COUNT,
        **_all(TEXT, "callerNumber", "redirectNumber", "phoneNumber"),
        "manager": or_null(TEXT),
        **_all(FLAG, "successful", "uniqueCall", "targetCall", "uniqTargetCall", "callbackCall"),
        **_all(TEXT, "city", "source", "medium", "keyword", "url"),
        "callUrl": NULL,
        **_all(TEXT, "ref", "hostname"),
        **_UTM,
        "sessionId": or_null(ID),
        "ctCallerId": CALLER_ID,
        **_all(or_null(TEXT), "clientId", "yaClientId"),
        **_all(TEXT, "sipCallId", "userAgent", "ip"),
        "waitingConnect": COUNT,
        "callReferenceId": TEXT,
        "mapVisits": _MAP_VISITS,
        "attrs": _ATTRS,
        "comments": or_null(_comments("callId")),
        "phrases": or_null(_NOTHING),
        "additionalTags": _NOTHING,
        "callClientUniqueId": NULL,
        **_all(TEXT, "device", "os", "browser"),
        "timestamp": WHOLE,
        "sessionDate": or_null(CLOCK),
        "orders": list_of(_CALLS_DEAL),
        "order": NULL,
        "yandexDirect": _DIRECT,
        "googleAdWords": _GOOGLE,
        "siteId": ID,
        "siteName": TEXT,
        "callbackInfo": NULL,
        "ctClientId": or_null(COUNT),
        **_all(NULL, "dcm", "phonesInText", "ctGlobalId"),
        **_all(TEXT, "subPoolName", "statusDetails"),
        "poolType": NULL,
        "customFields": or_null(_FIELDS),
    }
)
CALLS_DIARY: Schema = {"oneOf": [list_of(CALL), page_of(CALL)]}
"""An array of one day, or with `page` the object that pages come in."""

_CONTACTS = list_of(whole({"contactType": TEXT, "contactValue": TEXT}))
_CLIENT = whole(
    {
        "clientId": ID,
        "fio": TEXT,
        "phones": list_of(whole({"phoneNumber": TEXT, "phoneType": TEXT})),
        "contacts": _CONTACTS,
    }
)
_DEALS_SESSION = or_null(
    whole(
        {
            **_all(TEXT, "keywords", "city", "ip", "browser", "source", "medium", "ref", "url"),
            **_UTM,
            **_all(or_null(TEXT), "guaClientId", "yaClientId"),
            "sessionId": or_null(ID),
            "additionalTags": _NOTHING,
            "attribution": MODEL,
            "attrs": _ATTRS,
        }
    )
)
_REQUESTS_DEAL = whole(
    {
        "orderId": ID,
        "callId": NULL,
        "dateCreated": WHOLE,
        "status": TEXT,
        "realSum": NULL,
        "offered": or_null(DOTTED_DAY),
        "sent": DOTTED_DAY,
        "sum": or_null(FOUR_DECIMALS),
        "isMarked": NULL,
        "commentsCount": COUNT,
        "currentAmount": or_null(WHOLE),
        "orderNumber": TEXT,
        "orderSum": or_null(FOUR_DECIMALS),
        **_all(TEXT, "orderStatus", "orderComments"),
        "session": _DEALS_SESSION,
    }
)
_SESSION = or_null(
    whole(
        {
            "sessionId": or_null(ID),
            **_all(TEXT, "keywords", "city", "ip", "source", "medium", "ref", "url"),
            **_UTM,
            "guaClientId": or_null(TEXT),
            "sessionDate": or_null(CLOCK),
            "attrs": _ATTRS,
            "attribution": MODEL,
            "yaClientId": or_null(TEXT),
            "additionalTags": _NOTHING,
            "ctGlobalId": NULL,
            **_all(TEXT, "browser", "device", "os", "browserName"),
        }
    )
)
LEAD_REQUEST = whole(
    {
        "date": WHOLE,
        "comments": _comments("requestId"),
        "requestType": NULL,
        "dateStr": CLOCK,
        "manager": or_null(TEXT),
        "session": _SESSION,
        "subject": TEXT,
        **_all(FLAG, "uniqTargetRequest", "uniqueRequest"),
        "yandexDirect": _DIRECT,
        "googleAdWords": _GOOGLE,
        "requestNumber": TEXT,
        "requestId": ID,
        "client": _CLIENT,
        "siteId": ID,
        "orders": list_of(_REQUESTS_DEAL),
        "targetRequest": FLAG,
        "status": one_of_words("NOT_SET"),
        "order": NULL,
        "mapVisits": _MAP_VISITS,
        "requestUrl": or_null(TEXT),
        "ctClientId": or_null(COUNT),
        **_all(NULL, "dcm", "ctGlobalId", "widgetInfo"),
        "RequestTags": or_null(_TAGS),
        "hostname": TEXT,
        "customFields": or_null(_FIELDS),
    }
)
REQUESTS = list_of(LEAD_REQUEST)

_ORIGIN: Schema = {
    "oneOf": [
        whole({"type": one_of_words("CALL"), "callId": ID, "duration": COUNT, "callUrl": NULL}),
        whole({"type": one_of_words("REQUEST"), "requestId": ID, "formName": TEXT}),
    ]
}
_DEALS_VISIT = whole(
    {
        "sessionId": or_null(ID),
        **_all(TEXT, "source", "medium", "keyword"),
        **_UTM,
        **_all(or_null(TEXT), "city", "url", "ref"),
        "attribution": MODEL,
        **_all(or_null(TEXT), "yaClientId", "gaClientId"),
        "yandexDirect": _DIRECT,
        "googleAdWords": _GOOGLE,
    }
)
DEAL = whole(
    {
        "orderId": ID,
        "orderNumber": TEXT,
        "orderName": NULL,
        "orderStatus": TEXT,
        **_all(CLOCK, "createdDate", "updatedDate", "orderDate"),
        "plannedAmount": {"type": ["number", "null"]},
        "completedAmount": WHOLE,
        "funnel": NULL,
        "service": TEXT,
        "manager": or_null(TEXT),
        "siteId": ID,
        "client": or_null(whole({"fio": or_null(TEXT), **_all(list_of(TEXT), "phones", "emails")})),
        "visit": or_null(_DEALS_VISIT),
        "orderSource": or_null(_ORIGIN),
        "allOrderOrigins": or_null(list_of(_ORIGIN)),
        "contacts": or_null(whole(_all(list_of(TEXT), "phones", "emails"))),
        "tags": or_null(_TAGS),
        "comment": or_null(TEXT),
        "customFields": _FIELDS,
    }
)
ORDERS_DIARY = page_of(DEAL)

TOTAL_COUNT = whole({"totalCount": COUNT})
COUNT_BY_DATE = list_of(whole({"date": DAY, "count": COUNT}))
COUNT_BY_KEYWORD = list_of(whole({"keyword": TEXT, "count": COUNT}))
