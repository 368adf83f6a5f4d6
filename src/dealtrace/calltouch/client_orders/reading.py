"""Parse an order, as the deals API 2.0 calls a deal."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from dealtrace.accounts.site import Site
from dealtrace.calltouch.answers.formats import utc_of_wall_clock
from dealtrace.calltouch.client_order_names import CONTACT_NAMES
from dealtrace.calltouch.client_orders.matchers import read_matchers
from dealtrace.calltouch.client_orders.parameters import CREATE_TABLE, CRM, PRODUCT_TABLE, UPDATE_TABLE
from dealtrace.calltouch.client_orders.shapes import Contacts, Order, ProductItem, SentScalars
from dealtrace.calltouch.json_bodies import Comment, Tag, joined_tags, read_item, renamed, values_by_field
from dealtrace.calltouch.json_keys import fields_by_key, value_of
from dealtrace.calltouch.json_scalars import SentScalar, scalar_text
from dealtrace.calltouch.leads.annotate import AddedTags, check_list_length, parse_checked
from dealtrace.calltouch.parameters import CUSTOM
from dealtrace.calltouch.wire_types import Tags
from dealtrace.deals.currency import currency_of
from dealtrace.deals.details import (
    CONTACTS_MAX,
    PRODUCTS_MAX,
    ContactBook,
    DealDetails,
    Product,
    search_contacts_of,
)
from dealtrace.deals.lead_clue import LeadClue
from dealtrace.deals.matchers import Matcher, stated_source_of
from dealtrace.deals.registration import Registration
from dealtrace.errors import InvalidParameters, Violation
from dealtrace.http.parameter_table import ParameterTable, Sent
from dealtrace.http.parameter_types import Text
from dealtrace.http.query_string import Pairs
from dealtrace.leads.limits import LABEL_LENGTH_MAX
from dealtrace.record import record

Value = TypeVar("Value")
_TAGS = "addTags"
_FIELDS_BY_KEY = {key: name for key, name in fields_by_key(Order).items() if key in UPDATE_TABLE.named and key != _TAGS}
"""Maps JSON keys of an order to fields of `Order`; only keys with a single string or number as value are mapped."""
_values_of: Callable[[Order], Sequence[SentScalar | UnsetType]] = attrgetter(*_FIELDS_BY_KEY.values())


@record
class _OrderParts:
    """The parsed parts of an order; `sent` has the parameters that `read_single` parses."""

    sent: Sent
    happened_at: datetime
    details: DealDetails
    matchers: tuple[Matcher, ...]
    lead_tags: tuple[str, ...]


def read_order(site: Site, item: object) -> Registration:
    """Parse an order as the registration of a deal; the dates sent are in the site's time zone.

    Raises:
        InvalidParameters: one violation for each value that is missing, malformed or out of range.
    """
    parts = _read_parts(read_item(item, Order), site)
    sent, details, status_date = parts.sent, parts.details, parts.sent.get("statusDate")
    return Registration(
        number=sent["orderNumber"],
        status=sent["status"],
        amount_rub=sent.get("revenue"),
        amount_as_sent=sent.texts.get("revenue", ""),
        happened_at=parts.happened_at,
        service=sent.get(CRM.name, ""),
        manager=sent.get("manager"),
        comment=sent.get("comment.text"),
        tags=sent.get(_TAGS, ()),
        custom_values=sent.custom,
        stated_source=stated_source_of(parts.matchers),
        clue=LeadClue(contact=search_contacts_of(details)),
        fingerprint=hashlib.sha256(msgspec.json.encode(item, order="sorted")).hexdigest(),
        status_since=utc_of_wall_clock(status_date, site.time_zone) if status_date is not None else None,
        margin_rub=sent.get("margin"),
        currency=currency_of(sent.get("currency")),
        details=details,
        matchers=parts.matchers,
        lead_tags=parts.lead_tags,
    )


def _read_parts(order: Order, site: Site) -> _OrderParts:
    """Parse all parts of an order.

    Raises:
        InvalidParameters: one violation for each value that is missing, malformed or out of range.
    """
    faults: list[Violation] = []
    sent = collect_violations(faults, lambda: read_single(CREATE_TABLE, order)) or Sent()
    happened_at = utc_of_wall_clock(sent["orderDate"], site.time_zone) if "orderDate" in sent.values else None
    products = collect_violations(faults, lambda: read_products(order.products or ()))
    main, other = collect_violations(faults, lambda: read_contacts(order)) or (None, None)
    matchers = (
        collect_violations(faults, lambda: read_matchers(order.matching, site.time_zone, happened_at))
        if happened_at is not None
        else None
    )
    lead_tags = collect_violations(faults, lambda: read_order_tags("addTagsToLead", order.add_tags_to_lead))
    if faults or happened_at is None:
        raise InvalidParameters(faults)
    details = _details(sent, products or (), main, other)
    return _OrderParts(sent, happened_at, details, matchers or (), lead_tags or ())


def _details(
    sent: Sent, products: tuple[Product, ...], main: ContactBook | None, other: ContactBook | None
) -> DealDetails:
    return DealDetails(
        funnel=sent.get("funnel", ""),
        name=sent.get("orderName", ""),
        link=sent.get("orderLink", ""),
        products=products,
        main_contacts=main,
        other_contacts=other,
    )


def read_single(table: ParameterTable, order: Order) -> Sent:
    """Parse those values of an order that `table` describes: strings, numbers, comment, tags and custom fields.

    Raises:
        InvalidParameters: one violation for each value that is missing, malformed or out of range.
    """
    try:
        return table.read(Pairs(_texts(order)))
    except InvalidParameters as fault:
        raise InvalidParameters([renamed(violation) for violation in fault.violations]) from fault


def read_products(items: Sequence[ProductItem]) -> tuple[Product, ...]:
    """Parse the products of an order; products without a name are left out.

    Raises:
        InvalidParameters: there are too many products, or a product has an invalid value.
    """
    check_list_length("products", len(items), PRODUCTS_MAX)
    products: list[Product] = []
    for number, item in enumerate(items):
        texts = {name: scalar_text(word) for name, word in msgspec.structs.asdict(item).items()}
        if not texts["name"].strip():
            continue
        try:
            sent = PRODUCT_TABLE.read(Pairs(texts))
        except InvalidParameters as fault:
            named = [Violation(f"products[{number}].{each.field}", each.ru, each.en) for each in fault.violations]
            raise InvalidParameters(named) from fault
        products.append(
            Product(
                name=sent["name"],
                amount=sent.get("price"),
                brand=sent.get("brand", ""),
                category=sent.get("category", ""),
                variant=sent.get("variant", ""),
                quantity=sent.get("quantity"),
            )
        )
    return tuple(products)


def read_contacts(order: Order) -> tuple[ContactBook | None, ContactBook | None]:
    """Parse the main contacts and the other contacts of an order; either is `None` if there are no such contacts.

    Raises:
        InvalidParameters: there are too many contacts of a kind, or a contact is too long.
    """
    sent = order.order_contacts
    if sent is None:
        return None, None
    main = _book("orderContacts.mainContacts", sent.main_contacts)
    return main, _book("orderContacts.otherContacts", sent.other_contacts)


def collect_violations(faults: list[Violation], read: Callable[[], Value]) -> Value | None:
    """Return the result of `read`, or `None` if it raises `InvalidParameters`; the violations are added to `faults`."""
    try:
        return read()
    except InvalidParameters as fault:
        faults += fault.violations
        return None


def _texts(order: Order) -> dict[str, str]:
    """Return the values of an order as strings, by parameter name; `null` becomes an empty string."""
    texts = {
        key: scalar_text(value)
        for key, value in zip(_FIELDS_BY_KEY, _values_of(order), strict=True)
        if value is not UNSET
    }
    texts[_TAGS] = tags_text(order.add_tags) if order.add_tags is not None else ""
    comments = [comment for comment in (order.comment, order.add_new_comment) if comment is not None]
    if comments:
        texts["comment.text"] = _joined_comments(comments)
    for name, text in values_by_field(order.custom_fields or ()).items():
        texts[f"{CUSTOM.name}[{name}]"] = text
    return texts


def _joined_comments(comments: Sequence[Comment | SentScalar]) -> str:
    """Return comments as one string, each on a line of its own; equal comments appear only once."""
    texts = (scalar_text(comment.text if isinstance(comment, Comment) else comment) for comment in comments)
    return "\n".join(dict.fromkeys(text for text in texts if text))


def tags_text(sent: AddedTags | Sequence[Tag | SentScalar]) -> str:
    """Return tags joined by commas; `sent` is a list of tags or an object with such a list."""
    return joined_tags(sent.tags if isinstance(sent, AddedTags) else sent)


def read_order_tags(place: str, sent: AddedTags | Sequence[Tag | SentScalar] | None) -> tuple[str, ...]:
    """Parse tags sent as a list or as an object with a list; return an empty tuple if no tags were sent.

    Raises:
        InvalidParameters: there are too many tags, or a tag is too long.
    """
    return parse_checked(place, Tags().read, tags_text(sent)) if sent is not None else ()


def _book(place: str, sent: Contacts | None) -> ContactBook | None:
    if sent is None:
        return None
    lists: Mapping[str, tuple[str, ...]] = {
        ours: _contacts(f"{place}.{name}", value_of(sent, name)) for name, ours in CONTACT_NAMES.items()
    }
    name = parse_checked(f"{place}.fio", Text(LABEL_LENGTH_MAX).read, scalar_text(sent.fio))
    book = ContactBook(full_name=name, **lists)
    return None if book == ContactBook() else book


def _contacts(place: str, sent: SentScalars) -> tuple[str, ...]:
    values: Iterable[SentScalar] = [sent] if isinstance(sent, str | int | float) or sent is None else sent
    texts = [
        parse_checked(place, Text(LABEL_LENGTH_MAX).read, text)
        for value in values
        if (text := scalar_text(value)).strip()
    ]
    check_list_length(place, len(texts), CONTACTS_MAX)
    return tuple(dict.fromkeys(texts))
