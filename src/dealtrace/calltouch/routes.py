"""Every URL and method of the Calltouch API on one screen."""

from dealtrace.calltouch.deals import delete_by_id, register, update_by_id
from dealtrace.calltouch.journals import calls_diary, download, orders_diary, requests, schemas, statistics
from dealtrace.calltouch.journals.parameters import BY_ACCESS_TOKEN
from dealtrace.calltouch.leads import create_requests, import_calls, inbound_call, node_id, register_request
from dealtrace.calltouch.parameters import BY_API_KEY, BY_CLIENT_API_ID, BY_HEADERS
from dealtrace.door.endpoint import OPEN, Endpoint, Pace
from dealtrace.door.replies import open_refusal, plain_refusal

REST = "/calls-service/RestAPI"
LEAD_SERVICE = "/lead-service/v1/api"

_STATISTICS = tuple(
    Endpoint(
        f"{REST}/statistics/{{siteId}}/calls/{path}",
        ("GET",),
        statistics.TABLE,
        respond,
        ru,
        en,
        BY_ACCESS_TOKEN,
        name=path.replace("/", "-"),
        answer=answer,
    )
    for path, respond, answer, ru, en in (
        ("total-count", statistics.total_count, schemas.TOTAL_COUNT, "Число звонков", "The number of calls"),
        ("count-by-date", statistics.count_by_date, schemas.COUNT_BY_DATE, "Звонки по дням", "Calls by day"),
        (
            "seo/count-by-date",
            statistics.searched_by_date,
            schemas.COUNT_BY_DATE,
            "Звонки из поиска по дням",
            "Calls of searching by day",
        ),
        (
            "seo/count-by-keywords",
            statistics.searched_by_keyword,
            schemas.COUNT_BY_KEYWORD,
            "Звонки из поиска по словам",
            "Calls of searching by keyword",
        ),
    )
)

ENDPOINTS = (
    Endpoint(
        f"{REST}/orders/register",
        ("GET", "POST"),
        register.TABLE,
        register.respond,
        "Создать сделку",
        "Register a deal",
        BY_CLIENT_API_ID,
    ),
    Endpoint(
        f"{REST}/orders/update-by-id",
        ("GET",),
        update_by_id.TABLE,
        update_by_id.respond,
        "Обновить сделку",
        "Change a deal",
        BY_CLIENT_API_ID,
    ),
    Endpoint(
        f"{REST}/orders/delete-by-id",
        ("GET",),
        delete_by_id.TABLE,
        delete_by_id.respond,
        "Удалить сделку",
        "Delete a deal",
        BY_CLIENT_API_ID,
    ),
    Endpoint(
        f"{REST}/{{siteId}}/orders-diary/orders",
        ("GET",),
        orders_diary.TABLE,
        orders_diary.respond,
        "Журнал сделок",
        "The journal of deals",
        BY_CLIENT_API_ID,
        answer=schemas.ORDERS_DIARY,
    ),
    Endpoint(
        f"{REST}/{{siteId}}/calls-diary/calls",
        ("GET", "POST"),
        calls_diary.TABLE,
        calls_diary.respond,
        "Журнал звонков",
        "The journal of calls",
        BY_CLIENT_API_ID,
        name="calls-diary",
        answer=schemas.CALLS_DIARY,
    ),
    Endpoint(
        f"{REST}/{{siteId}}/calls-diary/calls/{{callId}}/download",
        ("GET",),
        download.TABLE,
        download.respond,
        "Запись разговора",
        "The recording of a call",
        BY_CLIENT_API_ID,
        redirects=True,
    ),
    *_STATISTICS,
    Endpoint(
        f"{REST}/requests",
        ("GET",),
        requests.TABLE,
        requests.respond,
        "Журнал заявок",
        "The journal of lead requests",
        BY_CLIENT_API_ID,
        answer=schemas.REQUESTS,
    ),
    Endpoint(
        f"{REST}/requests/{{siteId}}/register",
        ("GET", "POST"),
        register_request.TABLE,
        register_request.respond,
        "Создать заявку с сайта, без токена",
        "Take in a lead request from a site's form, without a token",
        name="requests-register",
        entrance=OPEN,
        pace=Pace.FORM,
        refuse=open_refusal,
        is_for_browsers=True,
    ),
    Endpoint(
        f"{LEAD_SERVICE}/request/create",
        ("POST",),
        create_requests.TABLE,
        create_requests.respond,
        "Создать заявки списком",
        "Take in a list of lead requests",
        name="request-create",
        entrance=BY_HEADERS,
        batch=create_requests.BATCH,
    ),
    Endpoint(
        f"{LEAD_SERVICE}/call/import",
        ("POST",),
        import_calls.TABLE,
        import_calls.respond,
        "Импортировать звонки списком",
        "Take in a list of calls",
        name="call-import",
        entrance=BY_HEADERS,
        batch=import_calls.BATCH,
    ),
    Endpoint(
        f"/event-service/platform/{{{inbound_call.EXCHANGE}}}/inbound-call",
        ("GET",),
        inbound_call.TABLE,
        inbound_call.respond,
        "Принять звонок из АТС; ответ и ошибки — простой текст",
        "Take in a call of an exchange; answer and errors are plain text",
        name="inbound-call",
        entrance=BY_API_KEY,
        pace=Pace.EXCHANGE,
        refuse=plain_refusal,
    ),
    Endpoint(
        f"{REST}/{{siteId}}/getnodeid",
        ("GET",),
        node_id.TABLE,
        node_id.respond,
        "Узнать узел, без токена",
        "Ask for the node, without a token",
        name="getnodeid",
        entrance=OPEN,
    ),
)
