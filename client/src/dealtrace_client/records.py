"""The results of API calls, and how they are parsed from JSON."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo

T = TypeVar("T")
Json = Any
"""A decoded response. Any: the JSON comes from outside; a missing or wrong key raises `AnswerUnreadable`."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
JOURNAL_CLOCK = "%d/%m/%Y %H:%M:%S"
UNKNOWN = ("", "(not set)", "<не указано>")
"""The texts that journals have instead of an unknown value."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A registered deal; `call_id` is the id of the phone call that it was matched to, or `None`."""

    deal_id: int
    number: str
    status: str
    amount_rub: Decimal
    happened_at: datetime
    call_id: int | None


@dataclass(frozen=True, slots=True)
class Person:
    """The person behind a lead."""

    id: int
    name: str | None
    phones: tuple[str, ...]
    emails: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """A deal after a change; `session` is the credited visit as JSON of the API."""

    deal_id: int
    number: str
    status: str
    amount_rub: Decimal | None
    happened_at: datetime
    comment: str
    call_id: int | None
    person: Person | None
    session: Mapping[str, object] | None


@dataclass(frozen=True, slots=True)
class Deleted:
    """A deleted deal; if an earlier try deleted it, the result has only the id or number that the caller sent."""

    deal_id: int | None
    number: str | None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a lead or a deal came from: its source and its credited visit; unknown values are `None`."""

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


_NOWHERE = Origin(None, None, None, None, None, None, None, None, None, None, None, None)


@dataclass(frozen=True, slots=True)
class JournalDeal:
    """A deal in the journal; `visit` is its origin, `None` if unknown.

    `lead` is the lead as JSON of the API, `None` if the deal has no lead.
    """

    deal_id: int
    number: str
    status: str
    amount_rub: Decimal | None
    happened_at: datetime
    touched_at: datetime
    service: str
    manager: str | None
    visit: Origin | None
    lead: Mapping[str, object] | None
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JournalCall:
    """A phone call in the journal; `phone` is empty if the caller hid it."""

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
    """A lead request in the journal; `origin` is `None` if neither its visit nor its source is known."""

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
    """A page of a journal; `total` is the number of records on all pages, `None` if the API does not send it."""

    records: tuple[T, ...]
    number: int
    total: int | None
    has_next: bool


def read_registered(json: Json) -> Registered:
    """Parse the answer of `orders/register`."""
    return Registered(
        deal_id=json["orderId"],
        number=json["orderNumber"],
        status=json["status"],
        amount_rub=Decimal(str(json["currentAmount"])),
        happened_at=_from_epoch_ms(json["dateCreated"]),
        call_id=json["callId"],
    )


def read_changed(json: Json) -> Changed:
    """Parse the answer of `orders/update-by-id`."""
    deal, person = json["order"], json["client"]
    return Changed(
        deal_id=deal["orderId"],
        number=deal["orderNumber"],
        status=deal["status"],
        amount_rub=_amount(deal["sum"]),
        happened_at=_from_epoch_ms(deal["dateCreated"]),
        comment=json["orderComments"],
        call_id=deal["callId"],
        person=_person(person) if person is not None else None,
        session=json["session"],
    )


def read_deleted(json: Json) -> Deleted:
    """Parse the answer of `orders/delete-by-id`."""
    return Deleted(json["orderId"], json["orderNumber"])


def read_page(json: Json, read: Callable[[Json], T]) -> Page[T]:
    """Return a page of a journal; `read` parses each record."""
    records = tuple(read(item) for item in json["records"])
    return Page(records, json["page"], json["recordsTotal"], json["page"] < json["pageTotal"])


def read_part(json: Json, read: Callable[[Json], T], number: int, size: int) -> Page[T]:
    """Parse page `number` of a journal that is sent as an array; a page with fewer than `size` records is the last."""
    return Page(tuple(read(item) for item in json), number, None, len(json) == size)


def read_journal_deal(json: Json, zone: ZoneInfo) -> JournalDeal:
    """Parse a deal of the journal, whose times are in the site's time zone; the times returned are in UTC."""
    visit = json["visit"]
    return JournalDeal(
        deal_id=json["orderId"],
        number=json["orderNumber"],
        status=json["orderStatus"],
        amount_rub=_amount(json["plannedAmount"]),
        happened_at=_from_clock(json["orderDate"], zone),
        touched_at=_from_clock(json["updatedDate"], zone),
        service=json["service"],
        manager=json["manager"],
        visit=_origin(visit, keyword=visit["keyword"]) if visit is not None else None,
        lead=json["orderSource"],
        tags=_tags(json["tags"]),
    )


def read_journal_call(json: Json, zone: ZoneInfo) -> JournalCall:
    """Parse a phone call of the journal, whose times are in the site's time zone; the times returned are in UTC."""
    return JournalCall(
        call_id=json["callId"],
        reference=json["callReferenceId"] or None,
        started_at=_from_clock(json["date"], zone),
        duration=timedelta(seconds=json["duration"]),
        waiting=timedelta(seconds=json["waitingConnect"]),
        phone=json["callerNumber"],
        dialled_phone=json["phoneNumber"] or None,
        answering_phone=json["redirectNumber"] or None,
        is_successful=json["successful"],
        is_unique=json["uniqueCall"],
        is_target=json["targetCall"],
        is_unique_target=json["uniqTargetCall"],
        manager=json["manager"],
        comment=_comment(json["comments"]),
        tags=_tags(json["callTags"]),
        custom=_custom(json["customFields"]),
        origin=_origin(json, keyword=json["keyword"]),
        deal_ids=_deal_ids(json["orders"]),
    )


def read_journal_lead_request(json: Json) -> JournalLeadRequest:
    """Parse a lead request of the journal."""
    session = json["session"]
    origin = _origin(session, keyword=session["keywords"]) if session is not None else _NOWHERE
    return JournalLeadRequest(
        lead_request_id=json["requestId"],
        number=json["requestNumber"],
        requested_at=_from_epoch_ms(json["date"]),
        form_name=json["subject"],
        person=_person(json["client"]),
        is_unique=json["uniqueRequest"],
        is_target=json["targetRequest"],
        is_unique_target=json["uniqTargetRequest"],
        manager=json["manager"],
        comment=_comment(json["comments"]),
        tags=_tags(json["RequestTags"]),
        custom=_custom(json["customFields"]),
        origin=origin if origin != _NOWHERE else None,
        deal_ids=_deal_ids(json["orders"]),
    )


def _origin(json: Json, keyword: str) -> Origin:
    names = ("source", "medium", "utmSource", "utmMedium", "utmCampaign", "utmContent", "utmTerm", "url", "ref", "city")
    known = {name: None if json[name] in UNKNOWN else json[name] for name in names}
    return Origin(
        source=known["source"],
        medium=known["medium"],
        keyword=None if keyword in UNKNOWN else keyword,
        utm_source=known["utmSource"],
        utm_medium=known["utmMedium"],
        utm_campaign=known["utmCampaign"],
        utm_content=known["utmContent"],
        utm_term=known["utmTerm"],
        visit_id=json["sessionId"],
        landing_url=known["url"],
        referrer=known["ref"],
        city=known["city"],
    )


def _tags(json: Json) -> tuple[str, ...]:
    return tuple(name for group in json or () for name in group["names"])


def _comment(json: Json) -> str | None:
    return "\n".join(comment["comment"] for comment in json or ()) or None


def _custom(json: Json) -> dict[str, str]:
    return {field["field"]: field["value"] for field in json or ()}


def _deal_ids(json: Json) -> tuple[int, ...]:
    return tuple(deal["orderId"] for deal in json)


def _person(json: Json) -> Person:
    return Person(
        id=json["clientId"],
        name=json["fio"] or None,
        phones=tuple(phone["phoneNumber"] for phone in json["phones"]),
        emails=tuple(contact["contactValue"] for contact in json["contacts"] or ()),
    )


def _amount(number: float | None) -> Decimal | None:
    return Decimal(str(number)) if number is not None else None


def _from_epoch_ms(milliseconds: int) -> datetime:
    return EPOCH + timedelta(milliseconds=milliseconds)


def _from_clock(text: str, zone: ZoneInfo) -> datetime:
    return datetime.strptime(text, JOURNAL_CLOCK).replace(tzinfo=zone).astimezone(UTC)
