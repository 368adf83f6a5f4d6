"""Mask secrets, contacts and people's names in the parameters of requests, and contacts in any text."""

import re
from collections.abc import Callable, Mapping

MASK = "•••"


def _spelt(names: str) -> frozenset[str]:
    """Split a blank-separated text into names; the result has each name as written and also in lower case."""
    return frozenset([*names.split(), *names.lower().split()])


SECRETS = _spelt("clientApiId Access-Token apikey token")
CONTACTS = _spelt("phoneNumber clientPhoneNumber callerid phone phones email emails callerphone")
PERSONS = _spelt("fio name clientName")
IDENTIFIERS = _spelt(
    "orderId orderNumber orderDate orderSum callId callReferenceId requestId requestNumber sessionId siteId id "
    "dateFrom dateTo date uniqueid linkTimeThreshold"
)
"""Parameters whose values may look like phone numbers, but are not; in these values, only e-mails are masked."""
_EMAIL = re.compile(r"(?<![^\s@,;])([^\s@,;]?)[^\s@,;]*(@|%40)")
_PHONE = re.compile(r"\+?\d[\d\s().-]{5,}\d")
_SUSPICIOUS = re.compile(r"@|%40|\d[\d\s().-]{5,}\d")
_CONTACT_LENGTH_MIN = 4
_SHOWN_OF_PHONE = 4
_DIGITS_OF_PHONE_MIN = 7


def mask_for(name: str) -> Callable[[str], str]:
    """Return the function that masks personal data in values of the parameter `name`.

    Ours: the beginning of a contact is kept, so that its owner can recognise it.
    """
    return _MASKS.get(name) or _MASKS.get(name.lower(), masked_text)


def masked_text(text: str) -> str:
    """Return a string with everything masked that looks like an e-mail or a phone."""
    if len(text) < _CONTACT_LENGTH_MIN or text.isalpha() or _SUSPICIOUS.search(text) is None:
        return text
    return _PHONE.sub(_mask_phone, _with_masked_emails(text))


def _with_masked_emails(text: str) -> str:
    if "@" not in text and "%40" not in text:  # a shortcut: the journal masks every registration
        return text
    return _EMAIL.sub(rf"\1{MASK}\2", text)


def _masked_contact(value: str) -> str:
    if value.isdecimal() and len(value) >= _DIGITS_OF_PHONE_MIN:  # a shortcut: most phones are sent as plain digits
        return value[:_SHOWN_OF_PHONE] + MASK
    masked = masked_text(value)
    if MASK in masked or not masked:
        return masked
    return masked[:1] + MASK


def _mask_phone(found: re.Match[str]) -> str:
    digits = [sign for sign in found[0] if sign.isdigit()]
    if len(digits) < _DIGITS_OF_PHONE_MIN:
        return found[0]
    return "".join(digits[:_SHOWN_OF_PHONE]) + MASK


_MASKS: Mapping[str, Callable[[str], str]] = {
    **dict.fromkeys(SECRETS, lambda _: MASK),
    **dict.fromkeys(CONTACTS, _masked_contact),
    **dict.fromkeys(PERSONS, lambda value: value[:1] + MASK if value else ""),
    **dict.fromkeys(IDENTIFIERS, _with_masked_emails),
}
"""Maps the name of a parameter, as documented or in lower case, to the function that masks its value."""
