"""Check each alert rule when its time window ends, and in only one process, so that no alert is sent twice."""

from datetime import timedelta

import structlog

from dealtrace import clock, metrics
from dealtrace.accounts.site import Site
from dealtrace.accounts.webhook import EventKind
from dealtrace.alerts.incident import figure_text
from dealtrace.alerts.rule import ALERTS_MAX, Alert, question_of
from dealtrace.alerts.windows import Slot, last_slot, next_check
from dealtrace.errors import InvalidParameters, InvalidSetting
from dealtrace.log import Outage, cause_of
from dealtrace.operations.alerts.evaluate import evaluate_rule
from dealtrace.operations.alerts.watch import (
    AlertEvaluation,
    AlertReport,
    acknowledge_alerts,
    claim_alert,
    has_time_to_evaluate,
)
from dealtrace.operations.reports.read_question import read_question_context
from dealtrace.operations.write_command import WriteCommand
from dealtrace.reports.question import Question, QuestionContext
from dealtrace.runtime.read_pool import ReadPool
from dealtrace.runtime.report_pool import ReportPool
from dealtrace.runtime.write_queue import WriteQueue
from dealtrace.storage.alerts.alerts import count_due_alerts, list_sites_with_due_alerts
from dealtrace.worker.due_sites import SitesInTurn, list_due_sites
from dealtrace.worker.repeating import BackgroundLoops

RETRY_AFTER = timedelta(minutes=2)
"""How long a rule waits if it could not be checked, for example because too many reports were running."""
POLL_SECONDS = 20.0
"""How many seconds pass between two queries for rules to check; a new rule waits at most this long."""

_log = structlog.get_logger()


class Alerts:
    """Checks alert rules in one process; `read_pool` must read from the primary database, not from a replica."""

    def __init__(
        self,
        read_pool: ReadPool,
        write_queue: WriteQueue,
        report_pool: ReportPool,
        *,
        sends_mail: bool,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self._read_pool = read_pool
        self._report_pool = report_pool
        self._sends_mail = sends_mail
        self._is_stopping = False
        self._sites = SitesInTurn(write_queue)
        self._loops = BackgroundLoops()
        self._loops.start(self._poll, poll_seconds, Outage("alerts_not_looked_at", "alerts_seen_again"))

    async def stop(self) -> None:
        """Stop checking rules once the rule that is being checked is done."""
        self._is_stopping = True
        await self._loops.stop()
        await self._sites.stop()

    async def _poll(self) -> None:
        """Check every rule that is due, site by site."""
        metrics.ALERTS_WAITING.set(await self._read_pool.read(count_due_alerts, clock.now()))
        due = await self._read_pool.read(list_due_sites, list_sites_with_due_alerts, clock.now())
        await self._sites.serve_each(due, self._check_site)
        self._sites.raise_first()

    async def _check_site(self, site: Site) -> None:
        """Check up to `ALERTS_MAX` due rules of a site, one after another; further rules wait for the next poll.

        After a rule is claimed, other sites may take their turn. If too little of the lease is left when the turn comes
        back, the rule is released, and waits for the next poll, too.
        """
        for _ in range(ALERTS_MAX):
            if self._is_stopping:
                return
            context = await self._read_pool.read(read_question_context, site, clock.now())
            alert = await self._sites.write(claim_alert, site, WriteCommand(None))
            if alert is None:
                return
            if not has_time_to_evaluate(alert, clock.now()):
                released = AlertReport(alert, clock.now(), fault=alert.fault)
                await self._sites.write(acknowledge_alerts, site, WriteCommand(released))
                return
            await self._check_rule(site, alert, context)

    async def _check_rule(self, site: Site, alert: Alert, context: QuestionContext) -> None:
        """Check a rule and store the verdict.

        If the check fails, the rule is due again after `RETRY_AFTER`; if the verdict cannot be stored, the rule is
        due when its lease ends.
        """
        rule = alert.rule
        slot = last_slot(rule.window, site.time_zone, clock.now())
        next_due_at = next_check(slot, site.time_zone)
        try:
            question = question_of(rule.metric, rule.filters, context)
        except (InvalidParameters, InvalidSetting) as fault:
            report = AlertReport(alert, next_due_at, fault=str(fault))
        else:
            try:
                evaluation = await self._ask(site, alert, question, slot)
            except Exception as fault:  # noqa: BLE001 - the other rules must still be checked
                metrics.ALERT_LOOKS.labels("failed").inc()
                _log.warning("alert_not_looked_at", alert_id=alert.id, cause=cause_of(fault))
                later = AlertReport(alert, clock.now() + RETRY_AFTER)
                await self._sites.write(acknowledge_alerts, site, WriteCommand(later))
                return
            report = AlertReport(alert, next_due_at, evaluation, sends_mail=self._sends_mail)
        event = await self._sites.write(acknowledge_alerts, site, WriteCommand(report))
        metrics.ALERT_LOOKS.labels(_outcome(report, event)).inc()
        if event is not None:
            _log.info("alert_sent", alert_id=alert.id, kind=event.value)

    async def _ask(self, site: Site, alert: Alert, question: Question, slot: Slot) -> AlertEvaluation:
        metric, span = question.metrics[0], slot.span(site.time_zone)
        judgement = await self._report_pool.ask(None, site, evaluate_rule, site, alert.rule, question, slot)
        return AlertEvaluation(
            judgement.verdict,
            span.since,
            span.until,
            metric.unit,
            figure_text(metric, judgement.value),
            figure_text(metric, judgement.usual),
        )


def _outcome(report: AlertReport, event: EventKind | None) -> str:
    """Return the result of a check as the label of the metric `ALERT_LOOKS`."""
    match event:
        case EventKind.ALERT_RAISED:
            return "raised"
        case EventKind.ALERT_ENDED:
            return "ended"
        case _:
            return "failed" if report.fault is not None else "nothing"
