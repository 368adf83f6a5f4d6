"""Phones and e-mails in the one form in which they are compared."""

import re
from dataclasses import dataclass

import phonenumbers

PHONE_REGION = "RU"
"""Ours: numbers without a country code are read as Russian, as the seed's `7XXXXXXXXXX` does."""

_READY = re.compile(r"7[0-9]{10}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True, slots=True)
class StatedContact:
    """A phone or e-mail as somebody wrote it, and the form it is compared in: `None` when it is unusable."""

    as_sent: str
    normal: str | None


def normal_phone(text: str) -> str | None:
    """Bring a phone into digits with its country code (`79205550055`); `None` if no phone can be read from it.

    Seed: «Номер телефон клиента в формате 7XXXXXXXXXX».
    Ours: any written form is taken; a leading 8 of eleven digits is Russia's trunk prefix, ten digits lack the 7.
    """
    if _READY.fullmatch(text):
        return text
    digits = "".join(character for character in text if character in "0123456789")
    if len(digits) == len("89205550055") and digits[0] in "78":
        return "7" + digits[1:]
    if len(digits) == len("9205550055") and not text.lstrip().startswith("+"):
        return "7" + digits
    return _foreign_phone(text)


def _foreign_phone(text: str) -> str | None:
    try:
        number = phonenumbers.parse(text, PHONE_REGION)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return f"{number.country_code}{phonenumbers.national_significant_number(number)}"


def normal_email(text: str) -> str | None:
    """Bring an e-mail into the form it is compared in: trimmed, without regard to case; `None` if it is none."""
    trimmed = text.strip()
    return trimmed.casefold() if _EMAIL.fullmatch(trimmed) else None


def stated_phone(text: str) -> StatedContact:
    """Keep a phone as it was written beside its normal form."""
    return StatedContact(text, normal_phone(text))


def stated_email(text: str) -> StatedContact:
    """Keep an e-mail as it was written beside its normal form."""
    return StatedContact(text, normal_email(text))
