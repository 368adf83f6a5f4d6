"""Say that figures by tag do not add up to the total."""

from collections.abc import Mapping

from dealtrace.errors import Language
from dealtrace.reports.question import Question

_OVERLAP: Mapping[Language, str] = {
    "ru": "Показатели по тегам не складываются в итог: сделка или лид считаются целиком у каждого своего тега, "
    "а в итоге один раз.",
    "en": "Figures by tag do not add up to the total: a deal or lead counts in full for each of its tags, and once in "
    "the total.",
}


def overlap_text(question: Question, language: Language) -> str:
    """Return why the rows or columns of a report do not add up to its total; empty if they do."""
    return "" if question.adds_up else _OVERLAP[language]
