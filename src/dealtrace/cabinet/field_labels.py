"""Refusals in the words of a page: a parameter is called by the label of its field, not by its name in the API."""

import re
from collections.abc import Mapping

from dealtrace.accounts.masking import masked_text
from dealtrace.cabinet.rendering import translations_of
from dealtrace.errors import BodyTooLarge, InvalidParameters, InvalidSetting, Language, Refusal, Violation

LABELS: Mapping[str, str] = {
    "period": "Period",
    "from": "First day",
    "to": "Last day",
    "compare": "Comparison",
    "model": "Model",
    "models": "Model",
    "date": "Deals by",
    "segment": "Segment",
    "by": "Group by",
    "pivot": "Columns by",
    "metrics": "Metrics",
    "filter": "Filters",
    "sort": "Order of rows",
    "limit": "Number of rows",
    "key": "Row",
    "login": "Login",
    "password": "Password",
    "tags": "Tags",
    "manager": "Manager",
    "comment": "Comment",
    "ring_back": "Missed call",
    "call": "Call",
}
"""The English labels of fields by the names of parameters, for fields that have the same label on all pages."""
UNMASKED = ("period", "from", "to", "compare", "model", "models", "date", "limit")
"""The parameters in whose error messages there is no text of a person, but there are dates, which look like phones."""
_TOO_LARGE = "The form is larger than %(kilobytes)s KB. Go back, and shorten what you typed or choose a smaller file."
_NAME = re.compile(r"`(\w+)`")
"""Matches the name of a parameter in a message, such as `to` in “must not be after `to`”."""


def labelled_text(
    refusal: Refusal, language: Language, labels: Mapping[str, str] = LABELS, *, is_whole: bool = True
) -> str:
    """Return why a form or a question is refused, with the labels of its fields for the names of parameters.

    `labels` has the English labels. Contacts in names, such as those of segments, are masked unless `is_whole` is true.
    """
    match refusal:
        case InvalidParameters():
            parts = [_labelled(each, language, labels, is_whole=is_whole) for each in refusal.violations]
            return "; ".join(dict.fromkeys(parts))
        case InvalidSetting():
            return _labelled(violation_of(refusal), language, labels, is_whole=is_whole)
        case BodyTooLarge():
            return translations_of(language).gettext(_TOO_LARGE) % {
                "kilobytes": int(str(refusal.facts["bytes_max"])) // 1000
            }
        case _:
            return refusal.text(language)


def violation_of(refusal: InvalidSetting) -> Violation:
    """Return the setting that is refused, and why, as a violation."""
    return Violation(*(str(refusal.facts[name]) for name in ("key", "ru", "en")))


def unknown_choice(field: str, text: str) -> Violation:
    """Return the violation for a text that is none of the choices of a field."""
    return Violation(field, f"нет «{text}»; выберите из списка", f"unknown “{text}”; choose from the list")


def _labelled(violation: Violation, language: Language, labels: Mapping[str, str], *, is_whole: bool) -> str:
    text = violation.text(language)
    if not is_whole and violation.field not in UNMASKED:
        text = masked_text(text)
    words = _NAME.sub(lambda name: _quoted(name[1], language, labels), text)
    label = _label(violation.field, language, labels)
    return f"{label}: {words}" if label else words


def _quoted(name: str, language: Language, labels: Mapping[str, str]) -> str:
    label = _label(name, language, labels) or name
    return f"«{label}»" if language == "ru" else f"“{label}”"


def _label(name: str, language: Language, labels: Mapping[str, str]) -> str:
    """Return the label of a field; a field that a page does not have is called by its name, the whole form by none."""
    if name == "*":
        return ""
    return translations_of(language).gettext(labels[name]) if name in labels else name
