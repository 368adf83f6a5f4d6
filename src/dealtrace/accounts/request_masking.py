"""Mask secrets, contacts and people's names in request parameters, and contacts in error messages and other strings."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from ipaddress import ip_address, ip_network
from itertools import islice

from dealtrace.accounts.api_request import ITEM_PARAMETERS_MAX, PARAMETERS_KEPT_MAX, REASON_LENGTH_MAX, VALUE_LENGTH_MAX
from dealtrace.accounts.token import TOKEN_LENGTH

MASK = "•••"
MASKED_LENGTH_MAX = 5 * VALUE_LENGTH_MAX
"""How many characters of a name or a value are masked before the result is cut.

Ours: masking a megabyte, which anybody may send a few times a second, takes half a second, in which nothing else is
answered. Words that this limit would cut are left out, since half of a contact cannot be recognised.
"""
NAMES_CACHED_MAX = 1000
"""How many names of parameters are cached with their masking functions; the same names come with every request."""
ADDRESSES_CACHED_MAX = 1000


def _spelt(names: str) -> frozenset[str]:
    """Return the names in a blank-separated string, each as written and also in lower case."""
    return frozenset([*names.split(), *names.lower().split()])


SECRETS = _spelt("clientApiId Access-Token access_token apikey token")
SECRET_WORDS = (
    *("token", "apikey", "apiid", "secret", "password", "passwd", "authorization", "bearer", "credential", "cookie"),
    *("accesskey", "privatekey", "signature", "pwd"),
)
"""Words that mark an unknown parameter as a secret if its name contains them, ignoring case and punctuation.

Ours: programs also send a token under names of their own, such as `api_key`, and the journal must never show a token.
"""
SECRET_NAMES = frozenset({"auth", "pass", "pin", "sig", "sign"})
"""Whole words in the names of unknown parameters whose values are probably secrets, as in `db_pass` and `userPass`.

As parts of a word they mean something else, as in `author` and `design`.
"""
PERSON_WORDS = (
    *("firstname", "lastname", "middlename", "fullname", "surname", "patronymic", "clientname", "customername"),
    *("contactname", "username", "fio", "фио", "фамилия", "отчество", "имяклиента", "comment", "комментари"),
)
"""Words in the names of unknown parameters, written without signs, whose values are probably names or free texts."""
PERSON_NAMES = frozenset({"имя"})
"""Whole words, between signs, in the names of unknown parameters whose values are probably people's names."""
CONTACT_WORDS = ("phone", "email", "телефон", "почта")
"""Words in the names of unknown parameters, written without signs, whose values are probably contacts."""
CONTACTS = _spelt(
    "phoneNumber clientPhoneNumber callerid phone phones email emails callerphone "
    "md5Phones waPhone tgId tgUsername vkId"
)
PERSONS = _spelt("fio name clientName fields.value")
FREE_TEXTS = _spelt(
    "comment comments comment.text orderComment addNewComment addNewComment.text orderName custom customFields "
    "customFields.value message"
)
"""Parameters with free text, of which only the first character is kept.

Ours: free text may contain personal data, which could not be found in the journal when the person is erased.
"""
IDENTIFIERS = _spelt(
    "orderId orderNumber orderDate orderSum callId callReferenceId requestId requestNumber sessionId siteId id "
    "dateFrom dateTo date uniqueid linkTimeThreshold requestDate callStartTime statusDate timeFrom timeTo from to "
    "referenceId sipCallId clientId visitorId googleClientId yandexClientId "
    "price revenue margin duration waitingTime page limit offset "
    "products.name fields.name customFields.field"
)
"""Parameters whose values may look like phone numbers, but are not; only e-mails and tokens in them are masked."""
SHOWN = _spelt("withComments searchAmongPhonesInText destphonenumber callCenterPhoneNumber phoneNumber.filterMode")
"""Documented parameters that are flags or the business's own numbers, but have words of contacts in their names."""
_BETWEEN_WORDS = re.compile(r"[.\[\]]")
_SIGNS = re.compile(r"[\W_]+")
_BEFORE_CAPITAL = re.compile(r"(?<=[a-zа-яё0-9])(?=[A-ZА-ЯЁ])")
_AT = r"@|\uff20|%(?:25)*40|\\u0040|&#(?:64|[xX]40);"
"""The sign of an e-mail, as it is or escaped, also within URLs within URLs, JSON and HTML.

Patterns name capital and small letters, since those that ignore case take twice the time.
"""
_EMAIL = re.compile(rf"(?<![^\s@,;])([^\s@,;]?)[^\s@,;]*({_AT})")
_SEPARATORS = r"\s().\-\u00ad\u200b\u2010-\u2015\u2060\u2212\ufeff"
_ESCAPED_SEPARATOR = "%(?:25)*(?:2[089BbDdEe]|[Aa]0)"
_NOT_IN_ESCAPE = r"(?<!%\d)(?<!%[0-9A-Fa-f]\d)(?<!%25\d)(?<!%25[0-9A-Fa-f]\d)"
"""Follows the first digit of a number: `15%20000` begins with 15 in `iphone%2015%20000`, not with 2015."""
_DIGITS = rf"\d[\d{_SEPARATORS}]{{5,}}\d"
_ESCAPED_DIGITS = rf"\d{_NOT_IN_ESCAPE}(?:[\d{_SEPARATORS}]|{_ESCAPED_SEPARATOR}){{5,}}\d"
_NUMBER, _ESCAPED_NUMBER = re.compile(rf"\+?{_DIGITS}"), re.compile(rf"\+?{_ESCAPED_DIGITS}")
_MAY_HAVE_AT = re.compile(r"@|\uff20|%(?:25|40)|\\u0040|&#")
"""Finds what a sign of an e-mail begins with, in half the time that finding the sign takes."""
_HAS_NUMBER, _HAS_ESCAPED_NUMBER = re.compile(_DIGITS), re.compile(_ESCAPED_DIGITS)
_ESCAPED_SEPARATORS = re.compile(_ESCAPED_SEPARATOR)
_YEAR, _MONTH, _DAY = r"(?:19|20)\d\d", r"(?:0[1-9]|1[0-2])", r"(?:0[1-9]|[12]\d|3[01])"
_CLOCK = r"(?:[01]\d|2[0-3])[0-5]\d[0-5]\d"
_DATE = re.compile(
    rf"(?<![\d+])(?:{_YEAR}([.-]){_MONTH}\1{_DAY}|{_DAY}([.-]){_MONTH}\2{_YEAR}|{_YEAR}{_MONTH}{_DAY}(?:{_CLOCK})?)(?!\d)"
)
"""The ways in which programs write dates: `26.03.2024`, `26-03-2024`, `2024-03-26`, `20240326`, `20240326120000`."""
_NO_DIGITS = re.compile(r"\D+")
_RUSSIAN_PHONE = re.compile("[78][0-9]{10}")
_SIGN = "[A-Za-z0-9_-]"
_AFTER_ESCAPE = r"(?<=%[0-9A-Fa-f]{2})|(?<=\\u[0-9A-Fa-f]{4})"
_TOKEN = re.compile(
    rf"(?:(?<!{_SIGN})|{_AFTER_ESCAPE})(?={_SIGN}*[A-Z])(?={_SIGN}*[a-z]){_SIGN}{{{TOKEN_LENGTH}}}(?!{_SIGN})"
)
"""The pattern of generated tokens; practically every generated token has a capital and a small letter."""
_CONTACT_LENGTH_MIN = 4
_SHOWN_OF_PHONE = 4
_DIGITS_OF_PHONE_MIN = 7


def mask_for(name: str) -> Callable[[str], str]:
    """Return the function that masks personal data in values of the parameter `name`.

    A value in a list has a path as its name, such as `0.orderContacts.otherContacts.email.1`. Positions in the path are
    ignored; its last one or two words, here `email`, decide how the value is masked. If these are unknown, the nearest
    enclosing name of a secret or of personal data decides: `0.fio.first` is masked like `fio`. Brackets separate words
    too, as in `client[0][fio]`, but a secret or personal name before them decides first: `custom[id]` is masked like
    `custom`. Ours: the beginning of a contact is kept, so that its owner can recognise it.
    """
    words = _words_of(name)
    impersonal = (None, _masked_identifier, masked_unknown)
    outer = _mask_named(_words_of(name.partition("[")[0])) if "[" in name else None
    mask = outer if outer not in impersonal else _mask_named(words)
    if mask is not None:
        return mask
    enclosing = (_mask_named([word]) for word in reversed(words[:-1]))
    return next((mask for mask in enclosing if mask is not None and mask not in impersonal), masked_unknown)


def _words_of(name: str) -> list[str]:
    return [word for word in _BETWEEN_WORDS.split(name) if word and not word.isdecimal()]


def _mask_named(words: Sequence[str]) -> Callable[[str], str] | None:
    """Return the masking function that the last one or two words of a name require, or `None` if they require none."""
    for known in (".".join(words[-2:]), words[-1] if words else ""):
        mask = _MASKS.get(known) or _MASKS.get(known.lower())
        if mask is not None:
            return mask
    return _mask_named_like(words[-1]) if words else None


def _mask_named_like(name: str) -> Callable[[str], str] | None:
    """Return the masking function that the words within an unknown name require, or `None` if they require none."""
    parts = _SIGNS.split(_BEFORE_CAPITAL.sub("_", name).lower())
    plain = "".join(parts)
    if not SECRET_NAMES.isdisjoint(parts) or any(word in plain for word in SECRET_WORDS):
        return _masked_secret
    if any(word in plain for word in CONTACT_WORDS):
        return _masked_contact
    is_person = not PERSON_NAMES.isdisjoint(parts) or any(word in plain for word in PERSON_WORDS)
    return _masked_name if is_person else None


def _masked_secret(_value: str) -> str:
    return MASK


def masked_unknown(text: str) -> str:
    """Return a value or name that was sent in an unknown place, with contacts and tokens masked.

    Ours: a program may send its token under any name, in place of a name, or with words around it.
    """
    return masked_text(_with_masked_tokens(text))


def _with_masked_tokens(text: str) -> str:
    return _TOKEN.sub(MASK, text) if len(text) >= TOKEN_LENGTH else text


def without_escapes(number: str) -> str:
    """Return a number with blanks, as many as signs were there, in place of its escaped separators."""
    return _ESCAPED_SEPARATORS.sub(lambda found: " " * len(found[0]), number) if "%" in number else number


def masked_number(written: str) -> str:
    """Return a number, written with or without separators, masked if it has as many digits as a phone."""
    digits = [sign for sign in without_escapes(written) if sign.isdigit()]
    if len(digits) < _DIGITS_OF_PHONE_MIN:
        return written
    return "".join(digits[:_SHOWN_OF_PHONE]) + MASK


def masked_text(text: str, mask_number: Callable[[str], str] = masked_number) -> str:
    """Return a string in which everything that looks like an e-mail or a phone is masked; dates stay as they are.

    `mask_number` masks what may be a phone: digits, and the blanks, brackets, dots and dashes between them, as they are
    or escaped as in URLs.
    """
    if len(text) < _CONTACT_LENGTH_MIN or text.isalpha():
        return text
    text = _with_masked_emails(text)
    if not _has_number(text):  # a shortcut: the journal masks every registration
        return text
    return _number_in(text).sub(lambda found: _masked_around_dates(found[0], mask_number), text)


def _has_number(text: str) -> bool:
    return (_HAS_ESCAPED_NUMBER if "%" in text else _HAS_NUMBER).search(text) is not None


def _number_in(text: str) -> re.Pattern[str]:
    """Return the pattern of the numbers in a string; the one for escaped separators takes three times the time."""
    return _ESCAPED_NUMBER if "%" in text else _NUMBER


def _masked_around_dates(written: str, mask_number: Callable[[str], str]) -> str:
    """Return `written` with the numbers before, between and after its dates masked."""
    if "20" not in written and "19" not in written:  # a shortcut: every date has the century
        return mask_number(written)
    pieces, end = [], 0
    for date in [*_DATE.finditer(without_escapes(written)), None]:
        before = written[end : date.start() if date is not None else None]
        pieces.append(_number_in(before).sub(lambda found: mask_number(found[0]), before))
        if date is not None:
            pieces.append(written[date.start() : date.end()])
            end = date.end()
    return "".join(pieces)


def _with_masked_emails(text: str) -> str:
    return text if _MAY_HAVE_AT.search(text) is None else _EMAIL.sub(rf"\1{MASK}\2", text)


def _masked_contact(value: str) -> str:
    if value.isdecimal() and len(value) >= _DIGITS_OF_PHONE_MIN:  # a shortcut: most phones are sent as plain digits
        return value[:_SHOWN_OF_PHONE] + MASK
    masked = masked_unknown(value)
    if MASK in masked or not masked:
        return masked
    return masked[:1] + MASK


def _masked_name(value: str) -> str:
    return value[:1] + MASK if value else ""


def _masked_identifier(value: str) -> str:
    return _with_masked_emails(_with_masked_tokens(value))


_MASKS: Mapping[str, Callable[[str], str]] = {
    **dict.fromkeys(SECRETS, _masked_secret),
    **dict.fromkeys(CONTACTS, _masked_contact),
    **dict.fromkeys(PERSONS | FREE_TEXTS, _masked_name),
    **dict.fromkeys(IDENTIFIERS, _masked_identifier),
    **dict.fromkeys(SHOWN, masked_unknown),
}
"""Maps the name of a parameter, as documented or in lower case, to the function that masks its value."""
_NETWORK_BITS = {4: 24, 6: 48}
"""How many bits of an IP address are kept, by its version."""


def masked_parameters(sent: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """Return the parameters of requests that sent the same names in the same order, masked and cut.

    Secrets, contacts and people's names are masked. Parameter names are masked too, because a malformed request may
    have a value in place of a name. Names and values are masked before they are cut, since half of an e-mail cannot be
    recognised.
    """
    names, shown, changed = list(sent[0]), [], []
    by_name = zip(*[each.values() for each in sent], strict=True)
    columns: list[Sequence[str]] = list(islice(by_name, PARAMETERS_KEPT_MAX))
    for place, (name, values) in enumerate(zip(names, columns, strict=False)):
        shown_name, mask = _cached(name) if len(name) <= VALUE_LENGTH_MAX else _shown_name_and_mask(name)
        shown.append(shown_name)
        columns[place] = masked = _masked_values(mask, values)
        if masked is not values:
            changed.append((name, masked))
    if shown != names:
        return [dict(zip(shown, (values[place] for values in columns), strict=True)) for place in range(len(sent))]
    kept = [dict(each) for each in sent]  # to copy whole mappings takes a fifth of the time of making them anew
    for name, masked in changed:
        for parameters, value in zip(kept, masked, strict=True):
            parameters[name] = value
    return kept


def _masked_values(mask: Callable[[str], str], values: Sequence[str]) -> Sequence[str]:
    """Return the values of one parameter in several requests, masked and cut.

    Ours: equal values are masked once, and different values are first searched together for anything to mask. Usually
    there is nothing, and masking each value takes three times the CPU time.
    """
    different = set(values)
    if mask in (masked_unknown, _masked_identifier) and len(max(different, key=len)) < TOKEN_LENGTH:
        together = "\0".join(different)
        if _MAY_HAVE_AT.search(together) is None and (mask is _masked_identifier or not _has_number(together)):
            return values
    masked = {value: mask(_beginning(value))[:VALUE_LENGTH_MAX] for value in different}
    return [masked[value] for value in values]


def _beginning(text: str, length_max: int = MASKED_LENGTH_MAX) -> str:
    """Return the beginning of a string, up to the last word that fits; a first word that is too long is cut."""
    if len(text) <= length_max:
        return text
    cut = text[:length_max]
    if not text[length_max].isspace():
        cut = cut[: max(cut.rfind(" "), cut.rfind("\n"))] if " " in cut or "\n" in cut else cut
    return cut


@lru_cache(maxsize=ADDRESSES_CACHED_MAX)
def masked_address(address: str) -> str | None:
    """Mask an IP address: return its network, `203.0.113.0/24` or `2001:db8:7::/48`; `None` if it is invalid.

    Ours: an address may be a person's, but an operator recognises the network of a program with a wrong token.
    """
    try:
        known = ip_address(address)
    except ValueError:
        return None
    return str(ip_network((known, _NETWORK_BITS[known.version]), strict=False))


def _shown_name_and_mask(name: str) -> tuple[str, Callable[[str], str]]:
    name = _beginning(name)
    return masked_unknown(name)[:VALUE_LENGTH_MAX], mask_for(name)


_cached = lru_cache(maxsize=NAMES_CACHED_MAX)(_shown_name_and_mask)


def masked_reason(message: str, sent: Mapping[str, str]) -> str:
    """Return the message of a refusal, masked and cut; null characters, which databases cannot store, are left out.

    Ours: a limit in the message, such as the greatest number allowed, stays readable. A number without separators
    counts as a limit unless it was sent or is written like a Russian phone. If not all parameters of the request are
    known, no number counts as a limit.
    """
    is_known = 0 < len(sent) < ITEM_PARAMETERS_MAX
    repeated: list[str] = []

    def mask(written: str) -> str:
        is_plain = written.isascii() and written.isdecimal() and _RUSSIAN_PHONE.fullmatch(written) is None
        if is_plain and is_known and not repeated:
            repeated.extend(_NO_DIGITS.sub("", text) for text in (*sent.keys(), *sent.values()))
        is_ours = is_plain and is_known and not any(written in digits for digits in repeated)
        return written if is_ours else masked_number(written)

    kept = _beginning(message.replace("\0", ""), 5 * REASON_LENGTH_MAX)
    return masked_text(_TOKEN.sub(MASK, kept), mask)[:REASON_LENGTH_MAX]
