"""The methods of the API as values: each says what is sent and how its answer is read, and either client sends it."""

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import partial
from typing import Any, Final, Generic, TypeVar
from zoneinfo import ZoneInfo

from dealtrace.client.records import (
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
from dealtrace.client.request_steps import Call

T = TypeVar("T")
REST = "/calls-service/RestAPI"
MOSCOW = ZoneInfo("Europe/Moscow")
PAGE_SIZE = 1000


class Unset(Enum):
    """The type of `UNSET`."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET
"""What a change does not speak of stays; what it speaks of with `None` or an empty text is erased."""


@dataclass(frozen=True, slots=True)
class Source:
    """A traffic source as a caller states it."""

    source: str = ""
    medium: str = ""
    campaign: str = ""
    content: str = ""
    term: str = ""


def register(  # noqa: PLR0913 - a deal has as many sides
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
    """Register a deal.

    `happened_at` is aware; `zone` is the site's. `only` is `calls` or `requests`. Without a `number` the deal gets one
    made here, so that a try whose answer was lost can be repeated without making a second deal.
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
    """Change a deal, named by its id, its number, or both: the id is tried first.

    What is `UNSET` stays, `None` and empty texts erase; tags replace the whole list. A `source` counts while the deal
    has no lead. An empty value of `custom` erases the field.
    """
    spoken_of: dict[str, Any] = {
        "orderSum": amount_rub,
        "status": status,
        "comment": comment,
        "manager": manager,
        "service": service,
        "tags": tags if isinstance(tags, Unset) else ",".join(tags or ()),
    }
    changed = {name: "" if value is None else str(value) for name, value in spoken_of.items() if value is not UNSET}
    return Call(
        f"{REST}/orders/update-by-id/",
        _key(deal_id, number) | changed | _extras(source, custom),
        read_changed,
    )


def delete(*, deal_id: int | None = None, number: str | None = None) -> Call[Deleted]:
    """Delete a deal, named as in `update`.

    When an answer was lost and the next try finds nothing, the deal counts as deleted.
    """
    return Call(
        f"{REST}/orders/delete-by-id/",
        _key(deal_id, number),
        read_deleted,
        done_before=lambda: Deleted(deal_id, number),
    )


@dataclass(frozen=True, slots=True)
class Journal(Generic[T]):
    """A journal that is read page by page."""

    page: Callable[[int], Call[Page[T]]]


def deals(
    site_id: int, first: date, last: date, *, by: str = "created", zone: ZoneInfo = MOSCOW
) -> Journal[JournalDeal]:
    """List the deals of a site, `first` to `last` day, both included.

    `by` is `created`, `updated` or `session`: what the days are about.
    """
    asked = _sent(
        dateFrom=f"{first:%d/%m/%Y}", dateTo=f"{last:%d/%m/%Y}", bindTo=by, withOrdersTags="true", limit=PAGE_SIZE
    )
    path = f"{REST}/{site_id}/orders-diary/orders"
    read = partial(read_page, read=partial(read_journal_deal, zone=zone))
    return Journal(lambda number: Call(path, {**asked, "page": str(number)}, read))


def calls(
    site_id: int, first: date, last: date, *, attribution: int | None = None, zone: ZoneInfo = MOSCOW
) -> Journal[JournalCall]:
    """List the calls of a site, `first` to `last` day, both included.

    `attribution` is the code of the model that chooses the sources, the site's own by default.
    """
    asked = _sent(
        dateFrom=f"{first:%d/%m/%Y}",
        dateTo=f"{last:%d/%m/%Y}",
        attribution=attribution,
        limit=PAGE_SIZE,
        **dict.fromkeys(("withCallTags", "withComments", "withCustomFields", "withOrders"), "true"),
    )
    path = f"{REST}/{site_id}/calls-diary/calls"
    read = partial(read_page, read=partial(read_journal_call, zone=zone))
    return Journal(lambda number: Call(path, {**asked, "page": str(number)}, read))


def lead_requests(first: date, last: date, *, attribution: int | None = None) -> Journal[JournalLeadRequest]:
    """List the lead requests of the token's site, `first` to `last` day, both included; `attribution` as in `calls`."""
    size = PAGE_SIZE
    asked = _sent(
        dateFrom=f"{first:%m/%d/%Y}",
        dateTo=f"{last:%m/%d/%Y}",
        attribution=attribution,
        limit=size,
        **dict.fromkeys(("withRequestTags", "withCustomFields"), "true"),
    )

    def page(number: int) -> Call[Page[JournalLeadRequest]]:
        read = partial(read_part, read=read_journal_lead_request, number=number, size=size)
        return Call(f"{REST}/requests", {**asked, "page": str(number)}, read)

    return Journal(page)


def _sent(**said: Any) -> dict[str, str]:
    return {name: str(value) for name, value in said.items() if value is not None}


def _key(deal_id: int | None, number: str | None) -> dict[str, str]:
    if deal_id is None and number is None:
        raise ValueError("name the deal: deal_id, number or both")
    return _sent(orderId=deal_id, orderNumber=number)


def _clock(at: datetime, zone: ZoneInfo) -> str:
    if at.tzinfo is None:
        raise ValueError("happened_at must be aware: give it a time zone")
    return f"{at.astimezone(zone):%d.%m.%Y %H:%M:%S}"


def _extras(source: Source | None, custom: Mapping[str, str] | None) -> dict[str, str]:
    parts = ("source", "medium", "campaign", "content", "term")
    stated = {part: value for part in parts if source is not None and (value := getattr(source, part))}
    return stated | {f"custom[{name}]": value for name, value in (custom or {}).items()}
