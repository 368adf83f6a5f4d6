"""The data that a deal has only in the deals API 2.0: its funnel, name, link, products and contacts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from dealtrace.deals.lead_clue import SearchContacts, stated_contacts
from dealtrace.record import record

PRODUCTS_MAX = 200
"""Ours: the maximum number of products of a deal; a longer list is refused, never cut."""
CONTACTS_MAX = 100
"""Ours: the maximum number of contacts of one kind in a deal; a longer list is refused, never cut."""


@record
class Product:
    """A product of a deal; `amount` is its price, in the currency of the deal."""

    name: str
    amount: Decimal | None = None
    brand: str = ""
    category: str = ""
    variant: str = ""
    quantity: Decimal | None = None


@record
class ContactBook:
    """The contacts of a deal's client as the CRM wrote them."""

    full_name: str = ""
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    whatsapp_phones: tuple[str, ...] = ()
    telegram_ids: tuple[str, ...] = ()
    telegram_names: tuple[str, ...] = ()
    vk_ids: tuple[str, ...] = ()


@record
class DealDetails:
    """The funnel, name, link, products and contacts of a deal; a value that was not sent is empty."""

    funnel: str = ""
    name: str = ""
    link: str = ""
    products: tuple[Product, ...] = ()
    main_contacts: ContactBook | None = None
    other_contacts: ContactBook | None = None


NO_DETAILS = DealDetails()


def changed_details(details: DealDetails, parts: Mapping[str, object]) -> DealDetails:
    """Return the details of a deal after a change; `parts` are the fields that were sent, by name.

    Ours: a product in `parts` replaces the product of the same name, and other products stay.
    """
    changed = replace(details, **parts)  # type: ignore[arg-type]  # the names are fields, with values of their types
    if "products" not in parts:
        return changed
    by_name = {product.name: product for product in (*details.products, *changed.products)}
    return replace(changed, products=tuple(by_name.values()))


def search_contacts_of(details: DealDetails) -> SearchContacts | None:
    """Return the phones and e-mails in a deal's details, main contacts first, or `None` if there are none.

    Journals show these contacts, and find deals by them.
    """
    books = [book for book in (details.main_contacts, details.other_contacts) if book is not None]
    if not books:
        return None
    phones = _joined([phone for book in books for phone in book.phones])
    emails = _joined([email for book in books for email in book.emails])
    return stated_contacts(phones, emails)


def client_name_of(details: DealDetails) -> str:
    """Return the client's name in a deal's details, main contacts first; empty if there is none."""
    books = (details.main_contacts, details.other_contacts)
    return next((book.full_name for book in books if book is not None and book.full_name), "")


def _joined(texts: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(texts))
