"""Texts for the keys of reports, which are the values that rows are grouped by, such as codes and times."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta

from dealtrace.cabinet.formats import MONTHS, day_span
from dealtrace.errors import InvalidValue, Language
from dealtrace.leads.lead import LeadKind
from dealtrace.matching.match_reason import MatchReason
from dealtrace.reports.dimensions import KIND_KEYS, NEW_CLIENT, RETURNING_CLIENT, Dimension
from dealtrace.reports.periods import DAYS_OF_WEEK
from dealtrace.reports.time_keys import number_of_key

_REASONS: Mapping[str, tuple[str, str]] = {
    MatchReason.PINNED: ("закреплена вручную", "pinned by hand"),
    MatchReason.CALL_ID: ("по ID звонка", "by the call’s ID"),
    MatchReason.CALL_REFERENCE: ("по ID звонка в АТС", "by the call’s ID in the PBX"),
    MatchReason.REQUEST_ID: ("по ID заявки", "by the lead request’s ID"),
    MatchReason.REQUEST_NUMBER: ("по номеру заявки на сайте", "by the lead request’s number on the site"),
    MatchReason.PHONE: ("по телефону", "by phone"),
    MatchReason.MATCHER: ("по списку matching", "by the list `matching`"),
    MatchReason.EMAIL: ("по почте", "by e-mail"),
    MatchReason.STATED_SOURCE: ("источник назвала CRM", "the CRM stated the source"),
    MatchReason.PINNED_TO_NONE: ("вручную оставлена без лида", "left without a lead by hand"),
    MatchReason.NOTHING_SENT: ("CRM не прислала ни лида, ни контакта", "the CRM sent neither a lead nor a contact"),
    MatchReason.LEAD_UNKNOWN: ("присланный лид неизвестен", "the lead that was sent is unknown"),
    MatchReason.CONTACT_UNUSABLE: ("телефон или почта указаны неверно", "the phone or e-mail is invalid"),
    MatchReason.MATCHING_OFF: ("склейка по контактам выключена", "matching by contact is off"),
    MatchReason.NO_LEAD_NEAR: ("нет лида в допустимое время", "no lead within the allowed time"),
}
_WEEKDAYS = {
    "1": ("понедельник", "Monday"),
    "2": ("вторник", "Tuesday"),
    "3": ("среда", "Wednesday"),
    "4": ("четверг", "Thursday"),
    "5": ("пятница", "Friday"),
    "6": ("суббота", "Saturday"),
    "7": ("воскресенье", "Sunday"),
}
_WORDS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "match_reason": _REASONS,
    "weekday": _WEEKDAYS,
    "lead_kind": {
        KIND_KEYS[LeadKind.CALL]: ("звонок", "call"),
        KIND_KEYS[LeadKind.LEAD_REQUEST]: ("заявка", "lead request"),
    },
    "client_kind": {NEW_CLIENT: ("новый", "new"), RETURNING_CLIENT: ("повторный", "returning")},
}
assert set(_REASONS) == set(MatchReason)


def key_words(dimension: Dimension, key: str, language: Language) -> str:
    """Return the text of a key; a key that needs no other text is returned unchanged."""
    words = _WORDS.get(dimension.name, {}).get(key)
    if words is not None:
        return words[0] if language == "ru" else words[1]
    match dimension.name:
        case "day":
            return day_words(key, language)
        case "week":
            first_on = date.fromordinal(number_of_key("week", key) * DAYS_OF_WEEK + 1)
            return day_span(language, first_on, first_on + timedelta(days=DAYS_OF_WEEK - 1))
        case "month":
            year, month = key.split("-")
            return f"{MONTHS[language][int(month) - 1]} {year}"
        case "quarter":
            year, quarter = key.split("-Q")
            return f"{quarter} кв. {year}" if language == "ru" else f"Q{quarter} {year}"
        case _:
            return key


def value_words(dimension: Dimension | None, value: str, language: Language) -> str:
    """Return the text of a value that a filter compares with; a value that is not a valid key is returned unchanged."""
    if dimension is None:
        return value
    try:
        if dimension.is_time:
            number_of_key(dimension.name, value)
    except InvalidValue:
        return value
    return key_words(dimension, value, language)


def nothing_words(dimension: Dimension, translate: Callable[[str], str]) -> str:
    """Return the text that is shown for a missing key, with the reason if it is known."""
    if dimension.name == "client_kind":
        return translate("(client unknown: the deal has no lead)")
    if dimension.name == "source":
        return translate("(no source)")
    return translate("(nothing)")


def day_words(key: str, language: Language) -> str:
    """Format a day without its year: 30 окт."""
    on = date.fromisoformat(key)
    return f"{on.day}\u00a0{MONTHS[language][on.month - 1]}"
