"""The columns of a table of calls."""

from datetime import timedelta

from dealtrace.dates_and_times import whole_span
from dealtrace.files.annotation_import_columns import ANNOTATION_COLUMNS, imported_annotations
from dealtrace.files.cell_types import (
    AnsweredCell,
    CodeCell,
    DurationCell,
    IntegerCell,
    PhoneCell,
    ReferenceCell,
    TextCell,
)
from dealtrace.files.import_columns import ImportColumn, Need, RowValues
from dealtrace.files.import_formats import ImportFormat, ImportNoun
from dealtrace.files.pbx_vocabulary import pbx_headings
from dealtrace.files.timestamp_cells import TimeOfDayCell, TimestampCell
from dealtrace.files.visit_import_columns import VISIT_REF_COLUMN
from dealtrace.leads.call import CallId, Circumstances, IncomingCall
from dealtrace.leads.limits import (
    CALL_DURATION_MAX,
    LABEL_LENGTH_MAX,
    PHONE_LENGTH_MAX,
    REFERENCE_LENGTH_MAX,
    SIP_ID_LENGTH_MAX,
    URL_LENGTH_MAX,
)
from dealtrace.whole_number import ID_MAX

CALL_COLUMNS = (
    ImportColumn(
        "started_at",
        (
            "callStartTime", "date", "Дата и время звонка", "Дата звонка", "Дата и время", "Начало звонка", "Дата",
            *pbx_headings("started_at"),
        ),
        TimestampCell(),
        "When the call began, in the site's time zone.",
        Need.CELL,
    ),
    ImportColumn(
        "time", ("Время звонка", "Время"), TimeOfDayCell(), "The time of day, if the date is in another column."
    ),
    ImportColumn(
        "phone",
        (
            "clientPhoneNumber", "callerNumber", "callerid", "Телефон клиента", "Номер клиента", "Телефон",
            "Номер телефона", "Номер абонента", *pbx_headings("phone"),
        ),
        PhoneCell(PHONE_LENGTH_MAX),
        "The client's phone; empty if it was withheld.",
        Need.COLUMN,
    ),
    ImportColumn(
        "duration_seconds",
        (
            *pbx_headings("duration_seconds"), "duration", "Длительность разговора", "Длительность звонка",
            "Длительность",
        ),
        DurationCell(most=CALL_DURATION_MAX),
        "The talk time; 0 if missing.",
    ),
    ImportColumn(
        "reference",
        ("referenceId", "callReferenceId", "Внешний ID", "ID в АТС", *pbx_headings("reference")),
        ReferenceCell(REFERENCE_LENGTH_MAX),
        "The call's id in the PBX (`callReferenceId` in the API), which must be unique.",
    ),
    ImportColumn(
        "sip_id",
        ("sipCallId", "SIP ID"),
        CodeCell(SIP_ID_LENGTH_MAX),
        "The call's SIP id, which must be unique.",
    ),
    ImportColumn(
        "call_id",
        ("callId", "ID звонка"),
        IntegerCell(1, ID_MAX),
        "The id from Calltouch, to be kept; a new one is assigned if missing.",
    ),
    ImportColumn(
        "waiting_seconds",
        ("waitingTime", "waitingConnect", "Время ожидания", "Ожидание", *pbx_headings("waiting_seconds")),
        DurationCell(most=CALL_DURATION_MAX),
        "How long the client waited.",
    ),
    ImportColumn(
        "status",
        ("successful", "Статус звонка", "Статус", "Состоялся", *pbx_headings("status")),
        AnsweredCell(),
        "Whether the call was answered.",
    ),
    ImportColumn(
        "dialled_phone",
        (
            "callCenterPhoneNumber", "phoneNumber", "Набранный номер", "Куда звонили",
            *pbx_headings("dialled_phone"),
        ),
        PhoneCell(PHONE_LENGTH_MAX),
        "The number the client dialled.",
    ),
    ImportColumn(
        "answering_phone",
        ("redirectNumber", "destphonenumber", "Номер оператора", "Кто ответил", *pbx_headings("answering_phone")),
        PhoneCell(PHONE_LENGTH_MAX),
        "The number that answered.",
    ),
    ImportColumn(
        "record_url",
        ("recordUrl", "Запись разговора", "Ссылка на запись", "Запись"),
        TextCell(URL_LENGTH_MAX),
        "The URL of the recording.",
    ),
    ImportColumn(
        "client_name",
        ("fio", "Имя клиента", "ФИО", "Клиент", "Имя", *pbx_headings("client_name")),
        TextCell(LABEL_LENGTH_MAX),
        "The client's name.",
    ),
    VISIT_REF_COLUMN,
    *ANNOTATION_COLUMNS,
)  # fmt: skip


def imported_call(values: RowValues) -> IncomingCall:
    """Return the call in a row, with times rounded down to seconds; `values` are keyed by column name."""
    call_id = values.get("call_id")
    started_at, duration = whole_span(values["started_at"], values.get("duration_seconds", timedelta(0)))
    waiting = values.get("waiting_seconds")
    return IncomingCall(
        started_at=started_at,
        duration=duration,
        phone=values.get("phone", ""),
        reference=values.get("reference"),
        client_name=values.get("client_name"),
        visit_id=values.get("visit_id"),
        circumstances=Circumstances(
            sip_id=values.get("sip_id"),
            is_successful=values.get("status"),
            waiting=timedelta(seconds=waiting // timedelta(seconds=1)) if waiting is not None else None,
            dialled_phone=values.get("dialled_phone"),
            answering_phone=values.get("answering_phone"),
            record_url=values.get("record_url"),
        ),
        annotations=imported_annotations(values),
        id=CallId(call_id) if call_id is not None else None,
    )


CALLS = ImportFormat(ImportNoun.CALL, CALL_COLUMNS, "started_at", imported_call)
