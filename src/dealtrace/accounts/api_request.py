"""A request to the API as the journal keeps it: who sent what, and what came of it."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from dealtrace.record import record

MASK = "•••"
PARAMETERS_KEPT_MAX = 60
"""Ours: of one request; a form has a dozen."""
VALUE_LENGTH_MAX = 200
"""Ours: characters kept of a value."""
SECRETS = frozenset({"clientapiid", "access-token", "apikey", "token"})
CONTACTS = frozenset(
    {"phonenumber", "clientphonenumber", "callerid", "phone", "phones", "email", "emails", "callerphone"}
)
PERSONS = frozenset({"fio", "name", "clientname"})
IDENTIFIERS = frozenset(
    {"orderid", "ordernumber", "callid", "callreferenceid", "requestid", "requestnumber", "sessionid", "siteid", "id",
     "datefrom", "dateto", "orderdate", "ordersum", "uniqueid", "date"}
)  # fmt: skip
"""Parameters whose digits are no phone."""
_EMAIL = re.compile(r"([^\s@,;]?)[^\s@,;]*@")
_PHONE = re.compile(r"\+?\d[\d\s().-]{5,}\d")
_SHOWN_OF_PHONE = 4
_DIGITS_OF_PHONE_MIN = 7


@record
class ApiRequest:
    """A request: its site (0 if it named none), its token, what was sent with contacts masked, and the answer.

    `code` and the reasons are those of a refusal; without one they are `None`.
    """

    site_id: int
    at: datetime
    request_id: str
    token_id: int | None
    method: str
    path: str
    parameters: Mapping[str, str]
    status: int
    code: int | None
    reason_ru: str | None
    reason_en: str | None
    duration: timedelta


def masked_parameters(sent: Mapping[str, str]) -> dict[str, str]:
    """Return what was sent by name, with secrets, contacts and names of people masked, and long values cut."""
    kept = list(sent.items())[:PARAMETERS_KEPT_MAX]
    return {name[:VALUE_LENGTH_MAX]: masked_value(name, value[:VALUE_LENGTH_MAX]) for name, value in kept}


def masked_value(name: str, value: str) -> str:
    """Return a value as it may be kept.

    Ours: the beginning of a contact stays, so that its owner can be asked which it was.
    """
    folded = name.lower()
    if folded in SECRETS:
        return MASK
    if folded in PERSONS:
        return value[:1] + MASK if value else ""
    if folded in IDENTIFIERS:
        return value
    return masked_text(value, is_contact=folded in CONTACTS)


def masked_text(text: str, *, is_contact: bool = False) -> str:
    """Return a text with what looks like an e-mail or a phone masked; a contact is masked in any case."""
    if "@" in text:
        text = _EMAIL.sub(rf"\1{MASK}@", text)
    masked = _PHONE.sub(_mask_phone, text) if any(sign.isdigit() for sign in text) else text
    if is_contact and MASK not in masked:
        return masked[:1] + MASK if masked else ""
    return masked


def _mask_phone(found: re.Match[str]) -> str:
    digits = [sign for sign in found[0] if sign.isdigit()]
    if len(digits) < _DIGITS_OF_PHONE_MIN:
        return found[0]
    return "".join(digits[:_SHOWN_OF_PHONE]) + MASK
