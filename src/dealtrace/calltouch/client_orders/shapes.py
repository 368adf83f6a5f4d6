"""The msgspec structs of an order in deals 2.0; texts may be sent as numbers, and empty values as `null`."""

from collections.abc import Sequence

import msgspec
from msgspec import UNSET, UnsetType

from dealtrace.calltouch.batches import Comment, FieldValue, Tag, Word
from dealtrace.calltouch.leads.annotate import AddedFields, AddedTags
from dealtrace.calltouch.leads.matching import Element

Words = Sequence[Word] | Word
"""A text, or a list of texts."""


class Contacts(msgspec.Struct, frozen=True, rename="camel"):
    """The main or the other contacts of a client: main contacts are single texts, other contacts are lists."""

    fio: Word = None
    phone_number: Words = None
    email: Words = None
    wa_phone: Words = None
    tg_id: Words = None
    tg_username: Words = None
    vk_id: Words = None


class OrderContacts(msgspec.Struct, frozen=True, rename="camel"):
    """The main contacts and the other contacts sent with a deal."""

    main_contacts: Contacts | None = None
    other_contacts: Contacts | None = None


class ProductItem(msgspec.Struct, frozen=True, rename="camel"):
    """A product sent with a deal."""

    name: Word = None
    price: Word = None
    brand: Word = None
    category: Word = None
    variant: Word = None
    quantity: Word = None


class ManagerOfLead(msgspec.Struct, frozen=True):
    """The manager to add to a deal's lead; with `overwrite`, the new manager replaces the lead's managers."""

    manager: Word = None
    overwrite: bool = False


class Order(msgspec.Struct, frozen=True, rename="camel"):
    """A deal to create or to change, as sent; fields whose keys were not sent are `UNSET` or `None`."""

    crm: Word | UnsetType = UNSET
    matching: Sequence[Element] | None = None
    re_matching: Sequence[Element] | None = None
    order_number: Word | UnsetType = UNSET
    funnel: Word | UnsetType = UNSET
    status: Word | UnsetType = UNSET
    status_date: Word | UnsetType = UNSET
    order_date: Word | UnsetType = UNSET
    update_date: Word | UnsetType = UNSET
    currency: Word | UnsetType = UNSET
    revenue: Word | UnsetType = UNSET
    margin: Word | UnsetType = UNSET
    manager: Word | UnsetType = UNSET
    order_link: Word | UnsetType = UNSET
    order_name: Word | UnsetType = UNSET
    comment: Comment | Word = None
    add_new_comment: Comment | Word = None
    add_tags: AddedTags | Sequence[Tag | Word] | None = None
    add_tags_to_lead: AddedTags | Sequence[Tag | Word] | None = None
    lead_manager: ManagerOfLead | None = None
    custom_fields: Sequence[FieldValue] | None = None
    add_custom_fields_to_lead: AddedFields | None = None
    products: Sequence[ProductItem] | None = None
    order_contacts: OrderContacts | None = None
