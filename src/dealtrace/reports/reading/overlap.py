"""Say that figures by tag do not add up to the total, and which figures rows lack."""

from collections.abc import Mapping, Sequence

from dealtrace.errors import Language, text_in
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
    "en": "Not known by “{dimension}”: {metrics}. Rows lack these figures; the total has them whole.",
}


def undivided_metrics(question: Question) -> Sequence[Metric]:
    """Return the metrics of a report that its rows or columns lack, such as costs by device."""
    return [
        each
        for each in question.metrics
        if any(not each.facts <= dimension.facts for dimension in _divided_by(question))
    ]


def undivided_text(question: Question, language: Language) -> str:
    """Return which figures of a report its rows or columns lack, such as costs by device; empty if there are none."""
    for dimension in _divided_by(question):
        titles = [text_in(language, each) for each in question.metrics if not each.facts <= dimension.facts]
        if titles:
            said = {"dimension": text_in(language, dimension), "metrics": ", ".join(titles)}
            return _UNDIVIDED[language].format(**said)
    return ""


def _divided_by(question: Question) -> Sequence[Dimension]:
    return (*question.by, *([question.pivot] if question.pivot is not None else []))


def overlap_text(question: Question, language: Language) -> str:
    """Return why the rows or columns of a report do not add up to its total; empty if they do."""
    return "" if question.adds_up else _OVERLAP[language]
