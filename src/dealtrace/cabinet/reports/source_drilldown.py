"""Drilling down into sources: links from sources to campaigns, from campaigns to ads, and from ads to keywords."""

from collections.abc import Sequence

from dealtrace.cabinet.reports.report_url import ReportUrl, narrowed_url
from dealtrace.errors import Language, text_in
from dealtrace.record import record
from dealtrace.reports.dimensions import DIMENSIONS
from dealtrace.reports.filters import format_names
from dealtrace.reports.question import BY_MAX, DESCENDING, Question

DRILLDOWN_LEVELS: tuple[tuple[str, ...], ...] = (("source", "medium"), ("campaign",), ("content",), ("term",))
"""The levels from source to keyword, each with the names of its dimensions; a source and its medium are one level."""
_LEVELS = {name: place for place, names in enumerate(DRILLDOWN_LEVELS) for name in names}


@record
class DrilldownLevel:
    """A level of the drilldown of sources: its title, the URL of its report, and whether it is shown now."""

    title: str
    url: str
    is_shown: bool


def key_url(url: ReportUrl, question: Question, keys: Sequence[str | None], place: int) -> str:
    """Return the URL to which the key at `place` of a row leads: the report filtered by this key and those before it.

    Ours: a click on `cpc` in the row `yandex` / `cpc` selects that row, as in a tree, and not every `cpc`; a click on
    the first key of a row filters by that key alone. If the key belongs to one of the `DRILLDOWN_LEVELS`, the report
    behind the URL is grouped by the next level instead, unless the key is missing or a lower level is shown. The URL is
    empty if no report has exactly the data of the key.
    """
    by, below = question.by, _level_below(question, place)
    narrowed = narrowed_url(url, question, zip(by[: place + 1], keys, strict=False))
    if narrowed is None:
        return ""
    if keys[place] is None or below is None:
        return narrowed.link()
    return _grouped(narrowed, [below if dimension.name in _LEVELS else dimension.name for dimension in by])


def drilldown_levels(question: Question, url: ReportUrl, language: Language) -> tuple[DrilldownLevel, ...]:
    """Return links to the report by source, by campaign, by ad and by keyword, each with the same filters.

    The result is empty if the report is a pivot, has no dimensions, or has a dimension that is on no level.
    """
    shown = tuple(dimension.name for dimension in question.by)
    if not shown or question.pivot is not None or not set(shown) <= set(_LEVELS):
        return ()
    return tuple(
        DrilldownLevel(
            " / ".join(text_in(language, DIMENSIONS[name]) for name in names),
            _grouped(url, names),
            shown == names,
        )
        for names in DRILLDOWN_LEVELS
    )


def has_parts_of_sources(question: Question) -> bool:
    """Return whether a report is grouped by a dimension of traffic sources, such as the medium or the campaign."""
    return not _LEVELS.keys().isdisjoint(dimension.name for dimension in question.by)


def split_by_medium(question: Question, url: ReportUrl) -> str:
    """Return the URL of the report with sources split by medium; empty if they are already split or cannot be split.

    Ours: a source such as yandex has ads and search in one row, so that one row has the costs of the ads and the income
    of both.
    """
    names = [dimension.name for dimension in question.by]
    shown = [*question.by, *([question.pivot] if question.pivot is not None else [])]
    source, medium = DRILLDOWN_LEVELS[0]
    if source not in names or medium in (each.name for each in shown) or len(shown) >= BY_MAX:
        return ""
    place = names.index(source) + 1
    return _grouped(url, [*names[:place], medium, *names[place:]])


def _level_below(question: Question, place: int) -> str | None:
    """Return the first dimension of the next level of the drilldown, below the dimension at `place` in the report.

    The result is `None` if there is no next level, if the dimension at `place` is on no level, or if the report
    already shows a lower level.
    """
    level = _LEVELS.get(question.by[place].name)
    shown = [*question.by, *([question.pivot] if question.pivot is not None else [])]
    if level is None or level + 1 == len(DRILLDOWN_LEVELS) or any(_LEVELS.get(each.name, 0) > level for each in shown):
        return None
    return DRILLDOWN_LEVELS[level + 1][0]


def _grouped(url: ReportUrl, names: Sequence[str]) -> str:
    """Return the URL of the report grouped by `names`; the sort is dropped if its dimension is no longer shown."""
    sort = url.get("sort")
    by_name = sort.removeprefix(DESCENDING)
    is_lost = by_name in _LEVELS and by_name not in names
    return url.link(by=format_names(dict.fromkeys(names)), sort="" if is_lost else sort)
