"""A rule of an alert: the metric that it watches, the window of time that it checks, and when a figure is unusual."""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NewType, TypeVar

from dealtrace.alerts.windows import WINDOWS, AlertWindow
from dealtrace.deals.written_number import single_number, written_number
from dealtrace.errors import InvalidSetting, InvalidValue
from dealtrace.mails.figure_format import PERCENT
from dealtrace.mails.recipient import Recipient
from dealtrace.record import record
from dealtrace.reports.dimensions import DIMENSIONS
from dealtrace.reports.facts import Fact
from dealtrace.reports.figure import base_measure
from dealtrace.reports.metrics import Metric, Unit
from dealtrace.reports.question import Question, QuestionContext, RawQuestion
from dealtrace.reports.question_parser import parse_question
from dealtrace.whole_number import parse_whole_number

AlertId = NewType("AlertId", int)
Choice = TypeVar("Choice")
ALERTS_MAX = 50
"""Ours: the maximum number of alert rules of one site; each check of a rule costs a few SQL statements."""
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(?:[.,][0-9]{1,6})?")
_FORMATTED_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
"""The pattern of a stored amount; it allows more decimals than `_NUMBER`, since 12.5% is stored as 0.125."""
_PERCENT_SIGN = "%"
_NO_AMOUNT = "-"


class AlertKind(StrEnum):
    """The kind of an alert; it decides which figures raise the alert.

    `SILENCE`: a count is zero and is usually greater. `DROP` and `SPIKE`: a figure is a given percentage below or above
    the usual one. `ABOVE` and `BELOW`: a figure is beyond a fixed limit.
    """

    SILENCE = "silence"
    DROP = "drop"
    SPIKE = "spike"
    ABOVE = "above"
    BELOW = "below"


OF_LIMITS = frozenset({AlertKind.ABOVE, AlertKind.BELOW})
PERCENT_USUAL: Mapping[AlertKind, int] = {AlertKind.DROP: 30, AlertKind.SPIKE: 50}
_PERCENT_MAX: Mapping[AlertKind, int] = {AlertKind.DROP: 99, AlertKind.SPIKE: 10_000}


@record
class Rule:
    """A rule of an alert: its kind, metric, window, filters, and the recipients of its e-mails.

    `amount` is the percentage of a drop or spike, the limit of `ABOVE` and `BELOW`, and `None` for silence. Limits of
    ratios are fractions (0.15), and limits of money are in rubles. Filters are written `dimension:operator:value`.
    """

    kind: AlertKind
    metric: str
    window: AlertWindow
    amount: Decimal | None
    filters: tuple[str, ...] = ()
    recipients: tuple[Recipient, ...] = ()

    def watches_as(self, other: "Rule") -> bool:
        """Return whether both rules watch the same figure, so that their figures can be compared with each other."""
        return (self.metric, self.window, self.filters) == (other.metric, other.window, other.filters)


@record
class RawRule:
    """An unparsed rule from a command or a form; a missing part is an empty string."""

    kind: str
    metric: str
    window: str = "day"
    amount: str = ""
    filters: tuple[str, ...] = ()


@record
class Alert:
    """A stored rule and its state.

    The rule is checked next at `due_at`. `incident_id` is set while the alert is raised. `fault` is the reason why the
    rule cannot be checked, for example that its metric was removed.
    """

    id: AlertId
    site_id: int
    rule: Rule
    created_at: datetime
    due_at: datetime
    incident_id: int | None = None
    fault: str | None = None

    @property
    def is_raised(self) -> bool:
        """Whether an incident of the alert is not over yet."""
        return self.incident_id is not None


def parse_rule(raw: RawRule, context: QuestionContext, recipients: tuple[Recipient, ...] = ()) -> tuple[Rule, Question]:
    """Return the rule in `raw`, and the report question whose answer is the figure that the rule watches.

    Raises:
        InvalidParameters: the metric or a filter is unknown.
        InvalidSetting: another part is invalid, or the kind or window does not suit the metric.
    """
    kind = _choice("kind", raw.kind, {kind.value: kind for kind in AlertKind})
    window = _choice("window", raw.window, WINDOWS)
    question = question_of(raw.metric, raw.filters, context)
    metric = question.metrics[0]
    _check_window(metric, window)
    if kind is AlertKind.SILENCE and not can_be_silent(metric):
        raise InvalidSetting(
            key="metric",
            ru="для правила «Тишина» нужен показатель, который считает что-то: звонки, заявки, сделки или визиты",
            en="silence needs a metric that counts something, such as calls, lead requests, deals or visits",
        )
    filters = tuple(text for text in raw.filters if text)
    return Rule(kind, metric.name, window, _amount(kind, metric, raw.amount), filters, recipients), question


def format_rule(rule: Rule) -> str:
    """Return one line with a rule's kind, window, amount and metric, such as `drop day 30 leads`.

    The line does not have the filters and recipients of the rule. `parse_formatted_rule` parses the line.
    """
    amount = f"{rule.amount:f}" if rule.amount is not None else _NO_AMOUNT
    return f"{rule.kind} {rule.window.name} {amount} {rule.metric}"


def parse_formatted_rule(text: str) -> Rule | None:
    """Return the rule in a line that `format_rule` returned, or `None` if the line has another form."""
    kind, window, amount, metric, *_ = *text.split(" ", 3), "", "", "", ""
    has_amount = _FORMATTED_NUMBER.fullmatch(amount) is not None
    if kind not in tuple(AlertKind) or window not in WINDOWS or not (metric and (has_amount or amount == _NO_AMOUNT)):
        return None
    return Rule(AlertKind(kind), metric, WINDOWS[window], Decimal(amount) if has_amount else None)


def question_of(metric: str, filters: tuple[str, ...], context: QuestionContext) -> Question:
    """Return the report question whose answer is the figure of a rule.

    The question has no dimensions. Its period is not used, because the window of the rule sets the period.

    Raises:
        InvalidParameters: the metric or a filter is unknown.
        InvalidSetting: there is not exactly one metric.
    """
    question = parse_question(RawQuestion(metrics=metric, filters=tuple(text for text in filters if text)), context)
    if len(question.metrics) != 1:
        raise InvalidSetting(key="metric", ru="нужен ровно один показатель", en="exactly one metric is needed")
    return question


def can_be_silent(metric: Metric) -> bool:
    """Return whether a metric counts visits, leads or deals; only such a metric can have an alert of kind `SILENCE`."""
    measure = base_measure(metric)
    return metric.unit is Unit.COUNT and measure is not None and measure.fact is not Fact.COSTS


def _check_window(metric: Metric, window: AlertWindow) -> None:
    if window.hours and not metric.facts <= DIMENSIONS["hour"].facts:
        days = ", ".join(name for name, each in WINDOWS.items() if each.days)
        raise InvalidSetting(
            key="window",
            ru=f"расходы известны только по дням; выберите: {days}",
            en=f"costs are known only by day; choose one of: {days}",
        )


def _amount(kind: AlertKind, metric: Metric, text: str) -> Decimal | None:
    text = text.strip()
    if kind is AlertKind.SILENCE:
        if text:
            raise InvalidSetting(
                key="amount",
                ru="для правила «Тишина» порог не нужен: оставьте поле пустым",
                en="must be empty if the kind is silence",
            )
        return None
    if kind in OF_LIMITS:
        return _limit(metric, text)
    bare = text.removesuffix(_PERCENT_SIGN).strip() or str(PERCENT_USUAL[kind])
    most = _PERCENT_MAX[kind]
    if not parse_whole_number(bare, most):
        raise InvalidSetting(
            key="amount",
            ru=f"нужно целое число процентов от 1 до {most}",
            en=f"must be a whole percentage from 1 to {most}",
        )
    return Decimal(bare)


def _limit(metric: Metric, text: str) -> Decimal:
    bare = text.removesuffix(_PERCENT_SIGN).strip()
    is_percent = text.endswith(_PERCENT_SIGN)
    if not _NUMBER.fullmatch(bare) or (is_percent and metric.unit is not Unit.RATIO):
        example = "15%" if metric.unit is Unit.RATIO else "1500.50"
        raise InvalidSetting(
            key="amount", ru=f"нужно число, например {example}", en=f"must be a number, such as {example}"
        )
    sign, written = bare[:1].strip("+0123456789"), written_number(bare.lstrip("+-"))
    assert written is not None
    try:
        number = single_number(written)
    except InvalidValue as fault:
        raise InvalidSetting(key="amount", ru=fault.ru, en=fault.en) from fault
    number = -number if sign else number
    return number / PERCENT if is_percent else number


def _choice(key: str, text: str, choices: Mapping[str, Choice]) -> Choice:
    if text not in choices:
        known = ", ".join(choices)
        raise InvalidSetting(key=key, ru=f"нет «{text}»; есть: {known}", en=f"unknown “{text}”; available: {known}")
    return choices[text]
