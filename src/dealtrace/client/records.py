"""What a client gets back, in Python's own types."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo

T = TypeVar("T")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
JOURNAL_CLOCK = "%d/%m/%Y %H:%M:%S"


@dataclass(frozen=True, slots=True)
class Registered:
    """A deal that is registered; `call_id` is that of the call it was found to have grown out of."""

    deal_id: int
    number: str
    status: str
    amount_rub: Decimal
    happened_at: datetime
    call_id: int | None


@dataclass(frozen=True, slots=True)
class Person:
    """The client behind a lead."""

    id: int
    name: str | None
    phones: tuple[str, ...]
    emails: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """A deal as it stands; `session` is the visit that is credited, in the words of the API."""

    deal_id: int
    number: str
    status: str
    amount_rub: Decimal | None
    happened_at: datetime
    comment: str
    call_id: int | None
    person: Person | None
    session: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Deleted:
    """A deal that is deleted; of one that an earlier try deleted, what the caller named it by."""

    deal_id: int | None
    number: str | None


@dataclass(frozen=True, slots=True)
class JournalDeal:
    """A deal in the journal; `visit` and `lead` are in the words of the API, `None` when there are none."""

    deal_id: int
    number: str
    status: str
    amount_rub: Decimal | None
    happened_at: datetime
    touched_at: datetime
    service: str
    manager: str | None
    visit: Mapping[str, Any] | None
    lead: Mapping[str, Any] | None
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a journal: its records, which page of how many it is, and how many records there are in all."""

    records: tuple[T, ...]
    number: int
    pages: int
    total: int


def read_registered(told: Any) -> Registered:
    """Read the answer of `orders/register`."""
    return Registered(
        deal_id=told["orderId"],
        number=told["orderNumber"],
        status=told["status"],
        amount_rub=Decimal(str(told["currentAmount"])),
        happened_at=_from_epoch_ms(told["dateCreated"]),
        call_id=told["callId"],
    )


def read_changed(told: Any) -> Changed:
    """Read the answer of `orders/update-by-id`."""
    deal, person = told["order"], told["client"]
    return Changed(
        deal_id=deal["orderId"],
        number=deal["orderNumber"],
        status=deal["status"],
        amount_rub=_amount(deal["sum"]),
        happened_at=_from_epoch_ms(deal["dateCreated"]),
        comment=told["orderComments"],
        call_id=deal["callId"],
        person=_person(person) if person is not None else None,
        session=told["session"],
    )


def read_deleted(told: Any) -> Deleted:
    """Read the answer of `orders/delete-by-id`."""
    return Deleted(told["orderId"], told["orderNumber"])


def read_page(told: Any, read: Callable[[Any], T]) -> Page[T]:
    """Read a page of a journal."""
    records = tuple(read(one) for one in told["records"])
    return Page(records, told["page"], told["pageTotal"], told["recordsTotal"])


def read_journal_deal(told: Any, zone: ZoneInfo) -> JournalDeal:
    """Read a deal of the journal, whose clock is the site's."""
    return JournalDeal(
        deal_id=told["orderId"],
        number=told["orderNumber"],
        status=told["orderStatus"],
        amount_rub=_amount(told["plannedAmount"]),
        happened_at=_from_clock(told["orderDate"], zone),
        touched_at=_from_clock(told["updatedDate"], zone),
        service=told["service"],
        manager=told["manager"],
        visit=told["visit"],
        lead=told["orderSource"],
        tags=tuple(name for one in told["tags"] or () for name in one["names"]),
    )


def _person(told: Any) -> Person:
    return Person(
        id=told["clientId"],
        name=told["fio"],
        phones=tuple(one["phoneNumber"] for one in told["phones"]),
        emails=tuple(one["contactValue"] for one in told["contacts"] or ()),
    )


def _amount(told: Any) -> Decimal | None:
    return Decimal(str(told)) if told is not None else None


def _from_epoch_ms(told: int) -> datetime:
    return EPOCH + timedelta(milliseconds=told)


def _from_clock(told: str, zone: ZoneInfo) -> datetime:
    return datetime.strptime(told, JOURNAL_CLOCK).replace(tzinfo=zone).astimezone(UTC)
