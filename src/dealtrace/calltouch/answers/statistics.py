"""The answers with counts of calls."""

from collections.abc import Iterable
from datetime import date

from dealtrace.attribution.classification import NOT_SET
from dealtrace.calltouch.answers.formats import Count

DayCounts = dict[str, Count]
"""The number of calls by day (`dd/mm/yyyy`); days without calls have 0."""
KeywordCounts = dict[str, Count]
"""The number of calls by keyword."""


def day_counts(counts: Iterable[tuple[date, int]]) -> DayCounts:
    """Build the counts of calls by day (`dd/mm/yyyy`), in input order."""
    return {f"{day:%d/%m/%Y}": count for day, count in counts}


def keyword_counts(counts: Iterable[tuple[str, int]]) -> KeywordCounts:
    """Build the counts of calls by keyword, in input order; calls without a keyword are counted as `(not set)`."""
    answer: KeywordCounts = {}
    for keyword, count in counts:
        name = keyword or NOT_SET
        answer[name] = answer.get(name, 0) + count
    return answer
