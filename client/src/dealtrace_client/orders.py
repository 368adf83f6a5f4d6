"""Deals 2.0: API calls that send lists of orders, and matchers, which find the lead, visit or source of an order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from dealtrace_client.methods import MOSCOW, UNSET, Source, Unset
from dealtrace_client.records import Json
from dealtrace_client.request_steps import Call

ORDERS = "/lead-service/v1/api/client-order"
CLOCK = "%d-%m-%Y %H:%M:%S"
Matcher = Mapping[str, object]
"""A way to find the lead, visit or source of an order, as JSON of the API; an order's matchers are tried in turn."""
LeadKind = Literal["lead", "call", "request"]


def by_call(call_id: int) -> Matcher:
    """Return the matcher that finds the phone call with this id."""
    return {"type": "call", "callParams": {"callId": call_id}}


def by_lead_request(lead_request_id: int) -> Matcher:
    """Return the matcher that finds the lead request with this id."""
    return {"type": "request", "requestParams": {"requestId": lead_request_id}}


def by_visit(*visit_ids: int) -> Matcher:
    """Return the matcher that finds the latest of these visits; the cookie `_ct_session_id` has the id of a visit."""
    return {"type": "session", "sessionParams": {"sessionId": [str(visit_id) for visit_id in visit_ids]}}


def by_contact(
    *,
    phones: Iterable[str] = (),
    emails: Iterable[str] = (),
    kind: LeadKind = "lead",
    depth_minutes: int | None = None,
    tags: Iterable[str] = (),
) -> Matcher:
    """Return the matcher for the nearest lead with one of the contacts, up to `depth_minutes` before the deal."""
    said = {"phones": list(phones), "emails": list(emails), "searchDepth": depth_minutes, "tags": list(tags)}
    return {"type": f"{kind}Contact", f"{kind}ContactParams": {name: value for name, value in said.items() if value}}


def by_source(source: Source) -> Matcher:
    """Return the matcher that states a source. It always succeeds, so it must be the last in the list."""
    parts = ("source", "medium", "campaign", "content", "term")
    stated = {part: value for part in parts if (value := getattr(source, part))}
    return {"type": "customSources", "customSourceParams": stated}


@dataclass(frozen=True, slots=True)
class Order:
    """An order to create; times are aware. `more` has further keys in the JSON of the API, such as `products`."""

    number: str
    status: str
    happened_at: datetime
    matching: Sequence[Matcher] = ()
    amount_rub: Decimal | int | str | None = None
    margin_rub: Decimal | int | str | None = None
    currency: str | None = None
    funnel: str | None = None
    status_since: datetime | None = None
    manager: str | None = None
    name: str | None = None
    comment: str | None = None
    tags: Sequence[str] = ()
    custom: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OrderChange:
    """The changes to an order; `UNSET` keeps a value. With `matching`, the server matches the order again."""

    number: str
    status: str | Unset = UNSET
    status_since: datetime | Unset = UNSET
    amount_rub: Decimal | int | str | Unset = UNSET
    margin_rub: Decimal | int | str | Unset = UNSET
    funnel: str | Unset = UNSET
    manager: str | Unset = UNSET
    name: str | Unset = UNSET
    comment: str | Unset = UNSET
    matching: Sequence[Matcher] = ()
    more: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OrderOutcome:
    """The result for an order: the id of its deal and the matcher that succeeded (JSON of the API), or the error."""

    number: str
    deal_id: int | None
    matched: Mapping[str, object] | None
    warning: str
    error: str
    error_code: int | None

    @property
    def is_done(self) -> bool:
        """Return whether the order was created, changed or deleted without an error."""
        return self.error_code is None


def create_orders(orders: Iterable[Order], *, crm: str = "", zone: ZoneInfo = MOSCOW) -> Call[tuple[OrderOutcome, ...]]:
    """Return the API call that creates up to 100 orders; `zone` is the site's time zone.

    The API call can be repeated safely.
    """
    body = {"crm": crm, "orders": [_order(order, zone) for order in orders]}
    return Call(f"{ORDERS}/create", {}, _outcomes, body=body)


def change_orders(changes: Iterable[OrderChange], *, zone: ZoneInfo = MOSCOW) -> Call[tuple[OrderOutcome, ...]]:
    """Return the API call that changes up to 100 orders.

    A `comment` is added to earlier comments, so an API call with a comment is not repeated if the server may have
    stored the comment: it fails with `Unreachable` or `ServerFailed`, and `find_orders` shows what was stored.
    """
    orders = [_change(change, zone) for change in changes]
    is_repeatable = not any(map(_adds_comment, orders))
    return Call(f"{ORDERS}/update", {}, _outcomes, body={"orders": orders}, is_repeatable=is_repeatable)


def delete_orders(numbers: Iterable[str]) -> Call[tuple[OrderOutcome, ...]]:
    """Return the API call that deletes up to 100 orders.

    If an answer was lost, orders that an earlier try deleted have the error 10041 (no such deal).
    """
    return Call(f"{ORDERS}/delete", {}, _outcomes, body={"orderNumbers": list(numbers)})


def find_orders(*, numbers: Iterable[str] = (), deal_ids: Iterable[int] = ()) -> Call[tuple[Mapping[str, object], ...]]:
    """Return the API call that reads up to 100 stored orders; an order that does not exist has an `error`."""
    named = {"orderNumbers": list(numbers), "calltouchOrderIds": list(deal_ids)}
    body = {name: values for name, values in named.items() if values}
    return Call(f"{ORDERS}/search", {}, lambda json: tuple(json["data"]["orders"]), body=body)


def _order(order: Order, zone: ZoneInfo) -> dict[str, object]:
    said: dict[str, object] = {
        "orderNumber": order.number,
        "status": order.status,
        "orderDate": clock(order.happened_at, zone),
        "matching": list(order.matching),
        "revenue": _text(order.amount_rub),
        "margin": _text(order.margin_rub),
        "currency": order.currency,
        "funnel": order.funnel,
        "statusDate": clock(order.status_since, zone) if order.status_since is not None else None,
        "manager": order.manager,
        "orderName": order.name,
        "comment": {"text": order.comment} if order.comment else None,
        "addTags": [{"tag": tag} for tag in order.tags],
        "customFields": [{"field": name, "value": value} for name, value in order.custom.items()],
    }
    return {name: value for name, value in said.items() if value not in (None, [])} | dict(order.more)


def _change(change: OrderChange, zone: ZoneInfo) -> dict[str, object]:
    since = change.status_since
    said: dict[str, object] = {
        "status": change.status,
        "statusDate": since if isinstance(since, Unset) else clock(since, zone),
        "revenue": change.amount_rub if isinstance(change.amount_rub, Unset) else str(change.amount_rub),
        "margin": change.margin_rub if isinstance(change.margin_rub, Unset) else str(change.margin_rub),
        "funnel": change.funnel,
        "manager": change.manager,
        "orderName": change.name,
        "addNewComment": change.comment if isinstance(change.comment, Unset) else {"text": change.comment},
    }
    known = {name: value for name, value in said.items() if value is not UNSET}
    anew = {"reMatching": list(change.matching)} if change.matching else {}
    return {"orderNumber": change.number, **known, **anew, **change.more}


def _adds_comment(order: Mapping[str, object]) -> bool:
    """Return whether a change adds a comment, which the API accepts as `addNewComment` and as `comment`."""
    comments = (order.get("addNewComment"), order.get("comment"))
    return any(comment.get("text") if isinstance(comment, Mapping) else comment for comment in comments)


def clock(at: datetime, zone: ZoneInfo, form: str = CLOCK) -> str:
    """Format an aware instant as the local time of a site, by default as `dd-mm-yyyy hh:mm:ss`.

    Raises:
        ValueError: the time has no time zone.
    """
    if at.tzinfo is None:
        raise ValueError("a time must have a time zone")
    return at.astimezone(zone).strftime(form)


def _text(amount: Decimal | int | str | None) -> str | None:
    return str(amount) if amount is not None else None


def _outcomes(json: Json) -> tuple[OrderOutcome, ...]:
    return tuple(
        OrderOutcome(
            number=str(order["orderNumber"]),
            deal_id=order.get("calltouchOrderId"),
            matched=order.get("matched"),
            warning=order.get("warning", ""),
            error=order.get("error", ""),
            error_code=order.get("errorCode"),
        )
        for order in json["data"]["orders"]
    )
