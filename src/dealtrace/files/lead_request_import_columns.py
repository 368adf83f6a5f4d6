"""The columns of a table of lead requests."""

from dealtrace.dates_and_times import cut_to_second
from dealtrace.errors import Violation
from dealtrace.files.annotation_import_columns import ANNOTATION_COLUMNS, imported_annotations
from dealtrace.files.cell_types import IntegerCell, PhoneCell, ReferenceCell, TextCell
from dealtrace.files.import_columns import ImportColumn, Need, RowValues
from dealtrace.files.import_formats import ImportFormat, ImportNoun
from dealtrace.files.timestamp_cells import TimeOfDayCell, TimestampCell
from dealtrace.files.visit_import_columns import VISIT_REF_COLUMN
from dealtrace.leads.lead_request import IncomingLeadRequest, LeadRequestId
from dealtrace.leads.limits import (
    EMAIL_LENGTH_MAX,
    LABEL_LENGTH_MAX,
    NUMBER_LENGTH_MAX,
    PHONE_LENGTH_MAX,
    URL_LENGTH_MAX,
)
from dealtrace.whole_number import ID_MAX

CLIENT_COLUMNS = ("phone", "email", "client_name")
"""The columns that identify the client; a row must have a value in at least one of them."""

LEAD_REQUEST_COLUMNS = (
    ImportColumn(
        "requested_at",
        ("requestDate", "dateStr", "date", "Дата и время заявки", "Дата заявки", "Дата и время", "Создана", "Дата"),
        TimestampCell(),
        "When the request was made, in the site's time zone.",
        Need.CELL,
    ),
    ImportColumn(
        "time",
        ("Время заявки", "Время"),
        TimeOfDayCell(),
        "The time of day, if the date is in another column.",
    ),
    ImportColumn(
        "phone",
        ("phoneNumber", "client.phones", "Телефон клиента", "Телефон", "Номер телефона"),
        PhoneCell(PHONE_LENGTH_MAX),
        "The client's phone.",
    ),
    ImportColumn(
        "email",
        ("client.contacts", "Электронная почта", "Почта", "Эл. почта", "Имейл"),
        TextCell(EMAIL_LENGTH_MAX),
        "The client's e-mail.",
    ),
    ImportColumn(
        "client_name",
        ("fio", "client.fio", "Имя клиента", "ФИО", "Клиент", "Имя"),
        TextCell(LABEL_LENGTH_MAX),
        "The client's name.",
    ),
    ImportColumn(
        "number",
        ("requestNumber", "Номер заявки"),
        ReferenceCell(NUMBER_LENGTH_MAX),
        "The request's number on the website (`requestNumber` in the API), unique; if missing, `requestId` is used.",
    ),
    ImportColumn(
        "request_id",
        ("requestId", "ID заявки"),
        IntegerCell(1, ID_MAX),
        "The id from Calltouch, to be kept; a new one is assigned if missing.",
    ),
    ImportColumn(
        "form_name", ("subject", "Название формы", "Форма", "Тема"), TextCell(LABEL_LENGTH_MAX), "The name of the form."
    ),
    ImportColumn(
        "page_url",
        ("requestUrl", "Адрес страницы", "Страница"),
        TextCell(URL_LENGTH_MAX),
        "The page with the form.",
    ),
    VISIT_REF_COLUMN,
    *ANNOTATION_COLUMNS,
)


def imported_lead_request(values: RowValues) -> IncomingLeadRequest:
    """Return the lead request in a row; `values` are keyed by column name."""
    request_id = values.get("request_id")
    return IncomingLeadRequest(
        requested_at=cut_to_second(values["requested_at"]),
        phone=values.get("phone"),
        email=values.get("email"),
        client_name=values.get("client_name"),
        number=values.get("number"),
        form_name=values.get("form_name", ""),
        visit_id=values.get("visit_id"),
        page_url=values.get("page_url"),
        annotations=imported_annotations(values),
        id=LeadRequestId(request_id) if request_id is not None else None,
    )


LEAD_REQUESTS = ImportFormat(
    ImportNoun.LEAD_REQUEST,
    LEAD_REQUEST_COLUMNS,
    "requested_at",
    imported_lead_request,
    any_of=CLIENT_COLUMNS,
    lacking=Violation(
        "row", "нет ни телефона, ни почты, ни имени", "the phone, the e-mail and the name are all missing"
    ),
)
