"""Lead requests in a table: a row is a lead request."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dealtrace.files.annotation_columns import ANNOTATION_COLUMNS, WORDS_LENGTH_MAX, annotations_of
from dealtrace.files.call_columns import PHONE_LENGTH_MAX, URL_LENGTH_MAX
from dealtrace.files.cell_types import Code, IntegerCell, Words
from dealtrace.files.columns import Column, Need
from dealtrace.files.timestamps import TimeOfDay, TimestampCell
from dealtrace.leads.lead import FIRST_OWN_ID
from dealtrace.leads.lead_request import IncomingLeadRequest, LeadRequestId

NUMBER_LENGTH_MAX = 256
EMAIL_LENGTH_MAX = 320
WHO = ("phone", "email", "client_name")
"""One of these must be told, or there is nobody to be found."""

LEAD_REQUEST_COLUMNS = (
    Column(
        "requested_at",
        ("requestDate", "dateStr", "date", "Дата и время заявки", "Дата заявки", "Дата и время", "Создана", "Дата"),
        TimestampCell(),
        "When the request was made, by the site's clock.",
        Need.CELL,
    ),
    Column(
        "time", ("Время заявки", "Время"), TimeOfDay(), "The time of day, where the date stands in a column of its own."
    ),
    Column(
        "phone",
        ("phoneNumber", "Телефон клиента", "Телефон", "Номер телефона"),
        Code(PHONE_LENGTH_MAX),
        "The client's phone.",
    ),
    Column(
        "email",
        ("Электронная почта", "Почта", "Эл. почта", "Имейл"),
        Words(EMAIL_LENGTH_MAX),
        "The client's e-mail.",
    ),
    Column(
        "client_name", ("fio", "Имя клиента", "ФИО", "Клиент", "Имя"), Words(WORDS_LENGTH_MAX), "The client's name."
    ),
    Column(
        "number",
        ("requestNumber", "Номер заявки"),
        Code(NUMBER_LENGTH_MAX),
        "The request's id on the site, `requestNumber` elsewhere; taken for good. Its id with us without one.",
    ),
    Column(
        "request_id",
        ("requestId", "ID заявки"),
        IntegerCell(1, FIRST_OWN_ID - 1),
        "The vendor's id, to be kept; without it the request gets one of ours.",
    ),
    Column(
        "form_name", ("subject", "Название формы", "Форма", "Тема"), Words(WORDS_LENGTH_MAX), "The name of the form."
    ),
    Column(
        "page_url",
        ("requestUrl", "Адрес страницы", "Страница"),
        Words(URL_LENGTH_MAX),
        "The page the form stands on.",
    ),
    *ANNOTATION_COLUMNS,
)


def lead_request_of(values: Mapping[str, Any], requested_at: datetime) -> IncomingLeadRequest:
    """Turn what a row says into a lead request."""
    request_id = values.get("request_id")
    return IncomingLeadRequest(
        requested_at=requested_at,
        phone=values.get("phone"),
        email=values.get("email"),
        client_name=values.get("client_name"),
        number=values.get("number"),
        form_name=values.get("form_name", ""),
        page_url=values.get("page_url"),
        annotations=annotations_of(values),
        id=LeadRequestId(request_id) if request_id is not None else None,
    )
