"""Who gets mails of a site: an address, the language of the person, and the user it belongs to."""

import re
from collections.abc import Iterable

from dealtrace.errors import InvalidSetting, Language
from dealtrace.record import record

ADDRESS_LENGTH_MAX = 254
RECIPIENTS_MAX = 20
"""Ours: a list of people who are to act; what more people are to see has an address of its own."""
LANGUAGES: tuple[Language, ...] = ("ru", "en")
_APART = re.compile(r"[\n,;]+")
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~.-]{{1,64}}@(?:{_LABEL}\.)+{_LABEL}")
"""Ours: the signs of an address without quotes; nothing that a header of a mail could be broken with."""


@record
class Recipient:
    """A person who gets mails; `user_id` is set if the address is the login of a user."""

    address: str
    language: Language = "ru"
    user_id: int | None = None


def is_address(text: str) -> bool:
    """Return whether a mail can be sent to a text: an ASCII address, its domain in the form `xn--…` if need be."""
    return len(text) <= ADDRESS_LENGTH_MAX and _ADDRESS.fullmatch(text) is not None


def parse_recipients(text: str, usual: Language) -> tuple[Recipient, ...]:
    """Return the recipients of a list, each address once; `en` or `ru` behind an address is its language.

    Raises:
        InvalidSetting: a part of the list is no address, or there are too many.
    """
    found: dict[str, Recipient] = {}
    for part in _APART.split(text):
        address, _, language = part.strip().partition(" ")
        if not address:
            continue
        if not is_address(address) or language.strip() not in ("", *LANGUAGES):
            raise InvalidSetting(
                key="recipients",
                ru=f"«{part.strip()}» не адрес почты; пишите по одному, за адресом можно язык: a@example.org en",
                en=f"“{part.strip()}” is no e-mail; write each apart, with a language behind it: a@example.org en",
            )
        chosen: Language = "en" if "en" in (language.strip() or usual) else "ru"
        found.setdefault(address.casefold(), Recipient(address, chosen))
    return checked_recipients(found.values())


def checked_recipients(recipients: Iterable[Recipient]) -> tuple[Recipient, ...]:
    """Return recipients, each address once.

    Raises:
        InvalidSetting: there are too many.
    """
    by_address = {recipient.address.casefold(): recipient for recipient in recipients}
    if len(by_address) > RECIPIENTS_MAX:
        raise InvalidSetting(
            key="recipients", ru=f"не больше {RECIPIENTS_MAX} адресов", en=f"at most {RECIPIENTS_MAX} addresses"
        )
    return tuple(by_address.values())


def format_recipients(recipients: Iterable[Recipient]) -> str:
    """Return recipients as `parse_recipients` reads them, a line for each."""
    return "\n".join(f"{recipient.address} {recipient.language}" for recipient in recipients)
