"""Say that figures by tag do not add up to the total, and which figures rows or the whole report lack."""

from collections.abc import Iterator, Mapping, Sequence

from dealtrace.errors import Language, text_in
from dealtrace.record import record
from dealtrace.reports.dimensions import Dimension
from dealtrace.reports.metrics import Metric
from dealtrace.reports.question import Question

_OVERLAP: Mapping[Language, str] = {
    "ru": "Показатели по тегам не складываются в итог: сделка или лид считаются целиком у каждого своего тега, "
    "а в итоге один раз.",
    "en": "Figures by tag do not add up to the total: a deal or lead counts in full for each of its tags, and once in "
    "the total.",
}

_UNDIVIDED: Mapping[Language, str] = {
    "ru": "По группировке «{dimension}» не делятся: {metrics}. В строках их нет, а в «Итого» они целиком.",
    "en": "Not broken down by “{dimension}”: {metrics}. The rows lack these figures; the total includes them in full.",
}
_UNFILTERED: Mapping[Language, str] = {
    "ru": "С фильтром «{dimension}» неизвестны: {metrics}.",
    "en": "Not known when filtered by “{dimension}”: {metrics}.",
}


@record
class LackingFigures:
    """The metrics that the rows lack because of one dimension, such as costs by device.

    If `is_filter`, a filter by the dimension is the reason, and the total lacks them too.
    """

    dimension: Dimension
    metrics: Sequence[Metric]
    is_filter: bool

    def text(self, language: Language) -> str:
        """Return which metrics are lacking, and why."""
        titles = ", ".join(text_in(language, each) for each in self.metrics)
        sentence = (_UNFILTERED if self.is_filter else _UNDIVIDED)[language]
        return sentence.format(dimension=text_in(language, self.dimension), metrics=titles)


def lacking_figures(question: Question) -> Iterator[LackingFigures]:
    """Yield the metrics of a report that its rows or columns lack, each once: first those that the total lacks, too."""
    pivots = [question.pivot] if question.pivot is not None else []
    left = list(question.metrics)
    for dimension, is_filter in (
        *((each.dimension, True) for each in question.filters),
        *((each, False) for each in (*question.by, *pivots)),
    ):
        if lacking := [each for each in left if not each.facts <= dimension.facts]:
            yield LackingFigures(dimension, lacking, is_filter)
            left = [each for each in left if each not in lacking]


def undivided_text(question: Question, language: Language) -> str:
    """Return which figures the rows or columns of a report lack, such as costs by device; empty if there are none."""
    return " ".join(each.text(language) for each in lacking_figures(question))


def overlap_text(question: Question, language: Language) -> str:
    """Return why the rows or columns of a report do not add up to its total; empty if they do."""
    return "" if question.adds_up else _OVERLAP[language]
