"""A single figure of a report, and the deals, leads, visits or costs behind it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.errors import InvalidParameters, InvalidValue, Violation
from dealtrace.leads.lead import LeadRef
from dealtrace.record import record
from dealtrace.reports.facts import Fact
from dealtrace.reports.filters import check_no_contact, check_value, key_of_value
from dealtrace.reports.measures import Measure
from dealtrace.reports.metrics import METRICS, PART_METRICS, Formula, Metric
from dealtrace.reports.periods import Period, Span, compared_period, span_of
from dealtrace.reports.question import LIMIT_DEFAULT, Question, QuestionContext, RawQuestion
from dealtrace.reports.question_parser import parse_question
from dealtrace.reports.reading.compared_times import compared_span
from dealtrace.reports.rows.gathered import RowKeys

COMPARED = "compared"
"""The value of `side` in the URL of a figure that belongs to the compared period."""


@record
class Figure:
    """A figure of a report: its question (with one metric and one model), and the keys of its row.

    `offset` is how many of the rows behind the figure (deals, leads, visits or costs) to skip. With `is_compared`, the
    figure belongs to the compared period, and `keys` are keys of that period.
    """

    question: Question
    keys: RowKeys
    offset: int = 0
    is_compared: bool = False

    @property
    def period(self) -> Period:
        """Return the period of the figure: the question's own period or its compared period."""
        period, comparison = self.question.period, self.question.comparison
        return compared_period(period, comparison) if self.is_compared and comparison is not None else period

    def span(self, time_zone: ZoneInfo, now: datetime) -> Span:
        """Return the part of the figure's period that the figure counts.

        This is the part of the question's period that has passed at `now` or, for a figure of the compared period, the
        part of that period that corresponds to it.
        """
        period, comparison = self.question.period, self.question.comparison
        if self.is_compared and comparison is not None:
            return compared_span(period, comparison, time_zone, now)
        return span_of(period, time_zone, now)

    @property
    def metric(self) -> Metric:
        """Return the metric of the figure."""
        return self.question.metrics[0]

    @property
    def measure(self) -> Measure:
        """Return the only measure of the figure's metric."""
        measure = base_measure(self.metric)
        assert measure is not None
        return measure

    @property
    def limit(self) -> int:
        """Return the maximum number of rows behind the figure (deals, leads, visits or costs) that are shown."""
        return self.question.limit if self.question.limit is not None else LIMIT_DEFAULT


@record
class VisitRow:
    """A visit behind a figure, and the share of it that the figure counts, in millionths."""

    id: int
    share: int


@record
class LeadRow:
    """A lead behind a figure, and the share of it that the figure counts, in millionths."""

    lead: LeadRef
    share: int


@record
class DealRow:
    """A deal behind a figure: the share of it that the figure counts, in millionths, and that share of its amounts.

    An amount is `None` if it is unknown; the margin is also `None` if the figure is not a sum of margins.
    """

    id: int
    share: int
    amount_rub: Decimal | None
    margin_rub: Decimal | None


@record
class CostRow:
    """The cost and the clicks of a traffic source on a day, each `None` if unknown."""

    spent_on: date
    source: TrafficSource
    cost_rub: Decimal | None
    clicks: int | None


AnyRow = VisitRow | LeadRow | DealRow | CostRow


@record
class FigureRows:
    """A page of the rows behind a figure, all of one kind and earliest first, and the value of the figure.

    `total` is the number of all rows, not only of this page. Over all rows, `share` is the sum of the shares in
    millionths, and `sums` has the sum of each attribute that the rows have; money is in kopecks, and `None` if unknown.
    """

    figure: Figure
    rows: Sequence[AnyRow]
    total: int
    share: int
    sums: Mapping[str, int | None]
    value: Fraction | None

    @property
    def kind(self) -> Fact:
        """Return the kind of the rows; an assist is a deal."""
        fact = self.figure.measure.fact
        return Fact.DEALS if fact is Fact.ASSISTS else fact


def base_measure(metric: Metric) -> Measure | None:
    """Return the only measure of a metric that is a plain count or sum, or `None` for any other metric."""
    formula = metric.formula
    if not isinstance(formula, Formula) or formula.under is not None or len(formula.over.terms) != 1:
        return None
    ((measure, sign),) = formula.over.terms
    return measure if sign == 1 else None


def component_metrics(metric: Metric, metrics: Iterable[Metric]) -> tuple[Metric, ...]:
    """Return the plain counts and sums from which a ratio or formula is computed.

    First come the parts that are in `metrics`, in the same order, then those that no report shows (`PART_METRICS`).
    """
    measures = set(metric.formula.measures)
    if metric.margin_formula is not None:
        measures |= metric.margin_formula.measures
    named = (*metrics, *PART_METRICS.values())
    by_measure = {measure: each for each in named if (measure := base_measure(each)) is not None}
    return tuple(each for measure, each in by_measure.items() if measure in measures)


def parse_figure(
    raw: RawQuestion,
    keys: Sequence[str],
    offset: int,
    context: QuestionContext,
    *,
    has_rows: bool = True,
    side: str = "",
) -> Figure:
    """Parse a reference to a figure of a report; `raw` is the report's question, not yet parsed.

    `keys` has the row's key for each dimension, or an empty string for a missing key. With `has_rows`, the figure's
    metric must be a plain count or sum; otherwise it may also be a ratio or a formula. `side` is `COMPARED` for the
    figure of the compared period.

    Raises:
        InvalidParameters: one violation for each unknown or unsuitable value, with the valid values.
    """
    question = parse_question(raw, context)
    violations = [*_check_metric(question, context, has_rows=has_rows), *_check_facts(question)]
    if side not in ("", COMPARED) or (side and question.comparison is None):
        violations.append(
            Violation(
                "side", f"может быть только {COMPARED} и требует `compare`", f"must be {COMPARED}, and needs `compare`"
            )
        )
    if question.model is None:
        violations.append(
            Violation("models", "укажите одну модель в параметре `model`", "specify one attribution model in `model`")
        )
    if len(keys) != len(question.by):
        violations.append(
            Violation(
                "key",
                f"ключей должно быть столько, сколько группировок в `by`: {len(question.by)}",
                f"keys expected: {len(question.by)}, one for each dimension in `by`",
            )
        )
    found, faults = _parse_keys(question, keys, context)
    violations += [Violation("key", fault.ru, fault.en) for fault in faults]
    if violations:
        raise InvalidParameters(violations)
    return Figure(question, found, offset, is_compared=side == COMPARED)


def _parse_keys(
    question: Question, keys: Sequence[str], context: QuestionContext
) -> tuple[RowKeys, list[InvalidValue]]:
    """Parse the keys of a row, one for each dimension; return the valid keys, and the faults of the invalid ones."""
    found, faults = [], []
    for dimension, text in zip(question.by, keys, strict=False):
        try:
            if context.mask is not None:
                check_no_contact(dimension, text, context.mask)
            check_value(dimension, text)
            found.append(key_of_value(dimension, text) if text else None)
        except InvalidValue as fault:
            faults.append(fault)
    return tuple(found), faults


def _check_metric(question: Question, context: QuestionContext, *, has_rows: bool) -> list[Violation]:
    if len(question.metrics) == 1 and (not has_rows or base_measure(question.metrics[0]) is not None):
        return []
    possible = ", ".join(
        name for name, metric in {**METRICS, **context.columns}.items() if base_measure(metric) is not None
    )
    return [
        Violation(
            "metrics",
            f"укажите один показатель, который считает записи или складывает их суммы: {possible}",
            f"specify one metric that counts records or adds up their amounts: {possible}",
        )
    ]


def _check_facts(question: Question) -> list[Violation]:
    """Return a violation for each dimension that the metric cannot be grouped or filtered by."""
    facts = {fact for metric in question.metrics for fact in metric.facts}
    places = [("by", dimension) for dimension in question.by]
    places += [("filter", each.dimension) for each in question.filters]
    return [
        Violation(
            place,
            f"{dimension.name} нет у этого показателя",
            f"this metric cannot be grouped or filtered by {dimension.name}",
        )
        for place, dimension in dict.fromkeys(places)
        if not facts <= dimension.facts
    ]
