"""The labels that people read in reports instead of codes, for example “Monday” instead of `1`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from dealtrace.errors import Language, text_in
from dealtrace.leads.lead import KIND_NAMES, LeadKind
from dealtrace.matching.match_reason import MatchReason
from dealtrace.reports.answer import LazyRows, Report, ReportLine
from dealtrace.reports.dimensions import DIMENSIONS, NEW_CLIENT, RETURNING_CLIENT, Dimension
from dealtrace.reports.pivot import Pivot, PivotLine

_REASONS: Mapping[str, tuple[str, str]] = {
    MatchReason.PINNED: ("закреплена вручную", "pinned by hand"),
    MatchReason.CALL_ID: ("по ID звонка", "by the call’s ID"),
    MatchReason.CALL_REFERENCE: ("по ID звонка в АТС", "by the call’s ID in the PBX"),
    MatchReason.REQUEST_ID: ("по ID заявки", "by the lead request’s ID"),
    MatchReason.REQUEST_NUMBER: ("по номеру заявки на сайте", "by the lead request’s number on the site"),
    MatchReason.PHONE: ("по телефону", "by phone"),
    MatchReason.MATCHER: ("по условию поиска из CRM", "by a matcher from the CRM"),
    MatchReason.EMAIL: ("по почте", "by e-mail"),
    MatchReason.STATED_SOURCE: ("источник указала CRM", "the CRM stated the source"),
    MatchReason.PINNED_TO_NONE: ("вручную оставлена без лида", "manually left without a lead"),
    MatchReason.NOTHING_SENT: ("CRM не прислала ни лида, ни контакта", "the CRM sent neither a lead nor a contact"),
    MatchReason.LEAD_UNKNOWN: ("присланный лид неизвестен", "the lead that was sent is unknown"),
    MatchReason.CONTACT_UNUSABLE: ("неверный телефон или e-mail", "invalid phone or e-mail"),
    MatchReason.MATCHING_OFF: ("поиск лида по контакту выключен", "matching by contact is off"),
    MatchReason.NO_LEAD_NEAR: ("нет лида за допустимое время", "no lead within the allowed time"),
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
CODE_LABELS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "match_reason": _REASONS,
    "weekday": _WEEKDAYS,
    "lead_kind": {
        KIND_NAMES[LeadKind.CALL]: ("звонок", "call"),
        KIND_NAMES[LeadKind.LEAD_REQUEST]: ("заявка", "lead request"),
    },
    "client_kind": {NEW_CLIENT: ("новый", "new"), RETURNING_CLIENT: ("повторный", "returning")},
    "device": {
        "desktop": ("компьютер", "desktop"),
        "mobile": ("телефон", "mobile"),
        "tablet": ("планшет", "tablet"),
    },
}
"""Maps the name of each dimension that has codes to its codes, and each code to a Russian and an English label."""
assert set(_REASONS) == set(MatchReason)


def label_of_code(name: str, key: str, language: Language) -> str:
    """Return the label of a key of the dimension `name`; a key without a label is returned unchanged."""
    found = CODE_LABELS.get(name, {}).get(key)
    if found is None:
        return key
    return found[0] if language == "ru" else found[1]


def code_of_label(name: str, text: str) -> str:
    """Return the code of the dimension `name` that has the label `text`, in either language and any letter case.

    If `text` is not a label of the dimension, for example because it is a code, it is returned unchanged.
    """
    said = text.strip().casefold()
    codes = (code for code, labels in CODE_LABELS.get(name, {}).items() if said in (each.casefold() for each in labels))
    return next(codes, text)


def text_with_labels(text: str, language: Language) -> str:
    """Return the message of a refused filter, with titles of dimensions and labels instead of names and codes."""
    text = text.replace(", ".join(DIMENSIONS), ", ".join(text_in(language, each) for each in DIMENSIONS.values()))
    for name in CODE_LABELS:
        dimension = DIMENSIONS[name]
        if dimension.keys:
            labels = ", ".join(label_of_code(name, key, language) for key in dimension.keys)
            text = text.replace(", ".join(dimension.keys), labels)
            text = text.replace(f"{name}: ", f"{text_in(language, dimension)}: ")
    return text


def answer_with_labels(answered: Report | Pivot, language: Language) -> Report | Pivot:
    """Return a copy of a report or a pivot, with labels instead of codes in its keys.

    Ours: days, weeks and months are not changed, so that spreadsheets can sort them.
    """
    if isinstance(answered, Report):
        rows = LazyRows(answered.rows, partial(_row_with_labels, answered.question.by, language))
        return replace(answered, rows=rows)
    by = answered.report.question.by
    return replace(
        answered,
        columns=tuple(_label(answered.dimension, key, language) for key in answered.columns),
        lines=tuple(_line_with_labels(by, language, line) for line in answered.lines),
    )


def _row_with_labels(by: Sequence[Dimension], language: Language, row: ReportLine) -> ReportLine:
    return replace(row, keys=_with_labels(by, row.keys, language))


def _line_with_labels(by: Sequence[Dimension], language: Language, line: PivotLine) -> PivotLine:
    return replace(line, keys=_with_labels(by, line.keys, language))


def _with_labels(by: Sequence[Dimension], keys: Sequence[str | None], language: Language) -> tuple[str | None, ...]:
    return tuple(_label(dimension, key, language) for dimension, key in zip(by, keys, strict=True))


def _label(dimension: Dimension, key: str | None, language: Language) -> str | None:
    return label_of_code(dimension.name, key, language) if key is not None else None
