"""What deals 2.0 say of a deal beyond deals 1.0."""

from decimal import Decimal

from dealtrace.record import record

RUBLE = "rub"
CURRENCY_LENGTH_MAX = 16
PRODUCTS_MAX = 200
"""Ours: products of a deal; a longer list is refused, never cut."""
CONTACTS_MAX = 100
"""Ours: contacts of one kind in a deal."""


@record
class Product:
    """A product of a deal; its price is in the currency of the deal."""

    name: str
    price: Decimal | None = None
    brand: str = ""
    category: str = ""
    variant: str = ""
    quantity: Decimal | None = None


@record
class ContactBook:
    """Contacts of a deal's client as the CRM wrote them."""

    full_name: str = ""
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    whatsapp_phones: tuple[str, ...] = ()
    telegram_ids: tuple[str, ...] = ()
    telegram_names: tuple[str, ...] = ()
    vk_ids: tuple[str, ...] = ()


@record
class DealDetails:
    """The funnel, name, link, products and contacts of a deal; empty means not stated."""

    funnel: str = ""
    name: str = ""
    link: str = ""
    products: tuple[Product, ...] = ()
    main_contacts: ContactBook | None = None
    other_contacts: ContactBook | None = None


NO_DETAILS = DealDetails()
