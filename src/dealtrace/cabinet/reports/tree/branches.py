"""Ask for the rows below the open rows of a tree: one report for each of them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from dealtrace.accounts.site import Site
from dealtrace.cabinet.reports.tree.levels import RowPath, levels_of
from dealtrace.cabinet.reports.tree.open_rows import OPEN_MAX
from dealtrace.operations.reports.ask import FactSource, ask
from dealtrace.record import record
from dealtrace.reports.answer import Report
from dealtrace.reports.dimensions import Kind
from dealtrace.reports.filters import Filter
from dealtrace.reports.question import Question
from dealtrace.reports.reading.masking import masked_key
from dealtrace.reports.reading.narrowing import narrowed_filters

CHILDREN_MAX = 50
"""Ours: the maximum number of rows below an open row; a link leads to all of them."""


@record
class Branches:
    """The reports below the open rows of a tree, by the path of each row; `has_more` is true if too many were open."""

    below: Mapping[RowPath, Report]
    has_more: bool = False


NO_BRANCHES = Branches({})


def level_question(question: Question, path: RowPath) -> Question:
    """Return the question whose rows are below the row at `path`; below `()` are the rows of the first level.

    There must be rows below (see `has_rows_below`). A lower level has only the data of the row above; its rows are in
    the order of the report. If a report is sorted by any of its keys, each level is sorted by its own keys.
    """
    by, sort, filters = levels_of(question).below(path), question.sort, _filters_below(question, path)
    assert by is not None
    assert filters is not None
    names = [dimension.name for dimension in by]
    if sort is not None and sort.name not in names and sort.name in {each.name for each in question.by}:
        sort = replace(sort, name=names[0])
    level = replace(question, by=by, filters=filters, sort=sort)
    return level if not path else replace(level, limit=min(question.limit or CHILDREN_MAX, CHILDREN_MAX))


def ask_branches(
    source: FactSource, site: Site, question: Question, root: Report, paths: Sequence[RowPath], now: datetime
) -> Branches:
    """Return the rows below the open rows that are shown, for at most `OPEN_MAX` rows.

    `root` has the rows of the first level. A row is shown if the rows above it are open and it is among their rows. For
    people who may not see contacts, rows with masked keys stay closed: their URLs would show the contact.
    """
    below: dict[RowPath, Report] = {}
    shown: set[RowPath] = {row.keys for row in root.rows}
    has_more = False
    for path in sorted(paths, key=len):
        if path not in shown or not has_rows_below(question, path):
            continue
        if len(below) == OPEN_MAX:
            has_more = True
            break
        below[path] = ask(source, site, level_question(question, path), now)
        shown.update((*path, *row.keys) for row in below[path].rows)
    return Branches(below, has_more)


def has_rows_below(question: Question, path: RowPath) -> bool:
    """Return whether a row can be opened.

    There must be a lower level, filters that keep what is below, and no key that is masked for the person. In a
    comparison, nothing is below a day, week, month or quarter: it is compared with an earlier one, while a filter by it
    would keep nothing of the compared period.
    """
    levels = levels_of(question)
    if not path or levels.below(path) is None or _filters_below(question, path) is None:
        return False
    placed = list(zip(levels.dimensions, path, strict=False))
    if question.comparison is not None and any(dimension.kind is Kind.CALENDAR for dimension, _ in placed):
        return False
    return not question.hides_contacts or all(key is None or masked_key(each, key) == key for each, key in placed)


def _filters_below(question: Question, path: RowPath) -> tuple[Filter, ...] | None:
    filters: tuple[Filter, ...] | None = question.filters
    for dimension, key in zip(levels_of(question).dimensions, path, strict=False):
        if filters is not None:
            filters = narrowed_filters(filters, dimension, [key])
    return filters
