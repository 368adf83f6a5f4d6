"""The columns of exports of deals, calls and lead requests."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

from dealtrace.attribution.origin import origin_of_deal, origin_of_lead
from dealtrace.attribution.traffic_source import SOURCE_PARTS, TrafficSource
from dealtrace.deals.exported_deal import ExportedDeal
from dealtrace.errors import Language
from dealtrace.files.call_import_columns import CALLS
from dealtrace.files.deal_import_columns import DEALS
from dealtrace.files.import_columns import normalize_heading
from dealtrace.files.import_formats import ImportFormat, field_heading
from dealtrace.files.lead_request_import_columns import LEAD_REQUESTS
from dealtrace.files.row import ExportedValue
from dealtrace.leads.call import Call
from dealtrace.leads.exported_lead import ExportedLead
from dealtrace.leads.lead_request import LeadRequest
from dealtrace.record import record

Row = TypeVar("Row")
SEPARATOR = ", "
RING_BACK_NAME = "ringBack"
"""The name of the column that shows whether a missed call was returned, or no longer needs to be."""


@record
class ExportColumn(Generic[Row]):
    """A column of an export: its name for programs, its headings for people, and a function for its value.

    If an import has the same column, the import recognises the name and both headings.
    """

    name: str
    russian: str
    english: str
    value: Callable[[Row], ExportedValue]

    def heading(self, language: Language) -> str:
        """Return the heading in a language."""
        return self.russian if language == "ru" else self.english


def deal_columns(fields: list[str]) -> list[ExportColumn[ExportedDeal]]:
    """List the columns of exported deals; the site's custom fields (`fields`) come last."""
    columns: list[ExportColumn[ExportedDeal]] = [
        ExportColumn("orderId", "ID сделки", "Deal ID", lambda row: row.deal.id),
        ExportColumn("orderNumber", "Номер сделки", "Number", lambda row: row.deal.number),
        ExportColumn("orderStatus", "Статус", "Status", lambda row: row.deal.status),
        ExportColumn("orderSum", "Бюджет", "Amount", lambda row: row.deal.amount_rub),
        ExportColumn("currency", "Валюта", "Currency", lambda row: row.deal.currency),
        ExportColumn("orderDate", "Дата создания", "Created date", lambda row: row.deal.happened_at),
        ExportColumn("updatedDate", "Дата изменения", "Updated date", lambda row: row.deal.touched_at),
        ExportColumn("service", "Сервис", "Service", lambda row: row.deal.service),
        ExportColumn("manager", "Менеджер", "Manager", lambda row: row.deal.manager),
        ExportColumn("comment", "Комментарий", "Comment", lambda row: row.deal.comment),
        ExportColumn("tags", "Теги", "Tags", lambda row: SEPARATOR.join(row.deal.tags)),
        ExportColumn(
            "leadType", "Тип лида", "Lead type", lambda row: row.deal.lead.kind.value if row.deal.lead else None
        ),
        ExportColumn("leadId", "ID лида", "Lead ID", lambda row: row.deal.lead.id if row.deal.lead else None),
        ExportColumn("fio", "Имя клиента", "Client name", lambda row: row.client_name),
        ExportColumn("phones", "Телефоны", "Phones", lambda row: SEPARATOR.join(row.phones)),
        ExportColumn("emails", "Почта", "E-mails", lambda row: SEPARATOR.join(row.emails)),
        *(_source_column(part, _source_of_deal) for part in SOURCE_PARTS),
    ]
    return [*columns, *_field_columns(fields, columns, DEALS, lambda row: row.deal.custom_values or {})]


def call_columns(fields: list[str]) -> list[ExportColumn[ExportedLead]]:
    """List the columns of exported calls, with headings that an import recognises; custom fields come last."""
    columns: list[ExportColumn[ExportedLead]] = [
        ExportColumn("callId", "ID звонка", "Call ID", lambda row: row.lead.id),
        ExportColumn("callReferenceId", "Внешний ID", "Call reference ID", lambda row: _call(row).reference),
        ExportColumn("sipCallId", "SIP ID", "SIP call ID", lambda row: row.circumstances.sip_id),
        ExportColumn("date", "Дата", "Date", lambda row: _call(row).started_at),
        ExportColumn("duration", "Длительность", "Duration", lambda row: _seconds(_call(row).duration)),
        ExportColumn(
            "waitingConnect", "Время ожидания", "Waiting time", lambda row: _seconds(row.circumstances.waiting)
        ),
        ExportColumn("successful", "Состоялся", "Successful", lambda row: row.circumstances.is_successful),
        ExportColumn("callerNumber", "Телефон клиента", "Caller number", lambda row: row.phone),
        ExportColumn("phoneNumber", "Набранный номер", "Dialled phone", lambda row: row.circumstances.dialled_phone),
        ExportColumn(
            "redirectNumber", "Номер оператора", "Answering phone", lambda row: row.circumstances.answering_phone
        ),
        ExportColumn("recordUrl", "Запись разговора", "Record URL", lambda row: row.circumstances.record_url),
        ExportColumn(RING_BACK_NAME, "Перезвон", "Return call", lambda row: row.ring_back),
        *_lead_columns("Call"),
    ]
    return [*columns, *_field_columns(fields, columns, CALLS, lambda row: row.annotations.custom_values)]


def lead_request_columns(fields: list[str]) -> list[ExportColumn[ExportedLead]]:
    """List the columns of exported lead requests, with headings that an import recognises; custom fields come last."""
    columns: list[ExportColumn[ExportedLead]] = [
        ExportColumn("requestId", "ID заявки", "Request ID", lambda row: row.lead.id),
        ExportColumn("requestNumber", "Номер заявки", "Request number", lambda row: _lead_request(row).number),
        ExportColumn("date", "Дата", "Date", lambda row: _lead_request(row).requested_at),
        ExportColumn("subject", "Название формы", "Form name", lambda row: _lead_request(row).form_name),
        ExportColumn("phoneNumber", "Телефон клиента", "Phone", lambda row: row.phone),
        ExportColumn("email", "Электронная почта", "E-mail", lambda row: row.email),
        ExportColumn("requestUrl", "Адрес страницы", "Page URL", lambda row: row.page_url),
        *_lead_columns("Request"),
    ]
    return [*columns, *_field_columns(fields, columns, LEAD_REQUESTS, lambda row: row.annotations.custom_values)]


def _lead_columns(kind: str) -> list[ExportColumn[ExportedLead]]:
    return [
        ExportColumn("fio", "Имя клиента", "Client name", lambda row: row.client.name),
        ExportColumn("clientId", "ID клиента", "Client ID", lambda row: row.client.id),
        ExportColumn(f"unique{kind}", "Уникальный", "Unique", lambda row: row.qualification.is_unique),
        ExportColumn(f"target{kind}", "Целевой", "Target", lambda row: row.qualification.is_target),
        ExportColumn(
            f"uniqTarget{kind}", "Уникально-целевой", "Unique target", lambda row: row.qualification.is_unique_target
        ),
        ExportColumn("manager", "Менеджер", "Manager", lambda row: row.annotations.manager),
        ExportColumn("comment", "Комментарий", "Comment", lambda row: row.annotations.comment),
        ExportColumn("tags", "Теги", "Tags", lambda row: SEPARATOR.join(row.annotations.tags)),
        ExportColumn("sessionId", "ID сессии", "Session ID", lambda row: row.visit.own.id if row.visit else None),
        *(_source_column(part, _source_of_lead) for part in SOURCE_PARTS),
    ]


_SOURCE_HEADINGS = dict(
    zip(SOURCE_PARTS, ("Источник", "Канал", "Кампания", "Объявление", "Ключевое слово"), strict=True)
)


def _source_column(part: str, source_of: Callable[[Row], TrafficSource]) -> ExportColumn[Row]:
    return ExportColumn(part, _SOURCE_HEADINGS[part], part.capitalize(), lambda row: getattr(source_of(row), part))


def _field_columns(
    fields: Sequence[str],
    columns: Sequence[ExportColumn[Row]],
    imported: ImportFormat,
    values_of: Callable[[Row], Mapping[str, str]],
) -> list[ExportColumn[Row]]:
    """Return a column for each custom field.

    The heading of the column is the name of the field, or `custom[name]` if a different column has that heading.
    """
    plain = imported.plain_headings(fields)

    def heading(field: str, language: Language) -> str:
        own = {normalize_heading(text) for column in columns for text in (column.name, column.heading(language))}
        return field if normalize_heading(field) in plain - own else field_heading(field)

    return [
        ExportColumn(
            field_heading(field),
            heading(field, "ru"),
            heading(field, "en"),
            lambda row, field=field: values_of(row).get(field),  # type: ignore[misc]  # mypy cannot infer the default
        )
        for field in fields
    ]


def _source_of_deal(row: ExportedDeal) -> TrafficSource:
    lead = row.lead_summary.origin if row.lead_summary is not None else None
    return origin_of_deal(lead, row.deal.stated_source, row.visit).source


def _source_of_lead(row: ExportedLead) -> TrafficSource:
    return origin_of_lead(row.visit, row.annotations.stated_source).source


def _call(row: ExportedLead) -> Call:
    assert isinstance(row.lead, Call)
    return row.lead


def _lead_request(row: ExportedLead) -> LeadRequest:
    assert isinstance(row.lead, LeadRequest)
    return row.lead


def _seconds(duration: timedelta | None) -> int | None:
    return duration // timedelta(seconds=1) if duration is not None else None


def on_the_clock(value: ExportedValue, zone: ZoneInfo) -> ExportedValue:
    """Return a `datetime` as naive local time in `zone`, rounded down to the second, and any other value unchanged."""
    return value.astimezone(zone).replace(tzinfo=None, microsecond=0) if isinstance(value, datetime) else value
