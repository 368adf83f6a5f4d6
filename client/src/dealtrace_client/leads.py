"""Phone calls and lead requests to send, visits to report, and the functions that return the API calls for them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from dealtrace_client.methods import MOSCOW, Source
from dealtrace_client.orders import clock
from dealtrace_client.records import Json
from dealtrace_client.request_steps import Call

LEADS = "/lead-service/v1/api"
CALL_CLOCK = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True, slots=True)
class LeadRequest:
    """A lead request to send; it needs a name, a phone or an e-mail. `requested_at` is aware; `None` means now."""

    number: str
    name: str | None = None
    phone: str | None = None
    email: str | None = None
    requested_at: datetime | None = None
    form_name: str | None = None
    page_url: str | None = None
    manager: str | None = None
    comment: str | None = None
    tags: Sequence[str] = ()
    source: Source | None = None
    custom: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PhoneCall:
    """A phone call to send; `reference` is its id in the system that it comes from, and `started_at` is aware."""

    reference: str
    phone: str
    started_at: datetime
    duration: timedelta = timedelta(0)
    waiting: timedelta | None = None
    dialled_phone: str | None = None
    is_successful: bool | None = None
    record_url: str | None = None
    manager: str | None = None
    comment: str | None = None
    tags: Sequence[str] = ()
    source: Source | None = None
    custom: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LeadOutcome:
    """The result for a lead: its id on the server, or the error; `name` is the number or reference that was sent."""

    name: str
    lead_id: int | None
    error: str
    error_code: int | None


@dataclass(frozen=True, slots=True)
class Visited:
    """The ids of a counted visit and its visitor.

    If the page view was not counted, both ids are `None` and `dropped` says why.
    """

    visit_id: int | None
    visitor_id: str | None
    dropped: str | None


def send_lead_requests(
    lead_requests: Iterable[LeadRequest], *, zone: ZoneInfo = MOSCOW
) -> Call[tuple[LeadOutcome, ...]]:
    """Return the API call that sends up to 100 lead requests; `zone` is the site's time zone.

    The API call can be repeated safely.
    """
    items = [
        _known(
            requestNumber=each.number,
            fio=each.name,
            phoneNumber=each.phone,
            email=each.email,
            requestDate=clock(each.requested_at, zone) if each.requested_at is not None else None,
            subject=each.form_name,
            requestUrl=each.page_url,
        )
        | _annotated(each)
        for each in lead_requests
    ]
    read = partial(_read_outcomes, listed="requests", name="requestNumber", lead_id="requestId")
    return Call(f"{LEADS}/request/create", {}, read, body={"requests": items})


def send_calls(calls: Iterable[PhoneCall], *, zone: ZoneInfo = MOSCOW) -> Call[tuple[LeadOutcome, ...]]:
    """Return the API call that sends up to 100 phone calls; `zone` is the site's time zone.

    A phone call is imported only once. If an answer was lost and the API call is repeated, the phone calls that are
    already stored have the error 10047.
    """
    statuses = {True: "successful", False: "unsuccessful", None: None}
    items = [
        _known(
            referenceId=each.reference,
            clientPhoneNumber=each.phone,
            callStartTime=clock(each.started_at, zone, CALL_CLOCK),
            duration=each.duration // timedelta(seconds=1),
            waitingTime=each.waiting // timedelta(seconds=1) if each.waiting is not None else None,
            callCenterPhoneNumber=each.dialled_phone,
            status=statuses[each.is_successful],
            recordUrl=each.record_url,
        )
        | _annotated(each)
        for each in calls
    ]
    read = partial(_read_outcomes, listed="calls", name="referenceId", lead_id="callId")
    return Call(f"{LEADS}/call/import", {}, read, body={"calls": items})


def visit(  # noqa: PLR0913 - a page view has as many parameters
    site_id: int,
    url: str,
    *,
    referrer: str | None = None,
    visitor_id: str | None = None,
    google_client_id: str | None = None,
    yandex_client_id: str | None = None,
    ip: str | None = None,
    user_agent: str | None = None,
) -> Call[Visited]:
    """Return the API call with which a server of the site reports a page view, for visitors without JavaScript.

    The API call needs no token. Each report counts as a page view; without a `visitor_id`, the visitor counts as new.
    The API call is therefore not repeated if the server may have counted the page view: it fails with `Unreachable` or
    `ServerFailed`.
    """
    form = _known(
        siteId=site_id,
        url=url,
        referrer=referrer,
        visitorId=visitor_id,
        googleClientId=google_client_id,
        yandexClientId=yandex_client_id,
        ip=ip,
        userAgent=user_agent,
    )
    sent = {name: str(value) for name, value in form.items()}
    return Call("/counter/visit", sent, _read_visited, is_open=True, is_repeatable=False)


def _known(**values: object) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not None}


def _annotated(lead: LeadRequest | PhoneCall) -> dict[str, object]:
    parts = ("source", "medium", "campaign", "content", "term")
    stated = {part: value for part in parts if lead.source is not None and (value := getattr(lead.source, part))}
    return _known(
        manager=lead.manager,
        comment={"text": lead.comment} if lead.comment else None,
        addTags=[{"tag": tag} for tag in lead.tags] or None,
        customSources=stated or None,
        customFields=[{"field": name, "value": value} for name, value in lead.custom.items()] or None,
    )


def _read_outcomes(json: Json, listed: str, name: str, lead_id: str) -> tuple[LeadOutcome, ...]:
    return tuple(
        LeadOutcome(
            each[name],
            each[lead_id],
            each["error"] or "",
            int(each["errorCode"]) if each["errorCode"] is not None else None,
        )
        for each in json["data"][listed]
    )


def _read_visited(json: Json) -> Visited:
    return Visited(json["sessionId"], json["visitorId"], json["dropped"])
