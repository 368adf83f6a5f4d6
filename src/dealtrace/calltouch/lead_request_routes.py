"""The endpoints that register lead requests from forms and from the callback widget, and that read a lead request."""

from dataclasses import replace
from http import HTTPStatus

from dealtrace.calltouch import examples
from dealtrace.calltouch.answers.lead_requests import LeadRequestRecord, RegisteredLeadRequest
from dealtrace.calltouch.answers.outcomes import WidgetRequest
from dealtrace.calltouch.journals import lead_request
from dealtrace.calltouch.leads import register_request, register_with_deal, widget_request
from dealtrace.calltouch.parameters import BY_CLIENT_API_ID, BY_HEADERS
from dealtrace.calltouch.paths import NO_PARAMETERS, REST, WIDGET_SERVICE
from dealtrace.errors import ContactUnusable, LeadNotFound, LeadTaken, NumberTaken, SiteMismatch, WidgetNotFound
from dealtrace.http.endpoint import OPEN, Endpoint, RateLimitClass

_REQUEST_REGISTER = Endpoint(
    f"{REST}/requests/{{siteId}}/register",
    ("GET", "POST"),
    register_request.TABLE,
    register_request.respond,
    "Создать заявку с сайта, без токена",
    "Register a lead request from a site's form; no token is needed",
    name="requests-register",
    auth_scheme=OPEN,
    rate_limit_class=RateLimitClass.FORM,
    is_for_any_page=True,
    reads_json=True,
    answer=RegisteredLeadRequest,
    refusals=(LeadTaken,),
    example=examples.REGISTER_REQUEST,
)

ENDPOINTS = (
    _REQUEST_REGISTER,
    replace(
        _REQUEST_REGISTER,
        path=f"{REST}/{{siteId}}/requests/orders/register",
        ru="Создать заявку с сайта по прежнему адресу, без токена",
        en="Register a lead request from a site's form (no token is needed); an older URL of requests-register",
        name="site-requests-orders-register",
    ),
    Endpoint(
        f"{REST}/requests/orders/register",
        ("GET", "POST"),
        register_with_deal.TABLE,
        register_with_deal.respond,
        "Создать заявку и сделку, если переданы все параметры сделки",
        "Register a lead request, and a deal if all required parameters of a deal are sent",
        BY_CLIENT_API_ID,
        name="requests-orders-register",
        is_for_site_pages=True,
        reads_json=True,
        answer=LeadRequestRecord,
        refusals=(LeadTaken, NumberTaken),
        example=examples.REGISTER_WITH_DEAL,
    ),
    Endpoint(
        f"{REST}/requests/{{requestId}}",
        ("GET",),
        lead_request.TABLE,
        lead_request.respond,
        "Одна заявка",
        "One lead request",
        BY_CLIENT_API_ID,
        name="request",
        statuses={LeadNotFound: HTTPStatus.NOT_FOUND},
        is_for_site_pages=True,
        answer=LeadRequestRecord,
        refusals=(SiteMismatch, LeadNotFound),
        example=examples.REQUEST,
    ),
    Endpoint(
        f"{WIDGET_SERVICE}/widget-request/user-form/create",
        ("POST",),
        NO_PARAMETERS,
        widget_request.respond,
        "Создать заявку из формы виджета",
        "Register a lead request from the callback widget",
        name="widget-request-create",
        auth_scheme=BY_HEADERS,
        batch=widget_request.BODY,
        is_for_site_pages=True,
        answer=WidgetRequest,
        refusals=(WidgetNotFound, ContactUnusable),
        example=examples.WIDGET_REQUEST,
    ),
)
