"""The endpoints of the deals API 2.0."""

from dealtrace.calltouch import examples
from dealtrace.calltouch.answers.client_orders import ClientOrdersDeleted, ClientOrdersFound, ClientOrdersStored
from dealtrace.calltouch.answers.tries import ClientOrdersTried
from dealtrace.calltouch.client_orders import create as create_orders
from dealtrace.calltouch.client_orders import delete_and_search as named_orders
from dealtrace.calltouch.client_orders import update as update_orders
from dealtrace.calltouch.client_orders.parameters import CREATE_BODY, DELETE_BODY, SEARCH_BODY, UPDATE_BODY
from dealtrace.calltouch.parameters import BY_HEADERS
from dealtrace.calltouch.paths import LEAD_SERVICE, NO_PARAMETERS, TRY
from dealtrace.calltouch.tries import try_create
from dealtrace.http.endpoint import Endpoint, Example

ENDPOINTS = (
    Endpoint(
        f"{LEAD_SERVICE}/client-order/create",
        ("POST",),
        NO_PARAMETERS,
        create_orders.respond,
        "Создать сделки списком (2.0)",
        "Register a list of deals (API 2.0)",
        name="client-order-create",
        auth_scheme=BY_HEADERS,
        batch=CREATE_BODY,
        is_for_site_pages=True,
        answer=ClientOrdersStored,
        example=examples.CREATE_ORDERS,
    ),
    Endpoint(
        f"{TRY}/client-order/create",
        ("POST",),
        NO_PARAMETERS,
        try_create,
        "Проверить сделки списком (2.0), ничего не сохраняя",
        "Show what registering a list of deals (API 2.0) would do, without storing it",
        name="try-client-order-create",
        auth_scheme=BY_HEADERS,
        batch=CREATE_BODY,
        is_for_site_pages=True,
        answer=ClientOrdersTried,
        example=Example(body=examples.CREATE_ORDERS.body),
    ),
    Endpoint(
        f"{LEAD_SERVICE}/client-order/update",
        ("POST",),
        NO_PARAMETERS,
        update_orders.respond,
        "Обновить сделки списком (2.0)",
        "Change a list of deals (API 2.0)",
        name="client-order-update",
        auth_scheme=BY_HEADERS,
        batch=UPDATE_BODY,
        is_for_site_pages=True,
        answer=ClientOrdersStored,
        example=examples.UPDATE_ORDERS,
    ),
    Endpoint(
        f"{LEAD_SERVICE}/client-order/delete",
        ("POST",),
        NO_PARAMETERS,
        named_orders.delete,
        "Удалить сделки списком (2.0)",
        "Delete a list of deals (API 2.0)",
        name="client-order-delete",
        auth_scheme=BY_HEADERS,
        batch=DELETE_BODY,
        is_for_site_pages=True,
        answer=ClientOrdersDeleted,
        example=examples.DELETE_ORDERS,
    ),
    Endpoint(
        f"{LEAD_SERVICE}/client-order/search",
        ("POST",),
        NO_PARAMETERS,
        named_orders.search,
        "Найти сделки по номерам или id (2.0)",
        "Find deals by their numbers or ids (API 2.0)",
        name="client-order-search",
        auth_scheme=BY_HEADERS,
        batch=SEARCH_BODY,
        is_for_site_pages=True,
        answer=ClientOrdersFound,
        example=examples.SEARCH_ORDERS,
    ),
)
