"""A phone and an e-mail in many spellings, for tests that look for them wherever people without rights can look."""

import html
import re
from urllib.parse import unquote_plus

PHONE, EMAIL = "+7 (912) 555-77-88", "anna@example.com"
NATIONAL = "9125557788"
SPELLINGS = (PHONE, "79125557788", "8-912-555-77-88", "8 912 555 77 88", "(912) 555-77-88", "8.912.555.77.88")
_BETWEEN = re.compile(r"[\s().+\u2010-\u2015-]+")


def contacts_in(text: str) -> list[str]:
    """Return what surrounds the phone and the e-mail in a text, also as parts of URLs."""
    read = unquote_plus(html.unescape(unquote_plus(text)))
    found = []
    if (at := (joined := _BETWEEN.sub("", read)).find(NATIONAL)) >= 0:
        found.append(joined[max(at - 120, 0) : at + 30])
    if (at := read.find(EMAIL)) >= 0:
        found.append(read[max(at - 120, 0) : at + 30])
    return found
