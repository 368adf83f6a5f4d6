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
UNKNOWN = ("", "(not set)", "<не указано>")
"""What journals say of a source or a tag that nobody knows."""


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
class Origin:
    """Where a lead came from: its source, and the visit that is credited (`visit_id` is `None` if there was none).

    What nobody knows is `None`.
    """

    source: str | None
    medium: str | None
    keyword: str | None
    utm_source: str | None
    utm_medium: str | None
    utm_campaign: str | None
    utm_content: str | None
    utm_term: str | None
    visit_id: int | None
    landing_url: str | None
    referrer: str | None
    city: str | None


@dataclass(frozen=True, slots=True)
class JournalCall:
    """A call in the journal; `phone` is empty if the client hid it, `deal_ids` are its deals."""

    call_id: int
    reference: str | None
    started_at: datetime
    duration: timedelta
    waiting: timedelta
    phone: str
    dialled_phone: str | None
    answering_phone: str | None
    is_successful: bool
    is_unique: bool
    is_target: bool
    is_unique_target: bool
    manager: str | None
    comment: str | None
    tags: tuple[str, ...]
    custom: Mapping[str, str]
    origin: Origin
    deal_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class JournalLeadRequest:
    """A lead request in the journal; `origin` is `None` if neither a visit nor a source is known."""

    lead_request_id: int
    number: str
    requested_at: datetime
    form_name: str
    person: Person
    is_unique: bool
    is_target: bool
    is_unique_target: bool
    manager: str | None
    comment: str | None
    tags: tuple[str, ...]
    custom: Mapping[str, str]
    origin: Origin | None
    deal_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a journal: its records, which page it is, and how many records there are in all, if that is told."""

    records: tuple[T, ...]
    number: int
    total: int | None
    has_next: bool


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
    return Page(records, told["page"], told["recordsTotal"], told["page"] < told["pageTotal"])


def read_part(told: Any, read: Callable[[Any], T], number: int, size: int) -> Page[T]:
    """Read the `number`-th part of a journal that is an array; one that is not full is the last."""
    return Page(tuple(read(one) for one in told), number, None, len(told) == size)


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
        tags=_tags(told["tags"]),
    )


def read_journal_call(told: Any, zone: ZoneInfo) -> JournalCall:
    """Read a call of the journal."""
    return JournalCall(
        call_id=told["callId"],
        reference=told["callReferenceId"] or None,
        started_at=_from_clock(told["date"], zone),
        duration=timedelta(seconds=told["duration"]),
        waiting=timedelta(seconds=told["waitingConnect"]),
        phone=told["callerNumber"],
        dialled_phone=told["phoneNumber"] or None,
        answering_phone=told["redirectNumber"] or None,
        is_successful=told["successful"],
        is_unique=told["uniqueCall"],
        is_target=told["targetCall"],
        is_unique_target=told["uniqTargetCall"],
        manager=told["manager"],
        comment=_comment(told["comments"]),
        tags=_tags(told["callTags"]),
        custom=_custom(told["customFields"]),
        origin=_origin(told, keyword=told["keyword"]),
        deal_ids=_deal_ids(told["orders"]),
    )


def read_journal_lead_request(told: Any) -> JournalLeadRequest:
    """Read a lead request of the journal."""
    session = told["session"]
    return JournalLeadRequest(
        lead_request_id=told["requestId"],
        number=told["requestNumber"],
        requested_at=_from_epoch_ms(told["date"]),
        form_name=told["subject"],
        person=_person(told["client"]),
        is_unique=told["uniqueRequest"],
        is_target=told["targetRequest"],
        is_unique_target=told["uniqTargetRequest"],
        manager=told["manager"],
        comment=_comment(told["comments"]),
        tags=_tags(told["RequestTags"]),
        custom=_custom(told["customFields"]),
        origin=_origin(session, keyword=session["keywords"]) if session is not None else None,
        deal_ids=_deal_ids(told["orders"]),
    )


def _origin(told: Any, keyword: str) -> Origin:
    names = ("source", "medium", "utmSource", "utmMedium", "utmCampaign", "utmContent", "utmTerm", "url", "ref", "city")
    known = {name: None if told[name] in UNKNOWN else told[name] for name in names}
    return Origin(
        source=known["source"],
        medium=known["medium"],
        keyword=None if keyword in UNKNOWN else keyword,
        utm_source=known["utmSource"],
        utm_medium=known["utmMedium"],
        utm_campaign=known["utmCampaign"],
        utm_content=known["utmContent"],
        utm_term=known["utmTerm"],
        visit_id=told["sessionId"],
        landing_url=known["url"],
        referrer=known["ref"],
        city=known["city"],
    )


def _tags(told: Any) -> tuple[str, ...]:
    return tuple(name for one in told or () for name in one["names"])


def _comment(told: Any) -> str | None:
    return "\n".join(one["comment"] for one in told or ()) or None


def _custom(told: Any) -> dict[str, str]:
    return {one["field"]: one["value"] for one in told or ()}


def _deal_ids(told: Any) -> tuple[int, ...]:
    return tuple(one["orderId"] for one in told)


def _person(told: Any) -> Person:
    return Person(
        id=told["clientId"],
        name=told["fio"] or None,
        phones=tuple(one["phoneNumber"] for one in told["phones"]),
        emails=tuple(one["contactValue"] for one in told["contacts"] or ()),
    )


def _amount(told: Any) -> Decimal | None:
    return Decimal(str(told)) if told is not None else None


def _from_epoch_ms(told: int) -> datetime:
    return EPOCH + timedelta(milliseconds=told)


def _from_clock(told: str, zone: ZoneInfo) -> datetime:
    return datetime.strptime(told, JOURNAL_CLOCK).replace(tzinfo=zone).astimezone(UTC)
