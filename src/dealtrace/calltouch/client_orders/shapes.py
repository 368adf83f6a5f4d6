"""The msgspec structs of an order, as the deals API 2.0 calls a deal.

Strings may be sent as numbers, and empty values as `null`.
"""

from collections.abc import Sequence

import msgspec
from msgspec import UNSET, UnsetType

from dealtrace.calltouch.json_bodies import Comment, FieldValue, Tag
from dealtrace.calltouch.json_scalars import SentScalar
from dealtrace.calltouch.leads.annotate import AddedFields, AddedTags
from dealtrace.calltouch.leads.matching_elements import Element

SentScalars = Sequence[SentScalar] | SentScalar
"""A string (or number), or a list of them."""


class Contacts(msgspec.Struct, frozen=True, rename="camel"):
    """The main or the other contacts of a client: main contacts are single strings, other contacts are lists."""

    fio: SentScalar = None
    phone_number: SentScalars = None
    email: SentScalars = None
    wa_phone: SentScalars = None
    tg_id: SentScalars = None
    tg_username: SentScalars = None
    vk_id: SentScalars = None


class OrderContacts(msgspec.Struct, frozen=True, rename="camel"):
    """The main contacts and the other contacts sent with a deal."""

    main_contacts: Contacts | None = None
    other_contacts: Contacts | None = None


class ProductItem(msgspec.Struct, frozen=True, rename="camel"):
    """A product sent with a deal."""

    name: SentScalar = None
    price: SentScalar = None
    brand: SentScalar = None
    category: SentScalar = None
    variant: SentScalar = None
    quantity: SentScalar = None


class ManagerOfLead(msgspec.Struct, frozen=True):
    """The manager to add to a deal's lead; with `overwrite`, the new manager replaces the lead's managers."""

    manager: SentScalar = None
    overwrite: bool = False


class Order(msgspec.Struct, frozen=True, rename="camel"):
    """A deal to create or to change, as sent; fields whose keys were not sent are `UNSET` or `None`."""

    crm: SentScalar | UnsetType = UNSET
    matching: Sequence[Element] | None = None
    re_matching: Sequence[Element] | None = None
    order_number: SentScalar | UnsetType = UNSET
    funnel: SentScalar | UnsetType = UNSET
    status: SentScalar | UnsetType = UNSET
    status_date: SentScalar | UnsetType = UNSET
    order_date: SentScalar | UnsetType = UNSET
    update_date: SentScalar | UnsetType = UNSET
    currency: SentScalar | UnsetType = UNSET
    revenue: SentScalar | UnsetType = UNSET
    margin: SentScalar | UnsetType = UNSET
    manager: SentScalar | UnsetType = UNSET
    order_link: SentScalar | UnsetType = UNSET
    order_name: SentScalar | UnsetType = UNSET
    comment: Comment | SentScalar = None
    add_new_comment: Comment | SentScalar = None
    add_tags: AddedTags | Sequence[Tag | SentScalar] | None = None
    add_tags_to_lead: AddedTags | Sequence[Tag | SentScalar] | None = None
    lead_manager: ManagerOfLead | None = None
    custom_fields: Sequence[FieldValue] | None = None
    add_custom_fields_to_lead: AddedFields | None = None
    products: Sequence[ProductItem] | None = None
    order_contacts: OrderContacts | None = None
