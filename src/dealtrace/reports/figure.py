"""A single figure of a report, whose rows are asked for: one metric, one row, one period, one model."""

from collections.abc import Sequence

from dealtrace.errors import InvalidParameters, InvalidValue, Violation
from dealtrace.record import record
from dealtrace.reports.answer import Keys
from dealtrace.reports.filters import key_of_value
from dealtrace.reports.measures import Measure
from dealtrace.reports.metrics import METRICS, Formula, Metric
from dealtrace.reports.question import LIMIT_DEFAULT, Known, Question, Words, parse_question


@record
class Figure:
    """A figure: its question, which has one metric and one model, the keys of its row, and which rows are shown."""

    question: Question
    keys: Keys
    offset: int = 0

    @property
    def metric(self) -> Metric:
        """The metric of the figure."""
        return self.question.metrics[0]

    @property
    def measure(self) -> Measure:
        """The only measure that the figure is made of."""
        measure = base_measure(self.metric)
        assert measure is not None
        return measure

    @property
    def limit(self) -> int:
        """How many rows are shown."""
        return self.question.limit if self.question.limit is not None else LIMIT_DEFAULT


def base_measure(metric: Metric) -> Measure | None:
    """Return the measure of a metric that counts or adds facts of one kind, `None` for all others."""
    formula = metric.formula
    if not isinstance(formula, Formula) or formula.under is not None or len(formula.over.terms) != 1:
        return None
    ((measure, sign),) = formula.over.terms
    return measure if sign == 1 else None


def parse_figure(words: Words, keys: Sequence[str], offset: int, known: Known) -> Figure:
    """Return the figure that words ask about; `keys` has a text for each dimension, empty for nothing.

    Raises:
        InvalidParameters: all words that are unknown or impossible, each with the ones that exist.
    """
    question = parse_question(words, known)
    violations = [*_check_metric(question, known), *_check_facts(question)]
    if question.model is None:
        violations.append(Violation("models", "укажите одну модель в model", "give one model in model"))
    if len(keys) != len(question.by):
        violations.append(
            Violation(
                "key",
                f"нужно столько же, сколько группировок в by: {len(question.by)}",
                f"one is needed for each dimension of by: {len(question.by)}",
            )
        )
    found = []
    for dimension, text in zip(question.by, keys, strict=False):
        try:
            found.append(key_of_value(dimension, text) if text else None)
        except InvalidValue as fault:
            violations.append(Violation("key", fault.ru, fault.en))
    if violations:
        raise InvalidParameters(violations)
    return Figure(question, tuple(found), offset)


def _check_metric(question: Question, known: Known) -> list[Violation]:
    if len(question.metrics) == 1 and base_measure(question.metrics[0]) is not None:
        return []
    possible = ", ".join(
        name for name, metric in {**METRICS, **known.columns}.items() if base_measure(metric) is not None
    )
    return [
        Violation(
            "metrics",
            f"нужен один показатель, который складывается из строк: {possible}",
            f"give one metric that is made of rows: {possible}",
        )
    ]


def _check_facts(question: Question) -> list[Violation]:
    """Find the dimensions that the facts of the metric lack: such a figure is unknown."""
    facts = {fact for metric in question.metrics for fact in metric.facts}
    places = [("by", dimension) for dimension in question.by]
    places += [("filter", each.dimension) for each in question.filters]
    return [
        Violation(place, f"{dimension.name} нет у этого показателя", f"this metric has no {dimension.name}")
        for place, dimension in dict.fromkeys(places)
        if not facts <= dimension.facts
    ]
