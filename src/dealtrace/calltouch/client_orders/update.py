"""`client-order/update`: change deals, up to 100 at once."""

from collections.abc import Sequence

from dealtrace.accounts.site import Site
from dealtrace.calltouch.answers.client_orders import (
    ClientOrdersStored,
    RefusedClientOrder,
    StoredClientOrder,
    matched_by,
    refused_client_order,
    stored_client_order,
)
from dealtrace.calltouch.answers.formats import utc_of_wall_clock
from dealtrace.calltouch.answers.matcher_warnings import warning_of
from dealtrace.calltouch.client_orders.create import sent_number
from dealtrace.calltouch.client_orders.matchers import read_matchers
from dealtrace.calltouch.client_orders.parameters import UPDATE_TABLE
from dealtrace.calltouch.client_orders.reading import (
    collect_violations,
    read_contacts,
    read_order_tags,
    read_products,
    read_single,
)
from dealtrace.calltouch.client_orders.shapes import Order
from dealtrace.calltouch.json_bodies import FieldValue, outcomes_in_order, read_item, read_or_refuse
from dealtrace.calltouch.json_scalars import SentScalar, scalar_text
from dealtrace.calltouch.leads.annotate import AddedTags, AnnotationItem, parse_checked, read_fields
from dealtrace.deals.changes import UNSET, Change, Unset
from dealtrace.deals.currency import currency_of
from dealtrace.deals.deal_key import DealKey
from dealtrace.errors import InvalidParameters, Language, Refusal, Violation
from dealtrace.http.caller import Caller
from dealtrace.http.journal_note import note_refused_items
from dealtrace.http.parameter_table import Sent
from dealtrace.http.parameter_types import Text
from dealtrace.http.replies import Reply, success
from dealtrace.leads.annotations import Addition
from dealtrace.leads.limits import LABEL_LENGTH_MAX
from dealtrace.operations.deals.update_lists import DealUpdate, UpdatedDeal, update_lists

_DETAILS = {"funnel": "funnel", "orderName": "name", "orderLink": "link"}
"""Maps the API's keys for details that are single strings to fields of `DealDetails`."""


async def respond(caller: Caller, items: Sequence[object]) -> Reply:
    """Change the deals of the valid orders, and answer with a result for each order, in input order."""
    read = [read_or_refuse(read_update, caller.site, item) for item in items]
    valid = [item for item in read if isinstance(item, DealUpdate)]
    outcomes: Sequence[UpdatedDeal | Refusal] = (
        await caller.write(update_lists, valid, size=len(valid)) if valid else ()
    )
    final = outcomes_in_order(read, outcomes)
    note_refused_items(caller.scope, final, items)
    orders = [
        _answer(sent_number(item), each, outcome, caller.language)
        for item, each, outcome in zip(items, read, final, strict=True)
    ]
    answer: ClientOrdersStored = {"data": {"orders": orders}}
    changed = sum(isinstance(outcome, UpdatedDeal) for outcome in outcomes)
    return success(answer, "client_orders_changed", site_id=caller.site.id, orders=len(items), changed=changed)


def read_update(site: Site, item: object) -> DealUpdate:
    """Parse an order as an update of a deal.

    Values that were not sent are kept. `null` or an empty string clears a string value, but not an amount, a status or
    a date.

    Raises:
        InvalidParameters: one violation for each value that is malformed, out of range, or required but missing.
    """
    order = read_item(item, Order)
    faults: list[Violation] = []
    sent = collect_violations(faults, lambda: read_single(UPDATE_TABLE, order)) or Sent()
    tags = collect_violations(faults, lambda: read_order_tags("addTags", order.add_tags)) or ()
    details = collect_violations(faults, lambda: _details(order, sent)) or {}
    to_lead = collect_violations(faults, lambda: _to_lead(order)) or ()
    matchers = (
        collect_violations(faults, lambda: read_matchers(order.re_matching, site.time_zone, None, "reMatching"))
        if order.re_matching
        else None
    )
    if faults:
        raise InvalidParameters(faults)
    overwrites = isinstance(order.add_tags, AddedTags) and order.add_tags.overwrite
    change = Change(
        DealKey(None, sent["orderNumber"]),
        amount_rub=sent.get("revenue", UNSET),
        status=sent.get("status", UNSET),
        manager=sent.get("manager", UNSET),
        tags=tags if overwrites else UNSET,
        custom_values=sent.custom,
        margin_rub=sent.get("margin", UNSET),
        currency=currency_of(sent["currency"]) if "currency" in sent.values else UNSET,
        status_since=utc_of_wall_clock(sent["statusDate"], site.time_zone) if "statusDate" in sent.values else UNSET,
        added_tags=() if overwrites else tags,
        added_comment=sent.get("comment.text", ""),
        detail_parts=details,
        matchers=matchers if matchers is not None else UNSET,
    )
    return DealUpdate(change, to_lead)


def _details(order: Order, sent: Sent) -> dict[str, object]:
    """Return the details that were sent, by field of `DealDetails`."""
    parts: dict[str, object] = {ours: sent[name] for name, ours in _DETAILS.items() if name in sent.values}
    if order.products is not None:
        parts["products"] = read_products(order.products)
    if order.order_contacts is not None:
        main, other = read_contacts(order)
        if order.order_contacts.main_contacts is not None:
            parts["main_contacts"] = main
        if order.order_contacts.other_contacts is not None:
            parts["other_contacts"] = other
    return parts


def _to_lead(order: Order) -> tuple[Addition, ...]:
    """Parse the manager, tags and custom fields to add to the deal's lead."""
    additions: list[Addition] = []
    if order.lead_manager is not None:
        name = parse_checked(
            "leadManager.manager", Text(LABEL_LENGTH_MAX).read, scalar_text(order.lead_manager.manager)
        )
        if name.strip():
            additions.append(Addition(managers=(name,), overwrite=order.lead_manager.overwrite))
    tags = read_order_tags("addTagsToLead", order.add_tags_to_lead)
    if tags:
        overwrites = isinstance(order.add_tags_to_lead, AddedTags) and order.add_tags_to_lead.overwrite
        additions.append(Addition(tags=tags, overwrite=overwrites))
    added = order.add_custom_fields_to_lead
    if added is not None and any(map(_has_value, added.custom_fields)):
        try:
            additions.append(read_fields(AnnotationItem(add_custom_fields=added)))
        except InvalidParameters as fault:
            named = [Violation("addCustomFieldsToLead.customFields", each.ru, each.en) for each in fault.violations]
            raise InvalidParameters(named) from fault
    return tuple(additions)


def _has_value(field: FieldValue) -> bool:
    return bool(scalar_text(field.field).strip() and scalar_text(field.value).strip())


def _answer(
    number: SentScalar, sent: DealUpdate | InvalidParameters, outcome: UpdatedDeal | Refusal, language: Language
) -> StoredClientOrder | RefusedClientOrder:
    """Build the result for an order; `matched` is null if the deal was not rematched or nothing was found."""
    if isinstance(outcome, Refusal):
        return refused_client_order(number, outcome, language)
    matchers = outcome.deal.matchers
    decided = matchers[outcome.matcher] if outcome.matcher is not None else None
    matched = matched_by(decided, outcome.deal.lead, outcome.deal.visit_id)
    said = sent.change.matchers if isinstance(sent, DealUpdate) else ()
    warning = "" if isinstance(said, Unset) else warning_of(said, "reMatching", language)
    return stored_client_order(number, outcome.deal.id, matched, warning)
