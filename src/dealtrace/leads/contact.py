"""Phones and e-mails in the one form in which they are compared."""

import re

import phonenumbers

from dealtrace.record import record

PHONE_REGION = "RU"
"""Ours: numbers without a country code are read as Russian, as the seed's `7XXXXXXXXXX` does."""

_READY = re.compile(r"7[0-9]{10}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@record
class StatedContact:
    """A phone or e-mail as somebody wrote it, and the form it is compared in: `None` when it is unusable."""

    as_sent: str
    normal: str | None


def normal_phone(text: str) -> str | None:
    """Bring a phone into digits with its country code (`79205550055`); `None` if no phone can be read from it.

    Seed: «Номер телефон клиента в формате 7XXXXXXXXXX».
    Ours: any written form is taken; a leading 8 of eleven digits is Russia's trunk prefix, ten digits lack the 7. A
    plus announces a country, and a foreign number may come without it, as the seed's own form does.
    """
    if _READY.fullmatch(text):
        return text
    digits = "".join(character for character in text if character in "0123456789")
    is_international = text.lstrip().startswith("+")
    if is_international and (foreign := _known_phone(text)) is not None:
        return foreign
    if len(digits) == len("89205550055") and digits[0] in "78":
        return "7" + digits[1:]
    if len(digits) == len("9205550055") and not is_international:
        return "7" + digits
    return _known_phone(text) or _known_phone(f"+{digits}")


def _known_phone(text: str) -> str | None:
    """Read a phone by the numbering plans of the world; one that is only dialled inside a city names nobody."""
    try:
        number = phonenumbers.parse(text, PHONE_REGION)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
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
