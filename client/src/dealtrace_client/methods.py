"""The functions for the methods of the API: each returns an API call, which `Client` or `AsyncClient` can send."""

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import partial
from typing import Final, Generic, TypeVar
from zoneinfo import ZoneInfo

from dealtrace_client.records import (
    Changed,
    Deleted,
    JournalCall,
    JournalDeal,
    JournalLeadRequest,
    Page,
    Registered,
    read_changed,
    read_deleted,
    read_journal_call,
    read_journal_deal,
    read_journal_lead_request,
    read_page,
    read_part,
    read_registered,
)
from dealtrace_client.request_steps import Call

T = TypeVar("T")
REST = "/calls-service/RestAPI"
MOSCOW = ZoneInfo("Europe/Moscow")
PAGE_SIZE = 1000


class Unset(Enum):
    """The type of `UNSET`."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET
"""The value that leaves a field unchanged; `None` and an empty string erase the field."""


@dataclass(frozen=True, slots=True)
class Source:
    """A traffic source to state for a lead or a deal."""

    source: str = ""
    medium: str = ""
    campaign: str = ""
    content: str = ""
    term: str = ""


def register(  # noqa: PLR0913 - a deal has as many parameters
    *,
    amount_rub: Decimal | int | str,
    status: str,
    happened_at: datetime,
    service: str,
    number: str | None = None,
    call_id: int | None = None,
    call_reference: str | None = None,
    lead_request_id: int | None = None,
    lead_request_number: str | None = None,
    phone: str | None = None,
    email: str | None = None,
    link_threshold_seconds: int | None = None,
    only: str | None = None,
    comment: str | None = None,
    manager: str | None = None,
    tags: Iterable[str] = (),
    source: Source | None = None,
    custom: Mapping[str, str] | None = None,
    zone: ZoneInfo = MOSCOW,
) -> Call[Registered]:
    """Return the API call that registers a deal.

    `happened_at` must have a time zone; `zone` is the site's time zone. `only` (`calls` or `requests`) limits the
    search by contact to leads of that kind. Without a `number`, a random number is generated, so that the API call can
    be repeated after a lost answer without creating a second deal.
    """
    return Call(
        f"{REST}/orders/register/",
        _sent(
            orderSum=str(amount_rub),
            orderStatus=status,
            orderDate=_clock(happened_at, zone),
            service=service,
            orderNumber=number if number is not None else uuid.uuid4().hex,
            callId=call_id,
            callReferenceId=call_reference,
            requestId=lead_request_id,
            requestNumber=lead_request_number,
            phoneNumber=phone,
            email=email,
            linkTimeThreshold=link_threshold_seconds,
            bindTo=only,
            orderComment=comment,
            manager=manager,
            tags=",".join(tags) or None,
        )
        | _extras(source, custom),
        read_registered,
    )


def update(  # noqa: PLR0913 - as above
    *,
    deal_id: int | None = None,
    number: str | None = None,
    amount_rub: Decimal | int | str | Unset | None = UNSET,
    status: str | Unset | None = UNSET,
    comment: str | Unset | None = UNSET,
    manager: str | Unset | None = UNSET,
    service: str | Unset | None = UNSET,
    tags: Iterable[str] | Unset | None = UNSET,
    source: Source | None = None,
    custom: Mapping[str, str] | None = None,
) -> Call[Changed]:
    """Return the API call that changes a deal, identified by its id, its number, or both; the id is tried first.

    `UNSET` keeps a value, `None` and an empty string erase it; tags replace the whole list. A `source` applies while
    the deal has no lead. An empty value in `custom` erases the field.
    """
    values: dict[str, object] = {
        "orderSum": amount_rub,
        "status": status,
        "comment": comment,
        "manager": manager,
        "service": service,
        "tags": tags if isinstance(tags, Unset) else ",".join(tags or ()),
    }
    changed = {name: "" if value is None else str(value) for name, value in values.items() if value is not UNSET}
    return Call(
        f"{REST}/orders/update-by-id/",
        _key(deal_id, number) | changed | _extras(source, custom),
        read_changed,
    )


def delete(*, deal_id: int | None = None, number: str | None = None) -> Call[Deleted]:
    """Return the API call that deletes a deal, identified as in `update`.

    If an answer was lost and the next try finds no deal, the deal counts as deleted.
    """
    return Call(
        f"{REST}/orders/delete-by-id/",
        _key(deal_id, number),
        read_deleted,
        done_before=lambda: Deleted(deal_id, number),
    )


@dataclass(frozen=True, slots=True)
class Journal(Generic[T]):
    """A list of records on the server, read page by page; `page` returns the API call for a page number (from 1)."""

    page: Callable[[int], Call[Page[T]]]


def deals(
    site_id: int, first: date, last: date, *, by: str = "created", zone: ZoneInfo = MOSCOW
) -> Journal[JournalDeal]:
    """Return the journal of the deals of a site from day `first` to `last`, inclusive.

    `by` says which date of a deal must be in this period: `created`, `updated` or `session` (the time of its visit).
    """
    parameters = _sent(
        dateFrom=f"{first:%d/%m/%Y}", dateTo=f"{last:%d/%m/%Y}", bindTo=by, withOrdersTags="true", limit=PAGE_SIZE
    )
    path = f"{REST}/{site_id}/orders-diary/orders"
    read = partial(read_page, read=partial(read_journal_deal, zone=zone))
    return Journal(lambda number: Call(path, {**parameters, "page": str(number)}, read))


def calls(
    site_id: int, first: date, last: date, *, attribution: int | None = None, zone: ZoneInfo = MOSCOW
) -> Journal[JournalCall]:
    """Return the journal of the phone calls of a site from day `first` to `last`, inclusive.

    `attribution` is the code of the attribution model, by default the site's model.
    """
    parameters = _sent(
        dateFrom=f"{first:%d/%m/%Y}",
        dateTo=f"{last:%d/%m/%Y}",
        attribution=attribution,
        limit=PAGE_SIZE,
        **dict.fromkeys(("withCallTags", "withComments", "withCustomFields", "withOrders"), "true"),
    )
    path = f"{REST}/{site_id}/calls-diary/calls"
    read = partial(read_page, read=partial(read_journal_call, zone=zone))
    return Journal(lambda number: Call(path, {**parameters, "page": str(number)}, read))


def lead_requests(first: date, last: date, *, attribution: int | None = None) -> Journal[JournalLeadRequest]:
    """Return the journal of the lead requests of the token's site; the arguments mean the same as in `calls`."""
    size = PAGE_SIZE
    parameters = _sent(
        dateFrom=f"{first:%m/%d/%Y}",
        dateTo=f"{last:%m/%d/%Y}",
        attribution=attribution,
        limit=size,
        **dict.fromkeys(("withRequestTags", "withCustomFields"), "true"),
    )

    def page(number: int) -> Call[Page[JournalLeadRequest]]:
        read = partial(read_part, read=read_journal_lead_request, number=number, size=size)
        return Call(f"{REST}/requests", {**parameters, "page": str(number)}, read)

    return Journal(page)


def _sent(**values: object) -> dict[str, str]:
    return {name: str(value) for name, value in values.items() if value is not None}


def _key(deal_id: int | None, number: str | None) -> dict[str, str]:
    if deal_id is None and number is None:
        raise ValueError("identify the deal: deal_id, number or both")
    return _sent(orderId=deal_id, orderNumber=number)


def _clock(at: datetime, zone: ZoneInfo) -> str:
    if at.tzinfo is None:
        raise ValueError("happened_at must have a time zone")
    return f"{at.astimezone(zone):%d.%m.%Y %H:%M:%S}"


def _extras(source: Source | None, custom: Mapping[str, str] | None) -> dict[str, str]:
    parts = ("source", "medium", "campaign", "content", "term")
    stated = {part: value for part in parts if source is not None and (value := getattr(source, part))}
    return stated | {f"custom[{name}]": value for name, value in (custom or {}).items()}
