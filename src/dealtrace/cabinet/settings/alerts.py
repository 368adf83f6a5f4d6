"""The pages of alerts: list, add, change and remove rules; a rule is first tried on the last 30 days, then saved."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace import clock
from dealtrace.accounts.site import Site
from dealtrace.accounts.site_change import ChangeKind
from dealtrace.alerts.incident import Incident
from dealtrace.alerts.refusals import AlertNotFound
from dealtrace.alerts.rule import Alert, Rule, parse_rule
from dealtrace.alerts.sentences import chance_sentences, rule_sentence
from dealtrace.alerts.windows import WINDOWS
from dealtrace.cabinet.form_pages import Faults, number_of, redirect_with_message, show_form_page
from dealtrace.cabinet.gate import not_found_page
from dealtrace.cabinet.reports.chips import filter_texts
from dealtrace.cabinet.settings.alert_form import (
    KINDS,
    AlertDraft,
    TrialLine,
    agreement_of,
    alert_faults,
    draft_of_form,
    draft_of_rule,
    raw_rule_of,
    trial_lines,
    unseen_filters,
)
from dealtrace.cabinet.users import outside_mailings
from dealtrace.cabinet.view import View
from dealtrace.cabinet.what_if.agreed import has_changed, may_save
from dealtrace.errors import InvalidParameters, InvalidSetting, text_in
from dealtrace.mails.figure_format import format_figure, format_usual
from dealtrace.mails.recipient import Recipient, chosen_recipients, is_address
from dealtrace.mails.subscription import MailList
from dealtrace.operations.alerts import manage
from dealtrace.operations.alerts.evaluate import AlertTrial, try_rule
from dealtrace.operations.alerts.former_rules import former_rule
from dealtrace.operations.alerts.outside_addresses import stop_outside_addresses
from dealtrace.operations.reports.read_question import read_question_context
from dealtrace.operations.work import Work, at_site, ids_taken_by, takes_ids
from dealtrace.record import record
from dealtrace.reports.metrics import METRICS
from dealtrace.reports.question import Question, QuestionContext
from dealtrace.storage.accounts.change_history import find_site_change
from dealtrace.storage.accounts.users import list_rights
from dealtrace.storage.alerts.alerts import find_alert, list_alerts
from dealtrace.storage.alerts.incidents import count_incidents, find_incidents, list_incidents
from dealtrace.storage.mails.unsubscriptions import find_unsubscriptions

PLACE = "settings/alerts"
INCIDENTS_SHOWN = 20


@record
class AlertLine:
    """A rule in the list, in words, with its current incident, the incident's figure, and the number of recipients."""

    alert: Alert
    sentence: str
    filters: Sequence[str]
    incident: Incident | None
    value: str
    recipients: int


@record
class _Tried:
    """A rule and its effect on the last 30 days."""

    rule: Rule
    trial: AlertTrial


@record
class _Facts:
    """The data for the form: the names that a rule may use at the site, and the logins of its users by user id."""

    context: QuestionContext
    members: dict[int, str]


async def show(view: View) -> Response:
    """Show all rules, and the form for a new rule."""
    return await _list_page(view, await view.read(_read_facts, view.current_site), AlertDraft())


async def add(view: View) -> Response:
    """Try a new rule on the last 30 days and show the result; save the rule once the person confirms.

    A removed rule is restored without a trial, since it was tried before.
    """
    if view.form.get("act") == "undo":
        return await _restore(view)
    facts, draft = await view.read(_read_facts, view.current_site), draft_of_form(view.form)
    try:
        rule, question = _parse(view, facts, draft)
        if not may_save(view, agreement_of(rule)):
            return await _list_page(view, facts, draft, tried=await _try(view, rule, question))
        await view.manage(at_site(view.current_site, manage.add_alert), rule)
    except (InvalidParameters, InvalidSetting) as refusal:
        return await _list_page(view, facts, draft, faults=alert_faults(refusal, view.language))
    return redirect_with_message(view, PLACE, "added")


async def show_alert(view: View) -> Response:
    """Show a rule with its latest incidents, and the form to change it."""
    alert = await _find(view)
    if alert is None:
        return not_found_page(view)
    facts = await view.read(_read_facts, view.current_site)
    return await _alert_page(view, alert, facts, draft_of_rule(alert.rule, facts.members, facts.context, view.language))


async def change(view: View) -> Response:
    """Try, save or remove a rule, send a test to its recipients, or remove recipients who are not users."""
    alert = await _find(view)
    if alert is None:
        return not_found_page(view)
    match view.form.get("act"):
        case "remove":
            await view.manage(at_site(view.current_site, manage.remove_alert), alert.id)
            return redirect_with_message(view, PLACE, "removed")
        case "undo":
            return await _undo(view, alert)
        case outside_mailings.STOP_ADDRESSES:
            await view.manage(at_site(view.current_site, stop_outside_addresses), alert)
            return redirect_with_message(view, outside_mailings.PLACE, "saved")
        case "test":
            await view.manage(at_site(view.current_site, _test), alert.id)
            return redirect_with_message(view, f"{PLACE}/{alert.id}", "testing")
        case _:
            return await _save(view, alert)


async def _restore(view: View) -> Response:
    """Bring a removed rule back, without recipients who are no longer users of the site."""
    change = await view.read(find_site_change, view.current_site.id, view.form.get("change"))
    former = former_rule(change, None) if change is not None and change.kind is ChangeKind.ALERT else None
    if change is None or change.former is None or former is None:
        return not_found_page(view)
    facts = await view.read(_read_facts, view.current_site)
    draft = draft_of_rule(former, facts.members, facts.context, view.language)
    try:
        rule, _ = _parse(view, facts, draft, former.recipients)
        restored_id = change.former["id"]
        await view.manage(at_site(view.current_site, manage.add_alert), rule, restored_id=restored_id)
    except (InvalidParameters, InvalidSetting) as refusal:
        return await _list_page(view, facts, draft, faults=alert_faults(refusal, view.language))
    except AlertNotFound:
        return not_found_page(view)
    return redirect_with_message(view, PLACE, "added")


async def _undo(view: View, alert: Alert) -> Response:
    """Show an alert's former rule, and its effect on the last 30 days, so that the person can save the rule again."""
    former = await _read_former(view, alert)
    if former is None:
        return not_found_page(view)
    facts = await view.read(_read_facts, view.current_site)
    draft = draft_of_rule(former, facts.members, facts.context, view.language)
    try:
        rule, question = _parse(view, facts, draft, _recipients_before(alert, former))
        return await _alert_page(view, alert, facts, draft, tried=await _try(view, rule, question))
    except (InvalidParameters, InvalidSetting) as refusal:
        return await _alert_page(view, alert, facts, draft, faults=alert_faults(refusal, view.language))


async def _save(view: View, alert: Alert) -> Response:
    facts, draft = await view.read(_read_facts, view.current_site), draft_of_form(view.form)
    former = await _read_former(view, alert)
    try:
        rule, question = _parse(view, facts, draft, _recipients_before(alert, former))
        if not may_save(view, agreement_of(rule)):
            return await _alert_page(view, alert, facts, draft, tried=await _try(view, rule, question))
        await view.manage(at_site(view.current_site, manage.change_alert), alert.id, rule)
    except (InvalidParameters, InvalidSetting) as refusal:
        return await _alert_page(view, alert, facts, draft, faults=alert_faults(refusal, view.language))
    return redirect_with_message(view, f"{PLACE}/{alert.id}", "saved")


async def _read_former(view: View, alert: Alert) -> Rule | None:
    """Return the rule as it was before the change that the form undoes, or `None` if the form undoes no change."""
    change = await view.read(find_site_change, view.current_site.id, view.form.get("change"))
    is_its_own = change is not None and change.kind is ChangeKind.ALERT and (change.former or {}).get("id") == alert.id
    return former_rule(change, alert.rule) if change is not None and is_its_own else None


def _recipients_before(alert: Alert, former: Rule | None) -> Sequence[Recipient]:
    """Return the recipients of the stored rule, then those of the `former` rule; the new rule keeps their languages."""
    return (*alert.rule.recipients, *(former.recipients if former is not None else ()))


def _parse(view: View, facts: _Facts, draft: AlertDraft, before: Sequence[Recipient] = ()) -> tuple[Rule, Question]:
    chosen = {user_id: facts.members[user_id] for user_id in draft.members if user_id in facts.members}
    recipients = chosen_recipients(draft.recipients, chosen, view.language, before)
    return parse_rule(raw_rule_of(draft, facts.context), facts.context, recipients)


async def _try(view: View, rule: Rule, question: Question) -> _Tried:
    return _Tried(rule, await view.ask(try_rule, rule, question, clock.now()))


async def _find(view: View) -> Alert | None:
    return await view.read(find_alert, view.current_site.id, number_of(view.request.path_params["alert"]))


async def _list_page(
    view: View, facts: _Facts, draft: AlertDraft, *, tried: _Tried | None = None, faults: Faults | None = None
) -> Response:
    alerts, incidents = await view.read(_read_alerts, view.current_site.id)
    return show_form_page(
        view,
        "settings/alerts.html",
        view.translate("Alerts"),
        faults=faults,
        alerts=[_line(view, alert, facts, incidents) for alert in alerts],
        form=_form(view, facts, draft, tried),
    )


async def _alert_page(
    view: View,
    alert: Alert,
    facts: _Facts,
    draft: AlertDraft,
    *,
    tried: _Tried | None = None,
    faults: Faults | None = None,
) -> Response:
    past, total, left = await view.read(_read_past, view.current_site.id, alert.id)
    return show_form_page(
        view,
        "settings/alert.html",
        view.translate("Alert"),
        faults=faults,
        alert=alert,
        sentence=rule_sentence(alert.rule, view.language, facts.context.columns),
        incidents=[_incident_line(view, incident) for incident in past],
        earlier=total - len(past),
        unsubscribed=[(each.address, left[each.address.casefold()]) for each in _unsubscribed(alert, left)],
        form={**_form(view, facts, draft, tried), "change": view.form.get("change")},
    )


def _unsubscribed(alert: Alert, left: Mapping[str, datetime]) -> list[Recipient]:
    """List the recipients of a rule who unsubscribed from its e-mails with the link in an e-mail."""
    return [each for each in alert.rule.recipients if each.user_id is None and each.address.casefold() in left]


def _read_past(
    connection: Connection, site_id: int, alert_id: int
) -> tuple[Sequence[Incident], int, Mapping[str, datetime]]:
    past = list_incidents(connection, site_id, INCIDENTS_SHOWN, alert_id)
    total = count_incidents(connection, site_id, alert_id)
    return past, total, find_unsubscriptions(connection, site_id, MailList.ALERT, alert_id)


def _form(view: View, facts: _Facts, draft: AlertDraft, tried: _Tried | None) -> dict[str, object]:
    """Return the context of the form's template."""
    trial = tried.trial if tried is not None else None
    agreed = agreement_of(tried.rule) if tried is not None else ""
    incidents = trial_lines(trial, view.current_site.time_zone, view.language) if trial is not None else []
    return {
        "draft": draft,
        "sends_mail": view.services.sends_mail,
        "kinds": [(kind.value, view.translate(label), kind == draft.kind) for kind, label in KINDS.items()],
        "metrics": [(name, label, name == draft.metric) for name, label in _metrics(view, facts)],
        "windows": [(name, text_in(view.language, window), name == draft.window) for name, window in WINDOWS.items()],
        "members": [(user_id, login, user_id in draft.members) for user_id, login in facts.members.items()],
        "trial": trial,
        "chance": chance_sentences(tried.rule, tried.trial.by_chance, view.language) if tried is not None else (),
        "agreed": agreed,
        "has_changed": has_changed(view, agreed),
        "unseen": unseen_filters(trial, facts.context, view.language) if trial is not None else (),
        "trial_incidents": incidents,
        "trial_incidents_count": len(incidents),
    }


def _metrics(view: View, facts: _Facts) -> Sequence[tuple[str, str]]:
    listed = {**METRICS, **facts.context.columns}
    return [(name, text_in(view.language, metric)) for name, metric in listed.items()]


def _line(view: View, alert: Alert, facts: _Facts, incidents: dict[int, Incident]) -> AlertLine:
    incident = incidents.get(alert.incident_id) if alert.incident_id is not None else None
    value = format_figure(incident.value, incident.unit, view.language) if incident is not None else ""
    sentence = rule_sentence(alert.rule, view.language, facts.context.columns)
    filters = filter_texts(alert.rule.filters, facts.context, view.language, is_whole=True)
    return AlertLine(alert, sentence, filters, incident, value, len(alert.rule.recipients))


def _incident_line(view: View, incident: Incident) -> TrialLine:
    return TrialLine(
        incident.since,
        incident.until,
        format_figure(incident.value, incident.unit, view.language),
        format_usual(incident.usual, incident.unit, view.language),
        incident.ended_at,
    )


def _read_facts(connection: Connection, site: Site) -> _Facts:
    people = [person.user for person in list_rights(connection) if person.role_at(site.id) is not None]
    return _Facts(
        read_question_context(connection, site, clock.now()),
        {user.id: user.login for user in people if is_address(user.login)},
    )


def _read_alerts(connection: Connection, site_id: int) -> tuple[list[Alert], dict[int, Incident]]:
    alerts = list_alerts(connection, site_id)
    raised = [alert.incident_id for alert in alerts if alert.incident_id is not None]
    return alerts, find_incidents(connection, site_id, raised)


@takes_ids(ids_taken_by(manage.schedule_test_mails))
def _test(work: Work, alert_id: int) -> None:
    manage.schedule_test_mails(work, manage.require_alert(work.connection, work.site, alert_id))
