"""Labels of fields, of kinds of hosts and leads, and of states of webhooks, in English; pages translate them."""

import re
from collections.abc import Callable, Mapping

from dealtrace.accounts.request_masking import masked_text
from dealtrace.accounts.webhook import BodyStyle, WebhookState
from dealtrace.alerts.refusals import AlertNotFound
from dealtrace.attribution.known_hosts import HostKind
from dealtrace.attribution.site_hosts import SITE_KINDS
from dealtrace.cabinet.rendering import translations_of
from dealtrace.demo.refusals import DemoExists, DemoMissing, SeveralDemos, SiteInUse, SiteNotEmpty, SiteUnfit
from dealtrace.errors import (
    BodyTooLarge,
    HostNotFound,
    InvalidParameters,
    InvalidSetting,
    Language,
    Refusal,
    SiteNotFound,
    TokenNotFound,
    Violation,
    WebhookNotFound,
)
from dealtrace.files.reports.code_labels import text_with_labels
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.leads.missed_calls import RingBack
from dealtrace.reports.column_definitions import ColumnKind
from dealtrace.reports.refusals import SegmentNotFound
from dealtrace.webhooks.delivery import UnsentReason

LABELS: Mapping[str, str] = {
    "period": "Period",
    "from": "First day",
    "to": "Last day",
    "compare": "Comparison",
    "model": "Model",
    "models": "Model",
    "date": "Deals by",
    "segment": "Segment",
    "segment_of": "Segment",
    "by": "Group by",
    "pivot": "Columns by",
    "metrics": "Metrics",
    "filter": "Filters",
    "sort": "Order of rows",
    "limit": "Number of rows",
    "tree": "Layout of rows",
    "key": "Row",
    "login": "Login",
    "password": "Password",
    "tags": "Tags",
    "manager": "Manager",
    "comment": "Comment",
    "ring_back": "Missed call",
    "call": "Call",
    "chart": "Chart",
    "filter_operator": "Filters",
    "filter_value": "Filters",
}
"""The English labels of fields by the names of parameters, for fields that have the same label on all pages."""
UNMASKED = ("period", "from", "to", "compare", "model", "models", "date", "limit")
"""The parameters whose error messages are not masked: they contain no contacts, but dates, which look like phones."""
_TOO_LARGE = "The form is larger than %(kilobytes)s KB. Go back, and shorten what you typed or choose a smaller file."
PAGE_TEXTS: Mapping[type[Refusal], str] = {
    SiteNotFound: "Site %(site_id)s no longer exists. Choose a site from the list of sites.",
    TokenNotFound: "The token no longer exists, or has been revoked. Open the list of tokens again.",
    WebhookNotFound: "The webhook no longer exists. Open the list of webhooks again.",
    HostNotFound: "The host %(host)s has already been removed. Open the list of hosts again.",
    AlertNotFound: "The alert no longer exists. Open the list of alerts again.",
    SegmentNotFound: "The segment “%(name)s” no longer exists. Choose another segment from the list.",
    DemoExists: "Site %(site_id)s has a demo already. Remove it first.",
    DemoMissing: "There is no demo to remove. Open the list of demos again.",
    SeveralDemos: "Sites %(site_ids)s have demos. Choose in the list which one to remove.",
    SiteNotEmpty: "Site %(site_id)s has data, but a demo needs an empty site. Choose another site, or a new one.",
    SiteUnfit: "A demo finds leads by phone and e-mail. Turn this on in the settings of site %(site_id)s.",
    SiteInUse: "Besides the demo the site has other records: %(rows)s. Tick the box to remove them too.",
}
"""The messages that pages show for refusals whose own messages tell the reader to run a command."""
_COMMAND = ": dealtrace "
"""What comes before the command in a text that suggests one, such as “. To list fields: dealtrace …”."""
_NAME = re.compile(r"`(\w+)`")
"""Matches the name of a parameter in a message, such as `to` in “must not be after `to`”."""
COLUMN_KINDS: Mapping[str, str] = {
    ColumnKind.COUNT: "The number of deals with these statuses",
    ColumnKind.SUM: "The total amount of deals with these statuses",
    ColumnKind.FORMULA: "A formula",
}
"""What report columns show, by the kind of column."""
assert set(COLUMN_KINDS) == set(ColumnKind)
HOST_LABELS: Mapping[str, str] = {
    HostKind.OWN: "a page of the site",
    HostKind.PAYMENT: "payment page",
    HostKind.SIGN_IN: "sign-in page",
    HostKind.SEARCH: "search engine",
    HostKind.SOCIAL: "social network",
}
assert set(HOST_LABELS) == set(SITE_KINDS)
LEAD_LABELS: Mapping[str, str] = {LeadKind.CALL: "Call", LeadKind.LEAD_REQUEST: "Lead request"}
"""The labels of the kinds of lead."""
RING_BACK_LABELS: Mapping[str, str] = {RingBack.RETURNED: "returned", RingBack.UNNEEDED: "no longer needed"}
"""The labels of what a person did about a missed call."""
PLACE = "settings/webhooks"
STATES = {
    WebhookState.ACTIVE: "active",
    WebhookState.FAILING: "failing, retries continue",
    WebhookState.PAUSED: "paused",
}
STYLES = {BodyStyle.FORM: "Form", BodyStyle.GET: "Query string", BodyStyle.JSON: "Signed JSON"}
UNSENT = {
    UnsentReason.SKIPPED: "skipped %(at)s",
    UnsentReason.DELETED: "not sent, the lead or alert was deleted: %(at)s",
}


def labelled_text(
    refusal: Refusal, language: Language, labels: Mapping[str, str] = LABELS, *, is_whole: bool = True
) -> str:
    """Return the message of a refused form or question, in which labels of fields replace the names of parameters.

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
            return page_text(refusal, language)


def page_text(refusal: Refusal, language: Language) -> str:
    """Return the message of a refusal as pages show it, without a command to run."""
    template = PAGE_TEXTS.get(type(refusal))
    if template is not None:
        return translations_of(language).gettext(template) % refusal.facts
    return without_command(refusal.text(language))


def without_command(text: str) -> str:
    """Return the message of a refusal without the command at its end; the page shows what the command would list."""
    before, command, _ = text.rpartition(_COMMAND)
    if not command:
        return text
    end = max(before.rfind(sign) for sign in ".;,")
    return before[:end] if end > 0 else before


def violation_of(refusal: InvalidSetting) -> Violation:
    """Return the refusal of a setting as a violation of the field with the setting's name."""
    return Violation(*(str(refusal.facts[name]) for name in ("key", "ru", "en")))


def unknown_choice(field: str, text: str) -> Violation:
    """Return the violation for a string that is not one of the choices of a field."""
    return Violation(field, f"нет «{text}»; выберите из списка", f"unknown “{text}”; choose from the list")


def _labelled(violation: Violation, language: Language, labels: Mapping[str, str], *, is_whole: bool) -> str:
    text = text_with_labels(without_command(violation.text(language)), language)
    if not is_whole and violation.field not in UNMASKED:
        text = masked_text(text)
    quoted = _NAME.sub(lambda name: _quoted(name[1], language, labels), text)
    label = _label(violation.field, language, labels)
    return f"{label}: {quoted}" if label else quoted


def _quoted(name: str, language: Language, labels: Mapping[str, str]) -> str:
    label = _label(name, language, labels) or name
    return f"«{label}»" if language == "ru" else f"“{label}”"


def _label(name: str, language: Language, labels: Mapping[str, str]) -> str:
    """Return the label of a field: its name if the page has no such field, and an empty string for the whole form."""
    if name == "*":
        return ""
    return translations_of(language).gettext(labels[name]) if name in labels else name


def lead_name(ref: LeadRef | None, translate: Callable[[str], str]) -> str:
    """Return the name of a lead, such as “Call 17”, or the words for no lead."""
    return f"{translate(LEAD_LABELS[ref.kind])} {ref.id}" if ref is not None else translate("no lead")
