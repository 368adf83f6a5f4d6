"""Counts of calls."""

from collections.abc import Iterable
from datetime import date
from typing import TypedDict

from dealtrace.calltouch.answers.formats import Count, SlashedDay
from dealtrace.calltouch.answers.visits import KEYWORD_UNKNOWN


class TotalCount(TypedDict):
    """The number of calls."""

    totalCount: Count


class DayCount(TypedDict):
    """The number of calls of a day."""

    date: SlashedDay
    count: Count


class KeywordCount(TypedDict):
    """The number of calls of a keyword."""

    keyword: str
    count: Count


def day_counts(counts: Iterable[tuple[date, int]]) -> list[DayCount]:
    """Build the counts of days."""
    return [{"date": f"{day:%d/%m/%Y}", "count": count} for day, count in counts]


def keyword_counts(counts: Iterable[tuple[str, int]]) -> list[KeywordCount]:
    """Build the counts of keywords."""
    return [{"keyword": keyword or KEYWORD_UNKNOWN, "count": count} for keyword, count in counts]
