"""The data that only deals sent by API 2.0 have, as strings: funnel, name, link, products and contacts."""

from collections.abc import Iterator
from decimal import Decimal

from dealtrace.cabinet.formats import money, number
from dealtrace.cabinet.view import View
from dealtrace.deals.details import ContactBook, DealDetails, Product

_QUANTITY_DIGITS = 3


class DetailsFormatter:
    """Formats a deal's details as strings, in the language of the page; amounts of money are in `currency`."""

    def __init__(self, view: View, currency: str | None) -> None:
        self._view = view
        self._currency = currency

    def lines(self, details: DealDetails) -> dict[str, str]:
        """Return the details as strings by their translated names; a string is empty if its value was not sent."""
        say = self._view.translate
        return {
            say("Funnel"): details.funnel,
            say("Deal name"): details.name,
            say("Link"): details.link,
            say("Products"): "; ".join(map(self._product, details.products)),
            say("Main contacts"): _contacts(details.main_contacts),
            say("Other contacts"): _contacts(details.other_contacts),
        }

    def _product(self, product: Product) -> str:
        kind = ", ".join(filter(None, (product.brand, product.category, product.variant)))
        named = f"{product.name} ({kind})" if kind else product.name
        return ", ".join([named, *self._price(product)])

    def _price(self, product: Product) -> Iterator[str]:
        language = self._view.language
        count = f"× {number(language, product.quantity, _digits(product.quantity))}" if product.quantity else ""
        price = money(language, product.amount, self._currency) if product.amount is not None else ""
        if price or count:
            yield " ".join(filter(None, (price, count)))


def _digits(quantity: Decimal) -> int:
    return 0 if quantity == quantity.to_integral_value() else _QUANTITY_DIGITS


def _contacts(book: ContactBook | None) -> str:
    """Return a client's name, phones, e-mails and messenger accounts as one string; empty if there are none."""
    if book is None:
        return ""
    accounts = [
        *(f"WhatsApp {phone}" for phone in book.whatsapp_phones),
        *(f"Telegram {account}" for account in (*book.telegram_names, *book.telegram_ids)),
        *(f"VK {account}" for account in book.vk_ids),
    ]
    return ", ".join(filter(None, (book.full_name, *book.phones, *book.emails, *accounts)))
