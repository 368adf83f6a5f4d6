"""The form of an alert's rule: its fields, their error messages, and the incidents that the rule would have found."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from dealtrace.alerts.incident import figure_text
from dealtrace.alerts.rule import OF_LIMITS, AlertKind, RawRule, Rule, format_rule
from dealtrace.cabinet.form_pages import Faults, fault_text, number_of
from dealtrace.cabinet.forms import Form
from dealtrace.cabinet.reports.chips import filter_texts, written_filter
from dealtrace.errors import InvalidParameters, InvalidSetting, Language
from dealtrace.files.reports.code_labels import text_with_labels
from dealtrace.mails.figure_format import format_figure, format_usual
from dealtrace.mails.recipient import format_recipients
from dealtrace.operations.alerts.evaluate import AlertTrial
from dealtrace.record import record
from dealtrace.reports.filters import format_filter
from dealtrace.reports.metrics import METRICS, Unit
from dealtrace.reports.question import QuestionContext

KINDS = {
    AlertKind.SILENCE: "Silence: zero, although it is usually more",
    AlertKind.DROP: "Lower than usual by at least (%)",
    AlertKind.SPIKE: "Higher than usual by at least (%)",
    AlertKind.ABOVE: "Above a limit",
    AlertKind.BELOW: "Below a limit",
}
assert set(KINDS) == set(AlertKind)
_PLACES = {"metrics": "metric", "filter": "filters"}
"""Maps each parameter of a report that a violation may name to the field of the form that sets it."""


@record
class AlertDraft:
    """The contents of the form; `members` are the ids of the chosen users."""

    kind: str = AlertKind.SILENCE
    metric: str = "calls"
    window: str = "day"
    amount: str = ""
    filters: str = ""
    members: tuple[int, ...] = ()
    recipients: str = ""


@record
class TrialLine:
    """An incident that a trial found: its first period, with the actual and the usual figure as strings.

    `ended_at` is `None` if the incident is not over.
    """

    since: datetime
    until: datetime
    value: str
    usual: str
    ended_at: datetime | None


def draft_of_form(form: Form) -> AlertDraft:
    """Return the contents of the form that was sent."""
    return AlertDraft(
        form.get("kind"),
        form.get("metric"),
        form.get("window"),
        form.get("amount").strip(),
        form.get("filters").strip(),
        tuple(number_of(text) for text in form.all("member")),
        form.get("recipients").strip(),
    )


def draft_of_rule(rule: Rule, members: Mapping[int, str], known: QuestionContext, language: Language) -> AlertDraft:
    """Return the contents of the form for a stored rule, without recipients who are no longer users of the site.

    Its filters are in words, unless these would mean another filter.
    """
    words = filter_texts(rule.filters, known, language, is_whole=True)
    filters = [
        said if written_filter(said, known) == text else text for said, text in zip(words, rule.filters, strict=True)
    ]
    typed = [each for each in rule.recipients if each.user_id is None]
    users = tuple(each.user_id for each in rule.recipients if each.user_id is not None and each.user_id in members)
    return AlertDraft(
        rule.kind,
        rule.metric,
        rule.window.name,
        _amount(rule),
        "\n".join(filters),
        users,
        format_recipients(typed),
    )


def _amount(rule: Rule) -> str:
    if rule.amount is None:
        return ""
    metric = METRICS.get(rule.metric)
    is_percent = rule.kind in OF_LIMITS and metric is not None and metric.unit is Unit.RATIO
    return f"{(rule.amount * 100).normalize():f}%" if is_percent else f"{rule.amount:f}"


def raw_rule_of(draft: AlertDraft, known: QuestionContext) -> RawRule:
    """Return the unparsed rule in the form; a rule about silence has no amount. Filters may be written in words."""
    filters = tuple(written_filter(line.strip(), known) for line in draft.filters.splitlines() if line.strip())
    amount = "" if draft.kind == AlertKind.SILENCE else draft.amount
    return RawRule(draft.kind, draft.metric, draft.window, amount, filters)


def agreement_of(rule: Rule) -> str:
    """Return the form value that confirms that the person saw the effect of this rule with these recipients."""
    recipients = [[each.address, each.language, each.user_id] for each in rule.recipients]
    return json.dumps([format_rule(rule), rule.filters, recipients], ensure_ascii=False)


def alert_faults(refusal: InvalidParameters | InvalidSetting, language: Language) -> Faults:
    """Return the error messages for a refused rule, by the name of the form's field."""
    if isinstance(refusal, InvalidSetting):
        key = str(refusal.facts["key"])
        return {key if key != "alert" else "": fault_text(refusal, language)}
    return {_PLACES.get(each.field, ""): text_with_labels(each.text(language), language) for each in refusal.violations}


def trial_lines(trial: AlertTrial, time_zone: ZoneInfo, language: Language) -> Sequence[TrialLine]:
    """Return the incidents of a trial as strings, newest first."""
    lines = []
    for incident in trial.incidents[::-1]:
        span, judgement, unit = incident.slot.span(time_zone), incident.judgement, trial.metric.unit
        value = format_figure(figure_text(trial.metric, judgement.value), unit, language)
        usual = format_usual(figure_text(trial.metric, judgement.usual), unit, language)
        ended = incident.ended.span(time_zone).until if incident.ended is not None else None
        lines.append(TrialLine(span.since, span.until, value, usual, ended))
    return lines


def unseen_filters(trial: AlertTrial, known: QuestionContext, language: Language) -> Sequence[str]:
    """Return in words the filters of a trial whose value no visit, lead or deal has."""
    return filter_texts(map(format_filter, trial.unseen), known, language, is_whole=True)
