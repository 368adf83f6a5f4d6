"""`dealtrace alert`: rules that watch metrics and raise alerts."""

import time
from collections.abc import Sequence
from typing import Annotated

import typer

from dealtrace import clock
from dealtrace.accounts.site import Site
from dealtrace.alerts.incident import Incident, TrialIncident, figure_text
from dealtrace.alerts.rule import PERCENT_USUAL, Alert, AlertKind, RawRule, Rule, parse_rule, question_of
from dealtrace.alerts.sentences import AlertSite, chance_sentences, rule_sentence
from dealtrace.alerts.windows import WINDOWS
from dealtrace.cli.answers import AlertAnswer, AlertIncidentAnswer, AlertTrialAnswer
from dealtrace.cli.options import JsonOption, SiteIdArgument
from dealtrace.cli.reports.facts import facts_of
from dealtrace.cli.terminal import changing, console, counted, fail, open_prepared, print_json
from dealtrace.errors import Language
from dealtrace.mails.figure_format import format_figure, format_usual
from dealtrace.mails.mail import Mail
from dealtrace.mails.recipient import parse_recipients
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.operations.alerts import manage
from dealtrace.operations.alerts.evaluate import AlertTrial, try_rule
from dealtrace.operations.reports.column_metrics import find_column_metrics
from dealtrace.operations.reports.read_question import read_question_context
from dealtrace.operations.work import ids_taken_by
from dealtrace.reports.filters import format_filter
from dealtrace.reports.metrics import METRICS
from dealtrace.settings import read_settings
from dealtrace.storage.alerts.alerts import list_alerts
from dealtrace.storage.alerts.incidents import find_incidents
from dealtrace.storage.database.engine import Database
from dealtrace.storage.mails.outbox import find_mail
from dealtrace.whole_number import ID_MAX

SENT_WITHIN_SECONDS = 60
POLL_SECONDS = 0.2
LANGUAGE: Language = "en"

alert_commands = typer.Typer(help="Watch metrics, and notify when a value is unusual.", no_args_is_help=True)
AlertArgument = Annotated[int, typer.Argument(min=1, max=ID_MAX, help="The alertId, as shown by `alert list`.")]
_PERCENTS = ", ".join(f"{kind} {percent}%" for kind, percent in PERCENT_USUAL.items())


@alert_commands.command("add")
def add(  # noqa: PLR0913, PLR0917 - a rule has as many parts
    site_id: SiteIdArgument,
    kind: Annotated[AlertKind, typer.Argument(help="What counts as unusual.")],
    metric: Annotated[str, typer.Argument(help=f"A metric: {', '.join(METRICS)}, column:NAME.")],
    window: Annotated[str, typer.Option(help=f"The period that is checked: {', '.join(WINDOWS)}.")] = "day",
    limit: Annotated[str, typer.Option(help=f"A limit or a percentage. Default percentages: {_PERCENTS}.")] = "",
    filters: Annotated[
        list[str] | None, typer.Option("--filter", help="A filter, written dimension:operator:value; may be repeated.")
    ] = None,
    mail: Annotated[
        list[str] | None,
        typer.Option("--mail", help='An e-mail address, optionally with a language: "a@b.ru en"; may be repeated.'),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Add a rule that watches a metric. A running server checks the rule within a minute and after each period."""
    raw = RawRule(kind.value, metric, window, limit, tuple(filters or ()))
    with open_prepared() as database:
        recipients = parse_recipients("\n".join(mail or ()), "ru")
        with changing(database, ids=ids_taken_by(manage.add_alert)) as work:
            site = require_site(work.connection, site_id)
            known = read_question_context(work.connection, site, work.now)
            rule, _ = parse_rule(raw, known, recipients)
            added = manage.add_alert(work.at(site), rule)
    if as_json:
        print_json({"alertId": added.id, "siteId": site_id})
        return
    console.print(f"Alert {added.id} added to site {site_id}: {rule_sentence(rule, LANGUAGE, known.columns)}.")
    console.print(f"To try it on the last 30 days: dealtrace alert test {site_id} {added.id}")
    if recipients and not read_settings().smtp_url:
        console.print("No e-mails are sent yet: set DEALTRACE_SMTP_URL for the server.")


@alert_commands.command("list")
def show(site_id: SiteIdArgument, as_json: JsonOption = False) -> None:
    """List the rules of a site, each with its alert if one is raised now."""
    with open_prepared() as database, database.read() as connection:
        site = require_site(connection, site_id)
        alerts = list_alerts(connection, site.id)
        about = AlertSite(site, find_column_metrics(connection, site))
        incidents = find_incidents(
            connection, site.id, [alert.incident_id for alert in alerts if alert.incident_id is not None]
        )
    if as_json:
        print_json([_serialize_alert(alert, incidents.get(alert.incident_id or 0)) for alert in alerts])
        return
    for alert in alerts:
        for line in _alert_lines(alert, incidents.get(alert.incident_id or 0), about):
            console.print(line)


def _serialize_alert(alert: Alert, incident: Incident | None) -> AlertAnswer:
    rule = alert.rule
    return {
        "alertId": alert.id,
        "kind": rule.kind.value,
        "metric": rule.metric,
        "window": rule.window.name,
        "limit": f"{rule.amount:f}" if rule.amount is not None else None,
        "filters": list(rule.filters),
        "recipients": [each.address for each in rule.recipients],
        "raisedAt": incident.raised_at if incident is not None else None,
        "value": incident.value if incident is not None else None,
        "usual": incident.usual if incident is not None else None,
        "fault": alert.fault,
    }


def _alert_lines(alert: Alert, incident: Incident | None, about: AlertSite) -> list[str]:
    lines = [f"{alert.id}  {rule_sentence(alert.rule, LANGUAGE, about.columns)}"]
    if incident is not None:
        value = format_figure(incident.value, incident.unit, LANGUAGE)
        usual = format_usual(incident.usual, incident.unit, LANGUAGE)
        at = incident.raised_at.astimezone(about.site.time_zone)
        lines.append(f"    raised on {at:%Y-%m-%d %H:%M}: {value}, usually {usual}")
    if alert.fault is not None:
        lines.append(f"    cannot be checked: {alert.fault}")
    lines += [f"    filter: {text}" for text in alert.rule.filters]
    if alert.rule.recipients:
        lines.append(f"    e-mails to {', '.join(each.address for each in alert.rule.recipients)}")
    return lines


@alert_commands.command("remove")
def remove(site_id: SiteIdArgument, alert_id: AlertArgument) -> None:
    """Remove a rule and its history. Nobody is notified, even if its alert has not ended."""
    with open_prepared() as database, changing(database) as work:
        manage.remove_alert(work.at(require_site(work.connection, site_id)), alert_id)
    console.print(f"Alert {alert_id} removed from site {site_id}.")


@alert_commands.command("test")
def try_out(
    site_id: SiteIdArgument,
    alert_id: AlertArgument,
    mail: Annotated[
        bool,
        typer.Option(
            "--mail", help="Instead of trying the rule, have a running server send a test e-mail to the recipients."
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show the alerts that a rule would have raised in the last 30 days, according to the data stored now."""
    with open_prepared() as database:
        with database.read() as connection:
            site = require_site(connection, site_id)
            alert = manage.require_alert(connection, site, alert_id)
            known = read_question_context(connection, site, clock.now())
        if mail:
            _send_test(database, alert)
            return
        question = question_of(alert.rule.metric, alert.rule.filters, known)
        with facts_of(database, site) as facts:
            trial = try_rule(facts, site, alert.rule, question, clock.now())
    if as_json:
        print_json(_serialize_trial(alert, trial, site))
        return
    console.print(f"{rule_sentence(alert.rule, LANGUAGE, known.columns)}, in the last 30 days:")
    for line in _trial_lines(alert.rule, trial, site):
        console.print(line)


def _serialize_trial(alert: Alert, trial: AlertTrial, site: Site) -> AlertTrialAnswer:
    return {
        "alertId": alert.id,
        "windows": trial.windows,
        "undecided": trial.undecided,
        "byChance": trial.by_chance,
        "unseen": [format_filter(each) for each in trial.unseen],
        "incidents": [_serialize_trial_incident(incident, trial, site) for incident in trial.incidents],
    }


def _serialize_trial_incident(incident: TrialIncident, trial: AlertTrial, site: Site) -> AlertIncidentAnswer:
    span, judgement = incident.slot.span(site.time_zone), incident.judgement
    return {
        "since": span.since,
        "until": span.until,
        "value": figure_text(trial.metric, judgement.value),
        "usual": figure_text(trial.metric, judgement.usual),
        "ended": incident.ended.span(site.time_zone).until if incident.ended is not None else None,
    }


def _trial_lines(rule: Rule, trial: AlertTrial, site: Site) -> Sequence[str]:
    lines = []
    for incident in trial.incidents:
        answer = _serialize_trial_incident(incident, trial, site)
        since, until = (answer[key].astimezone(site.time_zone) for key in ("since", "until"))
        value = format_figure(answer["value"], trial.metric.unit, LANGUAGE)
        usual = format_usual(answer["usual"], trial.metric.unit, LANGUAGE)
        ended = answer["ended"]
        end = f"ended {ended.astimezone(site.time_zone):%Y-%m-%d %H:%M}" if ended is not None else "not over"
        lines.append(f"  {since:%Y-%m-%d %H:%M} – {until:%Y-%m-%d %H:%M}: {value}, usually {usual}; {end}")
    summary = f"{counted(len(trial.incidents), 'alert')} in {counted(trial.windows, 'window')}"
    lines.append(f"{summary}; windows with too little data to compare: {trial.undecided}.")
    if trial.unseen:
        filters = "; ".join(map(format_filter, trial.unseen))
        lines.append(f"No visit, lead or deal of the last 30 days has this value; check its spelling: {filters}")
    return [*lines, *chance_sentences(rule, trial.by_chance, LANGUAGE)]


def _send_test(database: Database, alert: Alert) -> None:
    """Have a running server send a test e-mail to each recipient, and print the results."""
    if not alert.rule.recipients:
        fail(f"Alert {alert.id} has no recipients.")
    with changing(database, ids=ids_taken_by(manage.schedule_test_mails)) as work:
        mail_ids = manage.schedule_test_mails(work, alert)
    mails = _sent_within(database, mail_ids)
    failed = [mail for mail in mails if mail.fault is not None]
    waiting = [mail for mail in mails if mail.fault is None and mail.due_at is not None]
    for mail in mails:
        if mail.fault is None and mail.due_at is None:
            console.print(f"The mail server accepted the e-mail to {mail.recipient.address}.")
    if failed or waiting:
        lines = [f"{mail.recipient.address}: {mail.fault}." for mail in failed]
        lines += [
            f"{mail.recipient.address}: no server sent the e-mail. Is dealtrace serve running with DEALTRACE_SMTP_URL?"
            for mail in waiting
        ]
        fail(*lines)


def _sent_within(database: Database, mail_ids: Sequence[int]) -> list[Mail]:
    """Wait up to a minute until a server has tried to send all e-mails, and return the e-mails."""
    deadline = time.monotonic() + SENT_WITHIN_SECONDS
    while True:
        with database.read() as connection:
            found = [mail for mail_id in mail_ids if (mail := find_mail(connection, mail_id)) is not None]
        if all(mail.due_at is None or mail.attempts for mail in found) or time.monotonic() > deadline:
            return found
        time.sleep(POLL_SECONDS)
