"""The columns of exports of deals, calls and lead requests."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

from dealtrace.attribution.origin import origin_of_deal, origin_of_lead
from dealtrace.attribution.traffic_source import SOURCE_PARTS, TrafficSource
from dealtrace.deals.exported_deal import ExportedDeal
from dealtrace.files.call_columns import CALLS
from dealtrace.files.columns import normalize_heading
from dealtrace.files.deal_columns import DEALS
from dealtrace.files.import_format import ImportFormat, field_heading
from dealtrace.files.lead_request_columns import LEAD_REQUESTS
from dealtrace.leads.call import Call
from dealtrace.leads.exported_lead import ExportedLead
from dealtrace.leads.lead_request import LeadRequest
from dealtrace.record import record

Value = str | int | bool | Decimal | datetime | None
"""The value of an exported cell; a `datetime` is aware until `on_the_clock` converts it."""
Row = TypeVar("Row")
SEPARATOR = ", "


@record
class ExportColumn(Generic[Row]):
    """A column of an export: its name for programs, its Russian heading for people, and a function for its value."""

    name: str
    heading: str
    value: Callable[[Row], Value]


def deal_columns(fields: list[str]) -> list[ExportColumn[ExportedDeal]]:
    """List the columns of exported deals; the site's custom fields (`fields`) come last."""
    columns: list[ExportColumn[ExportedDeal]] = [
        ExportColumn("orderId", "ID сделки", lambda row: row.deal.id),
        ExportColumn("orderNumber", "Номер сделки", lambda row: row.deal.number),
        ExportColumn("orderStatus", "Статус", lambda row: row.deal.status),
        ExportColumn("orderSum", "Бюджет", lambda row: row.deal.amount_rub),
        ExportColumn("currency", "Валюта", lambda row: row.deal.currency),
        ExportColumn("orderDate", "Дата создания", lambda row: row.deal.happened_at),
        ExportColumn("updatedDate", "Дата изменения", lambda row: row.deal.touched_at),
        ExportColumn("service", "Сервис", lambda row: row.deal.service),
        ExportColumn("manager", "Менеджер", lambda row: row.deal.manager),
        ExportColumn("comment", "Комментарий", lambda row: row.deal.comment),
        ExportColumn("tags", "Теги", lambda row: SEPARATOR.join(row.deal.tags)),
        ExportColumn("leadType", "Тип лида", lambda row: row.deal.lead.kind.value if row.deal.lead else None),
        ExportColumn("leadId", "ID лида", lambda row: row.deal.lead.id if row.deal.lead else None),
        ExportColumn("fio", "Имя клиента", lambda row: row.lead_summary.client.name if row.lead_summary else None),
        ExportColumn(
            "phones",
            "Телефоны",
            lambda row: SEPARATOR.join(row.lead_summary.client.phones) if row.lead_summary else None,
        ),
        ExportColumn(
            "emails", "Почта", lambda row: SEPARATOR.join(row.lead_summary.client.emails) if row.lead_summary else None
        ),
        *(_source_column(part, _source_of_deal) for part in SOURCE_PARTS),
    ]
    return [*columns, *_field_columns(fields, columns, DEALS, lambda row: row.deal.custom_values or {})]


def call_columns(fields: list[str]) -> list[ExportColumn[ExportedLead]]:
    """List the columns of exported calls, with headings that an import recognises; custom fields come last."""
    columns: list[ExportColumn[ExportedLead]] = [
        ExportColumn("callId", "ID звонка", lambda row: row.lead.id),
        ExportColumn("callReferenceId", "Внешний ID", lambda row: _call(row).reference),
        ExportColumn("sipCallId", "SIP ID", lambda row: row.circumstances.sip_id),
        ExportColumn("date", "Дата", lambda row: _call(row).started_at),
        ExportColumn("duration", "Длительность", lambda row: _seconds(_call(row).duration)),
        ExportColumn("waitingConnect", "Время ожидания", lambda row: _seconds(row.circumstances.waiting)),
        ExportColumn("successful", "Состоялся", lambda row: row.circumstances.is_successful),
        ExportColumn("callerNumber", "Телефон клиента", lambda row: row.phone),
        ExportColumn("phoneNumber", "Набранный номер", lambda row: row.circumstances.dialled_phone),
        ExportColumn("redirectNumber", "Номер оператора", lambda row: row.circumstances.answering_phone),
        ExportColumn("recordUrl", "Запись разговора", lambda row: row.circumstances.record_url),
        *_lead_columns("Call"),
    ]
    return [*columns, *_field_columns(fields, columns, CALLS, lambda row: row.annotations.custom_values)]


def lead_request_columns(fields: list[str]) -> list[ExportColumn[ExportedLead]]:
    """List the columns of exported lead requests, with headings that an import recognises; custom fields come last."""
    columns: list[ExportColumn[ExportedLead]] = [
        ExportColumn("requestId", "ID заявки", lambda row: row.lead.id),
        ExportColumn("requestNumber", "Номер заявки", lambda row: _lead_request(row).number),
        ExportColumn("date", "Дата", lambda row: _lead_request(row).requested_at),
        ExportColumn("subject", "Название формы", lambda row: _lead_request(row).form_name),
        ExportColumn("phoneNumber", "Телефон клиента", lambda row: row.phone),
        ExportColumn("email", "Электронная почта", lambda row: row.email),
        ExportColumn("requestUrl", "Адрес страницы", lambda row: row.page_url),
        *_lead_columns("Request"),
    ]
    return [*columns, *_field_columns(fields, columns, LEAD_REQUESTS, lambda row: row.annotations.custom_values)]


def _lead_columns(kind: str) -> list[ExportColumn[ExportedLead]]:
    return [
        ExportColumn("fio", "Имя клиента", lambda row: row.client.name),
        ExportColumn("clientId", "ID клиента", lambda row: row.client.id),
        ExportColumn(f"unique{kind}", "Уникальный", lambda row: row.qualification.is_unique),
        ExportColumn(f"target{kind}", "Целевой", lambda row: row.qualification.is_target),
        ExportColumn(f"uniqTarget{kind}", "Уникально-целевой", lambda row: row.qualification.is_unique_target),
        ExportColumn("manager", "Менеджер", lambda row: row.annotations.manager),
        ExportColumn("comment", "Комментарий", lambda row: row.annotations.comment),
        ExportColumn("tags", "Теги", lambda row: SEPARATOR.join(row.annotations.tags)),
        ExportColumn("sessionId", "ID сессии", lambda row: row.visit.own.id if row.visit else None),
        *(_source_column(part, _source_of_lead) for part in SOURCE_PARTS),
    ]


_SOURCE_HEADINGS = dict(
    zip(SOURCE_PARTS, ("Источник", "Канал", "Кампания", "Объявление", "Ключевое слово"), strict=True)
)


def _source_column(part: str, source_of: Callable[[Row], TrafficSource]) -> ExportColumn[Row]:
    return ExportColumn(part, _SOURCE_HEADINGS[part], lambda row: getattr(source_of(row), part))


def _field_columns(
    fields: Sequence[str],
    columns: Sequence[ExportColumn[Row]],
    imported: ImportFormat,
    values_of: Callable[[Row], Mapping[str, str]],
) -> list[ExportColumn[Row]]:
    """Return a column for each custom field; its heading differs from those of `columns` and of an import's columns.

    The heading is the name of the field, or `custom[name]` if another column has this name.
    """
    own = {normalize_heading(text) for column in columns for text in (column.name, column.heading)}
    plain = imported.plain_headings(fields) - own
    return [
        ExportColumn(
            field_heading(field),
            field if normalize_heading(field) in plain else field_heading(field),
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


def _seconds(lasting: timedelta | None) -> int | None:
    return lasting // timedelta(seconds=1) if lasting is not None else None


def on_the_clock(value: Value, zone: ZoneInfo) -> Value:
    """Return a `datetime` as naive local time in `zone`, cut to the second, and any other value unchanged."""
    return value.astimezone(zone).replace(tzinfo=None, microsecond=0) if isinstance(value, datetime) else value
