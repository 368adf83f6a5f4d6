"""Parse the content of a search field: an id, a number, a phone, an e-mail or a name."""

import re

from dealtrace.leads.contact import list_emails, list_phones
from dealtrace.plain_text import stripped
from dealtrace.record import record
from dealtrace.whole_number import parse_whole_number

ANY = "*"
"""The character in a search text that stands for any number of unknown characters; such a text is called a mask."""
MASK_LENGTH_MIN = 3
"""Ours: the fewest characters of a mask, not counting `*`; a shorter mask would find too much."""
SEARCH_LENGTH_MAX = 256
_PHONE_MASK = re.compile(r"[+0-9()\s*-]+")
_MARKS = re.compile(r"[^0-9*]")


@record
class SearchText:
    """The text of a search, and its possible meanings.

    `id` is an id of this database, `contacts` are phones and e-mails in normal form. `mask` is the text if it has `*`
    for unknown characters; `phone_mask` is the mask in the normal form of phones, if it may be a phone.
    """

    text: str
    id: int | None = None
    contacts: tuple[str, ...] = ()
    mask: str | None = None
    phone_mask: str | None = None

    @property
    def is_contact(self) -> bool:
        """Whether the text is a phone or an e-mail; if it is, names are not searched."""
        return bool(self.contacts)


def parse_search(typed: str) -> SearchText | None:
    """Return the possible meanings of a search text, or `None` if the text is empty or too vague."""
    text = stripped(typed)[:SEARCH_LENGTH_MAX]
    if not text:
        return None
    if ANY in text:
        return _masked(text)
    return SearchText(text, parse_whole_number(text), (*list_phones(text), *list_emails(text)))


def _masked(text: str) -> SearchText | None:
    if len(text.replace(ANY, "").strip()) < MASK_LENGTH_MIN:
        return None
    phone = _normal_mask(text) if _PHONE_MASK.fullmatch(text) is not None else None
    return SearchText(text, mask=text, phone_mask=phone)


def _normal_mask(text: str) -> str:
    """Return the mask of a phone in normal form: only digits and `*`, with 7 in place of Russia's trunk prefix 8."""
    digits = _MARKS.sub("", text)
    return f"7{digits[1:]}" if digits.startswith("8") and not text.lstrip().startswith("+") else digits
