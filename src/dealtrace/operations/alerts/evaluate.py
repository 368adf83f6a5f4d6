"""Evaluate an alert rule for one window of time, or for every window of the last 30 days."""

from collections.abc import Mapping
from datetime import datetime

from dealtrace.accounts.site import Site
from dealtrace.alerts.incident import TrialIncident, trial_incidents
from dealtrace.alerts.judgement import AlertVerdict, Judgement, Observed, judge
from dealtrace.alerts.rule import Rule
from dealtrace.alerts.windows import Slot, slots_before, slots_of_trial
from dealtrace.operations.alerts.observe import observe_all, observe_each
from dealtrace.operations.alerts.unseen_values import find_unseen_values
from dealtrace.operations.reports.ask import FactSource
from dealtrace.record import record
from dealtrace.reports.filters import Filter
from dealtrace.reports.metrics import Metric
from dealtrace.reports.periods import Span
from dealtrace.reports.question import Question


@record
class AlertTrial:
    """The results that a rule would have had over the last 30 days.

    `windows` is the number of evaluated windows of time, and `undecided` the number of windows without a verdict.
    `by_chance` is the number of windows whose count differed by the rule's percentage, but no more than by chance.
    `incidents` are the incidents that would have been raised. `unseen` are the filters whose value no visit, lead or
    deal of these days has.
    """

    metric: Metric
    windows: int
    undecided: int
    by_chance: int
    incidents: tuple[TrialIncident, ...]
    unseen: tuple[Filter, ...]


def evaluate_rule(source: FactSource, site: Site, rule: Rule, question: Question, slot: Slot) -> Judgement:
    """Return a rule's verdict on one window of time, with the observed and the usual value.

    `question` defines the report that computes these values.
    """
    observed = observe_each(source, site, question, [*slots_before(slot), slot])
    return _judge(rule, question.metrics[0], slot, observed)


def try_rule(source: FactSource, site: Site, rule: Rule, question: Question, now: datetime) -> AlertTrial:
    """Return the results that a rule would have had in the last 30 days, computed from the data known at `now`."""
    slots = slots_of_trial(rule.window, site.time_zone, now)
    every = dict.fromkeys(each for slot in slots for each in (*slots_before(slot), slot))
    metric, observed = question.metrics[0], observe_all(source, site, question, list(every))
    judged = [(slot, _judge(rule, metric, slot, observed)) for slot in slots]
    undecided = sum(judgement.verdict is AlertVerdict.UNDECIDED for _, judgement in judged)
    by_chance = sum(judgement.is_chance for _, judgement in judged)
    unseen = find_unseen_values(source, site, question, Span(slots[0].span(site.time_zone).since, now, None))
    return AlertTrial(metric, len(judged), undecided, by_chance, tuple(trial_incidents(judged)), unseen)


def _judge(rule: Rule, metric: Metric, slot: Slot, observed: Mapping[Slot, Observed]) -> Judgement:
    return judge(rule, metric, observed[slot], [observed[each] for each in slots_before(slot)])
