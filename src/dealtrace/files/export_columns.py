"""What people take away: deals, calls and lead requests as rows, a record a column."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

from dealtrace.attribution.origin import origin_of_deal, origin_of_lead
from dealtrace.attribution.traffic_source import SOURCE_PARTS, TrafficSource
from dealtrace.attribution.visit import Visit
from dealtrace.deals.deal import Deal
from dealtrace.leads.annotations import Annotations
from dealtrace.leads.call import Call, Circumstances
from dealtrace.leads.client import Client
from dealtrace.leads.lead_request import LeadRequest
from dealtrace.leads.lead_story import LeadStory
from dealtrace.leads.qualification import Qualification
from dealtrace.record import record

Value = str | int | bool | Decimal | datetime | None
"""What a cell may hold; an instant is an aware one."""
Told = TypeVar("Told")
SEPARATOR = ", "


@record
class ExportColumn(Generic[Told]):
    """A column to take away: its name for programs, its heading for people, and what stands in it."""

    name: str
    heading: str
    value: Callable[[Told], Value]


@record
class ExportedDeal:
    """A deal with the story of its lead, `None` without one."""

    deal: Deal
    story: LeadStory | None


@record
class ExportedLead:
    """A call or lead request with all that is told of it; `circumstances` are a call's, `page_url` a lead request's."""

    lead: Call | LeadRequest
    client: Client
    standing: Qualification
    annotations: Annotations
    visit: Visit | None
    phone: str | None
    email: str | None
    circumstances: Circumstances
    page_url: str | None


def deal_columns(fields: list[str]) -> list[ExportColumn[ExportedDeal]]:
    """List the columns of deals; the site's custom fields stand last."""
    return [
        ExportColumn("orderId", "ID сделки", lambda one: one.deal.id),
        ExportColumn("orderNumber", "Номер сделки", lambda one: one.deal.number),
        ExportColumn("orderStatus", "Статус", lambda one: one.deal.status),
        ExportColumn("orderSum", "Бюджет", lambda one: one.deal.amount_rub),
        ExportColumn("orderDate", "Дата создания", lambda one: one.deal.happened_at),
        ExportColumn("updatedDate", "Дата изменения", lambda one: one.deal.touched_at),
        ExportColumn("service", "Сервис", lambda one: one.deal.service),
        ExportColumn("manager", "Менеджер", lambda one: one.deal.manager),
        ExportColumn("comment", "Комментарий", lambda one: one.deal.comment),
        ExportColumn("tags", "Теги", lambda one: SEPARATOR.join(one.deal.tags)),
        ExportColumn("leadType", "Тип лида", lambda one: one.deal.lead.kind.value if one.deal.lead else None),
        ExportColumn("leadId", "ID лида", lambda one: one.deal.lead.id if one.deal.lead else None),
        ExportColumn("fio", "Имя клиента", lambda one: one.story.client.name if one.story else None),
        ExportColumn("phones", "Телефоны", lambda one: SEPARATOR.join(one.story.client.phones) if one.story else None),
        ExportColumn("emails", "Почта", lambda one: SEPARATOR.join(one.story.client.emails) if one.story else None),
        *(_source_column(part, _source_of_deal) for part in SOURCE_PARTS),
        *(_field_column(name, lambda one: one.deal.custom_values or {}) for name in fields),
    ]


def call_columns(fields: list[str]) -> list[ExportColumn[ExportedLead]]:
    """List the columns of calls; headings are those that an import understands."""
    return [
        ExportColumn("callId", "ID звонка", lambda one: one.lead.id),
        ExportColumn("callReferenceId", "Внешний ID", lambda one: _call(one).reference),
        ExportColumn("sipCallId", "SIP ID", lambda one: one.circumstances.sip_id),
        ExportColumn("date", "Дата", lambda one: _call(one).started_at),
        ExportColumn("duration", "Длительность", lambda one: _seconds(_call(one).duration)),
        ExportColumn("waitingConnect", "Время ожидания", lambda one: _seconds(one.circumstances.waiting)),
        ExportColumn("successful", "Состоялся", lambda one: one.circumstances.is_successful),
        ExportColumn("callerNumber", "Телефон клиента", lambda one: one.phone),
        ExportColumn("phoneNumber", "Набранный номер", lambda one: one.circumstances.dialled_phone),
        ExportColumn("redirectNumber", "Номер оператора", lambda one: one.circumstances.answering_phone),
        ExportColumn("recordUrl", "Запись разговора", lambda one: one.circumstances.record_url),
        *_lead_columns("Call", fields),
    ]


def lead_request_columns(fields: list[str]) -> list[ExportColumn[ExportedLead]]:
    """List the columns of lead requests; headings are those that an import understands."""
    return [
        ExportColumn("requestId", "ID заявки", lambda one: one.lead.id),
        ExportColumn("requestNumber", "Номер заявки", lambda one: _lead_request(one).number),
        ExportColumn("date", "Дата", lambda one: _lead_request(one).requested_at),
        ExportColumn("subject", "Название формы", lambda one: _lead_request(one).form_name),
        ExportColumn("phoneNumber", "Телефон клиента", lambda one: one.phone),
        ExportColumn("email", "Электронная почта", lambda one: one.email),
        ExportColumn("requestUrl", "Адрес страницы", lambda one: one.page_url),
        *_lead_columns("Request", fields),
    ]


def _lead_columns(kind: str, fields: list[str]) -> list[ExportColumn[ExportedLead]]:
    return [
        ExportColumn("fio", "Имя клиента", lambda one: one.client.name),
        ExportColumn("clientId", "ID клиента", lambda one: one.client.id),
        ExportColumn(f"unique{kind}", "Уникальный", lambda one: one.standing.is_unique),
        ExportColumn(f"target{kind}", "Целевой", lambda one: one.standing.is_target),
        ExportColumn(f"uniqTarget{kind}", "Уникально-целевой", lambda one: one.standing.is_unique_target),
        ExportColumn("manager", "Менеджер", lambda one: one.annotations.manager),
        ExportColumn("comment", "Комментарий", lambda one: one.annotations.comment),
        ExportColumn("tags", "Теги", lambda one: SEPARATOR.join(one.annotations.tags)),
        ExportColumn("sessionId", "ID сессии", lambda one: one.visit.id if one.visit else None),
        *(_source_column(part, _source_of_lead) for part in SOURCE_PARTS),
        *(_field_column(name, lambda one: one.annotations.custom_values) for name in fields),
    ]


_SOURCE_HEADINGS = dict(
    zip(SOURCE_PARTS, ("Источник", "Канал", "Кампания", "Объявление", "Ключевое слово"), strict=True)
)


def _source_column(part: str, source_of: Callable[[Told], TrafficSource]) -> ExportColumn[Told]:
    return ExportColumn(part, _SOURCE_HEADINGS[part], lambda one: getattr(source_of(one), part))


def _field_column(name: str, values_of: Callable[[Told], Mapping[str, str]]) -> ExportColumn[Told]:
    return ExportColumn(f"custom[{name}]", name, lambda one: values_of(one).get(name))


def _source_of_deal(one: ExportedDeal) -> TrafficSource:
    return origin_of_deal(one.story.origin if one.story is not None else None, one.deal.stated_source).source


def _source_of_lead(one: ExportedLead) -> TrafficSource:
    return origin_of_lead(one.visit, one.annotations.stated_source).source


def _call(one: ExportedLead) -> Call:
    assert isinstance(one.lead, Call)
    return one.lead


def _lead_request(one: ExportedLead) -> LeadRequest:
    assert isinstance(one.lead, LeadRequest)
    return one.lead


def _seconds(lasting: timedelta | None) -> int | None:
    return lasting // timedelta(seconds=1) if lasting is not None else None


def on_the_clock(value: Value, zone: ZoneInfo) -> Value:
    """Put an instant on the site's clock, without a zone, as people read it; other values stay."""
    return value.astimezone(zone).replace(tzinfo=None, microsecond=0) if isinstance(value, datetime) else value
