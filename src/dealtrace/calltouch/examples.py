"""An example request for each endpoint, shown in `/docs` and `/openapi.json`."""

from dealtrace.http.endpoint import Example

SITE = {"siteId": "1"}
DAYS = {"dateFrom": "26/03/2018", "dateTo": "26/03/2018"}
_ORDER = {
    "orderId": 1_000_001_000,
    "callId": None,
    "dateCreated": 1_522_047_600_000,
    "status": "new",
    "realSum": None,
    "offered": None,
    "sent": "26.03.2018",
    "sum": "1000",
    "isMarked": None,
    "commentsCount": 0,
    "currentAmount": 1000,
    "orderNumber": "K2018001",
}

REGISTER = Example(
    {
        "orderNumber": "K2018001",
        "orderSum": "1000",
        "orderStatus": "new",
        "orderDate": "26.03.2018 10:00:00",
        "manager": "Коля",
        "service": "AmoCRM",
        "tags": "mytag1,mytag2",
    },
    answer=_ORDER,
)
UPDATE = Example(
    {"orderNumber": "K2018001", "orderSum": "6000", "status": "end"},
    answer={
        "order": {**_ORDER, "status": "end", "offered": "27.03.2018", "sum": "6000.0000", "currentAmount": None},
        "client": None,
        "orderComments": "",
        "session": None,
    },
)
DELETE = Example({"orderNumber": "K2018001"}, answer={"orderId": 1_000_001_000, "orderNumber": "K2018001"})
ORDERS_DIARY = Example({**DAYS, "withOrdersTags": "true"}, SITE)
CALLS_DIARY = Example(DAYS, SITE)
DOWNLOAD = Example(
    {},
    {**SITE, "callId": "1000000017"},
    raw_answer="""HTTP/1.1 302 Found
location: https://pbx.example/records/1000000017.mp3
referrer-policy: no-referrer
""",
)
TOTAL_COUNT = Example(DAYS, SITE, answer=12)
COUNT_BY_DATE = Example(DAYS, SITE, answer={"26/03/2018": 12})
COUNT_BY_KEYWORDS = Example(DAYS, SITE, answer={"купить слона": 7, "(not set)": 5})
REQUESTS = Example({"dateFrom": "03/26/2018", "dateTo": "03/26/2018"})
REGISTER_REQUEST = Example({"fio": "Иван", "phoneNumber": "79205550055", "subject": "Корзина"}, SITE)
REGISTER_WITH_DEAL = Example(
    {
        **REGISTER_REQUEST.parameters,
        "requestNumber": "Z-1",
        "orderNumber": "K2018003",
        "orderSum": "1000",
        "orderStatus": "new",
        "orderDate": "26.03.2018 10:00:00",
        "service": "AmoCRM",
    }
)
REQUEST = Example({}, {"requestId": "1000000018"})
CREATE_REQUESTS = Example(
    body={"requests": [{"requestNumber": "A-1", "subject": "Корзина", "phoneNumber": "79205550055", "fio": "Иван"}]}
)
IMPORT_CALLS = Example(
    body={
        "calls": [{"referenceId": "17.1", "clientPhoneNumber": "79205550055", "callStartTime": "2018-03-26 10:00:00"}]
    }
)
CREATE_ORDERS = Example(
    body={
        "crm": "1C",
        "orders": [
            {
                "matching": [
                    {
                        "type": "callContact",
                        "callContactParams": {"phones": ["+7 920 555-00-55"], "searchDepth": 120},
                    },
                    {"type": "customSources", "customSourceParams": {"source": "reception", "medium": "offline"}},
                ],
                "orderNumber": "A-1",
                "status": "new",
                "statusDate": "25-03-2018 11:00:00",
                "orderDate": "25-03-2018 11:00:00",
                "currency": "rub",
                "revenue": "1000.00",
            }
        ],
    },
    answer={
        "data": {
            "orders": [
                {
                    "orderNumber": "A-1",
                    "calltouchOrderId": 1_000_001_000,
                    "matched": {"type": "callContact", "leadType": "call", "id": 1_000_000_017},
                }
            ]
        }
    },
)
UPDATE_ORDERS = Example(
    body={
        "orders": [
            {
                "orderNumber": "A-1",
                "status": "won",
                "statusDate": "26-03-2018 11:00:00",
                "revenue": "1500.00",
                "addTags": {"overwrite": False, "tags": [{"tag": "опт"}]},
            }
        ]
    },
    answer={"data": {"orders": [{"orderNumber": "A-1", "calltouchOrderId": 1_000_001_000, "matched": None}]}},
)
DELETE_ORDERS = Example(
    body={"orderNumbers": ["A-1"]}, answer={"data": {"orders": [{"orderNumber": "A-1", "deleted": True}]}}
)
SEARCH_ORDERS = Example(body={"orderNumbers": ["A-1"]})
_MATCHING = {"matching": [{"type": "call", "callParams": {"callId": 1_000_000_017}}]}
ADD_TAGS = Example(body={"leads": [{**_MATCHING, "addTags": {"tags": [{"tag": "опт"}]}}]})
ADD_MANAGERS = Example(body={"leads": [{**_MATCHING, "addManagers": {"managers": [{"manager": "Коля"}]}}]})
ADD_COMMENTS = Example(body={"comments": [{**_MATCHING, "addComment": "Перезвонить"}]})
ADD_FIELDS = Example(
    body={"leads": [{**_MATCHING, "addCustomFields": {"customFields": [{"field": "margin", "value": "15"}]}}]}
)
DELETE_FIELDS = Example(body={"orderNumber": "K2018001", "customFields": ["margin"]})
WIDGET_REQUEST = Example(
    body={"routeKey": "callback", "phone": "79205550055", "fields": [{"name": "name", "value": "Иван"}]}
)
INBOUND_CALL = Example(
    {"callid": "17.1", "date": "2018-03-26 10:00:00", "callerid": "79205550055"}, {"ATS_CODE": "asterisk"}, answer="ok"
)
IMPORT_COSTS = Example(
    {
        "source": "yandex",
        "medium": "cpc",
        "campaign": "весна",
        "price": "3000",
        "dateFrom": "01.03.2018",
        "dateTo": "31.03.2018",
    },
    answer={"data": {"success": True}},
)
NODE = Example({}, SITE)
