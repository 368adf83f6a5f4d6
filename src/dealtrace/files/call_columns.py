"""Calls in a table: a row is a call."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from dealtrace.files.annotation_columns import ANNOTATION_COLUMNS, WORDS_LENGTH_MAX, annotations_of
from dealtrace.files.cell_types import Answered, Code, DurationCell, IntegerCell, Words
from dealtrace.files.columns import Column, Need
from dealtrace.files.timestamps import TimeOfDay, TimestampCell
from dealtrace.leads.call import CallId, Circumstances, IncomingCall
from dealtrace.leads.lead import FIRST_OWN_ID

REFERENCE_LENGTH_MAX = 100
SIP_ID_LENGTH_MAX = 45
PHONE_LENGTH_MAX = 64
URL_LENGTH_MAX = 4096
CALL_LASTS_MAX = timedelta(days=30)

CALL_COLUMNS = (
    Column(
        "started_at",
        ("callStartTime", "date", "Дата и время звонка", "Дата звонка", "Дата и время", "Начало звонка", "Дата"),
        TimestampCell(),
        "When the call began, by the site's clock.",
        Need.CELL,
    ),
    Column(
        "time", ("Время звонка", "Время"), TimeOfDay(), "The time of day, where the date stands in a column of its own."
    ),
    Column(
        "phone",
        (
            "clientPhoneNumber", "callerNumber", "callerid", "Телефон клиента", "Номер клиента", "Телефон",
            "Номер телефона", "Номер абонента",
        ),
        Code(PHONE_LENGTH_MAX),
        "The client's phone; empty when it was hidden.",
        Need.COLUMN,
    ),
    Column(
        "duration_seconds",
        ("duration", "Длительность разговора", "Длительность звонка", "Длительность"),
        DurationCell(CALL_LASTS_MAX),
        "How long was talked; 0 without it.",
    ),
    Column(
        "reference",
        ("referenceId", "callReferenceId", "Внешний ID", "ID в АТС"),
        Code(REFERENCE_LENGTH_MAX),
        "The call's id in its own system, `callReferenceId` elsewhere; taken for good.",
    ),
    Column(
        "sip_id",
        ("sipCallId", "SIP ID"),
        Code(SIP_ID_LENGTH_MAX),
        "The call's second id, taken for good as well.",
    ),
    Column(
        "call_id",
        ("callId", "ID звонка"),
        IntegerCell(1, FIRST_OWN_ID - 1),
        "The vendor's id, to be kept; without it the call gets one of ours.",
    ),
    Column(
        "waiting_seconds",
        ("waitingTime", "waitingConnect", "Время ожидания", "Ожидание"),
        DurationCell(CALL_LASTS_MAX),
        "How long the client waited.",
    ),
    Column(
        "status", ("successful", "Статус звонка", "Статус", "Состоялся"), Answered(), "Whether somebody answered."
    ),
    Column(
        "dialled_phone",
        ("callCenterPhoneNumber", "phoneNumber", "Набранный номер", "Куда звонили"),
        Code(PHONE_LENGTH_MAX),
        "The number the client called.",
    ),
    Column(
        "answering_phone",
        ("redirectNumber", "destphonenumber", "Номер оператора", "Кто ответил"),
        Code(PHONE_LENGTH_MAX),
        "The number that took the call.",
    ),
    Column(
        "record_url",
        ("recordUrl", "Запись разговора", "Ссылка на запись", "Запись"),
        Words(URL_LENGTH_MAX),
        "The address of the recording.",
    ),
    Column(
        "client_name", ("fio", "Имя клиента", "ФИО", "Клиент", "Имя"), Words(WORDS_LENGTH_MAX), "The client's name."
    ),
    *ANNOTATION_COLUMNS,
)  # fmt: skip


def call_of(values: Mapping[str, Any], started_at: datetime) -> IncomingCall:
    """Turn what a row says into a call."""
    call_id = values.get("call_id")
    return IncomingCall(
        started_at=started_at,
        duration=values.get("duration_seconds", timedelta(0)),
        phone=values.get("phone", ""),
        reference=values.get("reference"),
        client_name=values.get("client_name"),
        circumstances=Circumstances(
            sip_id=values.get("sip_id"),
            is_successful=values.get("status"),
            waiting=values.get("waiting_seconds"),
            dialled_phone=values.get("dialled_phone"),
            answering_phone=values.get("answering_phone"),
            record_url=values.get("record_url"),
        ),
        annotations=annotations_of(values),
        id=CallId(call_id) if call_id is not None else None,
    )
