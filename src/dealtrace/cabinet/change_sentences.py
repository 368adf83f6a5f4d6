"""Describe changes to a site's settings in sentences for people."""

from collections.abc import Callable, Mapping
from datetime import date

from dealtrace.accounts.rights import Role
from dealtrace.accounts.site_change import PAST_DEALS, ChangeKind, SiteChange
from dealtrace.alerts.rule import parse_formatted_rule
from dealtrace.alerts.sentences import metric_title, rule_sentence
from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.model_labels import model_label
from dealtrace.cabinet.formats import NOTHING, day
from dealtrace.cabinet.labels import COLUMN_KINDS, HOST_LABELS, LEAD_LABELS, RING_BACK_LABELS
from dealtrace.errors import Language
from dealtrace.mails.scheduled_report import Rhythm
from dealtrace.operations.leads.change_in_cabinet import DELETED, NOTED, RESTORED
from dealtrace.operations.leads.mark_missed_calls import TO_RETURN
from dealtrace.reports.column_definitions import contents_of, parse_formatted_column
from dealtrace.reports.metrics import Metric

_SETTINGS: Mapping[str, str] = {
    "name": "Name",
    "timezone": "Time zone",
    "contact_matching": "Find the lead of a deal by the client's phone or e-mail",
    "attribution": "Attribution model",
    "unique_depth_days": "Unique lead: days without earlier leads of the same client",
    "target_call_seconds": "Target call: shortest conversation in seconds",
    "respects_do_not_track": "Do not count visitors whose browsers ask not to be tracked",
    "points_per_day": "Points per day",
    "cors_origins": "Origins whose pages may call the API",
    "counter": "Code of the counter",
}
_CHANGED: Mapping[ChangeKind, str] = {
    ChangeKind.SETTING: "%(name)s: %(before)s → %(after)s",
    ChangeKind.STATUS: "Status “%(name)s”: %(before)s → %(after)s",
    ChangeKind.COLUMN: "Report column “%(name)s”: %(before)s → %(after)s",
    ChangeKind.FIELD: "Custom field “%(name)s”: %(done)s",
    ChangeKind.HOST: "Host %(name)s: %(before)s → %(after)s",
    ChangeKind.TOKEN: "Token “%(name)s”: %(done)s",
    ChangeKind.WEBHOOK: "Webhook %(name)s: %(before)s → %(after)s",
    ChangeKind.SHARED_LINK: "Shared link “%(name)s”: %(done)s",
    ChangeKind.MAIL_REPORT: "Report by e-mail “%(name)s”: %(before)s → %(after)s",
    ChangeKind.SEGMENT: "Segment “%(name)s”: %(before)s → %(after)s",
    ChangeKind.SAVED_REPORT: "Saved report “%(name)s”: %(before)s → %(after)s",
    ChangeKind.ALERT: "Alert “%(name)s”: %(before)s → %(after)s",
    ChangeKind.ROLE: "Role of %(name)s: %(before)s → %(after)s",
    ChangeKind.RATE: "Rates of %(name)s: %(before)s → %(after)s",
    ChangeKind.COSTS: "Costs imported: %(name)s, %(after)s",
    ChangeKind.IMPORT: "File imported: %(name)s, rows: %(after)s",
    ChangeKind.PAST: "Past visits reclassified, changed: %(after)s",
    ChangeKind.DEMO: "Demo data: %(done)s",
    ChangeKind.LEAD: "Lead changed by hand: %(name)s, %(after)s",
    ChangeKind.NOTE: "Note on %(name)s: %(done)s",
    ChangeKind.ERASURE: "Data of a person erased; leads: %(name)s, deals: %(after)s",
}
_COSTS_DELETED = "Costs deleted: %(name)s, %(before)s"
_IMPORT_UNDONE = "Import undone: %(name)s, deleted: %(before)s"
_PAST_DEALS = "Past deals matched again, changed: %(after)s"
_VALUES: Mapping[str, str] = {
    Role.READER: "reader",
    Role.ANALYST: "analyst",
    Role.OWNER: "owner",
    "on": "on",
    "off": "off",
    "won": "won",
    "lost": "lost",
    "open": "open",
    "works": "active",
    "paused": "paused",
    "all fields": "default fields",
    "address changed": "URL changed",
    "secret changed": "secret changed",
    "call": "calls",
    "lead_request": "lead requests",
    "deal": "deals",
    "visit": "visits",
    DELETED: "removed",
    RESTORED: "restored",
    NOTED: "notes changed",
    TO_RETURN: "to be returned",
    **RING_BACK_LABELS,
    Rhythm.DAILY: "each day",
    Rhythm.WEEKLY: "on Mondays",
    Rhythm.MONTHLY: "on the first of each month",
}
"""The English labels of stored values; pages translate them into the person's language."""
_NAMED_VALUES = frozenset(
    {
        ChangeKind.SETTING,
        ChangeKind.STATUS,
        ChangeKind.WEBHOOK,
        ChangeKind.IMPORT,
        ChangeKind.ROLE,
        ChangeKind.LEAD,
    }
)
"""The kinds of change whose old and new values have labels in `_VALUES`."""
assert set(_CHANGED) == set(ChangeKind)


def change_sentence(
    change: SiteChange, language: Language, translate: Callable[[str], str], columns: Mapping[str, Metric]
) -> str:
    """Return a sentence that describes a change, with the old and the new value, in the language of `translate`.

    `columns` has the metrics of the site's own report columns by name; only changes to alerts need them.
    """

    def value(text: str) -> str:
        return _value_label(text, change, language, translate, columns) if text else NOTHING

    sentence = _CHANGED[change.kind]
    if change.kind is ChangeKind.PAST and change.name == PAST_DEALS:
        sentence = _PAST_DEALS
    if change.kind is ChangeKind.COSTS and not change.after:
        sentence = _COSTS_DELETED
    if change.kind is ChangeKind.IMPORT and not change.after:
        sentence = _IMPORT_UNDONE
    return translate(sentence) % {
        "name": _name_label(change, language, translate, columns),
        "before": value(change.before),
        "after": value(change.after),
        "done": translate("removed" if change.before else "added"),
    }


def _name_label(
    change: SiteChange, language: Language, translate: Callable[[str], str], columns: Mapping[str, Metric]
) -> str:
    """Return the label of what was changed, such as the title of a setting."""
    name = change.name
    match change.kind:
        case ChangeKind.SETTING if name in _SETTINGS:
            return translate(_SETTINGS[name])
        case ChangeKind.ALERT:
            return metric_title(name, language, columns)
        case ChangeKind.IMPORT:
            return _value_label(name, change, language, translate, columns)
        case ChangeKind.NOTE:
            day_on, _, text = name.partition(" ")
            return f"{day(language, date.fromisoformat(day_on))}, “{text}”"
        case ChangeKind.LEAD:
            kind, _, number = name.partition(" ")
            return f"{translate(LEAD_LABELS[kind])} {number}" if kind in LEAD_LABELS else name
    return name


def _value_label(
    text: str, change: SiteChange, language: Language, translate: Callable[[str], str], columns: Mapping[str, Metric]
) -> str:
    """Return the label of an old or new value of a change."""
    said = text
    match change.kind:
        case ChangeKind.COSTS:
            said = " – ".join(day(language, date.fromisoformat(each)) for each in text.split())
        case ChangeKind.COLUMN:
            said = _column(text, translate)
        case ChangeKind.RATE:
            said = _rates(text, language, translate)
        case ChangeKind.SETTING if change.name == "attribution":
            said = model_label(AttributionModel(int(text)), language)
        case ChangeKind.HOST:
            kind, _, source = text.partition(" ")
            said = f"{translate(HOST_LABELS[kind])} {source}".rstrip() if kind in HOST_LABELS else text
        case ChangeKind.ALERT:
            rule = parse_formatted_rule(text)
            said = rule_sentence(rule, language, columns) if rule is not None else text
        case ChangeKind.MAIL_REPORT:
            rhythm, _, hour = text.partition(" ")
            said = f"{translate(_VALUES[rhythm])} {hour}" if hour and rhythm in list(Rhythm) else text
        case kind if kind in _NAMED_VALUES:
            said = translate(_VALUES[text]) if text in _VALUES else text
    return said


def _column(text: str, translate: Callable[[str], str]) -> str:
    """Return a report column in words: its name, what it shows, and its statuses or formula."""
    column = parse_formatted_column(text)
    if column is None:
        return text
    return f"{column.name} – {translate(COLUMN_KINDS[column.kind])}: {contents_of(column)}"


def _rates(text: str, language: Language, translate: Callable[[str], str]) -> str:
    """Return the old or new value of a `ChangeKind.RATE` change in words, such as “92.5 ₽ from 3 May 2026”."""
    first, *days = text.split()
    shown = [day(language, date.fromisoformat(each)) for each in days]
    if len(shown) == 1:
        rubles = first.replace(".", ",") if language == "ru" else first
        return translate("%(rubles)s\u00a0₽ from %(day)s") % {"rubles": rubles, "day": shown[0]}
    return translate("%(count)s for %(days)s") % {"count": first, "days": " – ".join(shown)}
