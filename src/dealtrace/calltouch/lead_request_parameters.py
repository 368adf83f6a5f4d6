"""The parameters of lead requests that are sent together with a deal or by the callback widget."""

from dataclasses import replace

from dealtrace.calltouch.parameters import (
    CLIENT_API_ID,
    CLIENT_PHONE,
    PAGE_URL,
    REGISTER,
    REQUEST_REGISTER,
    SOURCE_PARAMETERS,
)
from dealtrace.calltouch.wire_types import DASHED, NamedValues, TagObjects, VisitRef, WallClock
from dealtrace.http.parameter_table import Parameter
from dealtrace.http.parameter_types import Text
from dealtrace.leads.limits import CUSTOM_VALUE_LENGTH_MAX, LABEL_LENGTH_MAX

_OF_DEAL = ("orderNumber", "orderSum", "orderStatus", "orderDate", "orderComment", "manager", "service")
REQUESTS_ORDERS_REGISTER = (
    CLIENT_API_ID,
    *REQUEST_REGISTER,
    *(replace(parameter, required=False) for parameter in REGISTER if parameter.name in _OF_DEAL),
)
"""The parameters of a lead request and of the deal that is registered with it."""

ROUTE_KEY = Parameter(
    "routeKey",
    Text(LABEL_LENGTH_MAX),
    "Ключ виджета, становится названием формы.",
    "The widget's key; it becomes the name of the form.",
    required=True,
)
CALL_URL = replace(PAGE_URL, name="callUrl")
SCHEDULE_TIME = Parameter(
    "scheduleTime",
    WallClock(DASHED),
    "Когда перезвонить: dd-mm-yyyy hh:mm:ss; записывается в комментарий, сам звонок не совершается.",
    "When to call back: dd-mm-yyyy hh:mm:ss; this time is added to the comment, and no call is made.",
)
WIDGET_REQUEST = (
    ROUTE_KEY,
    replace(CLIENT_PHONE, name="phone"),
    Parameter(
        "sessionId",
        VisitRef(),
        "Идентификатор сессии: по ней определяется источник.",
        "The id of the visit that determines the source.",
    ),
    *(
        replace(
            stated,
            name=f"utm{stated.name.capitalize()}",
            ru="Источник, если сессии нет.",
            en="The source, used if there is no visit.",
        )
        for stated in SOURCE_PARAMETERS
    ),
    CALL_URL,
    SCHEDULE_TIME,
    Parameter("tags", TagObjects(), "Теги заявки, не более десяти.", "The lead request's tags, ten at most."),
)
WIDGET_FIELDS = Parameter(
    "fields",
    NamedValues(CUSTOM_VALUE_LENGTH_MAX),
    "Поля формы: имя и почта клиента распознаются, остальное попадает в пользовательские поля и комментарий.",
    "The fields of the form: name and e-mail are recognised; the others become custom fields or part of the comment.",
)
